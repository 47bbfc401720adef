"""A history of runs: a line each, read again whatever damage its lines took."""

import multiprocessing
import os
from collections import Counter
from pathlib import Path

import pytest
from records import ENVIRONMENT, measured, record

from suite.catalog.errors import SuiteError
from suite.catalog.gate import Gate
from suite.judging.outcome import Outcome
from suite.report.history import PastCase, PastRun, read_history, series_of
from suite.report.history_line import append_run, before, past_runs, require_writable
from suite.report.model import Appended, Report
from suite.report.verdict import make_report

PAIRS = {
    "accuracy": 0.98,
    "tar_at_far_1e-4": 0.7,
    "tar_at_far_1e-3": 0.8,
    "all_pairs_tar_at_far_1e-3": 0.9,
}
COSINES = {"cosine_mean": 0.99, "cosine_worst": 0.9}


def timed(batch: int, speedup: float) -> object:
    return record(
        Gate.LATENCY,
        mode="int8",
        load=f"x{batch}",
        measured=measured(
            Gate.LATENCY,
            figures={"speedup": speedup},
            intervals={"speedup": (speedup - 0.1, speedup + 0.1)},
            identity={"batch": batch},
        ),
    ).model_copy(update={"node": f"latency {batch}"})


def report(*more: object, pairs: dict[str, float] = PAIRS, **rest: object) -> Report:
    records = [
        record(mode="int8", measured=measured(Gate.ARTIFACT, figures={"size_bytes": 10.0})),
        record(
            Gate.VERIFICATION,
            mode="int8",
            dataset="lfw",
            measured=measured(Gate.VERIFICATION, "lfw", figures=pairs),
        ),
        record(
            Gate.FIDELITY,
            mode="int8",
            dataset="lfw",
            measured=measured(
                Gate.FIDELITY,
                "lfw",
                figures=COSINES,
                observed={"cosine_1st_percentile": 0.93},
            ),
        ),
        record(Gate.FINGERPRINT, measured=measured(Gate.FINGERPRINT)),
        record(Gate.LATENCY, Outcome.DEFERRED, "later", mode="int8"),
        *more,
    ]
    return make_report(ENVIRONMENT, records, complete=True, require_all=False, **rest)


def past_run(of: Report) -> PastRun:
    (run,) = past_runs(of)
    return run


def run_of(started: str, value: float, name: str = "accuracy", **rest: object) -> PastRun:
    case = PastCase(model="m", mode="int8", dataset="lfw", figures={name: value}, **rest)
    return past_run(report()).model_copy(update={"started": started, "cases": (case,)})


def test_a_line_holds_the_headline_figures_of_each_case() -> None:
    run = past_run(report(timed(8, 3.0), timed(1, 2.0)))
    assert [(case.model, case.mode, case.dataset) for case in run.cases] == [
        ("m", "int8", None),
        ("m", "int8", "lfw"),
    ]
    of_file, of_set = run.cases
    assert of_file.figures == {"size_bytes": 10.0, "speedup": 2.0}
    assert of_file.intervals == {"speedup": (1.9, 2.1)}
    assert of_set.figures == {
        **{"accuracy": 0.98, "all_pairs_tar_at_far_1e-3": 0.9},
        **{"cosine_mean": 0.99, "cosine_1st_percentile": 0.93, "cosine_worst": 0.9},
    }
    assert (run.started, run.provider, run.verdict) == (
        *("2026-01-02T03:04:05+00:00", "cpu"),
        Outcome.PASS,
    )


@pytest.mark.parametrize(
    ("there", "chosen"),
    [
        (["tar_at_far_1e-3", "all_pairs_tar_at_far_1e-4"], "tar_at_far_1e-3"),
        (["tar_at_far_1e-4"], "tar_at_far_1e-4"),
        (["all_pairs_tar_at_far_1e-5", "mixed_tar_at_far_1e-3"], "all_pairs_tar_at_far_1e-5"),
    ],
)
def test_where_not_all_pairs_were_compared_it_is_the_tar_there_is(there, chosen: str) -> None:
    run = past_run(report(pairs=dict.fromkeys(there, 0.5)))
    assert chosen in run.cases[1].figures
    assert sum("tar" in name for name in run.cases[1].figures) == 1


def test_a_completed_run_has_the_time_of_its_completion() -> None:
    later = Appended(started="2026-02-03T00:00:00+00:00", command="pytest -m latency")
    assert past_run(report(appended=(later,))).started == later.started


def test_runs_are_read_as_they_were_added(tmp_path: Path) -> None:
    path = tmp_path / "new" / "history.jsonl"
    require_writable(path)
    assert read_history(path).runs == ()
    runs = [past_run(report()), past_run(report(timed(1, 2.0)))]
    for run in runs:
        append_run(path, run)
    assert list(read_history(path).runs) == runs
    assert read_history(path).notes == ()
    assert len(path.read_text().splitlines()) == 2
    assert [left.name for left in path.parent.iterdir()] == ["history.jsonl"]


def test_a_file_that_is_not_there_has_no_runs(tmp_path: Path) -> None:
    assert read_history(tmp_path / "none").runs == ()


@pytest.mark.parametrize("damage", [b'{"started": "20', b"\xff\xfe\n", b"[]\n", b"{}\n", b"\0"])
def test_a_damaged_line_costs_that_line_alone(tmp_path: Path, damage: bytes) -> None:
    path, run = tmp_path / "history.jsonl", past_run(report())
    append_run(path, run)
    with path.open("ab") as stream:
        stream.write(damage)
    append_run(path, run)
    history = read_history(path)
    assert list(history.runs) == [run, run]
    (note,) = history.notes
    assert note.startswith(f"{path}: line 2 is damaged and passed over: ")


