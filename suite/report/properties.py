"""What a CI shows of a record beside its test: one short property, as JUnit XML has them."""

from suite.catalog.figures import FIGURES
from suite.judging.record import Record
from suite.report.reference import by_its_name

# What is looked at first, gate by gate; the whole record is in the report.
_MAIN = (
    "accuracy",
    "tar_at_far_1e-3",
    "all_pairs_tar_at_far_1e-3",
    "cosine_mean",
    "cosine_worst",
    "size_bytes",
    "quantized_ops",
    "nodes_fallen_back",
    "speedup",
    "speedup_over_prepared",
    "latency_ms",
)
_LONGEST = 200


def property_of(record: Record) -> tuple[str, str]:
    """The name of a record's test, and model, mode, outcome, headline and main figures."""
    name = record.node.rpartition("::")[2]
    said = " ".join(record.headline.split())
    shown = said if len(said) <= _LONGEST else f"{said[:_LONGEST]}…"
    words = [f"{record.model} {record.mode}: {record.outcome}: {shown}", *_figures(record)]
    return name, "; ".join(by_its_name(words, record.precision))


def _figures(record: Record) -> list[str]:
    if record.measured is None:
        return []
    found = record.measured.known
    return [
        f"{FIGURES[name].label} {found[name]:.{max(FIGURES[name].digits, 0)}f}"
        for name in _MAIN
        if name in found
    ]
