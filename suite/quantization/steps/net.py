"""A network to rewrite: its nodes in order, and its weights as arrays."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnx
from google.protobuf.message import Message
from onnx import helper, numpy_helper

from suite.models.graph import graphs_of
from suite.models.onnx_file import LARGEST_MESSAGE
from suite.quantization.shapes import Shapes, known_shapes

Array = npt.NDArray[np.generic]
# Of larger weights, shape inference needs the shape alone.
_VALUES_FOR_SHAPES = 64


@dataclass
class Net:
    """The main graph of a model, in a form that is easy to rewrite.

    Its nodes are private to it and may be edited; arrays of weights are shared with copies, so
    that a weight is changed by putting another array in its place.

    Attributes
    ----------
    nodes : in an order in which each reads what is there already
    weights : what the graph holds as values, by name, the values of its Constant nodes included
    inputs, outputs : the graph's, without weights that older files list among the inputs
    listed_weights : the names of weights that were listed so, and could have been fed anew
    captured : the names that graphs inside nodes (If, Loop) read
    """

    nodes: list[onnx.NodeProto]
    weights: dict[str, Array]
    inputs: list[onnx.ValueInfoProto]
    outputs: list[onnx.ValueInfoProto]
    listed_weights: frozenset[str] = frozenset()
    captured: frozenset[str] = frozenset()
    # The model without its graph's nodes, weights, inputs and outputs.
    _shell: onnx.ModelProto = field(default_factory=onnx.ModelProto, repr=False)

    @classmethod
    def of(cls, model: onnx.ModelProto) -> Net:
        """A model whose weights are all in it; the model itself is not changed."""
        graph = model.graph
        weights: dict[str, Array] = {t.name: numpy_helper.to_array(t) for t in graph.initializer}
        nodes: list[onnx.NodeProto] = []
        for node in graph.node:
            value = _constant(node)
            if value is None:
                nodes.append(_copy(node))
            else:
                weights[node.output[0]] = value
        shell = onnx.ModelProto()
        shell.ir_version = max(model.ir_version, onnx.IR_VERSION_2020_5_8)
        shell.opset_import.extend(model.opset_import)
        shell.functions.extend(model.functions)
        shell.metadata_props.extend(model.metadata_props)
        shell.graph.name = graph.name
        shell.graph.sparse_initializer.extend(graph.sparse_initializer)
        return cls(
            nodes,
            weights,
            [value for value in graph.input if value.name not in weights],
            list(graph.output),
            frozenset(value.name for value in graph.input if value.name in weights),
            frozenset().union(*(_read_inside(node) for node in graph.node)),
            shell,
        )

    def copy(self) -> Net:
        """The same network, whose nodes can be edited apart."""
        return replace(self, nodes=[_copy(n) for n in self.nodes], weights=dict(self.weights))

    @property
    def opset(self) -> int:
        """The opset of ONNX's own domain."""
        imported = self._shell.opset_import
        return max((o.version for o in imported if o.domain in ("", "ai.onnx")), default=1)

    def import_domains(self, other: Net) -> None:
        """Let it hold nodes of another network, in that one's versions of domains that it lacks."""
        own = {imported.domain for imported in self._shell.opset_import}
        shell = onnx.ModelProto()
        shell.CopyFrom(self._shell)
        shell.opset_import.extend(o for o in other._shell.opset_import if o.domain not in own)
        self._shell = shell

    def writer(self, name: str) -> onnx.NodeProto | None:
        """The node that makes a tensor; None where it is an input or a weight."""
        return next((node for node in self.nodes if name in node.output), None)

    def readers(self, name: str) -> list[onnx.NodeProto]:
        """The nodes that read a tensor, each once; graphs inside nodes count as their node."""
        found = [node for node in self.nodes if name in node.input]
        if name in self.captured:
            found += [n for n in self.nodes if name in _read_inside(n) and name not in n.input]
        return found

    def is_output(self, name: str) -> bool:
        """Whether the graph gives a tensor."""
        return any(value.name == name for value in self.outputs)

    def only_reader(self, name: str) -> onnx.NodeProto | None:
        """The node that alone reads a tensor, and that only once; None where others see it."""
        readers = self.readers(name)
        alone = len(readers) == 1 and not self.is_output(name)
        return readers[0] if alone and list(readers[0].input).count(name) == 1 else None

    def weight(self, name: str) -> Array | None:
        """A tensor's value where the graph holds it; None for "", an input or what is computed."""
        return self.weights.get(name)

    def fresh(self, name: str) -> str:
        """A name that nothing has yet, made of another."""
        taken = {*self.weights, *self.captured, *(v.name for v in self.inputs)}
        for node in self.nodes:
            taken.update((*node.input, *node.output, node.name))
        found, count = name, 0
        while found in taken:
            count += 1
            found = f"{name}_{count}"
        return found

    def add_weight(self, name: str, value: Array) -> str:
        """Hold a new value under a name made of ``name``, which is returned."""
        named = self.fresh(name)
        self.weights[named] = value
        return named

    def change_weight(self, node: onnx.NodeProto, at: int, value: Array) -> None:
        """Let a node read another value at an input; who shares the one that it had keeps that."""
        name = node.input[at]
        uses = sum(list(other.input).count(name) for other in self.nodes)
        if uses == 1 and name not in self.captured and not self.is_output(name):
            self.weights[name] = value
        else:
            node.input[at] = self.add_weight(name, value)

    def replace(self, node: onnx.NodeProto, by: Iterable[onnx.NodeProto]) -> None:
        """Put nodes in a node's place."""
        at = next(i for i, other in enumerate(self.nodes) if other is node)
        self.nodes[at : at + 1] = list(by)

    def bypass(self, node: onnx.NodeProto) -> bool:
        """Remove a node whose first output equals its first input; whether that could be done.

        A tensor that the graph gives keeps its name, so that its writer gives it directly.
        """
        before, after = node.input[0], node.output[0]
        if not self.is_output(after):
            if after in self.captured:
                return False
            self._rename_read(after, before)
        else:
            writer = self.writer(before)
            if writer is None or self.is_output(before) or before in self.captured:
                return False
            self._rename_read(before, after)
            _rename(writer.output, before, after)
        self.replace(node, [])
        return True

    def _rename_read(self, old: str, new: str) -> None:
        for node in self.nodes:
            _rename(node.input, old, new)

    def prune(self) -> None:
        """Drop nodes and weights that no output needs."""
        needed = {value.name for value in self.outputs} | self.captured
        kept: list[onnx.NodeProto] = []
        for node in reversed(self.nodes):
            if needed.intersection(node.output):
                kept.append(node)
                needed.update(node.input)
        self.nodes = kept[::-1]
        self.weights = {name: value for name, value in self.weights.items() if name in needed}

    def shapes(self, image: Sequence[int], input_name: str | None = None) -> Shapes:
        """The shapes of its tensors, where they are known, fed one image at a time.

        Parameters
        ----------
        image : the shape of one image at the input, batch included
        input_name : the image input; the only one where it is None
        """
        model = self._model(small_weights_alone=True)
        listed = {tensor.name for tensor in model.graph.initializer}
        for name, value in self.weights.items():
            if name not in listed:
                kind = helper.np_dtype_to_tensor_dtype(value.dtype)
                model.graph.input.append(helper.make_tensor_value_info(name, kind, value.shape))
        for imported in model.opset_import:
            # onnx 1.23 follows a computed shape into a Reshape from opset 14 on, whose ops can
            # all that those of 13 can.
            if imported.domain in ("", "ai.onnx") and imported.version == 13:
                imported.version = 14
        only = self.inputs[0].name if len(self.inputs) == 1 else None
        return known_shapes(model, input_name or only, image)

    def digest(self) -> str:
        """SHA-256 of all that decides what it computes, in hexadecimal."""
        hashed = hashlib.sha256(self._shell.SerializeToString(deterministic=True))
        messages: list[Message] = [*self.nodes, *self.inputs, *self.outputs]
        for message in messages:
            hashed.update(message.SerializeToString(deterministic=True))
        for name, value in sorted(self.weights.items()):
            hashed.update(f"{name} {value.dtype} {value.shape}\n".encode())
            hashed.update(value.tobytes())
        return hashed.hexdigest()

    def model(self) -> onnx.ModelProto:
        """The network as a model with all its weights in it."""
        return self._model()

    def save(self, path: Path) -> None:
        """Write the network, with its weights beside it where one file cannot hold them."""
        model = self._model()
        large = sum(value.nbytes for value in self.weights.values()) > LARGEST_MESSAGE - (64 << 20)
        if large:
            onnx.save(model, path, save_as_external_data=True, location=f"{path.name}.data")
        else:
            onnx.save(model, path)

    def _model(self, *, small_weights_alone: bool = False) -> onnx.ModelProto:
        model = onnx.ModelProto()
        model.CopyFrom(self._shell)
        model.graph.node.extend(self.nodes)
        model.graph.input.extend(self.inputs)
        model.graph.output.extend(self.outputs)
        model.graph.initializer.extend(
            numpy_helper.from_array(value, name)
            for name, value in self.weights.items()
            if not small_weights_alone or value.size <= _VALUES_FOR_SHAPES
        )
        return model


