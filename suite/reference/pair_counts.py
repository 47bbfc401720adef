"""How many pairs figures are of, as their digits say."""

from collections.abc import Sequence
from math import floor, gcd, prod

from suite.reference.claim import Claim

# More than so probable by chance is no finding.
_CHANCE = 0.01
_TARS = ("tar_at_far_1e-3", "tar_at_far_1e-4")
# Of the benchmarks whose pairs are fixed: genuine pairs, and as many impostor pairs. LFW: Huang et
# al. 2007, View 2; CFP-FP: Sengupta et al. 2016; AgeDB-30: Moschoglou et al. 2017.
_KINDS = {"lfw": 3000, "cfp": 3500, "agedb": 3000, "calfw": 3000, "cplfw": 3000}


def pairs_of_a_kind(dataset: str | None) -> int | None:
    """The genuine pairs of a set that everyone knows, which has as many impostor pairs.

    >>> pairs_of_a_kind("lfw-raw"), pairs_of_a_kind("ours")
    (3000, None)
    """
    return _KINDS.get((dataset or "").split("-")[0])


def fewest_pairs(claims: Sequence[Claim], whole: int) -> int | None:
    """The fewest pairs of a kind that the figures of a table can be of, where those are a part.

    With n genuine and n impostor pairs a TAR is k / n and an accuracy k / 2n, rounded. That a
    figure of the whole set is also one of n pairs has about the probability of their common
    divisors, gcd(n, whole) / whole, or of rounding, n · 10^-decimals, where that is larger;
    distinct figures count as independent, and the chances of all n that were tried are added up.

    Parameters
    ----------
    whole : the set's pairs of a kind

    Returns
    -------
    n below ``whole``, or None where the figures are of the whole set, or may be so by more than
    one chance in a hundred.
    """
    given = {
        (claim.figures[name], claim.decimals.get(name, 0), 1 if name in _TARS else 2)
        for claim in claims
        for name in (*_TARS, "accuracy")
        if name in claim.figures and claim.figures[name] not in (0.0, 1.0)
    }
    chance = 0.0
    for pairs in range(1, whole):
        common = gcd(pairs, whole) / whole
        rounding = (each * pairs * 10.0**-decimals for _, decimals, each in given)
        chance += prod(min(1.0, max(common, width)) for width in rounding)
        if chance > _CHANCE:
            return None
        if all(_is_share(value, decimals, each * pairs) for value, decimals, each in given):
            return pairs
    return None


def _is_share(value: float, decimals: int, of: int) -> bool:
    """Whether a value is a whole number of so many, rounded either way."""
    half, near = 0.5 * 10.0**-decimals * (1 + 1e-6), floor(value * of)
    return any(abs(count / of - value) <= half for count in (near, near + 1))
