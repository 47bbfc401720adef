"""Writing a network in QDQ form, so that onnxruntime's integer kernels compute what they can."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import onnx
from onnx import helper

from suite.catalog.errors import ArtifactError
from suite.quantization.opset import PER_CHANNEL
from suite.quantization.ranges.range import Range
from suite.quantization.shapes import Shapes
from suite.quantization.steps.integer_ops import IntegerOp, Kind
from suite.quantization.steps.net import Array, Net
from suite.quantization.steps.plan import Plan, plan
from suite.quantization.steps.scales import (
    LARGEST,
    LARGEST_REDUCED,
    Scale,
    activation_scale,
    quantized_bias,
    quantized_weights,
    weight_scales,
)


def quantize(
    net: Net,
    shapes: Shapes,
    ranges: Mapping[str, Range],
    *,
    keep_float: Sequence[str] = (),
    reduce_range: bool = False,
) -> Net:
    """Write a network in QDQ form: activations uint8 per tensor, weights int8 per output channel.

    Each rounded tensor goes once through QuantizeLinear and DequantizeLinear. A Relu or Clip that
    alone reads what an integer kernel gives stays between the kernel's op and the QuantizeLinear,
    whose scale then lets onnxruntime drop it. A bias is int32, in steps of data's scale times
    weights'. What only moves values keeps their scale.

    Parameters
    ----------
    ranges : of every tensor that `quantized_tensors` names
    keep_float : names of nodes that stay in float, or ``first_conv``
    reduce_range : weights of 7 bits, for CPUs whose integer kernels saturate with 8

    Raises
    ------
    ArtifactError
        where ``keep_float`` names what is no node, or the opset has no scales per channel.
    KeyError
        where a range is absent.
    """
    if net.opset < PER_CHANNEL:
        raise ArtifactError(
            f"opset {net.opset} has no scales per channel; export the network with opset "
            f"{PER_CHANNEL} or newer."
        )
    planned = plan(net, shapes, keep_float)
    largest = LARGEST_REDUCED if reduce_range else LARGEST
    return _Writer(net.copy(), planned, _scales(planned, ranges), largest).write()


def _scales(planned: Plan, ranges: Mapping[str, Range]) -> dict[str, Scale]:
    """The scale and zero point of every rounded tensor."""
    scales: dict[str, Scale] = {}
    for name, point in planned.points.items():
        if point.like != name:
            scales[name] = scales[point.like]
            continue
        seen = [ranges[each] for each in (name, *point.shared)]
        whole = Range(min(each.low for each in seen), max(each.high for each in seen))
        scales[name] = activation_scale(whole, point.bounds)
    return scales


@dataclass
class _Writer:
    net: Net
    plan: Plan
    scales: dict[str, Scale]
    largest: int
    written: list[onnx.NodeProto] = field(default_factory=list)
    # By rounded tensor, its integers, and the floats that these stand for.
    integers: dict[str, str] = field(default_factory=dict)
    dequantized: dict[str, str] = field(default_factory=dict)
    # What nodes in float read in place of what an integer kernel made.
    renamed: dict[str, str] = field(default_factory=dict)
    # The names of weights that were written already, by what they were made of.
    held: dict[tuple[object, ...], str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        net = self.net
        # Tensors whose readers are not to be renamed: the graph's own, and graphs inside nodes.
        self._seen = {value.name for value in net.outputs} | net.captured
        # What is made of integers, however far behind.
        self._behind: set[str] = set()
        for place, node in enumerate(net.nodes):
            if place in self.plan.integer or not self._behind.isdisjoint(node.input):
                self._behind.update(node.output)
        self._taken = {*net.weights, *net.captured, *(v.name for v in net.inputs)}
        for node in net.nodes:
            self._taken.update((*node.input, *node.output, node.name))

    def write(self) -> Net:
        for value in self.net.inputs:
            if value.name in self.plan.points:
                self._round(value.name, value.name)
        for place, node in enumerate(self.net.nodes):
            op = self.plan.integer.get(place)
            if op is not None and node.op_type == "Pad":
                self._pad(node)
                continue
            if op is not None and op.kind is Kind.CHOOSES:
                self._choose(node)
                continue
            guarded = op is None and self._is_guarded(node)
            if op is not None:
                self._read_integers(node, op)
            for at, name in enumerate(node.input):
                node.input[at] = self.renamed.get(name, name)
            given = [name for name in node.output if name in self.plan.points]
            raw = {name: self._raw(node, name) for name in given}
            self.written.append(node)
            if guarded:
                self._guard(node)
            for name in given:
                self._round(name, raw[name])
        self.net.nodes = self.written
        self.net.prune()
        return self.net

    def _is_guarded(self, node: onnx.NodeProto) -> bool:
        """Whether onnxruntime could quantize a layer that is to stay in float.

        It does so where one lies between Q/DQ, with a single scale for all its weights
        (WeightBiasQuantization, since 1.20), after it moved Q/DQ past what only moves values.
        """
        layer = node.op_type in ("Conv", "Gemm", "ConvTranspose") and not node.domain
        return layer and node.input[0] in self._behind

    def _guard(self, node: onnx.NodeProto) -> None:
        """Put an op behind a layer that changes nothing, costs nothing, and that nothing removes.

        A Conv computes it in its own kernel.
        """
        made = node.output[0]
        node.output[0] = self._fresh(f"{made}_in_float")
        self._add("LeakyRelu", [node.output[0]], made, alpha=1.0)

    def _raw(self, node: onnx.NodeProto, name: str) -> str:
        """The name of what a node gives before it is rounded.

        Of what an integer kernel makes, everyone reads the rounded values, or the kernel would
        have to give both. Whom no name can be told anew gets them under the old one.
        """
        if not self.plan.points[name].in_integers or name not in self._seen:
            return name
        raw = self._fresh(f"{name}_unrounded")
        node.output[list(node.output).index(name)] = raw
        return raw

    def _round(self, name: str, raw: str) -> None:
        """Write the QuantizeLinear and the DequantizeLinear of a tensor."""
        self.integers[name] = self._fresh(f"{name}_quantized")
        self._add("QuantizeLinear", [raw, *self._parameters(name)], self.integers[name])
        self._restore(name)

    def _restore(self, name: str) -> None:
        """Write the DequantizeLinear of a tensor's integers, and let those read it who may."""
        in_integers = self.plan.points[name].in_integers
        seen = in_integers and name in self._seen
        self.dequantized[name] = name if seen else self._fresh(f"{name}_dequantized")
        if in_integers and not seen:
            self.renamed[name] = self.dequantized[name]
        self._add(
            "DequantizeLinear",
            [self.integers[name], *self._parameters(name)],
            self.dequantized[name],
        )

    def _read_integers(self, node: onnx.NodeProto, op: IntegerOp) -> None:
        """Let an integer node read what stands for integers: data, weights, bias, constants."""
        data = node.input[op.data[0]]
        for at in op.data:
            node.input[at] = self.dequantized[node.input[at]]
        if op.kind is Kind.DENSE:
            self._read_weights(node, op, self.scales[data])
        elif op.kind is Kind.COMPUTES:
            for at, name in enumerate(node.input):
                if at not in op.data and name:
                    node.input[at] = self._constant(name)

    def _read_weights(self, node: onnx.NodeProto, op: IntegerOp, data: Scale) -> None:
        name, weights = node.input[1], self.net.weights[node.input[1]].astype(np.float64)
        # No integer kernel adds the bias of a ConvTranspose.
        biased = len(node.input) > 2 and bool(node.input[2]) and node.op_type != "ConvTranspose"
        bias = self.net.weights[node.input[2]].astype(np.float64).reshape(-1) if biased else None
        if bias is not None:
            bias = np.broadcast_to(bias, (weights.shape[op.axis],))
        step = float(data.scale)
        scales = weight_scales(weights, op.axis, self.largest, bias, step)
        made_of: tuple[object, ...] = (name, op.axis, scales.tobytes())
        integers = quantized_weights(weights, op.axis, scales, self.largest)
        zeros = np.zeros(scales.shape, np.int8)
        node.input[1] = self._stored(name, made_of, integers, scales, zeros, op.axis)
        if bias is not None:
            products = data.scale * scales
            integers32 = quantized_bias(bias, products)
            zeros32 = np.zeros(scales.shape, np.int32)
            made_of = (node.input[2], "bias", products.tobytes())
            node.input[2] = self._stored(node.input[2], made_of, integers32, products, zeros32, 0)

    def _constant(self, name: str) -> str:
        """A constant operand as uint8, with the range of its own values."""
        value = self.net.weights[name].astype(np.float32)
        scale = activation_scale(Range(float(value.min()), float(value.max())))
        parameters = np.asarray(scale.scale), np.asarray(scale.zero_point)
        return self._stored(name, (name, "constant"), scale.quantized(value), *parameters)

    def _stored(
        self,
        name: str,
        made_of: tuple[object, ...],
        integers: Array,
        scale: Array,
        zero: Array,
        axis: int | None = None,
    ) -> str:
        """Hold integers, and write the DequantizeLinear that a node reads; its output."""
        held = [
            self._hold((*made_of, part), f"{name}_{part}", value)
            for part, value in (("quantized", integers), ("scale", scale), ("zero_point", zero))
        ]
        to = self._fresh(f"{name}_dequantized")
        self._add("DequantizeLinear", held, to, **({} if axis is None else {"axis": axis}))
        return to

    def _pad(self, node: onnx.NodeProto) -> None:
        """Pad the integers themselves: onnxruntime leaves a Pad between Q/DQ in float."""
        name = node.input[0]
        node.input[0] = self.integers[name]
        if len(node.input) > 2:
            node.input[2] = self._parameters(name)[1]
        elif not any(a.name == "mode" and a.s != b"constant" for a in node.attribute):
            node.input.append(self._parameters(name)[1])
        self._give_integers(node)

    def _choose(self, node: onnx.NodeProto) -> None:
        """Compare the integers themselves: onnxruntime leaves a Max between Q/DQ in float."""
        for at, name in enumerate(node.input):
            node.input[at] = self.integers[name]
        self._give_integers(node)

    def _give_integers(self, node: onnx.NodeProto) -> None:
        """Write a node that reads integers and gives integers."""
        made = node.output[0]
        self.integers[made] = node.output[0] = self._fresh(f"{made}_quantized")
        self.written.append(node)
        self._restore(made)

    def _parameters(self, name: str) -> tuple[str, str]:
        """The names of a rounded tensor's scale and zero point, which are scalars.

        Of vectors of one element onnxruntime makes no QLinearAdd.
        """
        like, scale = self.plan.points[name].like, self.scales[name]
        return (
            self._hold((like, "scale"), f"{like}_scale", np.asarray(scale.scale)),
            self._hold((like, "zero"), f"{like}_zero_point", np.asarray(scale.zero_point)),
        )

    def _hold(self, made_of: tuple[object, ...], name: str, value: Array) -> str:
        """Hold a value once; its name."""
        if made_of not in self.held:
            self.held[made_of] = self._fresh(name)
            self.net.weights[self.held[made_of]] = value
        return self.held[made_of]

    def _add(self, op_type: str, read: Sequence[str], to: str, **said: float) -> None:
        node = helper.make_node(op_type, list(read), [to], name=self._fresh(f"{to}_{op_type}"))
        node.attribute.extend(helper.make_attribute(key, value) for key, value in said.items())
        self.written.append(node)

    def _fresh(self, name: str) -> str:
        found, count = name, 0
        while found in self._taken:
            count += 1
            found = f"{name}_{count}"
        self._taken.add(found)
        return found
