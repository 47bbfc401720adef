"""A unit in 8 bits, alone in a network that is in float otherwise."""

from __future__ import annotations

from dataclasses import dataclass, field

import onnx
from onnx import helper

from suite.models.arithmetic import DENSE_OPS
from suite.quantization.sensitivity.forms import RESTORE, ROUND, Forms, UnpairedError, rename
from suite.quantization.sensitivity.units import Unit
from suite.quantization.steps.net import Net

# More nodes than any form in 8 bits has of a unit: what is beyond belongs to others.
_MOST_NODES = 64


def alone_quantized(forms: Forms, unit: Unit) -> Net:
    """The network in float with one unit in 8 bits.

    Raises
    ------
    UnpairedError
        where its form in 8 bits cannot be told.
    """
    net = forms.reference.copy()
    twin = Twin(forms, unit, net)
    writer = net.writer(unit.output)
    assert writer is not None, "a unit is made of the network's nodes"
    rename(writer.output, unit.output, net.fresh(f"{unit.output}_in_float"))
    for node in twin.nodes:
        rename(node.output, twin.output, unit.output)
        rename(node.input, twin.output, unit.output)
    net.replace(writer, [writer, *twin.nodes])
    net.prune()
    return net


@dataclass
class Twin:
    """A unit's form in 8 bits, copied for the network in float.

    Attributes
    ----------
    into : a copy of the network in float, which gets the weights that the nodes read
    nodes : they are not in that network yet
    copied_from : the nodes of the network in 8 bits that they are copies of
    output : the tensor that stands for the unit's output

    Raises
    ------
    UnpairedError
        where its form in 8 bits cannot be told.
    """

    forms: Forms
    unit: Unit
    into: Net
    nodes: list[onnx.NodeProto] = field(default_factory=list)
    copied_from: list[onnx.NodeProto] = field(default_factory=list)
    output: str = ""

    def __post_init__(self) -> None:
        """Copy it."""
        self.into.import_domains(self.forms.quantized)
        self._copied: dict[str, str] = {"": ""}
        self._from_float: dict[str, tuple[str, tuple[str, ...]]] = {}
        for name in self.forms.read_by(self.unit):
            before = self.forms.rounded(name)
            if before.raw:
                self._copied[before.raw] = name
            elif before.integers:
                self._from_float[before.integers] = (name, before.parameters)
        self.output = self._copy(self.forms.rounded(self.unit.output).last)
        if self.output in self._copied.values() and not self.nodes:
            raise UnpairedError(f"its layer {self.unit.name!r} has no form of its own in 8 bits.")

    def _copy(self, name: str) -> str:
        if name in self._copied:
            return self._copied[name]
        held = self.forms.quantized.weight(name)
        if held is not None:
            self._copied[name] = self.into.add_weight(f"{name}_twin", held)
        elif name in self._from_float:
            read, parameters = self._from_float[name]
            self._add(ROUND, [read, *map(self._copy, parameters)], name)
        else:
            self._copy_writer(name)
        return self._copied[name]

    def _copy_writer(self, name: str) -> None:
        writer = self.forms.writers.get(name)
        if writer is None or len(self.nodes) > _MOST_NODES:
            raise UnpairedError(f"its layer {self.unit.name!r} cannot be told from the rest.")
        node = onnx.NodeProto()
        node.CopyFrom(writer)
        node.name = ""
        reads = [self._copy(read) for read in writer.input]
        self.copied_from.append(writer)
        del node.input[:]
        node.input.extend(reads)
        for at, made in enumerate(node.output):
            if made:
                self._copied[made] = node.output[at] = self._fresh(made)
        self.nodes.append(node)

    def _add(self, op_type: str, read: list[str], made: str) -> None:
        self._copied[made] = self._fresh(made)
        self.nodes.append(helper.make_node(op_type, read, [self._copied[made]]))

    def _fresh(self, made: str) -> str:
        # Twins of several units may be on their way into one network.
        return self.into.fresh(f"{made}_of_{self.unit.name}")

    @property
    def is_quantized(self) -> bool:
        """Whether its layer multiplies in 8 bits, or would once it is fused."""
        made = {name: node.op_type for node in self.nodes for name in node.output}
        dense = [node for node in self.nodes if node.op_type in DENSE_OPS]
        return any(
            DENSE_OPS[node.op_type].in_integers
            or all(made.get(name) == RESTORE for name in node.input[:2])
            for node in dense
        )
