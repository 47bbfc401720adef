"""A network in float and its form in 8 bits: where what the one computes is in the other."""

from __future__ import annotations

from dataclasses import dataclass

import onnx

from suite.catalog.errors import ArtifactError
from suite.quantization.sensitivity.units import Unit
from suite.quantization.steps.integer_ops import MOVES
from suite.quantization.steps.net import Net

ROUND, RESTORE = "QuantizeLinear", "DequantizeLinear"
# Among the ops that integers are handed on by.
_OF_ITS_INPUTS_TYPE = MOVES | {"Max", "Relu", "Clip"}


class UnpairedError(ArtifactError):
    """A unit whose form in 8 bits cannot be told from the rest of its network."""


@dataclass(frozen=True)
class Rounded:
    """What becomes of a tensor of the network in float in that in 8 bits.

    Attributes
    ----------
    raw : it in float; None where integers are computed from integers
    integers : it in 8 bits; None where it is not rounded, or by an op that rounds by itself
    restored : the floats that these stand for; None likewise
    parameters : the names of its scale and zero point, where it is rounded
    """

    raw: str | None
    integers: str | None = None
    restored: str | None = None
    parameters: tuple[str, ...] = ()

    @property
    def last(self) -> str:
        """What is read in its place."""
        name = self.restored or self.raw
        assert name is not None, "a tensor is in float before or after it was rounded"
        return name


class Forms:
    """Two forms of one network, whose tensors or nodes have the same names.

    Both onnxruntime's quantizers and our own keep them. Of dynamic INT8 a unit's form is all
    between its input and its output.
    """

    def __init__(self, reference: Net, quantized: Net) -> None:
        self.reference = reference
        self.quantized = quantized
        self.writers = {name: n for n in quantized.nodes for name in n.output if name}
        self._inputs = {value.name for value in quantized.inputs}
        self._readers: dict[str, list[onnx.NodeProto]] = {}
        for node in quantized.nodes:
            for name in node.input:
                self._readers.setdefault(name, []).append(node)
        self._named = {node.name: node for node in quantized.nodes if node.name}
        self.float_writers = {name: n for n in reference.nodes for name in n.output if name}

    def rounded(self, name: str) -> Rounded:
        """What becomes of a tensor of the network in float.

        Raises
        ------
        UnpairedError
            where no tensor and no node is named alike.
        """
        found = self._counterpart(name)
        writer = self.writers.get(found)
        if writer is not None and writer.op_type == RESTORE:
            before = self.writers.get(writer.input[0])
            raw = before.input[0] if before is not None and before.op_type == ROUND else None
            return Rounded(raw, writer.input[0], found, tuple(writer.input[1:]))
        restore = self._restored(found)
        if restore is not None:
            return Rounded(None, found, restore.output[0], tuple(restore.input[1:]))
        for reader in self._readers.get(found, ()):
            if reader.op_type == ROUND and reader.input[0] == found:
                restore = self._restored(reader.output[0])
                if restore is not None:
                    parameters = tuple(restore.input[1:])
                    return Rounded(found, reader.output[0], restore.output[0], parameters)
        if self._holds_integers(found):
            raise UnpairedError(f"its tensor {name!r} is in 8 bits, and never restored to floats.")
        return Rounded(found)

    def _holds_integers(self, name: str) -> bool:
        """Whether a tensor is in 8 bits, as onnxruntime's operator form hands on some by name."""
        writer = self.writers.get(name)
        while writer is not None and writer.op_type in _OF_ITS_INPUTS_TYPE:
            writer = self.writers.get(writer.input[0])
        return writer is not None and (
            writer.op_type in (ROUND, "QGemm") or writer.op_type.startswith("QLinear")
        )

    def _restored(self, integers: str) -> onnx.NodeProto | None:
        readers = self._readers.get(integers, ())
        return next((r for r in readers if r.op_type == RESTORE and r.input[0] == integers), None)

    def _counterpart(self, name: str) -> str:
        if name in self.writers or name in self._inputs:
            return name
        writer = self.float_writers.get(name)
        twin = self._named.get(writer.name) if writer is not None else None
        if writer is None or twin is None or twin.op_type != writer.op_type:
            raise UnpairedError(f"its tensor {name!r} has no form in 8 bits by that name.")
        return str(twin.output[list(writer.output).index(name)])

    def read_by(self, unit: Unit) -> list[str]:
        """The tensors that a unit reads of others."""
        found: dict[str, None] = {}
        for name in unit.tensors:
            for read in self.float_writers[name].input:
                if read and read not in unit.tensors and self.reference.weight(read) is None:
                    found[read] = None
        return list(found)


def rename(names: list[str], old: str, new: str) -> None:
    """Put one name in another's place among a node's inputs or outputs."""
    for at, name in enumerate(names):
        if name == old:
            names[at] = new
