"""Run the job under many conditions that change nothing, and see that no gate is red.

``python tests/experiments/clean_runs.py WORK`` runs the embedded families in FP32, dynamic and
static INT8, without latency, once a condition, against what a plain run accepted, and prints a
table in Markdown: how many gates were red, and the largest difference to what is accepted as a
share of its tolerance. What was run is kept in WORK/runs.jsonl, so that a run that was broken off
goes on; environments with other versions are made in WORK/venvs by pip. Returns 1 where a gate was
red.
"""

import argparse
import hashlib
import json
import os
import random
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))

from scipy.stats import beta
from team import ROOT, copy_catalog, plain

from suite.catalog.folder import read_catalog
from suite.datasets.loader import load_dataset
from suite.report.tables import markdown

FAMILIES = ("arcface-embedded", "facenet-embedded", "insightface-embedded", "adaface-embedded")
MODES = "fp32,int8_dynamic,int8_static_qdq"
# What differs from the newest versions, as tox's oldest pins it and one by one.
VERSIONS = {
    "onnxruntime 1.24.1": ("onnxruntime==1.24.1",),
    "onnx 1.19": ("onnx==1.19.0",),
    "numpy 1.26": ("numpy==1.26.4", "onnx==1.19.0", "opencv-python-headless==4.10.0.84"),
    "OpenCV 4.10": ("opencv-python-headless==4.10.0.84",),
    "pytest 8.1": ("pytest==8.1.1", "pytest-benchmark==5.2.0", "syrupy==7.0.2"),
}
SHUFFLE = """
import random
def pytest_collection_modifyitems(config, items):
    seed = {seed!r}
    items.reverse() if seed is None else random.Random(seed).shuffle(items)
"""
JOB = ("--pyargs", "suite.gates", "--catalog=.", "-q", "-m", "not latency", f"--modes={MODES}")
BUSY = "while True: sum(range(10_000))"


@dataclass(frozen=True)
class Condition:
    """What is other than in a plain run.

    Attributes
    ----------
    options : of pytest
    flags : of Python
    environment : variables; None takes one away
    prepare : what is done in the run's folder before, which is the current one of the run
    limit : what is done in the run's process before Python starts
    busy : loops that run beside it
    versions : the name of an environment in `VERSIONS`
    """

    name: str
    options: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()
    environment: Mapping[str, str | None] = field(default_factory=dict)
    prepare: Callable[[Path], None] | None = None
    limit: Callable[[], object] | None = None
    folder: str = "run"
    busy: int = 0
    versions: str = ""


def conditions() -> Iterator[Condition]:
    """All of them, each once."""
    yield Condition("as it is, nothing built")
    yield Condition("as it is, all built")
    for name, variables in _environments():
        yield Condition(name, environment=variables)
    for flag in ("-O", "-OO", "-Xdev", "-B", "-Wdefault", "-Xfrozen_modules=off"):
        yield Condition(f"python {flag}", flags=(flag,))
    for count, how in ((1, "load"), (2, "load"), (3, "worksteal"), (4, "loadfile")):
        yield Condition(f"-n {count} --dist={how}", ("-n", str(count), f"--dist={how}"))
    for seed in (None, 0, 1, 2, 3, 4):
        name = "gates backwards" if seed is None else f"gates in random order {seed}"
        yield Condition(name, ("-p", "shuffling"), prepare=_shuffling(seed))
    for threads in (1, 2, 3, 7):
        yield Condition(f"{threads} threads embed", prepare=_threads(threads))
    yield Condition("one core", limit=lambda: os.sched_setaffinity(0, [0]))
    yield Condition("lowest priority", limit=lambda: os.nice(19))
    yield Condition("64 open files", limit=lambda: _most(resource.RLIMIT_NOFILE, 64))
    yield Condition("12 GiB of address space", limit=lambda: _most(resource.RLIMIT_AS, 12 << 30))
    yield Condition("umask 077", limit=lambda: os.umask(0o077))
    for loops in (1, 2, 4):
        yield Condition(f"beside {loops} busy loops", busy=loops)
    yield Condition("a folder with blanks and accents", folder="mes modèles à moi")
    yield Condition("a folder deep below", folder="/".join(["deep"] * 20))
    for draw in range(5):
        yield Condition(f"90 of 100 calibration faces, draw {draw}", prepare=_draw(draw))
    yield Condition("other plugins left out", ("-p", "no:cacheprovider", "-p", "no:doctest"))
    yield Condition("INT8 alone", ("-k", "int8"))
    yield Condition("fidelity alone", ("-k", "fidelity"))
    for name in VERSIONS:
        yield Condition(name, versions=name)