def attributes(node: onnx.NodeProto) -> Mapping[str, object]:
    """A node's attributes by name, strings as bytes."""
    return {a.name: helper.get_attribute_value(a) for a in node.attribute}


def _copy(node: onnx.NodeProto) -> onnx.NodeProto:
    copied = onnx.NodeProto()
    copied.CopyFrom(node)
    return copied


def _constant(node: onnx.NodeProto) -> Array | None:
    """The value of a Constant node; None for other nodes, and for strings and sparse values."""
    if node.op_type != "Constant" or node.domain not in ("", "ai.onnx"):
        return None
    given = node.attribute[0]
    if given.name == "value":
        array: Array = numpy_helper.to_array(given.t)
        return array
    if given.name in ("value_float", "value_floats"):
        return np.asarray(helper.get_attribute_value(given), np.float32)
    if given.name in ("value_int", "value_ints"):
        return np.asarray(helper.get_attribute_value(given), np.int64)
    return None


def _read_inside(node: onnx.NodeProto) -> set[str]:
    """The names that the graphs inside a node read, their own among them."""
    found: set[str] = set()
    for graph in graphs_of(node):
        found.update(value.name for value in graph.output)
        for inner in graph.node:
            found.update(inner.input)
            found |= _read_inside(inner)
    return found - {""}


def _rename(names: list[str], old: str, new: str) -> None:
    for at, name in enumerate(names):
        if name == old:
            names[at] = new
