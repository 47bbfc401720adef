"""Pairs that a file lists: their images, their folds, and what remains without some images."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from suite.catalog.dataset_card import CsvDataset, LfwDataset
from suite.catalog.errors import DatasetError
from suite.datasets.alignment.aligner import Settled
from suite.datasets.face_set import FaceSet, face_set
from suite.datasets.images.folder import NamedImage


@dataclass(frozen=True)
class Listed:
    """Images and pairs as files list them.

    Attributes
    ----------
    images : the files that pairs use, each once
    left, right : each pair's images as indices into ``images``
    genuine : whether a pair shows one person
    fold_sizes : how many pairs each fold has; folds are contiguous
    fold_numbers : what each fold is called
    people : who each image shows; None where nobody says
    """

    images: Sequence[NamedImage]
    left: Sequence[int]
    right: Sequence[int]
    genuine: Sequence[bool]
    fold_sizes: tuple[int, ...]
    fold_numbers: Sequence[int]
    people: Sequence[str] | None


def paired(card: LfwDataset | CsvDataset, listed: Listed, found: Settled) -> FaceSet:
    """The set without the pairs of images that were left out; the others stay in their folds.

    Raises
    ------
    DatasetError
        where no pair of a kind, or fewer than two of several folds, remain.
    """
    here = np.array([face is not None for face in found.faces], dtype=np.bool_)
    left, right = np.array(listed.left), np.array(listed.right)
    pairs = np.flatnonzero(here[left] & here[right])
    labels = np.array(listed.genuine, dtype=np.bool_)
    genuine = labels[pairs]
    remarks = [*found.remarks]
    sizes = listed.fold_sizes
    if len(pairs) < len(left):
        _refuse_one_kind(card, genuine, found.remarks)
        remarks.append(
            f"{len(left) - len(pairs):,} of {len(left):,} pairs were left out with their images: "
            f"{int(genuine.sum()):,} genuine and {int((~genuine).sum()):,} impostor pairs remain, "
            f"each in its fold"
        )
        fold_of = np.repeat(np.arange(len(sizes)), sizes)
        before = _by_fold(fold_of, labels, len(sizes))
        after = _by_fold(fold_of[pairs], genuine, len(sizes))
        _refuse_one_fold(card, after.sum(axis=0), found.remarks)
        remarks += _fold_remarks(before, after, listed.fold_numbers)
        sizes = tuple(count for count in after.sum(axis=0).tolist() if count)
    new = np.cumsum(here) - 1
    people = listed.people
    return face_set(
        card.id,
        [face for face in found.faces if face is not None],
        new[left[pairs]],
        new[right[pairs]],
        genuine,
        len(sizes),
        None if people is None else [people[place] for place in np.flatnonzero(here).tolist()],
        remarks,
        sizes,
    )


def _refuse_one_kind(
    card: LfwDataset | CsvDataset, genuine: npt.NDArray[np.bool_], why: Sequence[str]
) -> None:
    for kind, count in (("genuine", genuine.sum()), ("impostor", (~genuine).sum())):
        if not count:
            raise DatasetError(
                where=card.card_file,
                what=f"no {kind} pair of {card.id!r} remains: {'; '.join(why)}; "
                "repair the images or change [align].",
            )


def _refuse_one_fold(
    card: LfwDataset | CsvDataset, counts: npt.NDArray[np.int64], why: Sequence[str]
) -> None:
    if len(counts) > 1 and (counts > 0).sum() < 2:
        raise DatasetError(
            where=card.card_file,
            what=f"pairs of one fold of {card.id!r} remain, and accuracy needs two: "
            f"{'; '.join(why)}; repair the images or change [align].",
        )


def _by_fold(
    fold_of: npt.NDArray[np.int64], genuine: npt.NDArray[np.bool_], folds: int
) -> npt.NDArray[np.int64]:
    """Genuine and impostor pairs of each fold, int64 [2, folds]."""
    kinds = (fold_of[genuine], fold_of[~genuine])
    return np.stack([np.bincount(of, minlength=folds) for of in kinds])


def _fold_remarks(
    before: npt.NDArray[np.int64], after: npt.NDArray[np.int64], numbers: Sequence[int]
) -> list[str]:
    """What is said of folds that lost all their pairs, or all of a kind."""
    empty = after.sum(axis=0) == 0
    lost = (before > 0) & (after == 0) & ~empty
    said = (
        (empty, "no pair left and counts no more", "no pair left and count no more"),
        (lost[0], *["no genuine pair left: there is no VAL"] * 2),
        (lost[1], *["no impostor pair left: there is no VAL"] * 2),
    )
    remarks = []
    for of, one, several in said:
        found = [numbers[fold] for fold in np.flatnonzero(of).tolist()]
        if len(found) == 1:
            remarks.append(f"fold {found[0]} has {one}")
        elif found:
            remarks.append(f"{len(found):,} folds (the first {found[0]}) have {several}")
    return remarks
