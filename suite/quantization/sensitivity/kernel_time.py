"""How long the kernels of each unit take, as onnxruntime's profiler tells it."""

from __future__ import annotations

import json
import re
import statistics
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import onnx

from suite.quantization.cpu_sessions import open_net, quiet_options
from suite.quantization.ranges.observe import Batch
from suite.quantization.sensitivity.forms import Forms, UnpairedError, rename
from suite.quantization.sensitivity.twin import Twin
from suite.quantization.sensitivity.units import Unit
from suite.quantization.steps.net import Net

_RUNS, _WARM_UP = 31, 5
# What onnxruntime appends to names of its own, in an order that depends on all of the network.
_COUNTED = re.compile(r"_token_\d+")


class Kernel(NamedTuple):
    """What onnxruntime runs for a node, or for several that it fuses; ``places`` have one name."""

    name: str
    op_type: str
    places: int


def float_milliseconds(
    net: Net, units: Sequence[Unit], image: Batch, work: Path
) -> dict[str, float]:
    """What the kernels of each unit of a network in float take of one run, by its name."""
    made = {name: node for node in net.nodes for name in node.output}
    return _milliseconds(net, {u.name: [made[t] for t in u.tensors] for u in units}, image, work)


def integer_milliseconds(
    forms: Forms, units: Sequence[Unit], image: Batch, work: Path
) -> dict[str, float]:
    """Likewise of the network in 8 bits; of the units whose form in it can be told."""
    parts: dict[str, list[onnx.NodeProto]] = {}
    for unit in units:
        try:
            parts[unit.name] = Twin(forms, unit, forms.reference.copy()).copied_from
        except UnpairedError:
            continue
    return _milliseconds(forms.quantized, parts, image, work)


def _milliseconds(
    net: Net, parts: Mapping[str, Iterable[onnx.NodeProto]], image: Batch, work: Path
) -> dict[str, float]:
    """The median over runs of each kernel's time, summed over the nodes of a part.

    onnxruntime names what it fuses by the nodes that it fuses, or by the tensors that they make:
    both are named by their part.
    """
    named, begin = net.copy(), _unused(net)
    place = {id(node): at for at, node in enumerate(net.nodes)}
    taken: set[int] = set()
    fixed = {value.name for value in net.outputs} | net.captured
    for number, nodes in enumerate(parts.values()):
        for node in nodes:
            at = place[id(node)]
            if at in taken:
                continue
            taken.add(at)
            named.nodes[at].name = f"{begin}{number}_{at}"
            for made in node.output:
                if made and made not in fixed:
                    for each in named.nodes:
                        rename(each.input, made, f"{begin}{number}_{made}")
                        rename(each.output, made, f"{begin}{number}_{made}")
    sums = dict.fromkeys(parts, 0.0)
    names, of_a_part = list(parts), re.compile(rf"{begin}(\d+)_")
    for kernel, taken_ms in _profiled(named, image, work).items():
        of = of_a_part.match(kernel.name)
        if of:
            sums[names[int(of[1])]] += statistics.median(taken_ms)
    return sums


def kernel_milliseconds(net: Net, image: Batch, work: Path) -> dict[Kernel, float]:
    """What each kernel of a network takes of one run: the lower quartile over runs.

    A neighbour on the core makes some runs longer and none shorter. Kernels are named by what the
    nodes make, so that those of two networks can be told.
    """
    named = net.copy()
    for node in named.nodes:
        node.name = "-".join(node.output)
    found = _profiled(named, image, work)
    return {kernel: statistics.quantiles(taken_ms, n=4)[0] for kernel, taken_ms in found.items()}


def _profiled(net: Net, image: Batch, work: Path) -> dict[Kernel, list[float]]:
    """Milliseconds of each kernel, run by run on one thread, as onnxruntime's profiler tells it."""
    options = quiet_options()
    options.intra_op_num_threads = 1
    options.enable_profiling = True
    options.profile_file_prefix = str(work / "profile")
    session = open_net(net, work, options)
    for _ in range(_WARM_UP + _RUNS):
        session.run(None, dict(image))
    profile = Path(session.end_profiling())
    events = json.loads(profile.read_text(encoding="utf-8"))
    profile.unlink()
    found: defaultdict[tuple[str, str], list[float]] = defaultdict(list)
    for event in events:
        if event.get("cat") == "Node" and event["name"].endswith("_kernel_time"):
            name = _COUNTED.sub("", event["name"])
            found[name, event.get("args", {}).get("op_name", "")].append(event["dur"] / 1e3)
    by_kernel = {}
    for (name, op_type), taken_ms in found.items():
        by_run = np.reshape(taken_ms, (_WARM_UP + _RUNS, -1))
        kernel = Kernel(name, op_type, by_run.shape[1])
        by_kernel[kernel] = by_run[_WARM_UP:].sum(axis=1).tolist()
    return by_kernel


def _unused(net: Net) -> str:
    """What no name in a network begins with."""
    names = [name for node in net.nodes for name in (node.name, *node.output)]
    begin = "unit"
    while any(name.startswith(begin) for name in names):
        begin += "_"
    return begin
