"""Every cell of the table in docs/outcomes.md: what report, terminal and exit status say."""

import json
import re
import shutil
import signal
import time

import jsonschema
import pytest
from team import MODEL, ROOT, SOURCE, Team

from suite.entry_points.commands.main import main

FP32 = ("--modes=fp32", "-m", "not latency")
# At one batch, and with a gate that compares: a run that only observes gates nothing.
SPEED = ("-k", "(latency and not throughput) or artifact")


def outcomes(team: Team) -> dict[str, str]:
    return {f"{r['gate']} {r['mode']}": r["outcome"] for r in team.report["records"]}


def compared(team: Team, mode: str) -> set[str]:
    """The outcomes of a mode's gates that compare with a baseline; two only prove."""
    return {
        record["outcome"]
        for record in team.report["records"]
        if record["mode"] == mode and record["gate"] not in ("placement", "behaviour")
    }


def both(team: Team, *options: str) -> tuple[tuple[int, str], tuple[int, str]]:
    """Exit status and output, without and with --require-all; the report is of the first."""
    strict = team.run(*options, "--require-all")
    plain = team.run(*options)
    return (plain.returncode, plain.stdout), (strict.returncode, strict.stdout)


def absent_beside_another(team: Team) -> None:
    text = team.card().read_text()
    (team.folder / "models" / "absent.toml").write_text(
        text.replace(f'id = "{MODEL}"', 'id = "absent"').replace(SOURCE.name, "nowhere.onnx")
    )


def leave_modes(team: Team, *modes: str) -> None:
    """Leave a team FP32 and these modes, with what is accepted of them: a whole run is short."""
    (team.folder / "modes").mkdir()
    for mode in {"int8_dynamic", "int8_static_qdq"} - set(modes):
        (team.folder / "modes" / f"{mode}.toml").write_text(f'id = "{mode}"\n')
        team.baseline(mode).unlink()


def test_everything_as_accepted(team: Team) -> None:
    leave_modes(team)
    (plain, _), (strict, said) = both(team)
    assert (plain, strict) == (0, 0), said
    assert team.report["left_out"] == team.report["unjudged"] == []
    assert set(outcomes(team).values()) == {"pass"}
    assert team.report["verdict"] == "pass"


def test_absent_weights_beside_a_model_that_is_there(team: Team) -> None:
    absent_beside_another(team)
    (plain, said), (strict, _) = both(team, *FP32)
    assert (plain, strict) == (0, 1)
    assert "skipped: absent: weights" in said
    assert {r["outcome"] for r in team.report["records"] if r["model"] == "absent"} == {"skipped"}
    assert "- Skipped: absent: weights" in team.markdown.partition("## ")[0]


def test_absent_weights_alone_gate_nothing(team: Team) -> None:
    absent_beside_another(team)
    (plain, said), (strict, _) = both(team, *FP32, "--models=absent")
    assert (plain, strict) == (1, 1)
    assert "NOTHING WAS GATED" in said
    assert "--weights-dir" in said
    assert "nothing was gated" in team.report["summary"]
    assert team.report["verdict"] == "fail"


def test_an_absent_baseline(team: Team) -> None:
    team.baseline("fp32").unlink()
    (plain, said), (strict, _) = both(team, *FP32)
    assert (plain, strict) == (1, 1)
    assert "accept with --snapshot-update" in said
    assert compared(team, "fp32") == {"fail"}


def test_a_metric_missing_from_the_baseline(team: Team) -> None:
    document = json.loads(team.baseline("fp32").read_text())
    del document["sections"]["verification.embedded-evaluation"]["figures"]["eer"]
    team.baseline("fp32").write_text(json.dumps(document))
    (plain, said), (strict, _) = both(team, *FP32)
    assert (plain, strict) == (1, 1)
    assert "not the same metrics: eer; accept with --snapshot-update" in said
    assert outcomes(team)["verification fp32"] == "fail"


