"""Options of others beside the suite's, in the clone."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from team import ROOT


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """The clone's conftest.py, and a folder of tests below it."""
    shutil.copy(ROOT / "conftest.py", tmp_path)
    (tmp_path / "below").mkdir()
    (tmp_path / "below" / "test_it.py").write_text("def test_it():\n    pass\n")
    return tmp_path


def run(clone: Path, conftest: str, *words: str) -> subprocess.CompletedProcess[str]:
    (clone / "below" / "conftest.py").write_text(f"def pytest_addoption(parser):\n    {conftest}\n")
    return subprocess.run(
        [sys.executable, "-m", "pytest", *words],
        cwd=clone,
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_conftest_below_may_have_an_option_of_the_same_name(clone: Path) -> None:
    done = run(clone, "parser.addoption('--models')", "below", "--models=x", "--fqg-models=y")
    assert "1 passed" in done.stdout, done.stdout + done.stderr


@pytest.mark.parametrize("ini", ["", "[pytest]\naddopts = --token=x\n"])
def test_an_option_that_must_be_given_takes_no_name_away(clone: Path, ini: str) -> None:
    (clone / "pytest.ini").write_text(ini)
    words = ("below", "--help", "--models=a", *(() if ini else ("--token=x",)))
    done = run(clone, "parser.addoption('--token', required=True)", *words)
    assert "\n  --models=ID" in done.stdout, done.stdout + done.stderr
