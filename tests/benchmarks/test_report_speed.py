"""What keeping records, writing reports and reading them costs: a small share of a run, in line.

`.venv/bin/pytest tests/benchmarks/test_report_speed.py -s`, which prints each file's share
"""

import json
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from many_records import MODES, many_records
from records import ENVIRONMENT

from suite.entry_points.commands.main import main
from suite.judging.record import Record
from suite.report.files import FILES, write_json
from suite.report.folder import ReportFolder
from suite.report.model import Report
from suite.report.names import Names

# Prints the seconds that reading a report takes, and the process's largest size in MiB.
READ = """
import json, resource, sys, time
from pathlib import Path
from suite.report.reading import read_report

began = time.perf_counter()
read_report(Path(sys.argv[1]))
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(json.dumps([time.perf_counter() - began, peak]))
"""
# Of two made models of a few thousand weights on twenty faces a gate takes 0.1 s on average, its
# artifact's building included, and of the embedded families 0.2 s.
_GATE_SECONDS = 0.03
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


@pytest.mark.parametrize(
    ("models", "modes", "most_seconds"),
    [(4, ("fp32", *(f"int8-{number}" for number in range(7))), 5), (200, MODES, 60)],
    ids=["4 models in 8 modes", "200 models in 3 modes"],
)
def test_all_files_are_written_and_read_again_in_time(
    tmp_path: Path, models: int, modes: tuple[str, ...], most_seconds: float
) -> None:
    records = list(many_records(models=models, sets=4, modes=modes))
    run = ReportFolder(tmp_path, ENVIRONMENT, require_all=False, names=Names())
    run.plan([record.node for record in records])

    def keep() -> None:
        for record in records:
            run.add(record)

    spent = {"keeping records": timed(keep)}
    spent["concluding"] = timed(lambda: run.conclude(complete=True))
    for name, text_of in FILES.items():
        write = partial(write_file, tmp_path / name, text_of, run.report)
        spent[name] = timed(write)
    spent["report.json"] = timed(lambda: write_json(tmp_path, run.report))
    run.close()
    # In a process of its own, whose memory nothing else has used.
    read = subprocess.run(
        [sys.executable, "-c", READ, tmp_path], capture_output=True, text=True, check=True
    )
    spent["reading"], peak_mib = json.loads(read.stdout)
    whole = sum(spent.values())
    print(f"\n{len(records)} records: {whole:.1f} s, at most {peak_mib:.0f} MiB to read them")
    for name, seconds in spent.items():
        path = tmp_path / name
        size = f"{path.stat().st_size / 2**20:8.2f} MiB" if path.exists() else ""
        print(f"  {name:16}{seconds:7.2f} s {seconds / whole:6.1%} {size}")
    assert whole < most_seconds


def timed(what: Callable[[], object]) -> float:
    began = time.perf_counter()
    what()
    return time.perf_counter() - began


def write_file(path: Path, text_of: Callable[[Report], str], report: Report) -> None:
    path.write_text(text_of(report), encoding="utf-8")


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
