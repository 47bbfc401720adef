"""What a report says of how faces were made an input."""

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from suite.catalog.alignment import MarginAlign
from suite.catalog.dataset_card import FolderDataset
from suite.datasets.looks import Looks
from suite.gates.description import alignment_in_words

LOOKS = Looks("faces", 10, 112.0, 112.0, 0.0, 1.0, 110.0, np.zeros((16, 16)), 0.0)


def words(height: float, width: float, fed, align: object = None, fit: str = "stretch") -> str:
    card = FolderDataset(
        id="faces", kind="folder", folder="x", align=align, card_file=Path("faces.toml")
    )
    looks = replace(LOOKS, height=height, width=width)
    return alignment_in_words(card, looks, SimpleNamespace(height=fed[0], width=fed[1], fit=fit))


@pytest.mark.parametrize(
    ("height", "width", "fed", "said"),
    [
        (112, 112, (112, 112), "used as they are"),
        (250, 250, (112, 112), "not aligned, resized, from 250 × 250 px to 112 × 112 px"),
        (218, 178, (112, 112), "not aligned, stretched to another aspect, from 178 × 218 px to 1"),
        (112, 112, (112, 96), "not aligned, stretched to another aspect, from 112 × 112 px to 96"),
        (113, 112, (112, 112), "not aligned, resized, from 112 × 113 px to 112 × 112 px"),
    ],
)
def test_faces_of_another_size_are_not_used_as_they_are(height, width, fed, said):
    assert words(height, width, fed).startswith(said)


def test_faces_that_are_cut_to_the_inputs_aspect_are_not_stretched():
    said = words(112, 112, (112, 96), fit="crop")
    assert said == "not aligned, cut to its middle, from 112 × 112 px to 96 × 112 px"
    assert words(224, 224, (112, 112), fit="crop").startswith("not aligned, resized, from")


def test_aligned_faces_may_be_stretched_too():
    align = MarginAlign(method="margin", size=160, centre=160)
    assert words(160, 160, (160, 160), align) == align.in_words()
    said = words(160, 160, (160, 120), align)
    assert (
        said
        == f"{align.in_words()}, stretched to another aspect, from 160 × 160 px to 120 × 160 px"
    )
