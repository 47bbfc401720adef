"""Judging what was measured against the accepted baseline."""

from collections.abc import Mapping

from suite.catalog.figures import METRICS
from suite.judging.judgement import Entry, Judgement
from suite.judging.measured import Measured
from suite.judging.outcome import Outcome
from suite.judging.record import Row
from suite.judging.rows import figure_row, samples_row


def judge_against_baseline(
    measured: Measured, accepted: Entry, tolerances: Mapping[str, float]
) -> Judgement:
    """Compare with the accepted entry: identity first, then each figure within its tolerance."""
    other = _other_identity(measured.identity, accepted.identity)
    rows = tuple(_baseline_rows(measured, accepted, tolerances))
    if other:
        return Judgement(Outcome.FAIL, other, rows)
    missing = sorted(
        (set(measured.figures) | set(measured.samples))
        ^ (set(accepted.figures) | set(accepted.samples))
    )
    if missing:
        return Judgement(
            Outcome.FAIL,
            f"measured and accepted have not the same metrics: {', '.join(missing)}; "
            "accept with --snapshot-update",
            rows,
        )
    failed = [row for row in rows if row.outcome is Outcome.FAIL]
    if failed:
        return Judgement(Outcome.FAIL, _moved(failed), rows)
    straddling = [METRICS[row.metric].label for row in rows if row.outcome is Outcome.UNDECIDED]
    if straddling:
        words = f"the interval straddles the limit against accepted: {', '.join(straddling)}"
        return Judgement(Outcome.UNDECIDED, words, rows)
    return Judgement(Outcome.PASS, "as accepted", rows)


def too_wide(measured: Measured, tolerances: Mapping[str, float]) -> list[str]:
    """The figures whose interval is wider than their tolerance: too uncertain to be accepted."""
    wide = []
    for name, (low, high) in measured.intervals.items():
        if name not in measured.figures:
            continue
        unit = measured.figures[name] if METRICS[name].relative else 1.0
        if high - low > tolerances.get(name, 0.0) * unit:
            wide.append(name)
    return wide


def _other_identity(
    measured: Mapping[str, str | int], accepted: Mapping[str, str | int]
) -> str | None:
    names = {
        "source": "other weights than accepted",
        "artifact": "other brought artifact than accepted",
        "dataset": "other faces or pairs than accepted",
        "calibration": "other calibration faces than accepted",
        "recipe": "other recipe than accepted",
        "batch": "other batch than accepted",
    }
    for key in [*names, *sorted(set(measured) | set(accepted))]:
        if measured.get(key) != accepted.get(key):
            words = names.get(key, f"other {key} than accepted")
            return (
                f"{words}: {key} is {_short(measured.get(key))}, "
                f"accepted {_short(accepted.get(key))}"
            )
    return None


def _short(value: str | int | None) -> str:
    return value[:12] + "…" if isinstance(value, str) and len(value) > 13 else str(value)


def _baseline_rows(
    measured: Measured, accepted: Entry, tolerances: Mapping[str, float]
) -> list[Row]:
    rows = []
    for name, value in measured.figures.items():
        if name in accepted.figures:
            tolerance, between = tolerances.get(name, 0.0), measured.intervals.get(name)
            rows.append(figure_row(name, value, accepted.figures[name], tolerance, between))
    for name, values in measured.samples.items():
        if name in accepted.samples:
            rows.append(
                samples_row(name, values, accepted.samples[name], tolerances.get(name, 0.0))
            )
    return rows


def _moved(failed: list[Row]) -> str:
    names = [METRICS[row.metric].label for row in failed]
    better = all(_is_better(row) for row in failed)
    if better:
        return f"better than accepted: {', '.join(names)}; accept it with --snapshot-update"
    return f"not as accepted: {', '.join(names)}"


def _is_better(row: Row) -> bool:
    worse = METRICS[row.metric].worse
    if row.difference is None or worse == "either":
        return False
    return row.difference > 0 if worse == "lower" else row.difference < 0
