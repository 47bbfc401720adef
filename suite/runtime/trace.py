"""Running a network once more, with onnxruntime's profiler on, to see where its kernels run."""

import json
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any

from suite.catalog.model_card import OutputSpec
from suite.catalog.preprocess import PreprocessSpec
from suite.catalog.provider_card import ProviderCard
from suite.models.arithmetic import DENSE_OPS, DenseOp, multiply_accumulates
from suite.runtime.binding import noise
from suite.runtime.network import graph_batch
from suite.runtime.placement import Assignment, assignment
from suite.runtime.ports import image_input
from suite.runtime.running import running
from suite.runtime.sessions import load

_RUNS = 5


@dataclass(frozen=True)
class DenseKernel:
    """A kernel that multiplies and accumulates.

    Attributes
    ----------
    stands_for : the op of ONNX that it computes, as ``Conv``
    in_integers : whether it multiplies 8-bit integers
    products : multiply-accumulates of one run, where it is in float; integer kernels' weights are
        packed, and their shapes not in the profile
    """

    stands_for: str
    in_integers: bool
    products: int


@dataclass(frozen=True)
class Run:
    """What a profile saw run: kernels after fusion, their time and the copies between devices.

    ``time_elsewhere`` is the share of the kernels' time, in 0…1, that was not on the provider
    asked for; on a GPU a kernel's time is that of launching it. ``dense`` are the kernels that
    multiply and accumulate, wherever they ran.
    """

    kernels: int
    kernels_elsewhere: int
    time_elsewhere: float
    memory_copies: int
    dense: tuple[DenseKernel, ...] = ()


def read_trace(path: Path, card: ProviderCard) -> Run:
    """What a profile that onnxruntime wrote says of where kernels ran."""
    events: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))
    ran = [event for event in events if event.get("cat") == "Node" and "dur" in event]
    copies = {e["name"] for e in ran if e["args"]["op_name"].startswith("Memcpy")}
    kernels = {e["name"]: e["args"]["provider"] for e in ran if e["name"] not in copies}
    elsewhere = {name for name, on in kernels.items() if on != card.execution_provider}
    total = sum(event["dur"] for event in ran)
    outside = sum(event["dur"] for event in ran if event["name"] in elsewhere)
    time_elsewhere = outside / total if total else 0.0
    return Run(len(kernels), len(elsewhere), time_elsewhere, len(copies), tuple(_dense(ran)))


def _dense(ran: Sequence[dict[str, Any]]) -> Iterator[DenseKernel]:
    """Each dense kernel once; those of a Loop run many times."""
    distinct = {(event["name"], event["args"].get("node_index")): event["args"] for event in ran}
    for said in distinct.values():
        op = DENSE_OPS.get(said["op_name"])
        if op is None:
            continue
        products = 0 if op.in_integers else _products(op, said)
        yield DenseKernel(op.stands_for, op.in_integers, products)


def _products(op: DenseOp, said: dict[str, Any]) -> int:
    """Multiply-accumulates by the shapes in a profile, where weights that are packed are absent."""
    data, *others = [_dims(given) for given in said["input_type_shape"] if given]
    output = _dims(said["output_type_shape"][0])
    if op.stands_for != "Conv":
        return prod(output) * (data[-1] if data else 1)
    if others and len(others[0]) == len(data):
        return multiply_accumulates(op, data, others[0], output)
    # Four bytes a weight, and as many values a filter as there are channels of output.
    channels = max(1, min(output[1:2] + output[-1:], default=1))
    return prod(output) * (int(said.get("parameter_size", 0)) // 4 // channels)


def _dims(given: dict[str, list[int]]) -> tuple[int, ...]:
    return tuple(next(iter(given.values()), ()))


def trace(
    path: Path,
    card: ProviderCard,
    outputs: OutputSpec,
    spec: PreprocessSpec,
    may_run_elsewhere: Sequence[str] = (),
) -> tuple[Assignment, Run]:
    """Where a network's nodes are put, and where its kernels run; a fallback is no error here.

    Parameters
    ----------
    may_run_elsewhere : op types that need not run on the provider

    Raises
    ------
    ModelError
        where onnxruntime cannot load the file, or the network cannot run.
    ProviderError
        where onnxruntime left the provider out, or does not say where nodes are.
    """
    with tempfile.TemporaryDirectory(prefix="face-quant-gate-") as folder:
        session = load(
            path, card, threads=card.threads.latency, trace_prefix=Path(folder) / "profile"
        )
        found = assignment(session, card, may_run_elsewhere)
        name, dtype = image_input(session, outputs.input)
        values = noise(spec.shape(graph_batch(session, outputs) or 1), dtype, 0)
        with running(values.shape, path):
            for _ in range(_RUNS):
                session.run(None, {name: values})
        return found, read_trace(Path(session.end_profiling()), card)
