"""How much of its limit a figure has used up, in a number and in words."""

import math

from suite.catalog.figures import FIGURES
from suite.judging.outcome import Outcome
from suite.judging.record import Against, Row


def strain(row: Row) -> float:
    """How many times what is allowed a row has used up: above 1 beyond its limit.

    A loss and a distance are shares of their limit, negative where the figure is better than
    FP32's. Of a floor it is what is lacking to 1 where the figure is a share, held to what the
    floor lets be lacking; otherwise the floor as a share of what was measured. What a set does not
    resolve is held to nothing and uses up nothing.
    """
    if row.outcome is Outcome.NOT_APPLICABLE:
        return 0.0
    if row.difference is None or row.measured is None:
        return 0.0 if row.outcome.decided_nothing else math.inf
    if row.against is not Against.FLOOR:
        against_fp32 = row.against is Against.FP32
        used = FIGURES[row.metric].loss(row.difference) if against_fp32 else abs(row.difference)
        return _share(used, row.limit)
    if FIGURES[row.metric].is_share:
        return _share(1 - row.measured, 1 - row.limit)
    return _share(row.limit, row.measured)


def _share(used: float, allowed: float) -> float:
    if allowed > 0:
        return used / allowed
    return 0.0 if used <= 0 else math.inf


def in_words(row: Row, dataset: str | None = None) -> str:
    """A row in words: the figure, what was measured, and what it is held to."""
    figure = FIGURES[row.metric]
    label = f"{figure.label} on {dataset}" if dataset else figure.label
    if row.measured is None:
        off = "" if row.difference is None else f" {row.difference:.{figure.digits}f} off,"
        return f"{label}{off} {row.against.allowed(f'{row.limit:g}')}"
    measured = f"{label} {row.measured:.{figure.digits}f}"
    if row.held_to is None or row.against is Against.ITSELF:
        return f"{measured}, at most {row.limit:g} allowed"
    if row.against is Against.FLOOR:
        return f"{measured}, at least {row.limit:g} asked"
    held_to = f"{row.held_to:.{figure.digits}f}"
    if row.against is Against.BASELINE:
        limit = f"{row.limit:.0%}" if figure.relative else f"{row.limit:g}"
        return f"{measured}, accepted as {held_to} ± {limit}"
    loss = figure.loss(row.measured - row.held_to)
    lost = "nothing lost" if loss <= 0 else f"{loss:.{figure.digits}f} worse"
    return f"{measured}, {lost} of the {row.limit:g} allowed against FP32's {held_to}"
