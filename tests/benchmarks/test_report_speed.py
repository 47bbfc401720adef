"""What keeping records and writing reports costs: a small share of a run, and in line with records.

`.venv/bin/pytest tests/benchmarks/test_report_speed.py`
"""

import time
from pathlib import Path

from many_records import many_records
from records import ENVIRONMENT

from suite.entry_points.commands.main import main
from suite.judging.record import Record
from suite.report.files import FILES, write_json
from suite.report.folder import ReportFolder

# Less than any gate of the smallest embedded model takes.
_GATE_SECONDS = 0.005
_TIMES = 4
_OPENVINO = {"provider": "openvino", "profile": "openvino-cpu-avx2"}


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


def test_four_shards_and_two_providers_of_two_hundred_models_are_merged_in_a_minute(
    tmp_path: Path,
) -> None:
    records = list(many_records(models=200, sets=4))
    size = len(records) // 4
    shards = [records[start : start + size] for start in range(0, len(records), size)]
    elsewhere = [record.model_copy(update=_OPENVINO) for record in records]
    folders = []
    for index, mine in enumerate([*shards, elsewhere]):
        where = _OPENVINO if mine is elsewhere else {}
        update = {"started": f"2026-01-02 {index}", **where}
        folders.append(tmp_path / str(index))
        environment = ENVIRONMENT.model_copy(update=update)
        run = ReportFolder(folders[-1], environment, require_all=False)
        for record in mine:
            run.add(record)
        run.conclude(complete=True)
        write_json(folders[-1], run.report)
        run.close()
    began = time.perf_counter()
    target = f"--report-dir={tmp_path / 'merged'}"
    assert main(["merge", target, *map(str, folders)]) == 0
    assert time.perf_counter() - began < 60


def test_writing_grows_in_line_with_the_records(tmp_path: Path) -> None:
    few, many = (list(many_records(models=50 * times, sets=4)) for times in (1, _TIMES))
    kept_and_written(tmp_path / "warm", few)
    alone = min(kept_and_written(tmp_path / f"few-{again}", few) for again in range(3))
    assert kept_and_written(tmp_path / "many", many) <= 1.5 * _TIMES * alone
