"""A small file that a reader fails on, sought and shrunk by hypothesis."""

import tempfile
from pathlib import Path
from random import Random

from hypothesis import HealthCheck, Phase, find, settings, strategies
from hypothesis.errors import NoSuchExample

from tests.fuzz.target import Target
from tests.fuzz.worker import Trial


def smallest_failing(target: Target, seed: int, examples: int) -> tuple[bytes, str] | None:
    """A changed file that fails, with as few and as small changes as can be found, and why it does.

    The mutators draw from hypothesis in place of a generator of random numbers, so that it can take
    back and lessen each of their choices. All runs in this process: a reader that ends it is not
    shrunk.

    Parameters
    ----------
    examples : how many are tried until one fails; None is given where none does
    """
    with tempfile.TemporaryDirectory() as scratch:
        trial = Trial(target, seed, Path(scratch))
        made = strategies.randoms(use_true_random=False).map(trial.inputs.made)
        try:
            place, data = find(
                made,
                lambda each: bool(trial.judge(-1, *each).why),
                settings=settings(
                    max_examples=examples,
                    phases=(Phase.generate, Phase.shrink),
                    suppress_health_check=list(HealthCheck),
                    database=None,
                    deadline=None,
                ),
                random=Random(seed),
            )
        except NoSuchExample:
            return None
        return data, trial.judge(-1, place, data).why
