"""Pairs that say nothing or the contrary of others."""

from pathlib import Path

import numpy as np
import pytest

from suite.catalog.dataset_card import BinDataset
from suite.catalog.errors import DatasetError
from suite.datasets.line_pair import LinePair
from suite.datasets.pair_checks import odd_pairs, refuse_odd_pairs, unmeasurable_pairs

FILE = Path("pairs.csv")


def listed(*pairs: tuple[str, str, bool]) -> list[LinePair[str]]:
    return [LinePair(left, right, same, 0, n) for n, (left, right, same) in enumerate(pairs, 2)]


def test_sound_pairs_pass() -> None:
    refuse_odd_pairs(FILE, listed(("a", "b", True), ("a", "c", False), ("a", "b", True)))


@pytest.mark.parametrize(
    ("pairs", "words"),
    [
        ([("a", "b", True), ("c", "c", False)], "line 3 pairs an image with itself"),
        ([("a", "b", True), ("b", "a", False)], "line 3 labels the pair of line 2 the other way"),
        ([("a", "b", True)], "has genuine pairs alone; add impostor pairs."),
        ([("a", "b", False)], "has impostor pairs alone; add genuine pairs."),
    ],
)
def test_an_odd_list_is_refused(pairs: list[tuple[str, str, bool]], words: str) -> None:
    with pytest.raises(DatasetError) as caught:
        refuse_odd_pairs(FILE, listed(*pairs))
    assert str(caught.value).startswith(f"{FILE}: {words}")


def test_a_sets_odd_pairs_are_counted() -> None:
    left, right = np.array([0, 0, 1, 2]), np.array([1, 1, 0, 2])
    assert odd_pairs(left, right, np.array([True, True, False, True])) == [
        "1 of the 4 pairs is of an image with itself",
        "1 of the 4 pairs is labelled genuine and impostor both",
        "1 of the 4 pairs is listed again",
    ]
    assert odd_pairs(np.array([0]), np.array([1]), np.array([True])) == []
    assert odd_pairs(*(np.empty(0, int),) * 2, np.empty(0, bool)) == []


@pytest.mark.parametrize(
    ("genuine", "folds", "words"),
    [
        ([True, True], 2, "all 2 pairs of 'set' are labelled genuine, and no figure can be made"),
        ([False, False], 2, "all 2 pairs of 'set' are labelled impostor, and no figure can be"),
        ([True, False], 10, "2 pairs of 'set' are too few for 10 folds; add pairs or lower folds"),
        ([True, False], 2, None),
    ],
)
def test_pairs_of_which_no_figure_can_be_made_are_told(
    genuine: list[bool], folds: int, words: str | None
) -> None:
    card = BinDataset(id="set", kind="bin", file="set.bin", card_file=Path("set.toml"))
    said = unmeasurable_pairs(card, np.array(genuine), folds)
    assert said is None if words is None else said is not None and f"set.toml: {words}" in said
