"""Does the latency gate see 15 %? ``python tests/benchmarks/latency_detection.py`` (ten minutes).

Beside a process that keeps one core busy it runs the real gate of one embedded model's
``int8_static_qdq`` at batch 1, against a speed-up accepted before: as it is, and with each of the
mode's runs made 15 % longer. It exits with 1 where a clean run fails, where more than one of them
is undecided, or where a slowed one is not caught.
"""

import argparse
import collections
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))

from team import MODEL, SOME_PAIRS, Team, copy_catalog

MODE = "int8_static_qdq"
GATE = ("-k", "test_latency and not throughput", f"--modes={MODE}")
SLOWER = """
import time
from suite.gates.timed_blocks import TimedBlocks

class Slowed:
    def __init__(self, bound):
        self._bound = bound

    def __call__(self):
        start = time.perf_counter()
        self._bound()
        until = time.perf_counter() + SHARE * (time.perf_counter() - start)
        while time.perf_counter() < until:
            pass

    def with_copies(self):
        self._bound.with_copies()

plain = TimedBlocks._bound

def bound(self, work):
    found = plain(self, work)
    return Slowed(found) if work.mode.id == "int8_static_qdq" else found

TimedBlocks._bound = bound
"""


def main() -> int:
    """Print a line for each run and the counts."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--slower", type=float, default=0.15)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        copy_catalog(folder, MODEL, pairs=SOME_PAIRS)
        (folder / "slower.py").write_text(SLOWER.replace("SHARE", str(chosen.slower)))
        team = Team(folder, folder / "cache")
        accepted = team.run("--snapshot-update")
        assert accepted.returncode == 0, accepted.stdout
        with subprocess.Popen([sys.executable, "-c", "while True: pass"]) as busy:
            try:
                clean = count(team, chosen.runs, "clean")
                slowed = count(team, chosen.runs, "slower", "-p", "slower")
            finally:
                busy.kill()
        shutil.rmtree(folder / "cache")
    good = clean["fail"] == 0 and clean["undecided"] <= 1 and slowed["fail"] == chosen.runs
    return 0 if good else 1


def count(team: Team, runs: int, label: str, *options: str) -> collections.Counter[str]:
    """How often each outcome came."""
    outcomes: collections.Counter[str] = collections.Counter()
    for number in range(runs):
        result = team.run(*GATE, *options)
        (record,) = (r for r in team.report["records"] if r["mode"] == MODE)
        assert record["measured"], result.stdout
        outcome = str(record["outcome"])
        outcomes[outcome] += 1
        low, high = record["measured"]["intervals"]["speedup"]
        blocks = record["measured"]["observed"]["blocks"]
        accepted = [r["reference"] for r in record["rows"] if r["against"] == "baseline"]
        print(
            f"{label} {number + 1:2}: {record['measured']['figures']['speedup']:.3f} "
            f"({low:.3f} … {high:.3f}), {blocks:.0f} blocks, accepted {accepted}: {outcome}",
            flush=True,
        )
    print(f"{label}: {dict(outcomes)}", flush=True)
    return outcomes


if __name__ == "__main__":
    sys.exit(main())