@pytest.mark.parametrize("accepting", [(), ("--snapshot-update",)], ids=["judging", "accepting"])
def test_a_damaged_baseline_is_red_where_it_is_asked(team: Team, accepting: tuple[str]) -> None:
    path = team.baseline("int8_dynamic")
    team.edit(path, '"size_bytes": ', '"size_bytes": NaN, "speedup": ')
    text = path.read_text()
    result = team.run("--modes=fp32,int8_dynamic", "-k", "artifact", *accepting)
    assert result.returncode == 1
    assert outcomes(team) == {"artifact fp32": "pass", "artifact int8_dynamic": "fail"}
    said = "is not a readable baseline: key 'sections.artifact.figures.size_bytes' (it is nan) must"
    assert said in result.stdout
    assert "Traceback" not in result.stdout
    assert path.read_text() == text


def test_another_profile(team: Team) -> None:
    profile = team.baseline("int8_dynamic").parents[1]
    profile.rename(profile.with_name("cpu-other"))
    (plain, _), (strict, said) = both(team, "--modes=fp32,int8_dynamic", "-m", "not latency")
    assert (plain, strict) == (0, 1)
    assert "not compared: accepted on cpu-other" in said
    # FP32 is accepted in the profile that serves every other.
    assert compared(team, "fp32") == {"pass"}
    assert compared(team, "int8_dynamic") == {"not compared"}
    assert "## What was not decided" in team.markdown


def test_another_profile_is_still_held_against_fp32(team: Team) -> None:
    profile = team.baseline("int8_dynamic").parents[1]
    profile.rename(profile.with_name("cpu-other"))
    card = team.card()
    card.write_text(f"{card.read_text()}\n[modes.int8_dynamic.policy.floor]\ncosine_worst = 1.0\n")
    result = team.run("--modes=int8_dynamic", "-k", "fidelity")
    assert result.returncode == 1
    assert "quantization costs too much: Worst cosine" in result.stdout


def test_deferred_latency(team: Team) -> None:
    leave_modes(team)
    (plain, _), (strict, said) = both(team, "-n", "1")
    assert (plain, strict) == (0, 1)
    assert outcomes(team)["latency fp32"] == "deferred"
    assert "pytest-benchmark is off here" in said
    assert "deferred" in team.markdown
    # Completed by a second run, nothing is open any more.
    completed = team.run("-m", "latency", "--report-append", "--require-all")
    assert completed.returncode == 0, completed.stdout


def test_latency_without_pytest_benchmark_is_deferred(team: Team) -> None:
    result = team.run("--modes=fp32", *SPEED, "-p", "no:benchmark")
    assert result.returncode == 0, result.stdout
    assert outcomes(team)["latency fp32"] == "deferred"


def test_not_applicable(team: Team) -> None:
    profile = team.baseline("int8_dynamic").parents[1]
    if profile.name != "cpu-vnni":
        pytest.skip("only a CPU with VNNI can give another profile's figures")
    leave_modes(team, "int8_dynamic")
    profile.rename(profile.with_name("cpu-avx2"))
    (plain, _), (strict, said) = both(team, "--profile=cpu-avx2")
    assert (plain, strict) == (0, 0), said
    assert outcomes(team)["latency int8_dynamic"] == "not applicable"
    assert "says nothing of cpu-avx2" in team.markdown


def test_no_speed_up_accepted_here(team: Team, monkeypatch) -> None:
    monkeypatch.setenv("SPEED_UP", "1.5")
    options = ("--modes=int8_static_qdq", *SPEED, "-p", "spy")
    (plain, _), (strict, said) = both(team, *options)
    assert (plain, strict) == (0, 1)
    assert outcomes(team)["latency int8_static_qdq"] == "not compared"
    assert "no speed-up is accepted as latency." in said
    assert "no speed-up is accepted as latency." in team.markdown
    # Accepted, it is compared; accepted far too high, it fails; taken back, it is as accepted.
    assert team.run(*options, "--snapshot-update").returncode == 0
    assert team.run(*options).returncode == 0
    assert outcomes(team)["latency int8_static_qdq"] == "pass"
    document = json.loads(team.baseline("int8_static_qdq").read_text())
    for name, section in document["sections"].items():
        if name.startswith("latency."):
            section["figures"]["speedup"] *= 100
    team.baseline("int8_static_qdq").write_text(json.dumps(document))
    slower = team.run(*options)
    assert slower.returncode == 1
    assert "not as accepted: Speed-up over FP32" in slower.stdout
    # The verdict comes last, and the speeds in turn with FP32 stand for pytest-benchmark's table.
    verdict, report = [line for line in slower.stdout.splitlines() if line][-2:]
    assert verdict.startswith("FAIL: 1 of ") and report.startswith("report: ")
    assert re.search(rf"{MODEL} +int8_static_qdq +1 +[\d.]+ +[\d.]+ +1\.500", slower.stdout)
    assert "Name (time in" not in slower.stdout
    assert "Name (time in" in team.run(*options, "--benchmark-verbose").stdout


