"""Pooled, exact figures of the ROC curve: TAR at a FAR, area under the curve, equal error rate."""

from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from suite.verification.errors import VerificationError
from suite.verification.pairs import checked_pairs


@dataclass(frozen=True)
class TarAtFar:
    """True accept rate at the largest threshold whose false accept rate is within a target.

    Attributes
    ----------
    far_target : the false accept rate that must not be exceeded
    tar : share of genuine pairs with ``d < threshold``
    far : share of impostor pairs with ``d < threshold``; at most `far_target`
    threshold : squared distance below which a pair is accepted
    false_accepts : impostor pairs accepted
    impostors, genuine : pairs of each class
    """

    far_target: float
    tar: float
    far: float
    threshold: float
    false_accepts: int
    impostors: int
    genuine: int

    @property
    def expected_false_accepts(self) -> float:
        """Impostor pairs × target: how many false accepts set the threshold."""
        return self.impostors * self.far_target

    @property
    def resolvable(self) -> bool:
        """Whether the target allows one false accept at all; if not, this is TAR at FAR = 0."""
        return self.expected_false_accepts >= 1


@dataclass(frozen=True)
class EqualErrorRate:
    """Where false accepts and false rejects are, as shares of their classes, nearest to equal.

    Attributes
    ----------
    eer : mean of the two rates at `threshold`
    threshold : squared distance below which a pair is accepted
    """

    eer: float
    threshold: float


@dataclass(frozen=True, eq=False)
class Roc:
    """Distances of both classes, sorted: all that the figures of a ROC curve need.

    Attributes
    ----------
    genuine : float64 [p], ascending distances of genuine pairs; p at least 1
    impostors : float64 [n], ascending distances of impostor pairs; n at least 1
    """

    genuine: NDArray[np.float64]
    impostors: NDArray[np.float64]

    @classmethod
    def of(cls, distances: ArrayLike, genuine: ArrayLike) -> Self:
        """Check the pairs (see `checked_pairs`), part them by class and sort each class."""
        values, labels = checked_pairs(distances, genuine)
        return cls(genuine=np.sort(values[labels]), impostors=np.sort(values[~labels]))

    def true_accepts(self, threshold: float) -> int:
        """Genuine pairs with ``d < threshold``."""
        return int(np.searchsorted(self.genuine, threshold, side="left"))

    def false_accepts(self, threshold: float) -> int:
        """Impostor pairs with ``d < threshold``."""
        return int(np.searchsorted(self.impostors, threshold, side="left"))

    def tar_at_far(self, far_target: float) -> TarAtFar:
        """TAR over all pairs at the largest threshold whose FAR does not exceed the target.

        Parameters
        ----------
        far_target : false accept rate not to be exceeded, at least 0 and less than 1

        Raises
        ------
        VerificationError
            A target outside [0, 1).

        Notes
        -----
        A pair is accepted when ``d < threshold``, so tied pairs go together and a tie among the
        impostors that would exceed the target is rejected whole. The largest such threshold is
        itself the distance of an impostor: of the nearest one that must be rejected.

        Nothing is interpolated. With fewer than ``1 / far_target`` impostors no false accept is
        allowed, and the figure is TAR at FAR = 0 whatever the target is called: look at
        `false_accepts` and `impostors`. The points are those of ``sklearn.metrics.roc_curve``
        without ``drop_intermediate``; IJB's convention (the point with the nearest FAR) may exceed
        the target and is another one.

        Examples
        --------
        >>> roc = Roc.of([0.1, 0.4, 0.9, 0.5, 0.5, 1.1, 1.2], [1, 1, 1, 0, 0, 0, 0])
        >>> result = roc.tar_at_far(0.25)
        >>> result.threshold, result.false_accepts, round(result.tar, 4)
        (0.5, 0, 0.6667)
        """
        count = len(self.impostors)
        allowed = accepts_within(far_target, count)
        threshold = float(self.impostors[allowed])
        false_accepts = self.false_accepts(threshold)
        return TarAtFar(
            far_target=far_target,
            tar=self.true_accepts(threshold) / len(self.genuine),
            far=false_accepts / count,
            threshold=threshold,
            false_accepts=false_accepts,
            impostors=count,
            genuine=len(self.genuine),
        )

    def auc(self) -> float:
        """Probability that a genuine pair is nearer than an impostor pair, ties counted half.

        That is the area under the ROC curve, 0 to 1. Counted in integers and divided once (the
        Mann-Whitney statistic), so exact to the last bit;
        ``sklearn.metrics.roc_auc_score(genuine, -distances)`` is the same but for rounding.

        Examples
        --------
        >>> Roc.of([0.2, 0.5, 0.5, 0.9], [True, True, False, False]).auc()
        0.875
        """
        count = len(self.impostors)
        below = int(np.searchsorted(self.impostors, self.genuine, side="left").sum())
        below_or_tied = int(np.searchsorted(self.impostors, self.genuine, side="right").sum())
        comparisons = 2 * count * len(self.genuine)
        return (comparisons - below - below_or_tied) / comparisons

    def equal_error_rate(self) -> EqualErrorRate:
        """Error rate where false match rate and false non-match rate are nearest to each other.

        Notes
        -----
        Both rates are step functions and may jump past each other, so no threshold need make them
        equal. Of the operating points that the distances allow, accepting ``d < threshold`` with a
        distance as threshold, the one with the least ``|FMR - FNMR|`` is taken (compared as
        integers), and the mean of its two rates is the figure; where two are equally near, the
        lower threshold. Accepting everything is never nearer than accepting nothing, so it need
        not be looked at. If all distances are equal, the figure is 0.5.

        Examples
        --------
        >>> Roc.of([0.1, 0.3, 0.8, 0.6, 1.0, 1.4], [1, 1, 1, 0, 0, 0]).equal_error_rate()
        EqualErrorRate(eer=0.3333333333333333, threshold=0.8)
        """
        classes = (self.genuine, self.impostors)
        return crossing(classes, self.true_accepts, self.false_accepts, *map(len, classes))


