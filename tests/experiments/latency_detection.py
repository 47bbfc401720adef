"""Does the latency gate see 15 %, and nothing else? Run it as a script (an hour, on two cores).

Of one embedded model's ``int8_static_qdq`` it accepts a speed on a quiet core, then measures and
judges it as it is, and with each of the mode's runs made 15 % longer: on the quiet core, and beside
a process that loops on the same core. One image is the network of half a millisecond, a batch of
several the one of 15 ms. A line for each run and a table are printed; it exits with 1 where a run
as it is fails, a slower one passes, or more quiet ones are undecided than one in twenty.
"""

import argparse
import collections
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

from suite.catalog.folder import read_catalog
from suite.catalog.limits import Limits
from suite.gates.case_work import CaseWork
from suite.gates.latency import Stopwatch
from suite.gates.progress import Progress
from suite.gates.timed_blocks import TimedBlocks
from suite.gates.workbench import Workbench
from suite.judging.against_baseline import judge_against_baseline, too_wide
from suite.judging.against_fp32 import judge_against_fp32
from suite.judging.judgement import FORMAT, Entry
from suite.judging.kept_limits import kept_limits
from suite.judging.measured import Measured
from suite.judging.outcome import Outcome
from suite.runtime.profile import own_profile
from suite.runtime.timing import seconds_of

MODEL, MODE = "arcface-embedded", "int8_static_qdq"
BLOCKS, LARGE_S = 6, 0.015
LOOP = "while True: pass"
# By outcome, that of a speed as it is first.
Counts = dict[tuple[str, bool, bool], collections.Counter[str]]


class Slowed:
    """A bound session whose runs keep the thread busy for a share of their time more."""

    def __init__(self, bound: Callable[[], None], share: float) -> None:
        self._bound, self._share = bound, share

    def __call__(self) -> None:
        start = time.thread_time_ns()
        self._bound()
        until = start + (1 + self._share) * (time.thread_time_ns() - start)
        while time.thread_time_ns() < until:
            pass

    def with_copies(self) -> None:
        self()


class Blocks(TimedBlocks):
    """Blocks of a mode that is as it is, or slower by a share."""

    slower = 0.0

    def _bound(self, work: CaseWork):
        found = super()._bound(work)
        return Slowed(found, self.slower) if work.mode.id == MODE and self.slower else found


def measured(watch: Stopwatch, work: CaseWork, batch: int, entry: Entry | None) -> Measured:
    """What the gate measures, with as many more blocks as it would ask for."""
    blocks = Blocks(work, batch)
    for _ in range(BLOCKS):
        blocks.time_block()

    def undecided(found: Measured) -> bool:
        if entry is None:
            return bool(found.disturbed or too_wide(found, work.limits().tolerances))
        return judged(found, entry, work.limits())[0] is Outcome.UNDECIDED

    return watch.concluded(blocks, undecided)


def judged(found: Measured, entry: Entry, limits: Limits) -> tuple[Outcome, str]:
    """What the gate concludes, in its order: what fails, what is undecided, what is accepted."""
    both = (
        judge_against_fp32(found, limits.policy),
        judge_against_baseline(found, entry, limits),
    )
    for outcome in (Outcome.FAIL, Outcome.UNDECIDED):
        for each in both:
            if each.outcome is outcome:
                return outcome, each.headline
    return both[1].outcome, both[1].headline


def accepted(watch: Stopwatch, work: CaseWork, batch: int) -> Entry:
    """A speed that could be accepted; other processes get a few tries to be done."""
    for _ in range(10):
        found = measured(watch, work, batch, None)
        if not found.disturbed and not too_wide(found, work.limits().tolerances):
            kept = kept_limits(found, work.limits())
            return Entry(found.identity, found.figures, {}, FORMAT, limits=kept)
        print(f"not accepted: {found.disturbed or 'an interval is too wide'}", flush=True)
    sys.exit("this machine is never quiet enough for a speed to be accepted")


@contextmanager
def looping(core: int) -> Iterator[None]:
    """A process that never waits, on one core."""
    with subprocess.Popen([sys.executable, "-c", LOOP]) as busy:
        try:
            os.sched_setaffinity(busy.pid, {core})
            yield
        finally:
            busy.kill()


def batch_of(work: CaseWork, seconds: float) -> int:
    """The batch with which one run of the mode takes so long."""
    run = Blocks(work, 8)._candidate
    return max(2, round(8 * seconds / statistics.median(seconds_of(run) for _ in range(15))))


def count(work: CaseWork, batch: int, chosen: argparse.Namespace, name: str, found: Counts) -> None:
    """Run one network in all conditions."""
    watch = Stopwatch(work, None)
    entry = accepted(watch, work, batch)
    for busy in (False, True):
        for slower in (False, True):
            outcomes = found.setdefault((name, busy, slower), collections.Counter())
            Blocks.slower = chosen.slower if slower else 0.0
            with looping(chosen.core) if busy else nullcontext():
                for number in range(chosen.runs):
                    start = time.monotonic()
                    now = measured(watch, work, batch, entry)
                    outcome, why = judged(now, entry, work.limits())
                    outcomes[str(outcome)] += 1
                    line = _line(now, entry, outcome, why)
                    where = f"{name} {'busy' if busy else 'quiet'}"
                    how = "slower" if slower else "as it is"
                    took = time.monotonic() - start
                    print(f"{where} {how} {number + 1} ({took:.0f} s): {line}", flush=True)
    Blocks.slower = 0.0


def _line(now: Measured, entry: Entry, outcome: Outcome, why: str) -> str:
    known = now.known
    of = [
        f"{known[name]:.3g} of {entry.figures[name]:.3g}"
        for name in ("speedup", "fp32_over_probe", "mode_over_probe", "probe_ms")
        if name in known
    ]
    clean = f"{known['clean_blocks']:.0f} of {known['blocks']:.0f} blocks clean"
    return f"{', '.join(of)}; {known['latency_ms']:.2f} ms, {clean}: {outcome}; {why}"


def main() -> int:
    """Print a line for each run, and the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--slower", type=float, default=0.15)
    parser.add_argument("--core", type=int, default=max(os.sched_getaffinity(0)))
    parser.add_argument("--network", choices=["small", "large"], action="append")
    chosen = parser.parse_args()
    os.sched_setaffinity(0, {chosen.core})
    catalog = read_catalog()
    provider = catalog.providers["cpu"]
    found: Counts = {}
    with tempfile.TemporaryDirectory() as cache:
        bench = Workbench(
            catalog, provider, 1, own_profile(provider), Path(cache), Progress(nullcontext)
        )
        work = bench.case(catalog.models[MODEL], catalog.modes[MODE])
        for name in chosen.network or ("small", "large"):
            batch = 1 if name == "small" else batch_of(work, LARGE_S)
            count(work, batch, chosen, f"{name} (batch {batch})", found)
    return report(found)


def report(found: Counts) -> int:
    """Print the table; 1 where a run was wrong, or too many quiet ones were undecided."""
    print("| network | core | mode | pass | undecided | fail |\n|---|---|---|---:|---:|---:|")
    wrong = 0
    for (name, busy, slower), outcomes in found.items():
        row = (outcomes[str(each)] for each in (Outcome.PASS, Outcome.UNDECIDED, Outcome.FAIL))
        cells = " | ".join(map(str, row))
        core = "busy" if busy else "quiet"
        print(f"| {name} | {core} | {'slower' if slower else 'as it is'} | {cells} |")
        wrong += outcomes["pass" if slower else "fail"]
        if not busy:
            wrong += max(0, outcomes["undecided"] - sum(outcomes.values()) // 20)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
