"""How long the kernels of each unit take, as onnxruntime's profiler tells it."""

from __future__ import annotations

import json
import re
import statistics
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import onnx

from suite.quantization.cpu_sessions import open_net, quiet_options
from suite.quantization.ranges.observe import Batch
from suite.quantization.sensitivity.forms import Forms, UnpairedError, rename
from suite.quantization.sensitivity.twin import Twin
from suite.quantization.sensitivity.units import Unit
from suite.quantization.steps.net import Net

_RUNS, _WARM_UP = 31, 5


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
    options = quiet_options()
    options.intra_op_num_threads = 1
    options.enable_profiling = True
    options.profile_file_prefix = str(work / "profile")
    session = open_net(named, work, options)
    for _ in range(_WARM_UP + _RUNS):
        session.run(None, dict(image))
    events = json.loads(Path(session.end_profiling()).read_text(encoding="utf-8"))
    by_kernel: defaultdict[str, list[float]] = defaultdict(list)
    for event in events:
        if event.get("cat") == "Node" and event["name"].endswith("_kernel_time"):
            by_kernel[event["name"]].append(event["dur"] / 1e3)
    sums = dict.fromkeys(parts, 0.0)
    names, of_a_part = list(parts), re.compile(rf"{begin}(\d+)_")
    for kernel, seconds in by_kernel.items():
        of = of_a_part.match(kernel)
        if of:
            sums[names[int(of[1])]] += statistics.median(seconds[_WARM_UP:])
    return sums


def _unused(net: Net) -> str:
    """What no name in a network begins with."""
    names = [name for node in net.nodes for name in (node.name, *node.output)]
    begin = "unit"
    while any(name.startswith(begin) for name in names):
        begin += "_"
    return begin
