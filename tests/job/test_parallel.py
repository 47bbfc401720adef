"""Side by side, killed and damaged: the job stays whole."""

import json
import os
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from team import Team, bytes_below

from suite.catalog.fresh import fresh_beside

MODELS = ("arcface-embedded", "facenet-embedded")
QUICK = "--modes=fp32,int8_static_qdq"
# Of both models in these modes: artifact, fingerprint, behaviour, placement and verification, and
# fidelity of the second.
GATES = 2 * (2 * 5 + 1)


@pytest.fixture
def team(team_of: Callable[..., Team]) -> Team:
    return team_of(*MODELS)


def figures(team: Team) -> list[tuple]:
    return [
        (r["node"], r["outcome"], r["measured"] and r["measured"]["figures"])
        for r in team.report["records"]
        if r["gate"] != "latency"
    ]


def builds(team: Team) -> list[str]:
    return sorted((team.folder / "builds.txt").read_text().splitlines())


def test_four_workers_build_each_artifact_once_and_give_one_report_with_the_same_figures(
    team: Team, tmp_path: Path
) -> None:
    some = ("--models=arcface-embedded", "-k", "not verification")
    assert team.gates(*some).returncode == 0
    alone = figures(team)
    team.cache = tmp_path / "cold"
    result = team.run("-n", "4", "-p", "spy", *some)
    assert result.returncode == 0, result.stdout
    methods = ("dynamic", "static_qdq")
    assert builds(team) == [f"arcface {how}" for how in methods]
    assert figures(team) == alone
    report = team.report
    assert report["environment"]["workers"] == 4
    assert report["verdict"] == "pass"
    assert {r["outcome"] for r in report["records"] if r["gate"] == "latency"} == {"deferred"}
    assert "Benchmarks are automatically disabled" not in result.stdout


def test_latency_completes_the_report_of_a_parallel_run(team: Team, monkeypatch) -> None:
    monkeypatch.setenv("SPEED_UP", "1.5")
    some = ("--models=arcface-embedded", QUICK, "-k", "not throughput", "-p", "spy")
    assert team.run(*some, "-m", "latency", "--snapshot-update").returncode == 0
    assert team.run(*some, "-n", "2", "--require-all").returncode == 1
    before = figures(team)
    result = team.run(*some, "-m", "latency", "--report-append")
    assert result.returncode == 0, result.stdout
    report = team.report
    assert figures(team) == before
    assert {r["outcome"] for r in report["records"] if r["gate"] == "latency"} == {"pass"}
    assert report["verdict"] == "pass"
    (appended,) = report["appended"]
    assert "--report-append" in appended["command"]
    assert "Completed by" in team.markdown


def edit_report(team: Team, change: object) -> None:
    path = team.folder / "face-quant-report" / "report.json"
    document = json.loads(path.read_text())
    change(document)  # type: ignore[operator]
    path.write_text(json.dumps(document))


def test_a_report_of_another_environment_is_not_appended_to(team: Team) -> None:
    one = ("--models=arcface-embedded", "--modes=fp32", "-k", "artifact or latency")
    assert "report.json: there is no report; run" in team.run(*one, "--report-append").stdout
    assert team.gates(*one).returncode == 0
    kept = bytes_below(team.folder / "face-quant-report")
    edit_report(team, lambda report: report["environment"]["versions"].update(onnxruntime="1.0"))
    result = team.run(*one, "-m", "latency", "--report-append")
    assert result.returncode == 4
    assert "another environment (onnxruntime was '1.0', is '" in result.stdout
    edit_report(team, lambda report: report.update(complete=False))
    assert "did not end" in team.run(*one, "-m", "latency", "--report-append").stdout
    assert kept["records.jsonl"] == bytes_below(team.folder / "face-quant-report")["records.jsonl"]


def test_a_record_of_something_else_is_not_appended(team: Team) -> None:
    one = ("--models=arcface-embedded", "--modes=int8_static_qdq")
    assert team.run(*one, "-k", "fidelity or artifact").returncode == 0
    kept = team.folder / "kept"
    shutil.copytree(team.folder / "face-quant-report", kept)
    for what in ("artifact", "dataset", "source"):
        shutil.rmtree(team.folder / "face-quant-report")
        shutil.copytree(kept, team.folder / "face-quant-report")

        def other(report: dict, what: str = what) -> None:
            for record in report["records"]:
                if what in record["hashes"]:
                    record["hashes"][what] = "0" * 64

        edit_report(team, other)
        result = team.run(*one, "-k", "fidelity", "--report-append")
        assert result.returncode == 1
        headlines = {r["gate"]: r["headline"] for r in team.report["records"]}
        assert headlines["fidelity"].startswith(f"not appended: its {what} is ")
        assert team.report["verdict"] == "fail"


