"""The units of a network: each layer with its activation."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from suite.models.arithmetic import DENSE_OPS, multiply_accumulates
from suite.quantization.shapes import Shapes
from suite.quantization.steps.integer_ops import Kind, integer_op
from suite.quantization.steps.kept_in_float import name_of, with_activation
from suite.quantization.steps.net import Net


@dataclass(frozen=True)
class Unit:
    """A layer with the activation after it, in a network in float.

    Attributes
    ----------
    name : of the layer's node; of its output where another layer has that name
    tensors : what its nodes make, the layer's output first and that of the unit last
    products : multiply-accumulates on one image; 0 where a shape is not known
    """

    name: str
    tensors: tuple[str, ...]
    products: int

    @property
    def output(self) -> str:
        """The tensor that it gives."""
        return self.tensors[-1]


def units_of(net: Net, shapes: Shapes) -> list[Unit]:
    """The units of a network in the order of its nodes.

    A layer that is part of another's activation, as the slopes of a PReLU that was written as
    other ops, is none of its own.
    """
    return list(_units(net, shapes))


def _units(net: Net, shapes: Shapes) -> Iterator[Unit]:
    taken: set[int] = set()
    names: set[str] = set()
    for place, node in enumerate(net.nodes):
        op = integer_op(net, node, shapes)
        if place in taken or op is None or op.kind is not Kind.DENSE:
            continue
        places = sorted(with_activation(net, place))
        taken.update(places)
        members = [net.nodes[at] for at in places]
        tensors = tuple(member.output[0] for member in members)
        products = sum(
            _products(shapes, each.op_type, each.input[0], each.input[1], each.output[0])
            for each in members
            if each.op_type in DENSE_OPS
        )
        name = tensors[0] if name_of(node) in names else name_of(node)
        names.add(name)
        yield Unit(name, tensors, products)


def _products(shapes: Shapes, op_type: str, data: str, weights: str, output: str) -> int:
    if any(name not in shapes for name in (data, weights, output)):
        return 0
    return multiply_accumulates(DENSE_OPS[op_type], shapes[data], shapes[weights], shapes[output])
