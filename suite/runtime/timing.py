"""Timing a session: inputs made once, runs counted in nanoseconds."""

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import onnxruntime as ort

from suite.errors import ModelError

_NUMPY_TYPES = {
    "tensor(float)": np.float32,
    "tensor(float16)": np.float16,
    "tensor(uint8)": np.uint8,
}


@dataclass(frozen=True)
class LatencyPlan:
    """How many interleaved rounds a latency gate takes, after how many that are not counted."""

    rounds: int
    warmup: int


def runner(
    session: ort.InferenceSession, input_name: str | None, shape: tuple[int, ...]
) -> Callable[[], None]:
    """A call that runs the session once on fixed seeded noise of this shape."""
    node = next((i for i in session.get_inputs() if i.name == input_name), session.get_inputs()[0])
    if node.type not in _NUMPY_TYPES:
        raise ModelError(f"input {node.name!r} is {node.type}; a float image tensor is needed.")
    values = np.random.default_rng(0).standard_normal(shape).astype(_NUMPY_TYPES[node.type])
    feed = {node.name: values}

    def run() -> None:
        session.run(None, feed)

    return run


def seconds_of(call: Callable[[], None]) -> float:
    """How long one call takes."""
    start = time.perf_counter_ns()
    call()
    return (time.perf_counter_ns() - start) / 1e9


def plan(first: Callable[[], None], second: Callable[[], None], budget_s: float) -> LatencyPlan:
    """As many interleaved rounds as fit the budget, between 15 and 200."""
    for call in (first, second):
        call()
    each = seconds_of(first) + seconds_of(second)
    return LatencyPlan(rounds=int(min(200, max(15, budget_s / max(each, 1e-6)))), warmup=3)
