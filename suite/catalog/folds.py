"""Contiguous folds of pairs: how many where nobody says, and how long each is."""

FOLDS = 10


def equal_folds(pairs: int, folds: int) -> tuple[int, ...]:
    """How many pairs each of the folds has: the first ``pairs % folds`` have one more.

    >>> equal_folds(11, 3)
    (4, 4, 3)
    """
    return tuple(pairs // folds + (fold < pairs % folds) for fold in range(folds))