def _environments() -> Iterator[tuple[str, dict[str, str | None]]]:
    for seed in ("0", "1", "42", "123456"):
        yield f"PYTHONHASHSEED={seed}", {"PYTHONHASHSEED": seed}
    for locale in ("C", "POSIX", "tr_TR.UTF-8", "de_DE.UTF-8", "ja_JP.eucJP"):
        yield f"LC_ALL={locale}", {"LC_ALL": locale, "LANG": locale}
    yield "no UTF-8 mode", {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    for zone in ("Asia/Kathmandu", "America/St_Johns"):
        yield f"TZ={zone}", {"TZ": zone}
    for name, value in (
        *(("OMP_NUM_THREADS", "1"), ("OMP_NUM_THREADS", "7"), ("OPENBLAS_NUM_THREADS", "1")),
        *(("MALLOC_PERTURB_", "165"), ("MALLOC_ARENA_MAX", "1"), ("OPENCV_IPP", "disabled")),
        *(("TERM", "dumb"), ("COLUMNS", "40"), ("CI", "true"), ("PYTHONSAFEPATH", "1")),
    ):
        yield f"{name}={value}", {name: value}
    yield "no HOME", {"HOME": None, "XDG_CACHE_HOME": None}


def _most(what: int, value: int) -> None:
    resource.setrlimit(what, (value, resource.getrlimit(what)[1]))


def _shuffling(seed: int | None) -> Callable[[Path], None]:
    return lambda folder: _write(folder / "shuffling.py", SHUFFLE.format(seed=seed))


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")


def _threads(count: int) -> Callable[[Path], None]:
    def prepare(folder: Path) -> None:
        (folder / "providers").mkdir()
        card = plain((ROOT / "fixtures/providers/cpu.toml").read_text(encoding="utf-8"))
        assert "\nembedding = 0\n" in card
        more = card.replace("\nembedding = 0\n", f"\nembedding = {count}\n")
        _write(folder / "providers/cpu.toml", more)

    return prepare


def _draw(seed: int) -> Callable[[Path], None]:
    """Another draw of calibration faces, accepted as such, so that figures alone can tell."""

    def prepare(folder: Path) -> None:
        original = ROOT / "fixtures/embedded/calibration"
        files = sorted(path for path in original.rglob("*") if path.is_file())
        for path in random.Random(seed).sample(files, 9 * len(files) // 10):
            target = folder / "drawn" / path.relative_to(original)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, target)
        card = folder / "datasets/embedded-calibration.toml"
        lines = card.read_text(encoding="utf-8").replace(str(original), "../drawn").splitlines()
        _write(card, "\n".join(line for line in lines if not line.startswith("sha256")))
        catalog = read_catalog(folder)
        named = catalog.datasets["embedded-calibration"]
        drawn = load_dataset(named, lambda below: (card.parent / below).resolve()).sha256
        for path in (folder / "baselines").rglob("*.json"):
            document = json.loads(path.read_text(encoding="utf-8"))
            for section in document["sections"].values():
                if "calibration" in section["identity"]:
                    section["identity"]["calibration"] = drawn
                section.get("identified", {}).pop("calibration", None)
            _write(path, json.dumps(document))

    return prepare


def run_in(work: Path, condition: Condition, models: list[str]) -> dict[str, object]:
    """What the job said under a condition."""
    base = work / "folder"
    shutil.rmtree(base, ignore_errors=True)
    folder = base / condition.folder
    shutil.copytree(_accepted(work), folder, ignore=shutil.ignore_patterns("face-quant-report"))
    if condition.prepare:
        condition.prepare(folder)
    # The first run finds nothing built, and each of other versions has a cache of its own.
    cache = work / "caches" / (condition.versions or "newest")
    command = [
        *(_python(work, condition.versions), *condition.flags, "-m", "pytest"),
        *(*JOB, f"--models={','.join(models)}", f"--artifact-cache={cache}"),
        *condition.options,
    ]
    environment = {**os.environ, "PYTHONPATH": str(folder), **condition.environment}
    loops = [subprocess.Popen([sys.executable, "-c", BUSY]) for _ in range(condition.busy)]
    started = time.monotonic()
    try:
        ran = subprocess.run(
            command,
            cwd=folder,
            env={name: value for name, value in environment.items() if value is not None},
            preexec_fn=condition.limit,
            capture_output=True,
            check=False,
        )
    finally:
        for loop in loops:
            loop.kill()
    report = folder / "face-quant-report/report.json"
    if not report.exists():
        said = (ran.stdout + ran.stderr).decode(errors="replace")[-500:]
        return _run(condition, started, [], red=[f"no report: {said}"])
    records = json.loads(report.read_text(encoding="utf-8"))["records"]
    red = [
        f"{record['node'].split('::')[-1]}: {record['headline']}"
        for record in records
        if record["outcome"] not in ("pass", "not applicable", "not compared")
    ]
    if ran.returncode and not red:
        red = [f"exit status {ran.returncode}"]
    return _run(condition, started, records, red=red)


def _accepted(work: Path) -> Path:
    """The built-in catalog as a team's, with what a plain run accepted of it; made once."""
    folder = work / "accepted"
    if not (folder / "done").exists():
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        copy_catalog(folder, *FAMILIES)
        command = [sys.executable, "-m", "pytest", *JOB, "--snapshot-update"]
        cache = f"--artifact-cache={work / 'accepting'}"
        subprocess.run([*command, cache], cwd=folder, check=True, stdout=subprocess.DEVNULL)
        (folder / "done").touch()
    return folder


def _run(
    condition: Condition, started: float, records: list[dict], *, red: list[str]
) -> dict[str, object]:
    shares = [
        abs(row["difference"]) / row["limit"]
        for record in records
        for row in record["rows"]
        if row["against"] == "baseline"
        and row["difference"]
        and row["limit"]
        and row["outcome"] != "not applicable"
    ]
    return {
        "name": condition.name,
        "gates": len(records),
        "red": red,
        "margin": max(shares, default=0.0),
        "seconds": time.monotonic() - started,
    }


def _python(work: Path, versions: str) -> str:
    """An interpreter with the suite and some versions; made where it is not there."""
    if not versions:
        return sys.executable
    pins = VERSIONS[versions]
    folder = work / "venvs" / hashlib.sha256(" ".join(pins).encode()).hexdigest()[:12]
    python = folder / "bin/python"
    if not (folder / "done").exists():
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(folder)], check=True)
        wanted = ["-e", f"{ROOT}[cpu,test]", *pins]
        subprocess.run([str(python), "-m", "pip", "install", "-qq", *wanted], check=True)
        (folder / "done").touch()
    return str(python)


