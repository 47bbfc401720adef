"""What evidence costs as sets grow, of made unit embeddings: seconds and the peak of memory.

``python tests/experiments/evaluation_cost.py`` takes some ten minutes on two cores; with
``all 20000`` or ``listed 1000000`` it measures one case. Each case has a process of its own.

``all N``: N images of 512 numbers, 4 to 10 of a person. The bare product multiplies the blocks of
rows that the exact pass multiplies, and does nothing with them. ``listed N``: N pairs of 20,000
images, all figures and 1,000 draws. The smaller of three is given of the product and the pass, in
turns, for what else the machine does falls on both; none of them of more than 50,000 images.
"""

import argparse
import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from suite.report.tables import markdown
from suite.verification import unit_rows
from suite.verification.all_pairs import all_pairs
from suite.verification.evaluator import ALL_PAIRS_FAR_TARGETS, Evaluator, Pairs

WIDTH, BLOCK_ROWS = 512, 256
LARGEST_BESIDE = 50_000
CASES = (
    *(("all", images) for images in (2_000, 20_000, 100_000)),
    *(("listed", pairs) for pairs in (10_000, 100_000, 1_000_000)),
)
COLUMNS = ("case", "size", "bare product, s", "exact pass, s", "all evidence, s", "peak, MiB")


def made_set(images: int) -> tuple[np.ndarray, np.ndarray]:
    """Unit rows, float32 [images, 512], around centres of people, and whose they are."""
    rng = np.random.default_rng(images)
    people = np.repeat(np.arange(images), rng.integers(4, 11, images))[:images]
    # A few of 512 directions carry identity, so that impostors overlap with genuine pairs.
    rows = rng.standard_normal((images, WIDTH), dtype=np.float32)
    rows[:, :64] *= 0.7
    rows[:, :64] += rng.standard_normal((people[-1] + 1, 64), dtype=np.float32)[people]
    rows[:, 64:] *= 0.2
    return unit_rows(rows), people


def made_pairs(count: int, people: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """As many genuine as impostor pairs: both images, and whether they show one person."""
    rng = np.random.default_rng(count)
    left = rng.integers(len(people), size=count)
    first = np.searchsorted(people, people)
    of_person = np.searchsorted(people, people, side="right") - first
    own = first[left] + (left - first[left] + 1) % of_person[left]
    right = np.where(np.arange(count) % 2, own, rng.integers(len(people), size=count))
    return left, right, people[left] == people[right]


def seconds(work: Callable[[], object]) -> float:
    """How long one call takes."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def bare_product(rows: np.ndarray) -> None:
    """The products of the exact pass alone."""
    for start in range(0, len(rows), BLOCK_ROWS):
        rows[start : start + BLOCK_ROWS] @ rows[start:].T


def beside(rows: np.ndarray, people: np.ndarray) -> tuple[float, float]:
    """The bare product and the exact pass."""
    targets = (*ALL_PAIRS_FAR_TARGETS.values(), 4e-3)
    times = [
        (seconds(lambda: bare_product(rows)), seconds(lambda: all_pairs(rows, people, targets)))
        for _ in range(3)
    ]
    bare, exact = np.min(times, axis=0)
    return float(bare), float(exact)


def measured(case: str, size: int) -> dict[str, float]:
    """The seconds of one case, and the peak of this process in MiB."""
    found = {}
    if case == "all":
        rows, people = made_set(size)
        left, right, genuine = made_pairs(600, people)
        if size <= LARGEST_BESIDE:
            found["bare"], found["exact"] = beside(rows, people)
        pairs = Pairs(left, right, genuine, people)
    else:
        rows, people = made_set(20_000)
        pairs = Pairs(*made_pairs(size, people), None)
    found["evidence"] = seconds(lambda: Evaluator(pairs).evaluate(rows))
    found["peak"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return found


def in_a_process(case: str, size: int) -> tuple[str, ...]:
    """A row of the table."""
    command = [sys.executable, __file__, case, str(size), "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        last = (done.stderr.strip() or f"ended with {done.returncode}").splitlines()[-1]
        return (case, f"{size:,}", "", "", last, "")
    found = json.loads(done.stdout)
    told = (f"{found[name]:.2f}" if name in found else "" for name in ("bare", "exact", "evidence"))
    return (case, f"{size:,}", *told, f"{found['peak']:,.0f}")


def cpu() -> str:
    """The CPU's name, as Linux tells it."""
    told = Path("/proc/cpuinfo").read_text().splitlines()
    return next(line.partition(":")[2].strip() for line in told if line.startswith("model name"))


def main() -> None:
    """Print the table, or of one case what was measured."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("case", choices=("all", "listed"), nargs="?")
    parser.add_argument("size", type=int, nargs="?")
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args()
    if chosen.json:
        print(json.dumps(measured(chosen.case, chosen.size)))
        return
    cases = [(chosen.case, chosen.size)] if chosen.case else CASES
    print(cpu(), "", sep="\n")
    print(*markdown(COLUMNS, [in_a_process(*each) for each in cases]), sep="\n")


if __name__ == "__main__":
    main()
