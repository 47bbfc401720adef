"""What keeping records and writing reports costs: a small share of a run, and in line with records.

`.venv/bin/pytest tests/benchmarks/test_report_speed.py`
"""

import time
from pathlib import Path

from many_records import many_records
from records import ENVIRONMENT

from suite.judging.record import Record
from suite.report.files import FILES
from suite.report.folder import ReportFolder

# Less than any gate of the smallest embedded model takes.
_GATE_SECONDS = 0.005
_TIMES = 4


def kept_and_written(folder: Path, records: list[Record], gate_seconds: float = 0.0) -> float:
    """The seconds that a run spends on its report, gates aside."""
    began, in_gates = time.perf_counter(), 0.0
    run = ReportFolder(folder, ENVIRONMENT, require_all=False)
    run.plan([record.node for record in records])
    for record in records:
        gate = time.perf_counter()
        time.sleep(gate_seconds)
        in_gates += time.perf_counter() - gate
        run.add(record)
    run.write(complete=True)
    run.close()
    return time.perf_counter() - began - in_gates


def test_writing_is_a_tenth_of_a_run_of_fifty_tiny_models(tmp_path: Path) -> None:
    records = list(many_records(models=50, sets=4))
    spent = kept_and_written(tmp_path, records, _GATE_SECONDS)
    assert spent <= 0.1 * (spent + _GATE_SECONDS * len(records))


def test_the_reports_of_two_hundred_models_are_made_in_a_minute(tmp_path: Path) -> None:
    assert kept_and_written(tmp_path, list(many_records(models=200, sets=4))) < 60
    assert all((tmp_path / name).exists() for name in FILES)


def test_writing_grows_in_line_with_the_records(tmp_path: Path) -> None:
    few, many = (list(many_records(models=50 * times, sets=4)) for times in (1, _TIMES))
    kept_and_written(tmp_path / "warm", few)
    alone = min(kept_and_written(tmp_path / f"few-{again}", few) for again in range(3))
    assert kept_and_written(tmp_path / "many", many) <= 1.5 * _TIMES * alone