def test_what_a_later_suite_adds_is_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "history.jsonl"
    line = past_run(report()).model_dump_json()
    path.write_text(line.replace("{", '{"later": 1, ', 1) + "\n")
    assert [run.suite for run in read_history(path).runs] == ["0.1.0"]


def _append(path: Path, number: int) -> None:
    for _ in range(20):
        append_run(path, run_of(f"run {number}", 0.5))


def test_runs_that_end_at_once_lose_no_line(tmp_path: Path) -> None:
    path = tmp_path / "history.jsonl"
    context = multiprocessing.get_context("spawn")
    writers = [context.Process(target=_append, args=(path, number)) for number in range(3)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    history = read_history(path)
    assert history.notes == ()
    lines = Counter(run.started for run in history.runs)
    assert lines == {f"run {number}": 20 for number in range(3)}


def test_a_history_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for path in (tmp_path, tmp_path / "file" / "history.jsonl"):
        with pytest.raises(SuiteError, match="cannot write the history there"):
            require_writable(path)


def test_a_figure_is_followed_where_it_was_measured_alike() -> None:
    of_another = run_of("c", 0.5).model_copy(update={"provider": "cuda"})
    one, other = series_of([run_of("a", 0.9), of_another, run_of("b", 0.91)])
    assert (one.provider, [point.value for point in one.points]) == ("cpu", [0.9, 0.91])
    assert [point.run.started for point in one.points] == ["a", "b"]
    assert (other.provider, other.figure, other.dataset) == ("cuda", "accuracy", "lfw")


@pytest.mark.parametrize(
    ("name", "values", "moves"),
    [
        # Its tolerance for quantized modes is 0.004.
        ("accuracy_std", [0.02, 0.0239, 0.0199, 0.025, 0.025], (3,)),
        # Relative: 1 %.
        ("size_bytes", [1000.0, 1009.0, 1020.0, 1009.9], (2,)),
        # None, five digits.
        ("score_change_99th_percentile", [0.9, 0.900001, 0.90002], (2,)),
        ("of_another_suite", [1.0, 1.0, 1.1], (2,)),
    ],
)
def test_when_a_figure_moved(name: str, values: list[float], moves: tuple[int, ...]) -> None:
    (series,) = series_of([run_of("t", value, name) for value in values])
    assert series.moves == moves


def test_a_time_moved_where_intervals_do_not_meet() -> None:
    ends = [(1.9, 2.1), (1.5, 1.95), (1.0, 1.4)]
    runs = [run_of("t", sum(pair) / 2, "speedup", intervals={"speedup": pair}) for pair in ends]
    (series,) = series_of(runs)
    assert series.moves == (2,)


@pytest.mark.parametrize(("value", "moved"), [(0.0004, False), (0.0006, True), (0.0035, True)])
def test_fp32_is_held_to_its_own_tolerance_whatever_it_is_called(value: float, moved: bool) -> None:
    found = record(
        Gate.VERIFICATION,
        mode="source",
        dataset="lfw",
        measured=measured(Gate.VERIFICATION, "lfw", figures={"accuracy": 0.95}),
    )
    marked = record(Gate.FINGERPRINT, mode="source", measured=measured(Gate.FINGERPRINT))
    run = past_run(make_report(ENVIRONMENT, [found, marked], complete=True, require_all=False))
    (case,) = run.cases
    later = case.model_copy(update={"figures": {"accuracy": 0.95 + value}})
    (series,) = series_of([run, run.model_copy(update={"cases": (later,)})])
    assert bool(series.moves) is moved


def test_a_line_that_does_not_say_which_mode_is_fp32_has_it_by_its_name(tmp_path: Path) -> None:
    path = tmp_path / "history.jsonl"
    for value in (0.02, 0.0235):
        line = run_of("t", value, "accuracy_std").model_dump_json(
            exclude={"cases": {0: {"is_fp32"}}}
        )
        path.open("a").write(line.replace('"int8"', '"fp32"') + "\n")
    (series,) = series_of(read_history(path).runs)
    assert series.is_fp32
    assert series.moves == (1,)


def test_before_a_report_is_what_stands_above_its_own_line() -> None:
    made = report()
    own = past_run(made)
    of_older_suite = own.model_copy(
        update={"cases": tuple(c.model_copy(update={"is_fp32": None}) for c in own.cases)}
    )
    earlier, later = run_of("a", 0.5), run_of("z", 0.6)
    assert before(made, [earlier, later]) == (earlier, later)
    assert before(made, [earlier, own, later]) == (earlier,)
    assert before(made, [earlier, of_older_suite, later]) == (earlier,)


def test_a_pipe_holds_no_history(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "history.jsonl")
    with pytest.raises(SuiteError, match="is a pipe or a device, and no file"):
        read_history(tmp_path / "history.jsonl")


def test_a_run_is_added_through_no_link_to_nothing(tmp_path: Path) -> None:
    (tmp_path / "runs").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(SuiteError, match="it is a link to nothing"):
        require_writable(tmp_path / "runs")
    assert not (tmp_path / "elsewhere").exists()


def test_a_run_is_added_to_no_pipe(tmp_path: Path) -> None:
    path = tmp_path / "history.jsonl"
    os.mkfifo(path)
    with pytest.raises(SuiteError, match="it is no regular file"):
        require_writable(path)
    with pytest.raises(SuiteError, match="it is no regular file"):
        append_run(path, run_of("a", 0.5))
