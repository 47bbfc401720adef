"""The wheel, installed beside a repository that has a package ``suite`` of its own."""

import os
import subprocess
import sys
import sysconfig
import venv
from collections.abc import Callable
from pathlib import Path

import pytest
from team import MODEL, ROOT

Run = Callable[..., subprocess.CompletedProcess[str]]

# hypothesis is no dependency of the wheel, and its plugin imports it as a run ends.
QUICK = {"COLUMNS": "200", "PYTEST_ADDOPTS": "-p no:hypothesispytest"}
# What many a conftest has, and the options of pytest-profiling and pytest-azurepipelines.
CONFTEST = """
from suite.core import DEFAULT


def pytest_addoption(parser):
    parser.addoption("--models", default=DEFAULT)
    parser.addoption("--data-dir", default="theirs")
    parser.addoption("--profile", action="store_true")
    parser.addoption("--report-dir", dest="azure_reports")
"""
INSIDE = """
from suite.core import VALUE

def test_inside(request):
    assert (VALUE, request.config.getoption("--models")) == (1, "theirs")
"""
SETTINGS = """
[pytest]
addopts = --doctest-modules -x -k nothing
filterwarnings = error
python_files = spec_*.py
usefixtures = theirs
"""
PLAIN = """
import sys

def test_plain():
    assert "face_quant_gate.plugin" in sys.modules
    assert [name for name in sys.modules if name.split(".")[0] == "suite"] == []
"""


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment with the wheel, which sees the dependencies of this one and not the clone."""
    folder = tmp_path_factory.mktemp("wheel")
    pip = (sys.executable, "-m", "pip", "-q", "--disable-pip-version-check")
    build = ("wheel", "--no-deps", "--no-build-isolation", "-w", str(folder), str(ROOT))
    subprocess.run([*pip, *build], check=True)
    venv.create(folder / "venv")
    python = folder / "venv" / "bin" / "python"
    (site,) = (folder / "venv").glob("lib/*/site-packages")
    # A path of a .pth file has its own .pth files unread: the clone's is one.
    (site / "dependencies.pth").write_text(sysconfig.get_path("purelib"))
    # What pip would write with pytest itself.
    script = python.with_name("pytest")
    script.write_text(f"#!{python}\nimport pytest\n\nraise SystemExit(pytest.main())\n")
    script.chmod(0o755)
    wheel = next(folder.glob("*.whl"))
    subprocess.run([*pip, "--python", python, "install", "--no-deps", wheel], check=True)
    return python


@pytest.fixture
def run(python: Path, tmp_path: Path) -> Run:
    """Runs a command of the environment in an empty folder."""

    def run(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
        program = python.with_name(words[0])
        return subprocess.run(
            [program, *words[1:]],
            cwd=tmp_path,
            env={**os.environ, **QUICK, **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )

    return run


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    (tmp_path / "suite").mkdir()
    (tmp_path / "suite" / "__init__.py").touch()
    (tmp_path / "suite" / "core.py").write_text('VALUE = 1\nDEFAULT = "theirs"\n')
    (tmp_path / "suite" / "test_inside.py").write_text(INSIDE)
    (tmp_path / "test_outside.py").write_text(INSIDE)
    (tmp_path / "conftest.py").write_text(CONFTEST)
    # The first that a conftest in tests/ finds, where the root's is not loaded.
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "conftest.py").write_text("from suite.core import VALUE\n")
    return tmp_path


@pytest.mark.parametrize(
    ("words", "init"),
    [
        (("pytest",), "namespace"),
        (("pytest", "-n1"), "package"),
        (("python", "-m", "pytest"), "package"),
        (("python", "-m", "pytest"), "namespace"),
        (("pytest", "--pyargs", "suite"), "package"),
    ],
)
def test_a_repository_with_a_suite_of_its_own_does_not_notice_the_wheel(
    run: Run, repository: Path, words: tuple[str, ...], init: str
) -> None:
    if init == "namespace":
        (repository / "suite" / "__init__.py").unlink()
    result = run(*words, PYTHONPATH="." if "--pyargs" in words else "")
    assert result.returncode == 0, result.stdout
    assert f"{1 if '--pyargs' in words else 2} passed" in result.stdout


@pytest.mark.parametrize("words", [("python", "-m", "pytest"), ("pytest",)])
def test_the_gates_by_name_say_which_suite_comes_first(
    run: Run, repository: Path, words: tuple[str, ...]
) -> None:
    result = run(*words, "--pyargs", "suite.gates")
    assert (result.returncode, result.stdout.strip()) == (
        4,
        f"ERROR: suite.gates: the package 'suite' is {repository / 'suite'} here, not that of "
        "face-quant-gate; start the gates with face-quant-gate run.",
    )


def test_the_job_runs_in_a_repository_with_a_suite_of_its_own(run: Run, repository: Path) -> None:
    # What it says of its own tests, its own suite first, no plugins but those that are named, and
    # a worker, which is started in another way than its controller.
    (repository / "pytest.ini").write_text(SETTINGS)
    environment = {"PYTHONPATH": str(repository), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    options = ("--accept-licence", f"--fqg-models={MODEL}", "--modes=fp32", "-n1", "-k", "artifact")
    result = run("face-quant-gate", "run", *options, **environment)
    assert result.returncode == 0, result.stdout
    assert "PASS: 1 pass" in result.stdout
    report = (repository / "face-quant-report" / "report.json").read_text()
    assert f'"command": "face-quant-gate run {" ".join(options)}"' in report
    assert (
        '"rerun": "face-quant-gate run --accept-licence --report-dir=face-quant-report/again '
        f'--models={MODEL} --modes=fp32 -k test_artifact"'
    ) in report


def test_the_job_times_beside_a_suite_of_its_own(run: Run, repository: Path) -> None:
    # What is timed is loaded by a process of its own too.
    options = (f"--models={MODEL}", "--modes=fp32", "-k", "latency or artifact")
    result = run("face-quant-gate", "run", *options, PYTHONPATH=str(repository))
    assert result.returncode == 0, result.stdout
    assert "PASS: 3 pass" in result.stdout


def test_a_run_without_gates_imports_nothing_of_the_suite(run: Run, tmp_path: Path) -> None:
    (tmp_path / "test_plain.py").write_text(PLAIN)
    result = run("python", "-m", "pytest")
    assert "1 passed" in result.stdout, result.stdout


def test_help_lists_the_options(run: Run) -> None:
    result = run("pytest", "--help")
    assert "quantization regression of face models:" in result.stdout
    assert "--models" in result.stdout
    assert "--fqg-models" in result.stdout


def test_without_onnxruntime_one_sentence_says_what_to_install(run: Run, tmp_path: Path) -> None:
    # What Python imports first of all.
    (tmp_path / "sitecustomize.py").write_text("import sys\nsys.modules['onnxruntime'] = None\n")
    job = run("face-quant-gate", "run", "--modes=fp32", PYTHONPATH=str(tmp_path))
    check = run("face-quant-gate", "check", PYTHONPATH=str(tmp_path))
    sentence = (
        "onnxruntime is not installed; install one of its builds with the suite, as with pip "
        "install 'face-quant-gate[cpu]'."
    )
    assert (job.returncode, check.returncode) == (4, 2)
    assert f"ERROR: {sentence}" in job.stdout
    assert check.stdout.strip() == sentence
    assert "Traceback" not in job.stdout