def test_a_worker_that_dies_is_named_and_a_plain_rerun_is_green(team: Team, monkeypatch) -> None:
    monkeypatch.setenv("DIE_ONCE_AT", "verification[facenet-embedded-fp32")
    some = (QUICK, "-k", "artifact or verification")
    result = team.gates(*some, "-n", "2", "-p", "spy")
    assert result.returncode == 1
    (record,) = (r for r in team.report["records"] if r["outcome"] == "fail")
    assert (record["gate"], record["model"]) == ("verification", "facenet-embedded")
    assert record["headline"].startswith("worker 'gw")
    assert "crashed while running" in record["headline"]
    assert record["notes"] == ["run again on another worker: pass, as accepted"]
    assert record["headline"] in team.markdown
    assert len(team.report["records"]) == 2 * 2 * 2
    assert team.gates(*some).returncode == 0


def test_workers_that_die_at_the_last_gate_of_two_models_are_replaced(
    team: Team, monkeypatch
) -> None:
    monkeypatch.setenv("DIE_ONCE_AT", "int8_static_qdq-embedded-evaluation")
    process = team.start(QUICK, "-k", "artifact or verification", "-n", "1", "-p", "spy")
    try:
        output, _ = process.communicate(timeout=200)
    finally:
        process.kill_group()
    assert process.returncode == 1, output
    report = team.report
    assert len(report["records"]) == 2 * 2 * 2
    died = [r for r in report["records"] if r["outcome"] == "fail"]
    assert [r["model"] for r in died] == list(MODELS)
    for record in died:
        assert record["notes"] == ["run again on another worker: pass, as accepted"]


@pytest.mark.parametrize("workers", [(), ("-n", "1")])
def test_another_test_that_says_what_is_no_text_turns_the_run_red(
    team: Team, workers: tuple[str, ...]
) -> None:
    # xdist carries no such text: its worker breaks, and xdist itself ends in 0.
    odd = 'import pytest\n\n\ndef test_other():\n    pytest.fail("caf\\udce9")\n'
    (team.folder / "test_other.py").write_text(odd)
    some = ("--models=arcface-embedded", "--modes=fp32", "-k", "artifact or other")
    result = team.gates("test_other.py", *some, *workers)
    assert result.returncode == 1, result.stdout
    (said,) = team.report["outside"]
    assert said.endswith("strings must be utf-8 encodable" if workers else "caf\\udce9")
    assert team.report["verdict"] == "fail"


def test_what_a_dead_worker_left_undone_is_listed(team: Team, monkeypatch) -> None:
    monkeypatch.setenv("DIE_ONCE_AT", "verification[facenet-embedded-fp32")
    result = team.gates(QUICK, "-n", "1", "--max-worker-restart=0", "-p", "spy")
    assert result.returncode == 1
    report = team.report
    assert report["not_run"]
    assert len(report["not_run"]) + len(report["records"]) == GATES
    assert f"{len(report['not_run'])} of {GATES} gates did not run" in report["summary"]
    for node in report["not_run"]:
        assert f"not run: {node}" in result.stdout
        assert node in team.markdown


def test_updating_side_by_side_writes_what_one_process_writes(team: Team) -> None:
    for path in (team.folder / "baselines").rglob("int8_dynamic*"):
        path.unlink()
    expected = bytes_below(team.folder / "baselines")
    shutil.rmtree(team.folder / "baselines")
    result = team.gates(QUICK, "-n", "2", "--snapshot-update")
    assert result.returncode == 0, result.stdout
    assert bytes_below(team.folder / "baselines") == expected


def test_two_runs_share_a_cold_cache(team: Team, tmp_path: Path) -> None:
    teams = []
    for name in ("one", "other"):
        shutil.copytree(team.folder, tmp_path / name)
        teams.append(Team(tmp_path / name, tmp_path / "cold"))
    running = [t.start("-k", "artifact", "-p", "spy") for t in teams]
    for process in running:
        output, _ = process.communicate()
        assert process.returncode == 0, output
    built = [line for t in teams if (t.folder / "builds.txt").exists() for line in builds(t)]
    assert len(built) == 4
    assert not list((tmp_path / "cold").rglob("*.tmp"))


