"""Pairs that a file lists: their images, their folds, and what remains without some images."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from suite.catalog.dataset_card import ImagesDataset
from suite.catalog.errors import DatasetError
from suite.catalog.folds import equal_folds
from suite.datasets.alignment.aligner import CutFaces
from suite.datasets.face_set import FaceSet, PairList, face_set
from suite.datasets.images.folder import NamedImage
from suite.datasets.line_pair import LinePairs, Named


@dataclass(frozen=True)
class Listed:
    """Images and pairs as files list them.

    Attributes
    ----------
    images : the files that pairs use, each once
    pairs : their images are indices into ``images``
    fold_numbers : what each fold is called
    people : who each image shows; None where nobody says
    """

    images: Sequence[NamedImage]
    pairs: PairList
    fold_numbers: Sequence[int]
    people: Sequence[str] | None


def list_pairs(
    read: LinePairs[Named],
    named: Callable[[Named, int], NamedImage],
    person_of: Callable[[Named], str] | None = None,
) -> Listed:
    """Find the images of pairs.

    Parameters
    ----------
    read : the pairs of a file; where their folds' numbers are not as many as its folds, those are
        called 1, 2, …
    named : gives the file of an image, and takes the line that names it first, for messages
    person_of : who an image shows, where the file says so
    """
    places: dict[Named, int] = {}
    images: list[NamedImage] = []
    for pair in read.pairs:
        for image in (pair.left, pair.right):
            if image not in places:
                places[image] = len(images)
                images.append(named(image, pair.line))
    pairs = PairList(
        [places[pair.left] for pair in read.pairs],
        [places[pair.right] for pair in read.pairs],
        [pair.genuine for pair in read.pairs],
        read.folds,
        read.fold_sizes or equal_folds(len(read.pairs), read.folds),
    )
    numbers = sorted({pair.fold for pair in read.pairs})
    if len(numbers) != read.folds:
        numbers = list(range(1, read.folds + 1))
    return Listed(images, pairs, numbers, list(map(person_of, places)) if person_of else None)


def paired(card: ImagesDataset, listed: Listed, found: CutFaces) -> FaceSet:
    """The set without the pairs of images that were left out; the others stay in their folds.

    Raises
    ------
    DatasetError
        where no pair of a kind, or fewer than two of several folds, remain.
    """
    here = np.array([face is not None for face in found.faces], dtype=np.bool_)
    pairs, remarks = listed.pairs, list(found.remarks)
    left, right = np.array(pairs.left), np.array(pairs.right)
    kept = np.flatnonzero(here[left] & here[right])
    labels = np.array(pairs.genuine, dtype=np.bool_)
    genuine, sizes = labels[kept], pairs.fold_sizes
    if len(kept) < len(left):
        _refuse_one_kind(card, genuine, found.remarks)
        remarks.append(
            f"{len(left) - len(kept):,} of {len(left):,} pairs were left out with their images: "
            f"{int(genuine.sum()):,} genuine and {int((~genuine).sum()):,} impostor pairs remain, "
            f"each in its fold"
        )
        fold_of = np.repeat(np.arange(len(sizes)), sizes)
        before = _by_fold(fold_of, labels, len(sizes))
        after = _by_fold(fold_of[kept], genuine, len(sizes))
        _refuse_one_fold(card, after.sum(axis=0), found.remarks)
        remarks += _fold_remarks(before, after, listed.fold_numbers)
        sizes = tuple(count for count in after.sum(axis=0).tolist() if count)
    new = np.cumsum(here) - 1
    people = listed.people
    return face_set(
        card.id,
        found.kept,
        PairList(new[left[kept]], new[right[kept]], genuine, len(sizes), sizes),
        None if people is None else [people[place] for place in np.flatnonzero(here).tolist()],
        remarks,
        found.acquisition,
    )


def _refuse_one_kind(
    card: ImagesDataset, genuine: npt.NDArray[np.bool_], why: Sequence[str]
) -> None:
    for kind, count in (("genuine", genuine.sum()), ("impostor", (~genuine).sum())):
        if not count:
            raise DatasetError(
                where=card.card_file,
                what=f"no {kind} pair of {card.id!r} remains: {'; '.join(why)}; "
                "repair the images or change [align].",
            )


def _refuse_one_fold(
    card: ImagesDataset, counts: npt.NDArray[np.int64], why: Sequence[str]
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
