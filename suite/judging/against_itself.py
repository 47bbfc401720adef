"""Judging a case against itself: the same faces, run in another way of the same run."""

from collections.abc import Mapping

from suite.catalog.figures import FIGURES
from suite.judging.judgement import Judgement
from suite.judging.measured import Measured
from suite.judging.outcome import Outcome
from suite.judging.record import Against, Row
from suite.judging.rows import cannot_be


def judge_against_itself(measured: Measured, tolerances: Mapping[str, float]) -> Judgement:
    """Hold each difference to its tolerance; not applicable where nothing could be run twice."""
    if measured.problem:
        return Judgement(Outcome.FAIL, measured.problem)
    if words := cannot_be(measured.differences):
        return Judgement(Outcome.FAIL, words)
    rows = tuple(
        _row(name, difference, tolerances[name])
        for name, difference in measured.differences.items()
    )
    if not rows:
        return Judgement(Outcome.NOT_APPLICABLE, "; ".join(measured.remarks))
    failed = [_words(row) for row in rows if row.outcome is Outcome.FAIL]
    if failed:
        words = f"the same faces get other embeddings: {', '.join(failed)}"
        return Judgement(Outcome.FAIL, words, rows)
    return Judgement(Outcome.PASS, "the same faces get the same embeddings", rows)


def _row(name: str, difference: float, limit: float) -> Row:
    return Row(
        metric=name,
        against=Against.ITSELF,
        reference=None,
        measured=difference,
        difference=None,
        limit=limit,
        outcome=Outcome.PASS if difference <= limit else Outcome.FAIL,
    )


def _words(row: Row) -> str:
    figure = FIGURES[row.metric]
    value = f"{row.measured:.{figure.digits}f}"
    return f"{figure.label} {value}, of which {row.limit:g} is the most allowed"
