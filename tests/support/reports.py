"""A hand-made run, and its report as Markdown."""

from records import ENVIRONMENT, measured, record, row

from suite.catalog.gate import Gate
from suite.judging.outcome import Outcome
from suite.judging.record import Record
from suite.report.markdown import to_markdown
from suite.report.verdict import make_report

LFW = "lfw"
FIGURES = {
    "accuracy": 0.995,
    "tar_at_far_1e-3": 0.99,
    "tar_at_far_1e-4": 0.98,
    "roc_auc": 0.999,
}
FP32 = [
    record(
        measured=measured(Gate.ARTIFACT, figures={"size_bytes": 4 * 2**20}, described=("fed so",)),
        hashes={"source": "a" * 64},
    ),
    record(
        Gate.VERIFICATION,
        dataset=LFW,
        measured=measured(
            Gate.VERIFICATION,
            LFW,
            figures=FIGURES,
            remarks=("3 images were left out",),
            beside=({"title": "by others", "figures": {"accuracy": 0.9966, "size_mib": 89.6}},),
        ),
    ),
    record(
        Gate.PLACEMENT,
        measured=measured(
            Gate.PLACEMENT,
            observed={"nodes": 9, "nodes_elsewhere": 1, "kernels": 5, "time_elsewhere": 0.25},
            strays=({"name": "odd", "op_type": "Scaler", "provider": "CPU", "fell_back": True},),
        ),
    ),
]
INT8 = [
    record(
        mode="int8",
        measured=measured(Gate.ARTIFACT, figures={"size_bytes": 2**20}),
    ),
    record(
        Gate.VERIFICATION,
        Outcome.FAIL,
        "not as accepted: Accuracy",
        mode="int8",
        dataset=LFW,
        rows=(row(outcome=Outcome.FAIL, reference=0.99, value=0.985), row("roc_auc")),
        notes=("likely cause: noise",),
        measured=measured(
            Gate.VERIFICATION, LFW, figures={**FIGURES, "accuracy": 0.985}, reference=FIGURES
        ),
    ),
    record(
        Gate.FIDELITY,
        mode="int8",
        dataset=LFW,
        measured=measured(
            Gate.FIDELITY,
            LFW,
            figures={"cosine_mean": 0.998, "cosine_worst": 0.97},
            observed={"cosine_1st_percentile": 0.985},
        ),
    ),
    record(
        Gate.LATENCY,
        Outcome.UNDECIDED,
        "the interval straddles the limit",
        mode="int8",
        rows=(row("speedup", Outcome.UNDECIDED, reference=2.0, value=1.9),),
        measured=measured(
            Gate.LATENCY,
            figures={"speedup": 1.9},
            identity={"batch": 1, "threads": 1},
            observed={"latency_ms": 2.5, "load_ms": 7.0},
            intervals={"speedup": (1.8, 2.0)},
            remarks=("slower than hoped",),
        ),
    ),
]


def shown(*records: Record, planned: tuple[str, ...] = ()) -> str:
    return to_markdown(
        make_report(ENVIRONMENT, records, complete=True, require_all=False, planned=planned)
    )


def cells(text: str, first: str) -> list[str]:
    """The cells of the first row of a table that begins so."""
    line = next(line for line in text.splitlines() if line.startswith(f"| {first} "))
    return [cell.strip() for cell in line.strip("|").split("|")]