def accepts_within(far_target: float, impostors: int) -> int:
    """The most impostor pairs that may be accepted for the FAR not to exceed the target.

    Raises
    ------
    VerificationError
        A target that is not at least 0 and less than 1.
    """
    if not 0 <= far_target < 1:
        raise VerificationError(f"A FAR target is at least 0 and less than 1, not {far_target!r}.")
    # k / n is the double nearest to the true quotient, as the literal 0.001 is to a
    # thousandth: so 3 of 3,000 is within 0.001. The product may miss by one either way.
    allowed = min(int(far_target * impostors) + 1, impostors - 1)
    while allowed / impostors > far_target:
        allowed -= 1
    return allowed


def crossing(
    classes: tuple[NDArray[Any], NDArray[Any]],
    true_accepts: Callable[[float], int],
    false_accepts: Callable[[float], int],
    genuine: int,
    impostors: int,
) -> EqualErrorRate:
    """Where false accepts and false rejects are nearest to equal, as shares of their classes.

    ``classes`` are ascending distances of genuine and impostor pairs: all of them, or those
    around the crossing.
    """

    def excess(threshold: float) -> int:
        """FMR - FNMR at a threshold, times both counts so that it is an exact integer."""
        false_rejects = genuine - true_accepts(threshold)
        return false_accepts(threshold) * genuine - false_rejects * impostors

    # The excess grows with every distance, so its sign changes once: the least gap is
    # at the last distance before the change or at the first after it.
    firsts = [bisect_left(values, 0, key=excess) for values in classes]
    after = [float(v[i]) for v, i in zip(classes, firsts, strict=True) if i < len(v)]
    before = [float(v[i - 1]) for v, i in zip(classes, firsts, strict=True) if i]
    candidates = [max(before)] + ([min(after)] if after else [])
    threshold = min(candidates, key=lambda value: abs(excess(value)))
    fmr = false_accepts(threshold) / impostors
    fnmr = (genuine - true_accepts(threshold)) / genuine
    return EqualErrorRate(eer=(fmr + fnmr) / 2, threshold=threshold)