@pytest.mark.parametrize("timed", [True, False], ids=["busy", "without latency"])
def test_a_busy_machine_accepts_the_rest(team: Team, monkeypatch, timed: bool) -> None:
    monkeypatch.setenv("UNSTEADY", "1")
    shutil.rmtree(team.folder / "baselines")
    without = () if timed else ("-m", "not latency")
    options = ("--modes=int8_static_qdq", "-k", "artifact or (latency and -latency)", *without)
    result = team.run(*options, "-p", "spy", "--snapshot-update")
    assert result.returncode == (1 if timed else 0), result.stdout
    lines = result.stdout.splitlines()
    assert f"accepted artifact: {MODEL} int8_static_qdq" in lines
    assert (f"not accepted latency: {MODEL} int8_static_qdq" in lines) is timed
    (file,) = (team.folder / "baselines").rglob("int8_static_qdq.json")
    assert list(json.loads(file.read_text())["sections"]) == ["artifact"]
    said = "no gate of it was selected, so no speed was judged or accepted"
    assert (said in result.stdout, said in team.markdown) == (not timed, not timed)


def test_a_provider_that_cannot_be_used(team: Team) -> None:
    (plain, said), (strict, _) = both(team, *FP32, "--provider=tensorrt")
    assert (plain, strict) == (4, 4)
    assert "--provider tensorrt: the installed onnxruntime" in said
    assert "is a wheel without TensorrtExecutionProvider" in said
    assert "Traceback" not in said


def test_a_profile_that_this_cpu_cannot_give(team: Team) -> None:
    (plain, said), (strict, _) = both(team, *FP32, "--profile=cpu-aarch64")
    assert (plain, strict) == (4, 4)
    assert "--profile cpu-aarch64: cpu is" in said


def test_a_worker_that_crashed(team: Team, monkeypatch) -> None:
    monkeypatch.setenv("DIE_AT", "verification")
    (plain, said), (strict, _) = both(team, *FP32, "-n", "1", "-p", "spy")
    assert (plain, strict) == (1, 1)
    assert "crashed while running" in said
    assert outcomes(team)["verification fp32"] == "fail"
    assert "crashed while running" in team.markdown


def test_nothing_selected(team: Team) -> None:
    (plain, said), (strict, _) = both(team, "-k", "no_such_gate")
    assert (plain, strict) == (1, 1)
    assert "NOTHING WAS GATED" in said
    assert team.report["verdict"] == "fail"
    assert "nothing was gated" in team.markdown


def test_undecided(team: Team, monkeypatch) -> None:
    monkeypatch.setenv("UNDECIDED", "1")
    options = ("--modes=fp32", *SPEED, "-p", "spy")
    (plain, _), (strict, said) = both(team, *options)
    assert (plain, strict) == (0, 1)
    assert outcomes(team) == {"artifact fp32": "pass", "latency fp32": "undecided"}
    assert "straddles the limit" in said
    assert "straddles the limit" in team.markdown


