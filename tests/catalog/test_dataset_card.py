"""What is known of a kind of dataset is on its card's class."""

from pathlib import Path

import pytest

from suite.catalog.alignment import MarginAlign
from suite.catalog.dataset_card import KINDS, PAIRED_KINDS, BinDataset, FolderDataset, LfwDataset

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


def pattern(image: str) -> str:
    return LfwDataset(
        id="set", kind="lfw", folder="f", pairs="p.txt", image=image, card_file=CARD
    ).image


@pytest.mark.parametrize(
    "image", ["{person}/{number}.png", "{person:>8}/{number:04d}.jpg", "{number:4x}-{person:s}"]
)
def test_an_images_pattern_names_persons_and_numbers(image: str) -> None:
    assert pattern(image) == image


@pytest.mark.parametrize(
    "image",
    [
        "{person.name}/{number}.jpg",
        "{person.__class__}/{number}.jpg",
        "{person[0]}/{number}.jpg",
        "{person[x]}/{number}.jpg",
        "{person!r}/{number}.jpg",
        "{person:d}/{number}.jpg",
        "{person}/{number:c}.jpg",
        "{person}/{number:s}.jpg",
        "{person}/{number.real}.jpg",
        "{person}/{number:{person}}.jpg",
        "{person:>999999999}/{number}.jpg",
        "{name}/{number}.jpg",
        "{}/{number}.jpg",
        "{0}/{number}.jpg",
        "{person/{number}.jpg",
    ],
)
def test_a_pattern_of_anything_else_is_refused(image: str) -> None:
    with pytest.raises(ValueError, match=r"is a pattern of \{person\} and \{number\}, as"):
        pattern(image)
