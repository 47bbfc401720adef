"""What a machine does to a run: full disks, folders of others, clocks, a poisoned cache.

``python tests/experiments/faults.py`` as root, since it mounts small file systems and runs jobs as
another user, who must be allowed to run that Python. After each fault a plain rerun must be green
and nothing accepted may be lost; what the run said, and its exit status, are printed.
"""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import onnx
from onnx import numpy_helper

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))

from kills import PAIRS, change_every_entry
from team import ENVIRONMENT, MODEL, bytes_below, copy_catalog

NOBODY = 65_534
MODE = "int8_static_qdq"
EARLIER = "import time; now = time.time; time.time = lambda: now() - 800_000_000\n"
FAULTS: dict[str, Callable[["Place"], "Ran"]] = {}


@dataclass
class Ran:
    """A run with a fault: its exit status, what it said, and what it should have."""

    status: int
    said: str
    expected: tuple[int, str]


@dataclass
class Place:
    """A catalog with accepted gates, its warm cache, and a folder for what a fault needs."""

    catalog: Path
    cache: Path
    scratch: Path

    def job(self, *options: str, user: int = 0, **given: str) -> tuple[int, str]:
        """Run the gates without latency; give back the exit status and what was printed."""
        named = {"artifact-cache": str(self.cache), "report-dir": str(self.scratch / "report")}
        named |= {name.replace("_", "-"): value for name, value in given.items() if value}
        ran = subprocess.run(
            [
                *(sys.executable, "-m", "pytest", "--pyargs", "suite.gates", "-q"),
                *("-p", "no:cacheprovider", "-m", "not latency", f"--catalog={self.catalog}"),
                *(f"--{name}={value}" for name, value in named.items()),
                *(f"--modes=fp32,{MODE}", *options),
            ],
            cwd=self.scratch,
            env=os.environ | ENVIRONMENT | {"PYTHONPATH": str(self.scratch), "HOME": "/nowhere"},
            user=user,
            group=user,
            extra_groups=[user],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        return ran.returncode, ran.stdout


def fault(name: str) -> Callable[[Callable[[Place], Ran]], Callable[[Place], Ran]]:
    """Register a fault."""

    def register(how: Callable[[Place], Ran]) -> Callable[[Place], Ran]:
        FAULTS[name] = how
        return how

    return register


@contextmanager
def small_disk(folder: Path, size: str) -> Iterator[Path]:
    """A file system of a size in a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    mount = ["mount", "-t", "tmpfs", "-o", f"size={size},mode=0777", "tmpfs", str(folder)]
    subprocess.run(mount, check=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)


@fault("the cache's disk is full")
def full_cache(place: Place) -> Ran:
    with small_disk(place.scratch / "cache", "300k") as cache:
        return Ran(*place.job(artifact_cache=str(cache)), (1, "give another folder with --arti"))


@fault("the report's disk is full")
def full_report(place: Place) -> Ran:
    with small_disk(place.scratch / "full", "64k") as report:
        return Ran(*place.job(report_dir=str(report)), (4, "give another folder with --report"))


@fault("the baselines' disk is full while accepting")
def full_baselines(place: Place) -> Ran:
    changed = place.scratch / "changed"
    shutil.copytree(place.catalog, changed, ignore=shutil.ignore_patterns("baselines"))
    with small_disk(changed / "baselines", "600k") as disk:
        shutil.copytree(place.catalog / "baselines", disk, dirs_exist_ok=True)
        change_every_entry(disk)
        before = bytes_below(disk)
        (disk / "fill").write_bytes(b"x" * _room(disk))
        ran = Place(changed, place.cache, place.scratch).job("--snapshot-update")
        after = bytes_below(disk)
    whole = bytes_below(place.catalog / "baselines")
    half = [name for name in before if after.get(name) not in (before[name], whole[name])]
    assert not half, half
    return Ran(*ran, (1, "nothing accepted there is lost"))


@fault("everything is read-only, another user's, with a warm cache")
def read_only(place: Place) -> Ran:
    return Ran(*place.job(user=NOBODY), (4, "cannot write the report there"))


@fault("all but the report is another user's, with a warm cache")
def own_report(place: Place) -> Ran:
    return Ran(*place.job(user=NOBODY, report_dir=_own(place, "report-own")), (0, "PASS"))


@fault("all but the report is another user's, with a cold cache")
def cold_of_others(place: Place) -> Ran:
    (place.scratch / "cold").mkdir()
    given = {"report_dir": _own(place, "report-own"), "artifact_cache": str(place.scratch / "cold")}
    return Ran(*place.job(user=NOBODY, **given), (1, "give another folder with --artifact-cache"))


@fault("accepting into another user's baselines")
def accepting_for_others(place: Place) -> Ran:
    changed = place.scratch / "changed"
    shutil.copytree(place.catalog, changed)
    change_every_entry(changed / "baselines")
    other = Place(changed, place.cache, place.scratch)
    report = _own(place, "report-own")
    ran = other.job("--snapshot-update", user=NOBODY, report_dir=report)
    return Ran(*ran, (1, "nothing accepted there is lost"))


@fault("the clock is set back by 25 years")
def earlier(place: Place) -> Ran:
    (place.scratch / "sitecustomize.py").write_text(EARLIER)
    try:
        return Ran(*place.job(), (0, "PASS"))
    finally:
        (place.scratch / "sitecustomize.py").unlink()


@fault("all files are of the future")
def future(place: Place) -> Ran:
    cache = place.scratch / "future"
    shutil.copytree(place.cache, cache)
    for path in [*cache.rglob("*"), *place.catalog.rglob("*")]:
        os.utime(path, (4e9, 4e9))
    return Ran(*place.job(artifact_cache=str(cache)), (0, "PASS"))


@fault("a cached artifact is poisoned together with its record")
def poisoned(place: Place) -> Ran:
    cache = place.scratch / "poisoned"
    shutil.copytree(place.cache, cache)
    for record in cache.rglob("record.json"):
        if (file := record.with_name("model.onnx")).exists():
            _poison(file, record)
    return Ran(*place.job(artifact_cache=str(cache)), (1, "not as accepted"))


def _poison(file: Path, record: Path) -> None:
    model = onnx.load(file)
    weights = max(model.graph.initializer, key=lambda tensor: len(tensor.raw_data))
    values = numpy_helper.to_array(weights).copy()
    values[: len(values) // 8] = 0
    weights.CopyFrom(numpy_helper.from_array(values, weights.name))
    onnx.save(model, file)
    said = json.loads(record.read_text())
    said["sha256"] = hashlib.sha256(file.read_bytes()).hexdigest()
    record.write_text(json.dumps(said))


def _own(place: Place, name: str) -> str:
    folder = place.scratch / name
    folder.mkdir(exist_ok=True)
    os.chown(folder, NOBODY, NOBODY)
    return str(folder)


def _room(disk: Path) -> int:
    status = os.statvfs(disk)
    return max(0, (status.f_bavail - 2) * status.f_bsize)


def main() -> int:
    """Print a line for each fault; returns 1 where anything was not as it should be."""
    wrong = 0
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        root.chmod(0o755)
        (root / "catalog").mkdir()
        copy_catalog(root / "catalog", MODEL, pairs=PAIRS)
        place = Place(root / "catalog", root / "cache", root / "scratch")
        place.scratch.mkdir()
        status, said = place.job("--snapshot-update")
        assert status == 0, said
        for path in [root / "cache", *(root / "cache").rglob("*")]:
            path.chmod(0o755 if path.is_dir() else 0o644)
        for title, how in FAULTS.items():
            shutil.rmtree(place.scratch)
            place.scratch.mkdir()
            accepted = bytes_below(place.catalog)
            ran = how(place)
            problems = [
                *(["another status or sentence"] if not _is(ran) else []),
                *(["a traceback"] if "Traceback" in ran.said else []),
                *(
                    ["what was accepted is another"]
                    if bytes_below(place.catalog) != accepted
                    else []
                ),
                *(["the rerun is red"] if place.job()[0] else []),
            ]
            wrong += bool(problems)
            lines = [line for line in ran.said.splitlines() if ran.expected[1] in line]
            print(f"{title}: exit {ran.status}; {'; '.join(problems) or 'rerun green'}", flush=True)
            print(f"    {lines[0][:300] if lines else ran.said[-1500:]}", flush=True)
    print(f"{len(FAULTS) - wrong} of {len(FAULTS)} faults lost nothing")
    return 1 if wrong else 0


def _is(ran: Ran) -> bool:
    status, words = ran.expected
    return ran.status == status and words in " ".join(ran.said.split())


if __name__ == "__main__":
    sys.exit(main())
