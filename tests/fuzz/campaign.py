"""A target's inputs counted, interrupted and gone on with."""

import json
import multiprocessing
import os
import tempfile
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from multiprocessing.connection import Connection
from multiprocessing.context import ForkProcess
from pathlib import Path

from suite.catalog.files import write_whole
from tests.fuzz.target import Target
from tests.fuzz.worker import Outcome, serve

_FORK = multiprocessing.get_context("fork")
# Imports and the corpus; one input, on a crowded machine.
_START_SECONDS = 120.0
_INPUT_SECONDS = 30.0
_SAVE_EVERY = 250
# Where the system has one; a disk is written for each input otherwise.
_IN_MEMORY = next((place for place in ("/dev/shm",) if os.access(place, os.W_OK)), None)
_FAILURES_KEPT = 50


@dataclass
class Counts:
    """What a target's inputs came to so far.

    Attributes
    ----------
    inputs : how many were tried, from number 0 on
    kinds : how many were ``refused``, read as the ``same``, read as an ``other``, or ``failed``
    failures : the first that failed
    """

    target: str
    seed: int
    inputs: int = 0
    kinds: dict[str, int] = field(default_factory=dict)
    failures: list[Outcome] = field(default_factory=list)

    def add(self, outcome: Outcome) -> None:
        """Count one more."""
        self.inputs = outcome.index + 1
        self.kinds = dict(Counter(self.kinds) + Counter([outcome.kind]))
        if outcome.kind == "failed" and len(self.failures) < _FAILURES_KEPT:
            self.failures.append(outcome)

    def save(self, folder: Path) -> None:
        """Write them, whole."""
        write_whole(folder / f"{self.target}.json", json.dumps(asdict(self), indent=1))


def kept(folder: Path, target: str, seed: int) -> Counts:
    """What an earlier campaign of that seed came to; else none yet."""
    file = folder / f"{target}.json"
    if file.exists():
        read = json.loads(file.read_text())
        if read["seed"] == seed:
            failures = [Outcome(**each) for each in read.pop("failures")]
            return Counts(**read, failures=failures)
    return Counts(target, seed)


def run(
    target: Target, seed: int, inputs: int, folder: Path, *, patience: float = _INPUT_SECONDS
) -> Counts:
    """Try a target's inputs up to a number, from where an earlier campaign stopped.

    Parameters
    ----------
    folder : where counts are kept
    patience : seconds after which an input's process is killed
    """
    counts = kept(folder, target.name, seed)

    def add(outcome: Outcome) -> None:
        counts.add(outcome)
        if counts.inputs % _SAVE_EVERY == 0:
            counts.save(folder)

    try:
        while counts.inputs < inputs:
            _until_killed(target, seed, range(counts.inputs, inputs), add, patience)
    finally:
        counts.save(folder)
    return counts


def _until_killed(
    target: Target, seed: int, indices: range, add: Callable[[Outcome], None], patience: float
) -> None:
    """Try inputs in one process, and count the one that killed it or had to be killed."""
    out, into = _FORK.Pipe(duplex=False)
    with tempfile.TemporaryDirectory(prefix="fuzz-", dir=_IN_MEMORY) as scratch:
        work = (target, seed, Path(scratch), indices, into)
        process = _FORK.Process(target=serve, args=work, daemon=True)
        process.start()
        into.close()
        if why := _heard(out, process, _START_SECONDS).why:
            raise AssertionError(f"{target.name} {why} before its first input")
        for index in indices:
            outcome = _heard(out, process, patience)
            add(replace(outcome, index=index))
            if outcome.index != index:
                return
        process.join()


def _heard(out: Connection, process: ForkProcess, patience: float) -> Outcome:
    """What a process says next, or that it has ended or was killed."""
    try:
        if out.poll(patience):
            outcome: Outcome = out.recv()
            return outcome
        process.kill()
        why = f"was killed after {patience:.0f} s"
    except EOFError:
        why = ""
    process.join()
    return Outcome(-1, "failed", why or f"ended the process ({process.exitcode})")
