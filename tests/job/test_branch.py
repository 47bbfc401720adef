"""A branch of a team's repository: what it did to the gate stands on top of a green run."""

import json
import re
import subprocess
from pathlib import Path

import pytest
from markupsafe import Markup
from team import MODEL, Team

FP32 = ("--modes=fp32", "-k", "fingerprint or artifact")


def git(folder: Path, *words: str) -> str:
    who = ("-c", "user.name=x", "-c", "user.email=x@example.org")
    made = subprocess.run(
        ["git", *who, *words], cwd=folder, check=True, capture_output=True, text=True
    )
    return made.stdout.strip()


def commit(team: Team, message: str) -> None:
    git(team.folder, "add", "-A", ":!face-quant-report")
    git(team.folder, "commit", "-q", "-m", message)


def summary(team: Team) -> list[str]:
    return (team.folder / "face-quant-report" / "summary.md").read_text().splitlines()


@pytest.fixture
def branch(team: Team) -> Team:
    """A team on a branch of its own, which did nothing yet."""
    git(team.folder, "init", "-q", "-b", "main")
    commit(team, "accept")
    git(team.folder, "switch", "-q", "-c", "swap")
    return team


def test_a_colour_order_that_a_branch_accepted_is_said_on_top(
    branch: Team, tmp_path: Path, monkeypatch
) -> None:
    step = tmp_path / "step.md"
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(step))
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_WORKSPACE", str(branch.folder))
    branch.edit(branch.card(), 'color_order = "RGB"', 'color_order = "BGR"')
    red = branch.run(*FP32)
    assert red.returncode == 1
    lines = summary(branch)
    assert lines[0].startswith("## FAIL: ")
    said = "\n".join(lines[:14])
    assert f"**{MODEL} fp32**, fingerprint: not as accepted: " in said
    assert "likely cause: colour order" in said
    assert "its baselines are as they were" in said
    error = f"::error file=models/{MODEL}.toml,title=fingerprint%3A {MODEL} fp32::not as accepted"
    assert red.stdout.count("::error ") == red.stdout.count(error) == 1

    accepting = branch.run(*FP32, "--snapshot-update")
    assert accepting.returncode == 0, accepting.stdout
    commit(branch, "swap the colours and accept what that gives")
    green = branch.run(*FP32)
    assert green.returncode == 0, green.stdout
    assert "::error " not in green.stdout
    assert f"identity changed since main ({git(branch.folder, 'rev-parse', 'main')[:7]}): " in (
        green.stdout
    )
    lines = summary(branch)
    assert lines[0].startswith("## PASS: ")
    on_top = "\n".join(lines[:14])
    assert f"**This branch changed the identity of model {MODEL}**" in on_top
    assert "### Changed since main (" in on_top
    assert (
        f'- **identity changed**: model {MODEL}: preprocess.color_order "RGB" → "BGR" '
        f"(models/{MODEL}.toml); its baselines with it (1 file)"
    ) in on_top
    assert branch.markdown.index("## Changed since main (") < branch.markdown.index(f"## {MODEL}")
    assert branch.report["compared"]["changes"][0]["what"] == "preprocess.color_order"
    # Of each of the three runs.
    assert step.read_text().count("**identity changed**") == 3


def test_a_branch_that_did_nothing_says_so(branch: Team) -> None:
    assert branch.run(*FP32).returncode == 0
    assert "**Nothing compared: fetch history or give --base**" in summary(branch)
    git(branch.folder, "commit", "-q", "--allow-empty", "-m", "nothing")
    assert branch.run(*FP32).returncode == 0
    assert any(line.startswith("Cards and baselines are as in main (") for line in summary(branch))
    metrics = json.loads((branch.folder / "face-quant-report" / "metrics.json").read_text())
    assert metrics[f"{MODEL}.fp32.size_bytes"] > 0


def test_without_history_nothing_is_compared_and_nothing_fails(team: Team, monkeypatch) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(team.folder.parent))
    assert team.run(*FP32).returncode == 0
    assert "**Nothing compared: " in "\n".join(summary(team)[:8])
    git(team.folder, "init", "-q", "-b", "main")
    commit(team, "the only commit that is here")
    assert team.run(*FP32).returncode == 0
    said = "**Nothing compared: fetch history or give --base**"
    assert said in summary(team)
    refused = team.run(*FP32, "--base=v9")
    assert refused.returncode == 4
    assert "--base: v9 is no revision of" in refused.stdout


def test_all_that_may_come_together_is_on_every_first_screen(branch: Team, monkeypatch) -> None:
    """A red gate with a cause, a crashed worker, a skip, an undecided speed, an acceptance."""
    card = branch.card().read_text()
    (branch.folder / "models" / "absent.toml").write_text(
        card.replace(f'id = "{MODEL}"', 'id = "absent"').replace("arcface.onnx", "nowhere.onnx")
    )
    document = json.loads(branch.baseline("int8_dynamic").read_text())
    figures = document["sections"]["verification.embedded-evaluation"]["figures"]
    figures["accuracy"] -= 0.01
    branch.baseline("int8_dynamic").write_text(json.dumps(document))
    branch.edit(branch.card(), 'color_order = "RGB"', 'color_order = "BGR"')
    commit(branch, "swap, accept less, add a model")

    monkeypatch.setenv("DIE_AT", "verification")
    some = ("--modes=fp32", "-p", "spy", "-k", "fingerprint or verification")
    crashed = branch.run(*some, f"--models={MODEL}", "-m", "not latency", "-n", "1")
    assert crashed.returncode == 1, crashed.stdout
    monkeypatch.delenv("DIE_AT")
    monkeypatch.setenv("UNDECIDED", "1")
    undecided = ("--modes=fp32", "-p", "spy", "-k", "latency and not throughput")
    appended = branch.run(*undecided, "--report-append")
    assert appended.returncode == 1

    text = "\n".join(summary(branch)[:40])
    assert f"**{MODEL} fp32**, fingerprint: not as accepted: " in text
    assert "likely cause: colour order: the accepted pipeline feeds RGB" in text
    assert f"**{MODEL} fp32 on embedded-evaluation**, verification: worker 'gw" in text
    assert "crashed while running 'test_verification.py" in text
    assert f"undecided: latency {MODEL} fp32: the interval straddles the limit" in text
    assert "skipped: latency absent fp32" in text
    assert f"**accepted**: {MODEL} int8_dynamic (" in text
    assert f"**identity changed**: model {MODEL}: preprocess.color_order" in text

    page = (branch.folder / "face-quant-report" / "report.html").read_text()
    first = Markup(page[: page.index('id="matrix"')]).striptags()
    screen = "\n".join(appended.stdout.splitlines()[-24:])
    for shown in (first, screen):
        assert "colour order: the accepted pipeline feeds RGB, the card now says BGR" in shown
        assert "crashed while running 'test_verification.py" in shown
        assert f"latency {MODEL} fp32: the interval straddles the limit" in shown
        assert "nowhere.onnx' are absent" in shown
        worse = rf"{MODEL} int8_dynamic \(cpu-[a-z0-9-]+\): 1 figure anew, 1 worse: Accuracy "
        assert re.search(worse, shown)
