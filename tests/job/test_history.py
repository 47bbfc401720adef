"""``--history`` in real runs: one line a run that ended, with the commit that it gated."""

import os
import subprocess
from pathlib import Path

from team import Team

from suite.report.history import PastRun, read_history

ONE = ("--modes=fp32", "-k", "artifact")
AUTHOR = {f"GIT_{who}_{of}": "x" for who in ("AUTHOR", "COMMITTER") for of in ("NAME", "EMAIL")}


def git(folder: Path, *words: str) -> str:
    command = ["git", "-C", str(folder), *words]
    done = subprocess.run(
        command, capture_output=True, check=True, text=True, env=os.environ | AUTHOR
    )
    return done.stdout.strip()


def runs(team: Team) -> tuple[PastRun, ...]:
    return read_history(team.folder / "kept" / "history.jsonl").runs


def test_each_run_adds_its_line(team: Team) -> None:
    git(team.folder, "init", "-q", "-b", "trunk")
    git(team.folder, "commit", "-q", "--allow-empty", "-m", "one")
    history = "--history=kept/history.jsonl"
    result = team.run(*ONE, history)
    assert result.returncode == 0, result.stdout
    assert "history: kept/history.jsonl, 1 run" in result.stdout
    with (team.folder / "kept" / "history.jsonl").open("a") as stream:
        stream.write('{"started": "2026')
    beside = team.run(*ONE, "-n", "2", history)
    assert "line 2 is damaged and passed over" in beside.stdout
    assert "history: kept/history.jsonl, 2 runs" in beside.stdout
    one, other = runs(team)
    assert one.commit == other.commit == git(team.folder, "rev-parse", "HEAD")
    assert one.verdict == team.report["verdict"]
    assert [case.figures for case in one.cases] == [case.figures for case in other.cases]
    assert "size_bytes" in one.cases[0].figures


def test_a_history_that_cannot_be_written_stops_the_run_before_its_first_gate(team: Team) -> None:
    (team.folder / "kept").write_text("a file in the folder's place")
    result = team.run(*ONE, "--history=kept/history.jsonl")
    assert result.returncode == 4
    assert "kept/history.jsonl: cannot write the history there" in result.stdout
    assert not (team.folder / "face-quant-report").exists()
