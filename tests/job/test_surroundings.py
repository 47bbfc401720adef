"""The job among what a CI may bring: its encoding, its warnings, its users' rights."""

import os
import subprocess
import sys

import pytest
from junit_rules import read_strictly
from team import ENVIRONMENT, MODEL, Team


def test_a_red_gate_is_told_in_ascii_and_no_warning_breaks_it(team: Team) -> None:
    team.baseline("int8_static_qdq").unlink()
    # Afresh: Python reads the encoding and the warnings as it starts.
    result = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "--pyargs", "suite.gates", "--catalog=.", "-q"),
            *("--modes=int8_static_qdq", "-k", "fidelity or verification or artifact"),
            *("-W", "error", f"--artifact-cache={team.cache}", "-p", "no:cacheprovider"),
        ],
        cwd=team.folder,
        env=os.environ
        | ENVIRONMENT
        | {"PYTHONIOENCODING": "ascii:strict", "PYTHONWARNINGS": "error"},
        capture_output=True,
        check=False,
    )
    said = result.stdout.decode("ascii")
    assert result.returncode == 1, said
    assert "3 of 3 gates failed (3 fail)" in said
    assert set(team.failed()) == {
        f"{gate} int8_static_qdq" for gate in ("artifact", "fidelity", "verification")
    }
    assert "\nMean cosine to FP32   floor" in said
    assert ">= 0.99" in said


def test_a_file_that_the_system_refuses_is_one_sentence(team: Team) -> None:
    link = team.folder / "cache"
    link.symlink_to("cache")
    result = team.run("--modes=int8_dynamic", "-k", "artifact", f"--artifact-cache={link}")
    assert result.returncode == 1
    assert "Traceback" not in result.stdout
    assert "Too many levels of symbolic links" in result.stdout


@pytest.mark.parametrize("workers", [(), ("-n", "1")])
def test_junit_xml_keeps_to_its_schema_and_says_why(team: Team, workers: tuple[str, ...]) -> None:
    team.baseline("fp32").unlink()
    team.baseline("int8_dynamic").write_text("{")
    options = ("--modes=fp32,int8_dynamic", "-k", "artifact or placement or throughput")
    result = team.run(*options, "--junitxml=junit.xml", *workers)
    root = read_strictly(team.folder / "junit.xml")
    (suite,) = root
    told = {each.get("name"): each.get("value") for each in suite.find("properties")}
    cases = {each.get("name"): each for each in suite.findall("testcase")}
    assert len(told) == len(cases) == len(team.report["records"]) == 6
    assert told.keys() == cases.keys()
    assert max(map(len, told.values())) < 400
    assert (team.folder / "junit.xml").stat().st_size < 20_000
    reasons = {"fp32": "nothing accepted", "int8_dynamic": "is not a readable baseline"}
    for mode, why in reasons.items():
        name = f"test_artifact[{MODEL}-{mode}]"
        (record,) = (r for r in team.report["records"] if r["node"].endswith(name))
        assert why in record["headline"]
        assert told[name].startswith(f"{MODEL} {mode}: fail: ")
        assert why in told[name]
        assert cases[name].find("failure").get("message") == record["headline"]
        assert f"{name} - {record['headline']}\n" in result.stdout
    assert told[f"test_placement[{MODEL}-fp32]"] == (
        f"{MODEL} fp32: pass: runs where it was asked to; Nodes fallen back 0"
    )
