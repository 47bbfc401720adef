"""What costs cosine to FP32: each mode's recipe, or what this runtime makes of it."""

from collections.abc import Sequence

from suite.catalog.gate import Gate
from suite.judging.measured import LossSplit, Measured
from suite.judging.record import Record
from suite.report.sections.speed import figure_cell
from suite.report.tables import markdown, signed

_FIGURES = (
    *("unoptimised_cosine_mean", "unoptimised_cosine_worst"),
    *("sampled_cosine_mean", "sampled_cosine_worst"),
)
_DIGITS = 4


def recipe_and_runtime(records: Sequence[Record]) -> list[str]:
    """The table of one model's losses, and of which modes they cannot be split."""
    found = [
        (record, record.measured, record.measured.split)
        for record in records
        if record.gate is Gate.FIDELITY and record.measured and record.measured.split
    ]
    rows = [
        _cells(record, measured, split) for record, measured, split in found if not split.reason
    ]
    whole = dict.fromkeys((record.mode, split.reason) for record, _, split in found if split.reason)
    lines = [f"- **{mode}**: recipe and runtime not told apart: {why}." for mode, why in whole]
    if not rows:
        return [*lines, *([""] if lines else [])]
    header = (
        *("Model", "Dataset", "Faces", "Recipe alone: mean cosine", "lowest", "As run: mean"),
        *("lowest", "Recipe costs", "Runtime costs", "Mostly"),
    )
    words = (
        "Recipe and runtime, on some of the faces: the recipe alone is the graph that onnxruntime "
        "does not optimise."
    )
    return [words, "", *markdown(header, rows), "", *lines, *([""] if lines else [])]


def _cells(record: Record, measured: Measured, split: LossSplit) -> tuple[str, ...]:
    recipe, run = (measured.observed[f"{way}_cosine_mean"] for way in ("unoptimised", "sampled"))
    return (
        record.mode,
        record.dataset or "",
        str(split.faces),
        *(figure_cell(measured, name) for name in _FIGURES),
        f"{1 - recipe:.{_DIGITS}f}",
        signed(recipe - run, _DIGITS),
        split.culprit.rstrip(",") or "the recipe",
    )
