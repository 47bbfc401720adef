"""The job among what a CI may bring: its encoding, its warnings, its users' rights."""

import os
import subprocess
import sys

from team import ENVIRONMENT, Team


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
