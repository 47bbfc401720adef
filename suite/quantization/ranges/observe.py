"""What a network's tensors become on calibration faces: one pass, reduced in the graph itself."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import prod
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnx
import onnxruntime as ort
from onnx import TensorProto, helper

from suite.catalog.errors import ArtifactError
from suite.quantization.cpu_sessions import open_net, quiet_options
from suite.quantization.shapes import Shapes
from suite.quantization.steps.net import Net

Rows = npt.NDArray[np.float64]
Channels = npt.NDArray[np.int64]
Extremes = npt.NDArray[np.floating]
Batch = Mapping[str, npt.NDArray[np.generic]]
# The extremes that are kept of a tensor are those of each channel of each image. Of so many of all
# its values one end of a range may leave one out: as good as the percentile 99.999 of a full
# histogram, at a third of its time (measured on a PReLU MobileFaceNet).
_LEFT_OUT = 2e-6
# One image's extremes take longer to sort in than to make.
_COUNTED_AT_ONCE = 16
_REDUCTIONS = ("ReduceMin", "ReduceMax", "ReduceMean")


@dataclass(frozen=True)
class Observed:
    """What was seen of one tensor.

    Attributes
    ----------
    low, high : float64 [k], the smallest minima and the largest maxima of a channel of an image,
        from the outermost inwards; k is `rank_of_end`
    peaks : float64 [channels], the mean over images of a channel's largest absolute value
    low_channels, high_channels : int64 [k], the channels that the extremes are of
    images : how many were seen
    """

    low: Rows
    high: Rows
    peaks: Rows
    low_channels: Channels
    high_channels: Channels
    images: int


def observe(
    net: Net,
    shapes: Shapes,
    names: Sequence[str],
    batches: Iterable[Batch],
    images: int,
    work: Path,
) -> dict[str, Observed]:
    """Run a network over batches of images and keep the extremes of some of its tensors.

    Memory does not grow with the images: channels are reduced in the graph, right after what makes
    them, and of each tensor only so many extremes are kept as leaving some out needs.

    Parameters
    ----------
    shapes : of a tensor that is not among them, the extremes of all its values are kept
    names : the tensors to observe
    images : how many there will be; what a last batch repeats to be full does not count
    work : a folder for a scratch file

    Raises
    ------
    ArtifactError
        where a tensor has a value that is no finite number.
    """
    reduced = _reduced(net, shapes, names)
    options = quiet_options()
    options.execution_order = ort.ExecutionOrder.PRIORITY_BASED
    session = open_net(reduced, work, options)
    elements = {name: prod(shapes[name][1:]) if name in shapes else 1 for name in names}
    seen = {name: _Seen(name, rank_of_end(elements[name], images)) for name in names}
    asked = [value.name for value in reduced.outputs]
    left = images
    for batch in batches:
        size = min(len(next(iter(batch.values()))), left)
        rows = iter(session.run(asked, dict(batch)))
        for name in names:
            seen[name].add(*(_by_image(next(rows), size) for _ in _REDUCTIONS))
        left -= size
    return {name: seen[name].observed() for name in names}


def rank_of_end(elements: int, images: int) -> int:
    """The k whose k-th largest extreme ends a range; 1 is the extreme itself.

    Of all values of a tensor 2e-6 may lie beyond, and never more extremes than a quarter of the
    images: values are counted, but only extremes of channels are ranked, and one channel above all
    others may own them all.

    Parameters
    ----------
    elements : the values that the tensor has of one image
    images : how many are seen
    """
    return max(1, min(round(_LEFT_OUT * elements * images), images // 4))


def _by_image(row: Extremes, images: int) -> Extremes:
    """A row for each image; one of them all where the tensor does not tell them apart."""
    return row.reshape(len(row) if row.ndim else 1, -1)[:images]


class _Seen:
    """The extremes of one tensor so far."""

    def __init__(self, name: str, kept: int) -> None:
        self._name = name
        self._kept = kept
        # Rows of low, high and mean that are not counted yet.
        self._waiting: list[tuple[Extremes, Extremes, Extremes]] = []
        self._low = self._high = np.zeros(0)
        self._low_channels = self._high_channels = np.zeros(0, np.int64)
        self._sum: Rows = np.zeros(0)
        self._images = 0

    def add(self, low: Extremes, high: Extremes, mean: Extremes) -> None:
        """The extremes and means of some images: [images, channels]."""
        self._waiting.append((low, high, mean))
        if len(self._waiting) == _COUNTED_AT_ONCE:
            self._count()

    def _count(self) -> None:
        low, high, mean = (np.concatenate(rows) for rows in zip(*self._waiting, strict=True))
        self._waiting = []
        # onnxruntime's ReduceMin and ReduceMax pass over what is no number; a mean does not.
        if not np.isfinite(mean).all():
            raise ArtifactError(
                f"tensor {self._name!r} has values that are no finite numbers on a calibration "
                "face; look at the model and at its preprocessing in the card."
            )
        peaks = np.maximum(np.abs(low), np.abs(high)).astype(np.float64).sum(axis=0)
        self._sum = self._sum + peaks if len(self._sum) else peaks
        self._images += len(low)
        channels = np.tile(np.arange(low.shape[1]), len(low))
        self._low, self._low_channels = _outermost(
            np.append(self._low, low), np.append(self._low_channels, channels), self._kept
        )
        highest, self._high_channels = _outermost(
            -np.append(self._high, high), np.append(self._high_channels, channels), self._kept
        )
        self._high = -highest

    def observed(self) -> Observed:
        """What was seen of all images."""
        if self._waiting:
            self._count()
        return Observed(
            self._low,
            self._high,
            self._sum / max(self._images, 1),
            self._low_channels,
            self._high_channels,
            self._images,
        )


def _outermost(values: Rows, channels: Channels, kept: int) -> tuple[Rows, Channels]:
    """The least values in their order, each with its channel; of equals, those seen first."""
    if len(values) > 4 * kept:
        among = np.flatnonzero(values <= np.partition(values, kept - 1)[kept - 1])
        values, channels = values[among], channels[among]
    order = np.argsort(values, kind="stable")[:kept]
    return values[order], channels[order]


def _reduced(net: Net, shapes: Shapes, names: Sequence[str]) -> Net:
    """The network with the extremes of each channel and its mean as the outputs."""
    reduced = net.copy()
    reduced.outputs, reduced.nodes = [], []
    prefix, axes_of = _unused(net), dict[int, str]()
    after: dict[str, list[onnx.NodeProto]] = {}
    for at, name in enumerate(names):
        axes = list(range(2, len(shapes[name]))) if name in shapes else None
        if axes and net.opset >= 18 and len(axes) not in axes_of:
            held = reduced.add_weight(f"{prefix}axes", np.array(axes, np.int64))
            axes_of[len(axes)] = held
        for op_type in _REDUCTIONS:
            made = f"{prefix}{at}{op_type}"
            held = axes_of.get(len(axes or ()), "")
            after.setdefault(name, []).append(_reduce(op_type, name, made, axes, held))
            reduced.outputs.append(helper.make_tensor_value_info(made, TensorProto.FLOAT, None))
    for value in net.inputs:
        reduced.nodes += after.get(value.name, [])
    for node in net.copy().nodes:
        reduced.nodes.append(node)
        for name in node.output:
            reduced.nodes += after.get(name, [])
    reduced.prune()
    return reduced


def _unused(net: Net) -> str:
    """What no name begins with."""
    taken = {*net.weights, *net.captured, *(value.name for value in net.inputs)}
    for node in net.nodes:
        taken.update((*node.input, *node.output))
    prefix = "extreme_"
    while any(name.startswith(prefix) for name in taken):
        prefix = f"_{prefix}"
    return prefix


def _reduce(
    op_type: str, given: str, made: str, axes: list[int] | None, held: str
) -> onnx.NodeProto:
    """A node that reduces axes of a tensor, all of them where they are not known.

    Newer opsets have the axes in a weight, ``held``.
    """
    if axes is None:
        return helper.make_node(op_type, [given], [made], keepdims=0)
    if not axes:
        return helper.make_node("Identity", [given], [made])
    if held:
        return helper.make_node(op_type, [given, held], [made], keepdims=0)
    return helper.make_node(op_type, [given], [made], axes=axes, keepdims=0)
