"""Rows of models and modes: which figures they have, and which come first."""

import pytest
from records import measured, record, row
from reports import FP32, INT8, LFW

from suite.catalog.gate import Gate
from suite.judging.outcome import Outcome
from suite.judging.record import Against, Record
from suite.report.cases import CaseRow, main_tars, rows

CFP = "cfp"
STRICT = "all_pairs_tar_at_far_1e-4"
LOOSE = "all_pairs_tar_at_far_1e-3"
PLAIN = "tar_at_far_1e-3"


def resolution(flag: str = "", expected: float = 70.0) -> dict[str, object]:
    return {
        "far_target": 1e-3,
        "impostors": 700_000,
        "expected_false_accepts": expected,
        "false_accepts": round(expected),
        "flag": flag,
    }


def verified(
    mode: str = "int8",
    *,
    dataset: str = LFW,
    outcome: Outcome = Outcome.PASS,
    tar: float = 0.95,
    change: float = -0.01,
    flags: dict[str, tuple[str, float]] | None = None,
    loss: dict[str, float] | None = None,
    rows: tuple[object, ...] = (),
) -> Record:
    """A verification gate with three TARs, of which only the strictest has the figure given."""
    shown = flags or dict.fromkeys((PLAIN, LOOSE, STRICT), ("", 70.0))
    return record(
        Gate.VERIFICATION,
        outcome,
        mode=mode,
        dataset=dataset,
        rows=rows,
        limits={"loss": loss or {}},
        measured=measured(
            Gate.VERIFICATION,
            dataset,
            figures={PLAIN: 0.99, LOOSE: 0.98, STRICT: tar},
            uncertainty={
                "drawn": "people",
                "units": 500,
                "changes": {STRICT: {"point": change, "low": change - 0.02, "high": change + 0.03}},
                "resolution": {name: resolution(*how) for name, how in shown.items()},
            },
        ),
    )


def test_a_row_has_the_figures_of_a_model_in_a_mode() -> None:
    by_mode = {each.mode: each for each in rows([*FP32, *INT8])}
    int8 = by_mode["int8"]
    assert (int8.dataset, int8.datasets, int8.tar_name, int8.tar) == (LFW, 1, PLAIN, 0.99)
    assert int8.cosine_1st_percentile == 0.985
    assert str(int8.speedup) == "1.90 × (1.80 … 2.00)"
    assert (int8.latency_ms, int8.size_bytes) == (2.5, 2**20)
    assert int8.outcome is Outcome.FAIL
    assert int8.concluded == "FAIL: verification; undecided: latency"
    fp32 = by_mode["fp32"]
    assert (fp32.tar_change, fp32.speedup, fp32.size_bytes) == (None, None, 4 * 2**20)
    assert fp32.concluded == "pass"


def test_the_change_has_the_paired_interval_where_one_was_drawn() -> None:
    (found,) = rows([verified(loss={STRICT: 0.02})])
    change = found.tar_change
    assert change is not None
    assert (change.point, change.low, change.high) == pytest.approx((-0.01, -0.03, 0.02))


def test_without_an_interval_the_change_is_a_point() -> None:
    found = {each.mode: each for each in rows([*FP32, *INT8])}["int8"].tar_change
    assert found is not None
    assert found.low == found.point == found.high == 0.0


@pytest.mark.parametrize(
    ("flags", "loss", "expected"),
    [
        ({PLAIN: ("weak", 3), LOOSE: ("", 700), STRICT: ("", 70)}, {LOOSE: 1, STRICT: 1}, STRICT),
        ({PLAIN: ("weak", 3), LOOSE: ("", 700), STRICT: ("", 70)}, {PLAIN: 1, LOOSE: 1}, LOOSE),
        ({PLAIN: ("weak", 3), LOOSE: ("", 700), STRICT: ("", 70)}, {}, STRICT),
        ({PLAIN: ("weak", 3), LOOSE: ("", 700), STRICT: ("weak", 7)}, {STRICT: 1}, LOOSE),
        ({PLAIN: ("weak", 3), LOOSE: ("weak", 9), STRICT: ("weak", 0.9)}, {STRICT: 1}, LOOSE),
        ({PLAIN: ("", 300), LOOSE: ("", 700), STRICT: ("weak", 7)}, {}, LOOSE),
    ],
    ids=["strictest", "bounded", "unbounded", "resolved", "none resolved", "of equals more pairs"],
)
def test_the_main_far_is_the_strictest_that_is_judged_and_resolved(
    flags: dict[str, tuple[str, float]], loss: dict[str, float], expected: str
) -> None:
    assert main_tars([verified(flags=flags, loss=loss)]) == {LFW: expected}


def test_a_mode_on_several_sets_shows_the_worst_of_them() -> None:
    records = [verified(change=-0.001), verified(dataset=CFP, change=-0.04)]
    (found,) = rows(records)
    assert (found.dataset, found.datasets) == (CFP, 2)
    # A set with a red gate is worse than one that lost more.
    (found,) = rows([records[1], verified(outcome=Outcome.FAIL)])
    assert found.dataset == LFW


def with_loss(model: str, used: float, outcome: Outcome = Outcome.PASS) -> Record:
    """A model of which a loss used up that share of its limit of 0.01."""
    held = row("accuracy", against=Against.FP32, reference=0.9, value=0.9 - used / 100, limit=0.01)
    return verified(rows=(held,), outcome=outcome).model_copy(update={"model": model})


def test_the_worst_come_first() -> None:
    records = [
        with_loss("calm", 0.1),
        with_loss("near", 0.9),
        with_loss("red", 3.0, Outcome.FAIL),
        with_loss("open", 0.5, Outcome.UNDECIDED),
        with_loss("redder", 5.0, Outcome.FAIL),
        record(model="absent", outcome=Outcome.SKIPPED),
    ]
    assert [each.model for each in rows(records)] == [
        *("redder", "red", "open", "absent", "near", "calm")
    ]


def test_speed_that_nobody_accepted_here_leaves_a_case_green() -> None:
    untold = record(Gate.LATENCY, Outcome.NOT_COMPARED, mode="int8")
    (found,) = rows(
        [verified(), untold, record(Gate.BEHAVIOUR, Outcome.NOT_APPLICABLE, mode="int8")]
    )
    assert (found.outcome, found.concluded) == (Outcome.PASS, "pass; not compared: latency")
    (alone,) = rows([untold])
    assert (alone.outcome, alone.concluded) == (Outcome.NOT_COMPARED, "not compared: latency")
    (slow,) = rows([verified(), record(Gate.LATENCY, Outcome.FAIL, mode="int8")])
    assert slow.outcome is Outcome.FAIL


def test_what_does_not_apply_at_all_says_so() -> None:
    (found,) = rows([record(outcome=Outcome.NOT_APPLICABLE)])
    assert isinstance(found, CaseRow)
    assert found.concluded == "not applicable: artifact"
    assert found.tar is None
