"""Mistakes of the runtime and of the code that runs it."""

import numpy as np
import onnxruntime as ort
import pytest

from suite.catalog.errors import ModelError
from suite.runtime import sessions
from tests.mutations.mutation import Change, Floats, NotThereError, Run, Side, mutation


@mutation("order of a batch shifted by one", Side.INT8)
def shifted() -> Change:
    return Change(run=lambda run, tensor: [np.roll(each, 1, axis=0) for each in run(tensor)])


@mutation("a batch's last image answered by the first", Side.INT8)
def last_is_first() -> Change:
    def answered(run: Run, tensor: Floats) -> list[Floats]:
        made = [each.copy() for each in run(tensor)]
        for each in made:
            each[-1] = each[0]
        return made

    return Change(run=answered)


@mutation("what fills up the last batch returned", Side.INT8)
def padding_returned() -> Change:
    """Batches of 32 whose last images, where fewer are there, are taken from the wrong end."""

    def answered(run: Run, tensor: Floats) -> list[Floats]:
        missing = -len(tensor) % 32
        if not missing:
            return run(tensor)
        filled = np.concatenate([np.repeat(tensor[-1:], missing, axis=0), tensor])
        try:
            return [each[: len(tensor)] for each in run(filled)]
        except ModelError as error:
            raise NotThereError("a batch of any size") from error

    return Change(run=answered)


@mutation("the answer of the run before", Side.INT8)
def stale() -> Change:
    """As of bound memory that is read before it is written: each run answers the one before."""
    before: list[list[Floats]] = []

    def answered(run: Run, tensor: Floats) -> list[Floats]:
        now = run(tensor)
        last = before.pop() if before else now
        before.append(now)
        # As many as are asked for, of whatever lies there.
        return [np.resize(each, (len(tensor), each.shape[1])) for each in last]

    return Change(run=answered)


@mutation("now and then the answer of the run before", Side.INT8, {"1 in 20": 20, "1 in 4": 4})
def sometimes_stale(one_in: int) -> Change:
    state: dict[str, list[Floats]] = {}
    runs = [0]

    def answered(run: Run, tensor: Floats) -> list[Floats]:
        now = run(tensor)
        runs[0] += 1
        last = state.get("last", now)
        state["last"] = now
        if runs[0] % one_in:
            return now
        return [np.resize(each, (len(tensor), each.shape[1])) for each in last]

    return Change(run=answered)


@mutation("not the same twice", Side.INT8, {"1e-6": 1e-6, "1e-3": 1e-3})
def unsteady(share: float) -> Change:
    rng = np.random.default_rng(0)

    def answered(run: Run, tensor: Floats) -> list[Floats]:
        made = run(tensor)
        return [(each * (1 + rng.normal(0, share, each.shape))).astype(np.float32) for each in made]

    return Change(run=answered)


@mutation("the mean of the batch taken off", Side.INT8, {"10 %": 0.1, "all": 1.0})
def neighbours(share: float) -> Change:
    def answered(run: Run, tensor: Floats) -> list[Floats]:
        first, *others = run(tensor)
        return [first - share * first.mean(axis=0, keepdims=True), *others]

    return Change(run=answered)


@mutation("denormal inputs flushed, and all that is small", Side.INT8, {"1e-3": 1e-3, "0.1": 0.1})
def flushed(least: float) -> Change:
    def tensor(made: Floats, _: object) -> Floats:
        return np.where(np.abs(made) < least, np.float32(0), made)

    return Change(tensor=tensor)


@mutation("NaN in one image of a thousand", Side.INT8)
def some_nan() -> Change:
    def answered(run: Run, tensor: Floats) -> list[Floats]:
        made = [each.copy() for each in run(tensor)]
        odd = (np.abs(tensor).sum(axis=(1, 2, 3)) * 1000).astype(np.int64) % 1000 < 3
        made[0][odd] = np.nan
        return made

    return Change(run=answered)


@mutation("zeros for one image of a hundred", Side.INT8)
def some_zeros() -> Change:
    def answered(run: Run, tensor: Floats) -> list[Floats]:
        made = [each.copy() for each in run(tensor)]
        odd = (np.abs(tensor).sum(axis=(1, 2, 3)) * 1000).astype(np.int64) % 100 == 0
        made[0][odd] = 0
        return made

    return Change(run=answered)


@mutation("one embedding for all", Side.INT8)
def collapsed() -> Change:
    def answered(run: Run, tensor: Floats) -> list[Floats]:
        return [np.broadcast_to(each[:1], each.shape).copy() for each in run(tensor)]

    return Change(run=answered)


@mutation("NaN on black images", Side.INT8)
def nan_on_black() -> Change:
    """A length of nought that is divided by, which no face shows."""

    def answered(run: Run, tensor: Floats) -> list[Floats]:
        made = [each.copy() for each in run(tensor)]
        made[0][np.ptp(tensor, axis=(1, 2, 3)) == 0] = np.nan
        return made

    return Change(run=answered)


@mutation(
    "graph optimisation off",
    Side.BOTH,
    benign="the same network by other kernels, which a team may choose to find an error",
)
def not_optimised() -> Change:
    def patch(patched: pytest.MonkeyPatch) -> None:
        load = sessions.load

        def plain(*args: object, **rest: object) -> ort.InferenceSession:
            return load(*args, **{**rest, "level": sessions.NONE})

        patched.setattr(sessions, "load", plain)

    return Change(patch=patch)
