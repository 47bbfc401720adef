"""Units in float, in a network that is in 8 bits otherwise."""

from collections.abc import Sequence

import numpy as np
import onnx
from onnx import helper

from suite.quantization.sensitivity.forms import (
    RESTORE,
    ROUND,
    Forms,
    Rounded,
    UnpairedError,
    rename,
)
from suite.quantization.sensitivity.units import Unit
from suite.quantization.steps.layers import DENSE
from suite.quantization.steps.net import Net
from suite.quantization.steps.slopes import scaled_input

# An activation between a layer and the QuantizeLinear of what it gives.
_BETWEEN = frozenset({"Relu", "Clip"})


def put_in_float(forms: Forms, units: Sequence[Unit]) -> Net:
    """The quantized network with some units in float.

    Raises
    ------
    UnpairedError
        where the form in 8 bits of one cannot be told.
    """
    net = forms.quantized
    for unit in units:
        net = in_float(Forms(forms.reference, net), unit)
    return net


def in_float(forms: Forms, unit: Unit) -> Net:
    """The network in 8 bits with one unit in float, which others round before and after it.

    Raises
    ------
    UnpairedError
        where its form in 8 bits cannot be told.
    """
    net = forms.quantized.copy()
    net.import_domains(forms.reference)
    given = forms.rounded(unit.output)
    written_as = given.raw or given.integers
    old = None if written_as is None else net.writer(written_as)
    if written_as is None or old is None:
        raise UnpairedError(f"its layer {unit.name!r} has no form of its own in 8 bits.")
    rename(old.output, written_as, net.fresh(f"{written_as}_in_8_bits"))
    names = {name: net.fresh(f"{name}_float") for name in unit.tensors}
    nodes = [_copied(forms, net, name, names) for name in unit.tensors]
    if given.raw:
        rename(nodes[-1].output, names[unit.output], given.raw)
    else:
        # By the name that it has in float it is found again.
        rename(nodes[-1].output, names[unit.output], net.fresh(unit.output))
        read = [nodes[-1].output[0], *given.parameters]
        nodes.append(helper.make_node(ROUND, read, [written_as]))
    net.replace(old, [*_as_sums(net, nodes), old])
    net.prune()
    touched = [unit.output, *forms.read_by(unit)]
    _unround(net, {name for t in touched if (name := forms.rounded(t).raw)})
    net.prune()
    _guard(net, nodes[0].output[0])
    return net


def _copied(forms: Forms, net: Net, name: str, names: dict[str, str]) -> onnx.NodeProto:
    """A node of a unit in float, for the network in 8 bits."""
    node = onnx.NodeProto()
    node.CopyFrom(forms.float_writers[name])
    node.name = ""
    for at, read in enumerate(node.input):
        weight = forms.reference.weight(read)
        if read in names:
            node.input[at] = names[read]
        elif weight is not None:
            node.input[at] = net.add_weight(f"{read}_float", weight)
        elif read:
            node.input[at] = _floats(net, forms.rounded(read))
    for at, made in enumerate(node.output):
        node.output[at] = names.get(made, made)
    return node


def _floats(net: Net, tensor: Rounded) -> str:
    """What a node in float reads of a tensor: floats as they were made, where they were."""
    if tensor.restored is None or (tensor.raw and not _made_in_integers(net, tensor.raw)):
        assert tensor.raw is not None, "what is not rounded is in float"
        return tensor.raw
    return tensor.restored


def _made_in_integers(net: Net, name: str) -> bool:
    """Whether an integer kernel makes a tensor, as onnxruntime fuses ops between Q and DQ."""
    writer = net.writer(name)
    while writer is not None and writer.op_type in _BETWEEN:
        writer = net.writer(writer.input[0])
    return writer is not None and _is_integer(net, writer)


def _is_integer(net: Net, node: onnx.NodeProto) -> bool:
    """Whether onnxruntime computes a node in integers."""
    if node.op_type in (ROUND, RESTORE):
        return False
    given = [net.writer(name) for name in node.input if name]
    restored = [each is not None and each.op_type == RESTORE for each in given]
    if node.op_type in (*DENSE, "MatMul", "ConvTranspose"):
        return all(restored[:2])
    rounded = all(reader.op_type == ROUND for reader in net.readers(node.output[0]))
    return any(restored) and rounded


def _unround(net: Net, raws: set[str]) -> None:
    """Leave tensors as they are that are made in float and read by none but floats."""
    for raw in sorted(raws):
        if net.writer(raw) is None or _made_in_integers(net, raw):
            continue
        for rounding in [n for n in net.readers(raw) if n.op_type == ROUND]:
            restores = net.readers(rounding.output[0])
            names = [name for each in restores for name in each.output]
            readers = [reader for name in names for reader in net.readers(name)]
            seen = any(net.is_output(name) or name in net.captured for name in names)
            in_float = all(r.op_type == RESTORE for r in restores) and not any(
                _is_integer(net, reader) for reader in readers
            )
            if in_float and not seen:
                for reader in readers:
                    for name in names:
                        rename(reader.input, name, raw)


def _guard(net: Net, layer_output: str) -> None:
    """Keep onnxruntime from quantizing a layer in float that reads what was rounded.

    See `suite.quantization.steps.quantize`: it would with one scale for all of its weights.
    """
    layer = net.writer(layer_output)
    before = None if layer is None else net.writer(layer.input[0])
    if layer is None or before is None or before.op_type != RESTORE:
        return
    raw = net.fresh(f"{layer_output}_guarded")
    rename(layer.output, layer_output, raw)
    guard = helper.make_node("LeakyRelu", [raw], [layer_output], alpha=1.0)
    net.replace(layer, [layer, guard])


def _as_sums(net: Net, nodes: list[onnx.NodeProto]) -> list[onnx.NodeProto]:
    """Nodes with each Max(x, a · x) as x + Relu((a − 1) · x): in float a Max is slow."""
    scratch = net.copy()
    scratch.nodes = [*nodes]
    written = list(nodes)
    for node in nodes:
        given = scaled_input(scratch, node)
        if given is None:
            continue
        lower = next(name for name in node.input if name != given)
        product = next(each for each in nodes if lower in each.output)
        factor = net.weights[product.input[1]]
        product.input[1] = net.add_weight(f"{lower}_less", np.asarray(factor - 1, factor.dtype))
        cut = net.fresh(f"{node.output[0]}_cut")
        at = written.index(node)
        written[at : at + 1] = [
            helper.make_node("Relu", [lower], [cut]),
            helper.make_node("Add", [given, cut], [node.output[0]]),
        ]
    return written