def table(runs: list[dict]) -> Iterator[str]:
    """The runs in Markdown, and what so many without a false alarm say."""
    red = [run for run in runs if run["red"]]
    rows = [
        (
            *(run["name"], str(run["gates"]), str(len(run["red"]))),
            *(f"{run['margin']:.2f}", f"{run['seconds']:.0f}"),
        )
        for run in runs
    ]
    head = ("condition", "gates", "red", "largest difference / tolerance", "s")
    yield from markdown(head, rows)
    # Clopper and Pearson's upper bound of a share, with 95 % confidence.
    upper = beta.ppf(0.95, len(red) + 1, len(runs) - len(red)) if len(red) < len(runs) else 1.0
    yield ""
    yield f"{len(red)} of {len(runs)} runs red; with 95 % confidence fewer than {upper:.1%} are."
    for run in red:
        yield f"- {run['name']}: {'; '.join(run['red'])}"


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("work", type=Path)
    parser.add_argument("--only", default="", help="conditions whose name has this")
    parser.add_argument("--families", type=int, default=len(FAMILIES), help="of each run, in turn")
    chosen = parser.parse_args()
    work = chosen.work.resolve()
    work.mkdir(parents=True, exist_ok=True)
    log = work / "runs.jsonl"
    known = [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []
    done = {run["name"]: run for run in known}
    for number, condition in enumerate(conditions()):
        if chosen.only not in condition.name or condition.name in done:
            continue
        models = [FAMILIES[(number + i) % len(FAMILIES)] for i in range(chosen.families)]
        run = done[condition.name] = run_in(work, condition, models)
        with log.open("a") as stream:
            stream.write(json.dumps(run) + "\n")
        print(run["name"], run["red"] or "green", f"{run['seconds']:.0f} s", file=sys.stderr)
    print(*table(list(done.values())), sep="\n")
    return int(any(run["red"] for run in done.values()))


if __name__ == "__main__":
    raise SystemExit(main())
