"""The report as its readers see it, from hand-made records."""

from records import ENVIRONMENT, measured, record, row

from suite.catalog.gate import Gate
from suite.judging.outcome import Outcome
from suite.judging.record import Record
from suite.report.failure import failure_message
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
        measured=measured(Gate.FIDELITY, LFW, figures={"cosine_mean": 0.998, "cosine_worst": 0.97}),
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


def test_the_verdict_comes_first_then_what_failed() -> None:
    lines = shown(*FP32, *INT8).splitlines()
    assert lines[2] == "**FAIL**: 1 of 7 gates failed (5 pass, 1 fail, 1 undecided)"
    assert lines[4] == "## What failed"
    assert lines[6] == "### verification: m int8 on lfw"
    failed = "\n".join(lines[: lines.index("## m (arcface)")])
    assert "not as accepted: Accuracy" in failed
    assert "- likely cause: noise" in failed
    assert "Reproduce: `pytest --models=m --modes=int8 -k test_verification`" in failed
    assert "ROC AUC" not in failed


def test_a_mode_has_its_figures_with_the_difference_to_fp32() -> None:
    text = shown(*FP32, *INT8)
    assert cells(text, "int8")[:2] == ["int8", "0.985000 (-0.010000) [-0.005000]"]
    assert cells(text, "int8")[-4:] == ["1.00", "2.50 (1.90 ×)", "0.99800", "0.97000"]
    assert cells(text, "fp32")[5:] == ["4.00", "–", "–", "–"]
    assert "in brackets: difference to the accepted baseline" in text


def test_what_others_measured_stands_under_ours() -> None:
    text = shown(*FP32)
    assert cells(text, "fp32, by others") == [
        *("fp32, by others", "0.996600", "–", "–", "–", "89.60", "–", "–", "–")
    ]


def test_what_was_measured_and_left_out_is_said() -> None:
    text = shown(*FP32)
    assert "- fed so" in text
    assert "- **fp32**: 3 images were left out." in text
    assert "in brackets" not in text


def test_every_limit_is_shown_folded_away() -> None:
    text = shown(*FP32, *INT8)
    assert "All 3 figures and the limits they were held to" in text


def test_speed_has_its_interval_and_its_remark() -> None:
    text = shown(*FP32, *INT8)
    speed = text[text.index("Speed, with 1 thread;") :]
    assert cells(speed, "int8")[8] == "1.900 (1.800 … 2.000)"
    assert cells(speed, "int8")[10:] == ["2.000", "undecided"]
    assert "- **int8**, batch 1: slower than hoped." in speed


def test_nodes_that_run_elsewhere_are_named() -> None:
    text = shown(*FP32, *INT8)
    placed = text[text.index("Placement on `cpu`") :]
    assert cells(placed, "fp32")[1:6] == ["9", "1", "–", "5", "75.0%"]
    assert "| fp32  |  odd | Scaler |     CPU | fell back |" in placed


def test_what_was_not_decided_and_did_not_run_is_listed() -> None:
    text = shown(
        *FP32,
        *INT8,
        record(Gate.FIDELITY, Outcome.NOT_COMPARED, "accepted on cpu-other", mode="int8"),
        planned=("lost::gate",),
    )
    undecided = text[text.index("## What was not decided") :]
    assert cells(undecided, "latency")[4:] == ["undecided", "the interval straddles the limit"]
    assert cells(undecided, "fidelity")[4:] == ["not compared", "accepted on cpu-other"]
    assert "## What did not run\n\n- `lost::gate`" in text


def test_the_environment_and_the_hashes_close_it() -> None:
    text = shown(*FP32)
    closing = text[text.index("## What was run where") :]
    assert cells(closing, "Command")[1] == "`pytest --models=m`"
    assert cells(closing, "Versions")[1] == "onnxruntime 1.32.0, numpy 2.4.6"
    assert cells(closing, "m fp32")[2:] == ["source", "a" * 64]


def test_a_model_without_weights_says_so() -> None:
    text = shown(*FP32, record(outcome=Outcome.SKIPPED, headline="weights are absent", model="n"))
    assert "## n (arcface)\n\nSkipped: weights are absent.\n" in text


def test_a_red_gate_says_cause_rows_and_command() -> None:
    lines = failure_message(INT8[1]).splitlines()
    assert lines[0] == "verification: m int8 on lfw: not as accepted: Accuracy"
    assert lines[1] == "  likely cause: noise"
    assert [line.split()[0] for line in lines[3:6]] == ["metric", "Accuracy", "ROC"]
    assert lines[-1] == "reproduce: pytest --models=m --modes=int8 -k test_verification"


def test_a_gate_that_require_all_fails_says_what_it_concluded() -> None:
    given = record(Gate.FIDELITY, Outcome.NOT_COMPARED, "accepted on cpu-other", mode="int8")
    first = failure_message(given).splitlines()[0]
    assert first == "fidelity: m int8: not compared: accepted on cpu-other"
