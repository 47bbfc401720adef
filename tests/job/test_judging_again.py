"""A finished run is judged and accepted again, for as long as all that it measured is today's."""

import json
import shutil
from pathlib import Path

import pytest
from team import Team

MODE = "int8_static_qdq"
CASES = (f"--modes=fp32,{MODE}", "-m", "not latency")


@pytest.fixture
def measured(team: Team) -> Team:
    """A team whose run has ended and whose gate is as accepted."""
    result = team.run(*CASES)
    assert result.returncode == 0, result.stdout
    shutil.move(team.folder / "face-quant-report", team.folder / "run")
    return team


def judge(team: Team, *options: str) -> tuple[int, str]:
    result = team.run("--from-report=run", f"--modes=fp32,{MODE}", *options)
    return result.returncode, result.stdout


def worst_images(report: dict) -> list[str]:
    fidelity = (r["measured"] for r in report["records"] if r["gate"] == "fidelity")
    return [each["image"] for of in fidelity for each in of["closeness"]["worst"]]


def test_names_that_a_run_hid_are_shown_where_they_are_kept(measured: Team) -> None:
    hidden = worst_images(json.loads((measured.folder / "run" / "report.json").read_text()))
    status, said = judge(measured, "--report-names", "-k", "fidelity")
    assert status == 0, said
    known = json.loads((measured.folder / "run" / "names.json").read_text())
    assert worst_images(measured.report) == [known[each] for each in hidden]
    (measured.folder / "run" / "names.json").unlink()
    status, said = judge(measured, "--report-names", "-k", "fidelity")
    assert status == 4
    assert "names.json: --report-names needs the names that the report hides" in said
    status, said = judge(measured, "-k", "fidelity")
    assert status == 0, said
    assert worst_images(measured.report) == hidden


def embeds_nothing(team: Team) -> None:
    """Let what a model would be run by be refused, so that a judgement that measures fails."""
    (team.folder / "conftest.py").write_text(
        "import onnxruntime\n"
        "def refuse(*_, **__):\n"
        "    raise RuntimeError('nothing may be measured')\n"
        "onnxruntime.InferenceSession.run = refuse\n"
    )


def test_a_run_is_judged_by_other_limits_and_accepted_without_measuring(measured: Team) -> None:
    embeds_nothing(measured)
    status, said = judge(measured)
    assert status == 0, said
    assert "left out: " in said
    judged = {r["node"]: r for r in measured.report["records"]}
    before = json.loads((measured.folder / "run" / "report.json").read_text())["records"]
    for record in before:
        if record["measured"]:
            assert judged[record["node"]]["measured"] == record["measured"]
    # An eased floor is red until it is accepted; neither asks for another measurement.
    card = measured.card()
    card.write_text(f"{card.read_text()}\n[modes.{MODE}.policy.floor]\ncosine_worst = 0.5\n")
    status, said = judge(measured)
    assert status == 1
    assert "limits changed: floor of Worst cosine to FP32 0.95 → 0.5" in said
    status, said = judge(measured, "--snapshot-update")
    assert status == 0, said
    assert "accepted fidelity" in said
    assert judge(measured)[0] == 0
    # A stricter one fails what was measured.
    card.write_text(card.read_text().replace("cosine_worst = 0.5", "cosine_worst = 0.9999"))
    status, said = judge(measured)
    assert status == 1
    assert "quantization costs too much: Worst cosine to FP32" in said


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('color_order = "RGB"', 'color_order = "BGR"', "the feeding is"),
        ('flip = "add"', 'flip = "none"', "the feeding is"),
    ],
)
def test_what_is_another_today_is_not_judged(
    measured: Team, old: str, new: str, words: str
) -> None:
    measured.edit(measured.card(), old, new)
    status, said = judge(measured, "-k", "artifact or verification")
    assert status == 1
    assert words in said
    assert "run the gates again" in said


def rewritten(team: Team, **changed: object) -> None:
    path = Path(team.folder / "run" / "report.json")
    report = json.loads(path.read_text())
    path.write_text(json.dumps({**report, **changed}))


def test_a_run_of_another_machine_or_that_did_not_end_is_refused(measured: Team) -> None:
    report = json.loads((measured.folder / "run" / "report.json").read_text())
    environment = {**report["environment"], "cpu": "another CPU"}
    rewritten(measured, environment=environment)
    status, said = judge(measured)
    assert status == 4
    assert "run: was made elsewhere or otherwise (cpu was 'another CPU', is" in said
    rewritten(measured, complete=False)
    status, said = judge(measured)
    assert status == 4
    assert "the run did not end" in said
    status, said = judge(measured, "--report-dir=run")
    assert status == 4


@pytest.mark.parametrize(
    ("part", "name", "value"),
    [("identity", "recipe", "0" * 64), ("reference", "accuracy", 0.6)],
)
def test_a_report_that_contradicts_itself_is_refused(
    measured: Team, part: str, name: str, value: object
) -> None:
    report = json.loads((measured.folder / "run" / "report.json").read_text())
    for record in report["records"]:
        if record["gate"] == "verification" and record["mode"] == MODE:
            record["measured"][part][name] = value
    rewritten(measured, records=report["records"])
    status, said = judge(measured, "-k", "verification")
    assert status == 1
    assert f"its {name} contradicts what was measured beside it" in said


def test_the_commands_name_the_report_once(capsys, monkeypatch) -> None:
    from suite.entry_points.commands import main, run

    given = []
    monkeypatch.setattr(run, "run", lambda chosen: given.append(chosen.rest) or 0)
    assert main.main(["accept", "some/run", "--catalog=quant", "-m", "not latency"]) == 0
    where = ["--fqg-report-dir=some/run/judged", "--fqg-from-report=some/run"]
    assert given == [[*where, "--snapshot-update", "--catalog=quant", "-m", "not latency"]]