@pytest.mark.parametrize("damage", ["model.onnx", "record.json", "half a record", "no record"])
def test_a_damaged_artifact_is_noticed_said_and_built_again(
    team: Team, tmp_path: Path, damage: str
) -> None:
    team.cache = tmp_path / "cache"
    one = ("--models=arcface-embedded", "--modes=int8_static_qdq", "-k", "artifact")
    assert team.gates(*one).returncode == 0
    (entry,) = (path.parent for path in team.cache.rglob("model.onnx"))
    whole = bytes_below(entry)
    match damage:
        case "half a record":
            (entry / "record.json").write_bytes(whole["record.json"][:100])
        case "no record":
            (entry / "record.json").unlink()
        case _:
            changed = bytearray(whole[damage])
            changed[len(changed) // 2] ^= 1
            (entry / damage).write_bytes(changed)
    result = team.gates(*one)
    assert result.returncode == 0, result.stdout
    if damage != "record.json":
        assert "the cached artifact is damaged; building it again" in result.stdout
        assert bytes_below(entry)["model.onnx"] == whole["model.onnx"]


def test_what_a_killed_build_left_is_not_taken_for_whole(team: Team, tmp_path: Path) -> None:
    team.cache = tmp_path / "cache"
    one = ("--models=arcface-embedded", "--modes=int8_static_qdq", "-k", "artifact")
    assert team.gates(*one).returncode == 0
    (entry,) = (path.parent for path in team.cache.rglob("model.onnx"))
    left = fresh_beside(entry)
    entry.rename(left)
    (left / "record.json").unlink()
    (left / "prepared.onnx").write_bytes(b"half")
    assert team.gates(*one).returncode == 0
    assert not left.exists()
    assert {path.name for path in entry.iterdir()} == {"model.onnx", "record.json"}


def test_a_cache_that_cannot_be_written_is_one_sentence(team: Team, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    team.cache = tmp_path / "file" / "cache"
    result = team.gates("--models=arcface-embedded", "--modes=int8_static_qdq", "-k", "artifact")
    assert result.returncode == 1
    assert "cannot write the artifact cache" in result.stdout
    assert "--artifact-cache" in result.stdout
    assert "Traceback" not in result.stdout


@pytest.mark.parametrize(
    ("limit", "words"),
    [(300_000, "cannot keep the artifact"), (2_000, "cannot write the report there")],
    ids=["artifact", "report"],
)
def test_a_full_disk_is_one_sentence(team: Team, tmp_path: Path, limit: int, words: str) -> None:
    # A limit on a file's size stands in for the disk: both end a write with an OSError. Coverage
    # would meet it too.
    environment = {k: v for k, v in os.environ.items() if not k.startswith("COVERAGE_")}
    result = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "--pyargs", "suite.gates", "--catalog=."),
            *(f"--artifact-cache={tmp_path / 'cold'}", "-q", "-p", "no:cacheprovider"),
            *("--models=arcface-embedded", "--modes=int8_static_qdq", "-k", "artifact"),
        ],
        cwd=team.folder,
        env={**environment, "CI": "true", "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)),
    )
    output = result.stdout + result.stderr
    assert result.returncode != 0
    assert words in output
    assert "Traceback" not in output
    assert "INTERNALERROR" not in output


def test_a_run_killed_in_the_middle_of_accepting_leaves_each_entry_old_or_new(
    team: Team,
) -> None:
    some = ("--models=facenet-embedded", QUICK)
    old = team.baseline("fp32", "facenet-embedded")
    document = json.loads(old.read_text())
    for section in document["sections"].values():
        section["identity"]["source"] = "0" * 64
    old.write_text(json.dumps(document))
    process = team.start(*some, "-m", "not latency", "--snapshot-update")
    until = time.monotonic() + 300
    while old.read_text() == json.dumps(document) and time.monotonic() < until:
        time.sleep(0.005)
    process.kill_group()
    process.communicate()
    for path in team.folder.glob("baselines/*/*/*.json"):
        assert json.loads(path.read_text())["sections"], path
    assert team.gates(*some, "--snapshot-update").returncode == 0
    assert team.gates(*some).returncode == 0
    assert not list(team.folder.glob("baselines/**/.*"))


def test_orphaned_entries_are_listed_and_removed_when_told_to(team: Team) -> None:
    command = [
        sys.executable,
        "-m",
        "suite.entry_points.commands.main",
        "orphans",
        f"--catalog={team.folder}",
    ]

    def orphans(*options: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([*command, *options], capture_output=True, text=True, check=False)

    assert orphans().returncode == 0
    before = bytes_below(team.folder / "baselines")
    gone = team.baseline("fp32").parents[1] / "gone-model"
    shutil.copytree(team.baseline("fp32").parent, gone)
    shutil.copy(team.baseline("int8_dynamic"), team.baseline("int8_dynamic").with_stem("int4"))
    path = team.baseline("int8_static_qdq")
    document = json.loads(path.read_text())
    sections = document["sections"]
    sections["verification.old-set"] = sections["verification.embedded-evaluation"]
    path.write_text(json.dumps(document, indent=2))
    listed = orphans()
    assert listed.returncode == 1
    for words in ("'gone-model'", "'int4'", "'old-set' is no evaluation set"):
        assert words in listed.stdout
    assert bytes_below(team.folder / "baselines").keys() > before.keys()
    assert orphans("--remove").returncode == 0
    assert bytes_below(team.folder / "baselines") == before
    assert orphans().returncode == 0
