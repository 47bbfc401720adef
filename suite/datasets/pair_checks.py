"""Pairs that say nothing or the contrary of others: refused in a list, counted in a set."""

from collections.abc import Hashable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from suite.catalog.dataset_card import DatasetCard
from suite.catalog.errors import DatasetError
from suite.datasets.line_pair import LinePair


def refuse_odd_pairs(path: Path, pairs: Sequence[LinePair[Any]]) -> None:
    """Refuse an image paired with itself, a pair of both labels, and a list of one label alone.

    Raises
    ------
    DatasetError
        naming the file and the line.
    """
    first: dict[frozenset[Hashable], LinePair[Any]] = {}
    for pair in pairs:
        if pair.left == pair.right:
            raise DatasetError(
                where=path,
                what=f"line {pair.line} pairs an image with itself; name two images there, or "
                "remove the line.",
            )
        before = first.setdefault(frozenset((pair.left, pair.right)), pair)
        if before.genuine != pair.genuine:
            raise DatasetError(
                where=path,
                what=f"line {pair.line} labels the pair of line {before.line} the other way; "
                "correct one of them.",
            )
    kinds = {pair.genuine for pair in pairs}
    if len(kinds) == 1:
        has, lacks = ("genuine", "impostor") if kinds == {True} else ("impostor", "genuine")
        raise DatasetError(where=path, what=f"has {has} pairs alone; add {lacks} pairs.")


def unmeasurable_pairs(card: DatasetCard, genuine: npt.NDArray[np.bool_], folds: int) -> str | None:
    """Why no figure can be made of an evaluation set's pairs, in a sentence; None where it can."""
    if genuine.all() or not genuine.any():
        has, lacks = ("genuine", "impostor") if genuine.all() else ("impostor", "genuine")
        return (
            f"{card.card_file}: all {len(genuine):,} pairs of {card.id!r} are labelled {has}, and "
            f"no figure can be made of them; correct the labels, or add {lacks} pairs."
        )
    if len(genuine) < folds:
        return (
            f"{card.card_file}: {len(genuine):,} pairs of {card.id!r} are too few for {folds} "
            "folds; add pairs or lower folds in the card."
        )
    return None


def odd_pairs(
    left: npt.NDArray[np.int64], right: npt.NDArray[np.int64], genuine: npt.NDArray[np.bool_]
) -> list[str]:
    """What a report says of a set's odd pairs, which a published set may have.

    Parameters
    ----------
    left, right : int64 [n], each pair's images, the same number where their content is the same
    genuine : bool [n], whether a pair is said to show one person

    Returns
    -------
    a remark each, with how many there are, for pairs of an image with itself, pairs with both
    labels, and pairs that are there already
    """
    images = int(max(left.max(initial=0), right.max(initial=0))) + 1
    sides = np.minimum(left, right) * images + np.maximum(left, right)
    distinct = len(np.unique(2 * sides + genuine))
    counted = (
        (int((left == right).sum()), "of an image with itself"),
        (distinct - len(np.unique(sides)), "labelled genuine and impostor both"),
        (len(sides) - distinct, "listed again"),
    )
    return [
        f"{count:,} of the {len(left):,} pairs {'is' if count == 1 else 'are'} {what}"
        for count, what in counted
        if count
    ]
