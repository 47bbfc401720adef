"""Pairs drawn of people's images, the same in every run and on every machine."""

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

from suite.catalog.errors import DatasetError

Pair = tuple[int, int]


@dataclass(frozen=True)
class DrawnPairs:
    """Pairs of images, fold by fold, in each the genuine ones first.

    Attributes
    ----------
    left, right : each pair's images as indices into those given
    genuine : whether a pair shows one person
    shared : whether pairs of one person are in several folds, because people are too few
    """

    left: tuple[int, ...]
    right: tuple[int, ...]
    genuine: tuple[bool, ...]
    shared: bool


def draw_pairs(people: Sequence[str], folds: int, per_fold: int, seed: int) -> DrawnPairs:
    """Draw pairs of images.

    People are dealt to the folds, those with most images first, so that nobody is in two folds;
    where a fold's people have too few pairs, all folds are drawn of all people. Genuine pairs are
    spread as evenly over people as their images allow; impostor pairs are equally likely each. No
    pair is drawn twice.

    Parameters
    ----------
    people : who each image shows
    folds : how many folds
    per_fold : how many genuine pairs in a fold, and how many impostor pairs
    seed : another one draws other pairs

    Raises
    ------
    DatasetError
        where there are fewer pairs than are to be drawn.
    """
    images: dict[str, list[int]] = {}
    for index, person in enumerate(people):
        images.setdefault(person, []).append(index)
    everyone = list(images.values())
    _refuse_too_few(everyone, folds * per_fold)
    dealt = _deal(images, folds, seed)
    shared = any(min(_counts(group)) < per_fold for group in dealt)
    if shared:
        genuine = _genuine(everyone, folds * per_fold, _random(seed, "genuine"))
        _random(seed, "order").shuffle(genuine)
        impostors = _impostors(everyone, folds * per_fold, _random(seed, "impostors"))
    else:
        genuine, impostors = [], []
        for fold, group in enumerate(dealt):
            genuine += _genuine(group, per_fold, _random(seed, f"genuine {fold}"))
            impostors += _impostors(group, per_fold, _random(seed, f"impostors {fold}"))
    pairs: list[Pair] = []
    for start in range(0, folds * per_fold, per_fold):
        pairs += genuine[start : start + per_fold] + impostors[start : start + per_fold]
    flags = ([True] * per_fold + [False] * per_fold) * folds
    left, right = zip(*pairs, strict=True)
    return DrawnPairs(left, right, tuple(flags), shared)


class _Random(random.Random):
    """Draws by `random.random` alone: of Python's generator only that is promised to stay."""

    def below(self, bound: int) -> int:
        return int(self.random() * bound)

    def shuffle(self, items: list[Pair]) -> None:  # type: ignore[override]
        """Fisher and Yates's shuffle, in place."""
        for last in range(len(items) - 1, 0, -1):
            other = self.below(last + 1)
            items[last], items[other] = items[other], items[last]

    def ranks(self, count: int, of: int) -> list[int]:
        """So many different numbers below a bound, ascending (Floyd, CACM 30(9), 1987)."""
        found: set[int] = set()
        for last in range(of - count, of):
            drawn = self.below(last + 1)
            found.add(last if drawn in found else drawn)
        return sorted(found)


def _random(seed: int, what: str) -> _Random:
    return _Random(f"{seed} {what}")


def _counts(groups: Sequence[Sequence[int]]) -> tuple[int, int]:
    """How many genuine and how many impostor pairs these people's images make."""
    sizes = [len(group) for group in groups]
    genuine = sum(math.comb(size, 2) for size in sizes)
    return genuine, math.comb(sum(sizes), 2) - genuine


def _refuse_too_few(everyone: Sequence[Sequence[int]], wanted: int) -> None:
    for kind, count in zip(("genuine", "impostor"), _counts(everyone), strict=True):
        if count < wanted:
            raise DatasetError(
                f"{len(everyone):,} people make {count:,} {kind} pairs, and folds × pairs_per_fold "
                f"is {wanted:,}; lower one of them, or add people or images."
            )


def _deal(images: dict[str, list[int]], folds: int, seed: int) -> list[list[list[int]]]:
    """People in folds, there and back again, so that each gets as many and as productive ones."""
    order = {person: _random(seed, f"person {person}").random() for person in images}
    ranked = sorted(images, key=lambda person: (-len(images[person]), order[person], person))
    dealt: list[list[list[int]]] = [[] for _ in range(folds)]
    for place, person in enumerate(ranked):
        turn, fold = divmod(place, folds)
        dealt[folds - 1 - fold if turn % 2 else fold].append(images[person])
    return dealt


def _genuine(groups: Sequence[Sequence[int]], wanted: int, draw: _Random) -> list[Pair]:
    most = [math.comb(len(group), 2) for group in groups]
    quotas = [0] * len(groups)
    left = wanted
    while left:  # each round gives everyone who has pairs to spare the same
        spare = [place for place, quota in enumerate(quotas) if quota < most[place]]
        share = max(1, left // len(spare))
        for place in spare if left >= len(spare) else _some(spare, left, draw):
            given = min(share, most[place] - quotas[place])
            quotas[place] += given
            left -= given
    pairs = []
    for group, quota, of in zip(groups, quotas, most, strict=True):
        for rank in draw.ranks(quota, of):
            # The rank of (i, j), i < j, is j (j − 1) / 2 + i.
            later = (1 + math.isqrt(1 + 8 * rank)) // 2
            pairs.append((group[rank - later * (later - 1) // 2], group[later]))
    return pairs


def _some(places: Sequence[int], count: int, draw: _Random) -> list[int]:
    return [places[rank] for rank in draw.ranks(count, len(places))]


def _impostors(groups: Sequence[Sequence[int]], wanted: int, draw: _Random) -> list[Pair]:
    """Pairs of images of different people, each equally likely."""
    total = sum(len(group) for group in groups)
    flat = [image for group in groups for image in group]
    ends = list(accumulate(len(group) for group in groups))
    who = [place for place, group in enumerate(groups) for _ in group]
    possible = _counts(groups)[1]
    if 2 * wanted > possible:  # few enough to be listed
        ranked = [
            (first, second) for first in range(total) for second in range(ends[who[first]], total)
        ]
        chosen = [ranked[rank] for rank in draw.ranks(wanted, possible)]
        draw.shuffle(chosen)
    else:
        found: dict[Pair, None] = {}
        while len(found) < wanted:
            first, second = sorted((draw.below(total), draw.below(total)))
            if who[first] != who[second]:
                found.setdefault((first, second))
        chosen = list(found)
    return [(flat[first], flat[second]) for first, second in chosen]
