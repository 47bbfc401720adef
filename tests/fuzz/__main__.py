"""``python -m tests.fuzz``: 20,000 inputs a target, gone on with where it was interrupted."""

import argparse
import sys
import tempfile
from pathlib import Path

from tests.fuzz.campaign import Counts, kept, run
from tests.fuzz.smallest import smallest_failing
from tests.fuzz.target import Target, all_targets
from tests.fuzz.worker import Inputs, Trial

_SEED, _INPUTS = 24, 20_000


def main(arguments: list[str]) -> int:
    """Run, and print counts; 1 where an input failed."""
    targets = all_targets()
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("targets", nargs="*", metavar="TARGET", help=f"of {', '.join(targets)}")
    parser.add_argument("--inputs", type=int, default=_INPUTS, help="a target")
    parser.add_argument("--seed", type=int, default=_SEED)
    parser.add_argument("--counts", type=Path, default=Path("fuzz-counts"), help="folder")
    parser.add_argument("--input", type=int, help="try this input alone and keep its file here")
    parser.add_argument("--smallest", action="store_true", help="seek a small input that fails")
    parser.add_argument("--table", action="store_true", help="print the counts that are kept")
    given = parser.parse_args(arguments)
    chosen = [targets[name] for name in given.targets or targets]
    if given.input is not None:
        return _alone(chosen[0], given.seed, given.input)
    if given.smallest:
        return max([_smallest(target, given.seed, given.inputs) for target in chosen])
    given.counts.mkdir(parents=True, exist_ok=True)
    failed = 0
    for target in chosen:
        if given.table:
            counts = kept(given.counts, target.name, given.seed)
        else:
            counts = run(target, given.seed, given.inputs, given.counts)
        print(_row(counts), flush=True)
        failed += counts.kinds.get("failed", 0)
        for failure in () if given.table else counts.failures[:10]:
            print(f"    {target.name} {failure.index}: {failure.why}", flush=True)
    return 1 if failed else 0


def _row(counts: Counts) -> str:
    numbers = [counts.inputs, *(counts.kinds.get(k, 0) for k in ("refused", "same", "other"))]
    cells = [counts.target, *(f"{number:,}" for number in numbers)]
    return f"| {' | '.join(cells)} | {counts.kinds.get('failed', 0):,} |"


def _alone(target: Target, seed: int, index: int) -> int:
    file = Path(f"{index}-{target.file}")
    file.write_bytes(Inputs(target, seed).numbered(index)[1])
    with tempfile.TemporaryDirectory() as scratch:
        outcome = Trial(target, seed, Path(scratch)).of(index)
    print(f"{file}: {outcome.kind} {outcome.why}")
    return 1 if outcome.why else 0


def _smallest(target: Target, seed: int, inputs: int) -> int:
    found = smallest_failing(target, seed, inputs)
    if found is None:
        print(f"{target.name}: none of {inputs:,} inputs failed")
        return 0
    file = Path(f"smallest-{target.file}")
    file.write_bytes(found[0])
    print(f"{file}: failed {found[1]}")
    return 1


sys.exit(main(sys.argv[1:]))