def test_a_policy_on_the_interval_leaves_a_gate_undecided(team: Team) -> None:
    card = team.card()
    card.write_text(
        f"{card.read_text()}\n[modes.int8_static_qdq.policy]\n"
        'loss = {accuracy = 0.0}\non_interval = ["accuracy"]\n'
    )
    baseline = team.baseline("int8_static_qdq")
    document = json.loads(baseline.read_text())
    for section in document["sections"].values():
        section["limits"]["on_interval"] = ["accuracy"]
    baseline.write_text(json.dumps(document))
    (plain, _), (strict, said) = both(team, "--modes=int8_static_qdq", "-k", "verification")
    assert (plain, strict) == (0, 1), said
    assert outcomes(team) == {"verification int8_static_qdq": "undecided"}
    assert "the interval straddles the limit: Accuracy" in said
    (row,) = (r for r in team.report["records"][0]["rows"] if r["outcome"] == "undecided")
    assert row["interval"][0] < 0 < row["interval"][1]


@pytest.mark.parametrize(("how", "status"), [(signal.SIGINT, 2), (signal.SIGKILL, -9)])
def test_an_interrupted_run(team: Team, monkeypatch, how: signal.Signals, status: int) -> None:
    monkeypatch.setenv("WAIT_AT", "verification")
    process = team.start(*FP32, "-p", "spy")
    until = time.monotonic() + 300
    while not (team.folder / "waiting").exists() and time.monotonic() < until:
        time.sleep(0.01)
    beside = team.run(*FP32)
    assert beside.returncode == 4
    assert "another run writes its report there" in beside.stdout
    process.send_signal(how)
    output, _ = process.communicate()
    assert process.returncode == status, output
    # A killed run can remove nothing; the lock is free all the same.
    assert (team.folder / "face-quant-report" / ".lock").exists() == (how is signal.SIGKILL)
    schema = json.loads((ROOT / "docs" / "report.schema.json").read_text())
    if how is signal.SIGKILL:
        jsonschema.validate(team.report, schema)
        assert (team.report["complete"], team.report["verdict"]) == (False, "fail")
        left = sorted(path.name for path in (team.folder / "face-quant-report").iterdir())
        assert left == [".lock", "records.jsonl", "report.json"]
        assert main(["report", str(team.folder / "face-quant-report")]) == 1
    report = team.report
    jsonschema.validate(report, schema)
    assert not report["complete"]
    assert [r["gate"] for r in report["records"]] == [
        "artifact",
        "behaviour",
        "fingerprint",
        "placement",
    ]
    assert "the run did not end" in team.markdown
    assert report["verdict"] == "fail"
    assert "the run did not end" in report["summary"]
    assert len(report["not_run"]) == 1
    assert "## What did not run" in team.markdown
    refused = team.run("-m", "latency", "--modes=fp32", "--report-append")
    assert refused.returncode == 4
    assert "did not end" in refused.stdout


def test_a_repository_that_calls_its_tests_otherwise_hides_no_gate(team: Team) -> None:
    (team.folder / "pytest.ini").write_text(
        "[pytest]\npython_files = spec_*.py\npython_functions = it_*\n"
    )
    result = team.run(*FP32, "-k", "artifact")
    assert result.returncode == 0, result.stdout
    assert "PASS: 1 pass" in result.stdout


def test_without_syrupy_one_sentence_says_so(team: Team) -> None:
    result = team.run(*FP32, "-p", "no:syrupy")
    assert result.returncode == 4
    assert "ERROR: the gates need syrupy's plugin: leave -p no:syrupy out" in result.stdout
    assert "Traceback" not in result.stdout


def test_without_capture_the_gates_run(team: Team) -> None:
    assert team.run(*FP32, "-k", "artifact", "-p", "no:capture").returncode == 0


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["alone", "side by side"])
def test_what_cannot_be_written_is_not_accepted(
    team: Team, monkeypatch, workers: tuple[str, ...]
) -> None:
    monkeypatch.setenv("NO_ROOM", "1")
    shutil.rmtree(team.folder / "baselines")
    result = team.run(*FP32, "-k", "artifact", "--snapshot-update", "-p", "spy", *workers)
    assert result.returncode == 1
    assert "cannot write the baseline (No space left on device)" in result.stdout
    assert "Traceback" not in result.stdout
    assert "\naccepted artifact" not in result.stdout
    assert team.report["verdict"] == "fail"
