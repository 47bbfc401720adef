"""What is known of a kind of dataset is on its card's class."""

from pathlib import Path

import pytest

from suite.catalog.alignment import MarginAlign
from suite.catalog.dataset_card import KINDS, PAIRED_KINDS, BinDataset, FolderDataset

CARD = Path("set.toml")


def test_kinds_are_those_of_the_cards() -> None:
    assert KINDS == ("bin", "lfw", "csv", "people", "folder")
    assert PAIRED_KINDS == ("bin", "lfw", "csv", "people")


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ({}, False),
        ({"unreadable": "skip"}, True),
        ({"align": MarginAlign(method="margin", centre=100)}, True),
    ],
)
def test_a_folders_images_are_decoded_where_its_card_needs_that(
    keys: dict[str, object], expected: bool
) -> None:
    card = FolderDataset(id="set", kind="folder", folder="faces", card_file=CARD, **keys)
    assert card.decodes_images is expected


def test_a_bins_images_are_not_decoded() -> None:
    assert not BinDataset(id="set", kind="bin", file="set.bin", card_file=CARD).decodes_images
