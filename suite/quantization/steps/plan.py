"""The plan of a quantized network: what computes in integers, and which tensors are rounded."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from math import inf

import numpy as np
import onnx

from suite.quantization.shapes import Shapes
from suite.quantization.steps.integer_ops import IntegerOp, Kind, integer_op
from suite.quantization.steps.kept_in_float import kept_in_float
from suite.quantization.steps.net import Net, attributes
from suite.quantization.steps.scales import UNBOUNDED, Bounds
from suite.quantization.steps.slopes import scaled_input

# An activation is only absorbed where its bounds leave room for a scale.
_LEAST_ROOM = 1e-30


@dataclass(frozen=True)
class Point:
    """A tensor that is rounded to 8 bits.

    Attributes
    ----------
    like : the tensor whose scale and zero point it has; its own name where it has its own
    bounds : between which the activation that makes it keeps its values
    shared : other tensors that have its scale and are as large in their own right
    in_integers : whether an integer kernel makes it; else its writer, which is the graph's input or
        computes in float, gives floats to those that read floats
    """

    like: str
    bounds: Bounds
    in_integers: bool
    shared: tuple[str, ...] = ()


@dataclass(frozen=True)
class Plan:
    """What is quantized in a network.

    Attributes
    ----------
    integer : the nodes that compute in integers, by their places in ``net.nodes``
    points : the tensors that are rounded, by name, in the order in which they are made
    """

    integer: dict[int, IntegerOp]
    points: dict[str, Point]


def plan(net: Net, shapes: Shapes, keep_float: Sequence[str]) -> Plan:
    """Decide what of a network is quantized.

    Every layer that can be in integers is. Other ops are where integers come in and go out: where
    nothing but floats come out of an op in the end, as in the tail that normalises an embedding,
    it stays in float, and so does what lies before the first layer.

    Raises
    ------
    ArtifactError
        where ``keep_float`` names what is no node.
    """
    planner = _Planner(net, shapes, kept_in_float(net, keep_float))
    return Plan(planner.integer, dict(planner.points()))


def quantized_tensors(net: Net, shapes: Shapes, keep_float: Sequence[str] = ()) -> list[str]:
    """The tensors of which `quantize` needs the ranges, in the order in which they are made.

    Raises
    ------
    ArtifactError
        where ``keep_float`` names what is no node.
    """
    points = plan(net, shapes, keep_float).points
    own = (each for each in points.items() if each[1].like == each[0])
    return list(dict.fromkeys(name for root, point in own for name in (root, *point.shared)))


def bounds_of(net: Net, node: onnx.NodeProto | None) -> Bounds | None:
    """Between what a Relu or a Clip keeps its values; None of others, and without room around 0."""
    if node is None or node.domain not in ("", "ai.onnx"):
        return None
    if node.op_type == "Relu":
        return (0.0, inf)
    if node.op_type != "Clip":
        return None
    said = attributes(node)
    ends = [said.get("min", -inf), said.get("max", inf)]
    for at, name in enumerate(node.input[1:3]):
        if name:
            value = net.weight(name)
            if value is None or value.size != 1 or value.dtype != np.float32:
                return None
            ends[at] = value.item()
    low, high = (float(str(end)) for end in ends)
    return (low, high) if low <= 0 <= high and high - low >= _LEAST_ROOM else None


@dataclass
class _Planner:
    net: Net
    shapes: Shapes
    kept: frozenset[int]
    integer: dict[int, IntegerOp] = field(default_factory=dict)

    def __post_init__(self) -> None:
        nodes = self.net.nodes
        self._made_by = {name: i for i, node in enumerate(nodes) for name in node.output if name}
        self._read_by: dict[str, list[int]] = {}
        for place, node in enumerate(nodes):
            for name in node.input:
                self._read_by.setdefault(name, []).append(place)
        self._seen = {value.name for value in self.net.outputs} | self.net.captured
        # By the place of a node that computes, that of the activation in its kernel.
        self._absorbed = dict(self._find_absorbed())
        wanted = self._wanted()
        self._decide(wanted)

    def _find_absorbed(self) -> Iterator[tuple[int, int]]:
        for place, node in enumerate(self.net.nodes):
            if place in self.kept or bounds_of(self.net, node) is None:
                continue
            before = node.input[0]
            alone = before not in self._seen and self._read_by[before] == [place]
            if alone and before in self._made_by:
                yield self._made_by[before], place

    def _wanted(self) -> dict[int, IntegerOp]:
        """The nodes that could be in integers, and are layers or give what such nodes read."""
        wanted: dict[int, IntegerOp] = {}
        needed: set[str] = set()
        absorbing = {activation: place for place, activation in self._absorbed.items()}
        for place in reversed(range(len(self.net.nodes))):
            node = self.net.nodes[place]
            if place in absorbing and node.output[0] in needed:
                needed.add(node.input[0])
            op = None if place in self.kept else integer_op(self.net, node, self.shapes)
            if op and (op.kind is Kind.DENSE or needed.intersection(node.output)):
                wanted[place] = op
                needed.update(node.input[i] for i in op.data)
        return wanted

    def _decide(self, wanted: dict[int, IntegerOp]) -> None:
        """Of the wanted nodes, take the layers and those that read what is in integers already."""
        dense = [(place, op) for place, op in wanted.items() if op.kind is Kind.DENSE]
        held = {self.net.nodes[place].input[i] for place, op in dense for i in op.data}
        for place in sorted(wanted):
            node, op = self.net.nodes[place], wanted[place]
            if op.kind is not Kind.DENSE and held.isdisjoint(node.input[i] for i in op.data):
                continue
            if op.kind is Kind.CHOOSES and self._is_clipped(node):
                continue
            self.integer[place] = op
            held.update(self._given(place, op))

    def _is_clipped(self, node: onnx.NodeProto) -> bool:
        """Whether the x of Max(x, a · x) has the scale of a Clip, whose end a · x may pass."""
        writer = self._made_by.get(scaled_input(self.net, node) or "")
        while writer in self.integer and self.integer[writer].kind is Kind.MOVES:
            writer = self._made_by.get(self.net.nodes[writer].input[0])
        bounds = None if writer is None else bounds_of(self.net, self.net.nodes[writer])
        return bounds is not None and bounds[1] < inf

    def _given(self, place: int, op: IntegerOp) -> list[str]:
        """The tensors that leave an integer kernel, after the activation that it absorbs."""
        requantizes = op.kind in (Kind.DENSE, Kind.COMPUTES)
        activation = self._absorbed.get(place) if requantizes else None
        node = self.net.nodes[place if activation is None else activation]
        return [name for name in node.output if name]

    def points(self) -> Iterator[tuple[str, Point]]:
        """The tensors that are rounded: what integer kernels read, and what they give."""
        read = {
            self.net.nodes[place].input[i] for place, op in self.integer.items() for i in op.data
        }
        made = self._made_in_integers(read)
        like, shared = self._likes()
        for value in self.net.inputs:
            if value.name in read:
                others = tuple(shared.get(value.name, ()))
                yield value.name, Point(value.name, UNBOUNDED, False, others)
        for node in self.net.nodes:
            for name in node.output:
                if name in made or name in read:
                    bounds = bounds_of(self.net, node) or UNBOUNDED
                    others = tuple(shared.get(name, ()))
                    yield name, Point(like.get(name, name), bounds, name in made, others)

    def _likes(self) -> tuple[dict[str, str], dict[str, list[str]]]:
        """By tensor that has the scale of another, that one; and who is as large, by that one."""
        like: dict[str, str] = {}
        shared: dict[str, list[str]] = {}
        for place in sorted(self.integer):
            node, kind = self.net.nodes[place], self.integer[place].kind
            if kind is Kind.MOVES:
                source = node.input[0]
                like.update({name: like.get(source, source) for name in node.output})
            elif kind is Kind.CHOOSES:
                source = scaled_input(self.net, node)
                assert source is not None, "who chooses has an x"
                root = like.get(source, source)
                like.update({name: root for name in (*node.input, *node.output) if name != source})
                shared.setdefault(root, []).append(node.output[0])
        return like, shared

    def _made_in_integers(self, read: set[str]) -> dict[str, int]:
        """By tensor that an integer kernel gives as integers, the place of its node."""
        made: dict[str, int] = {}
        for place, op in self.integer.items():
            given = self._given(place, op)
            if not op.has_float_output or not read.isdisjoint(given):
                made.update((name, place) for name in given)
        return made
