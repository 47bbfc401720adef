"""The images of listed pairs, each once."""

from pathlib import Path

from suite.datasets.images.folder import NamedImage
from suite.datasets.line_pair import LinePair, LinePairs
from suite.datasets.listed_pairs import list_pairs

PAIRS = (
    LinePair("b", "a", True, 7, 2),
    LinePair("a", "c", False, 7, 3),
    LinePair("c", "b", True, 9, 4),
)


def test_images_are_listed_once_in_the_order_in_which_lines_name_them() -> None:
    asked: list[tuple[str, int]] = []

    def named(name: str, line: int) -> NamedImage:
        asked.append((name, line))
        return NamedImage(name, Path(name))

    listed = list_pairs(LinePairs(PAIRS, 2), named)
    assert asked == [("b", 2), ("a", 2), ("c", 3)]
    assert [image.name for image in listed.images] == ["b", "a", "c"]
    pairs = listed.pairs
    assert (pairs.left, pairs.right) == ([0, 1, 2], [1, 2, 0])
    assert pairs.genuine == [True, False, True]
    assert (pairs.folds, pairs.fold_sizes) == (2, (2, 1))
    assert (list(listed.fold_numbers), listed.people) == ([7, 9], None)


def test_folds_without_numbers_of_their_own_are_counted() -> None:
    listed = list_pairs(
        LinePairs(PAIRS, 3), lambda name, _: NamedImage(name, Path(name)), str.upper
    )
    assert list(listed.fold_numbers) == [1, 2, 3]
    assert listed.people == ["B", "A", "C"]
