"""A network in float and its form in 8 bits, by our own writer or by onnxruntime's quantizers."""

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
import onnxruntime as ort
from onnx import TensorProto, helper
from onnxruntime.quantization import (
    CalibrationDataReader,
    QuantFormat,
    QuantType,
    quantize_dynamic,
    quantize_static,
)

from suite.models.arithmetic import DENSE_OPS
from suite.quantization.cpu_sessions import quiet_options
from suite.quantization.islands import float_islands
from suite.quantization.sensitivity.forms import Forms
from suite.quantization.sensitivity.units import Unit, units_of
from suite.quantization.steps.net import Net
from tests.support.qdq_net import images, quantized, shapes_of


@dataclass(frozen=True)
class Paired:
    """Two forms of a network, its units, and the images that its ranges were taken of."""

    forms: Forms
    units: Sequence[Unit]
    images: Sequence[np.ndarray]

    @classmethod
    def by_us(cls, net: Net, xs: Sequence[np.ndarray] = (), **how: object) -> "Paired":
        """A network and what our own writer makes of it."""
        given = list(xs) or images(net)
        return cls(Forms(net, quantized(net, given, **how)), units_of(net, shapes_of(net)), given)

    @classmethod
    def of(cls, net: Net, made: Net) -> "Paired":
        """A network and what others made of it."""
        return cls(Forms(net, made), units_of(net, shapes_of(net)), images(net))

    def with_form(self, made: Net) -> "Paired":
        """The same network and another form of it."""
        return Paired(Forms(self.forms.reference, made), self.units, self.images)

    def layers_of(self, unit: Unit) -> int:
        """How many layers a unit has: one, and the slopes of its activation where it has any."""
        made = [self.forms.float_writers[name].op_type for name in unit.tensors]
        return sum(op_type in DENSE_OPS for op_type in made)


class _Images(CalibrationDataReader):  # type: ignore[misc]
    def __init__(self, xs: Sequence[np.ndarray]) -> None:
        self._left = iter(xs)

    def get_next(self) -> dict[str, np.ndarray] | None:
        x = next(self._left, None)
        return None if x is None else {"x": x}


def static_by_onnxruntime(
    net: Net,
    *,
    per_channel: bool = False,
    symmetric: bool = False,
    form: QuantFormat = QuantFormat.QDQ,
) -> Net:
    """What onnxruntime's quantize_static makes of a network; symmetric, it keeps each Relu."""
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder) / "source.onnx", Path(folder) / "target.onnx"
        net.save(source)
        quantize_static(
            source,
            target,
            _Images(images(net)),
            quant_format=form,
            per_channel=per_channel,
            activation_type=QuantType.QInt8 if symmetric else QuantType.QUInt8,
            weight_type=QuantType.QInt8,
            extra_options={"ActivationSymmetric": symmetric},
        )
        return Net.of(onnx.load(target))


def dynamic_by_onnxruntime(net: Net) -> Net:
    """What onnxruntime's quantize_dynamic makes of a network."""
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder) / "source.onnx", Path(folder) / "target.onnx"
        net.save(source)
        quantize_dynamic(
            source,
            target,
            op_types_to_quantize=["Conv", "MatMul", "Gemm"],
            weight_type=QuantType.QUInt8,
        )
        return Net.of(onnx.load(target))


def layers_in_float(net: Net) -> int:
    """How many layers onnxruntime computes in float, as it optimises a network."""
    with tempfile.TemporaryDirectory() as folder:
        net.save(Path(folder) / "net.onnx")
        return sum(bool(island.share) for island in float_islands(Path(folder) / "net.onnx"))


def computed(net: Net, feeds: Mapping[str, np.ndarray], wanted: Sequence[str]) -> list[np.ndarray]:
    """What tensors of a network are, node by node, where it is fed some of its own tensors."""
    cut = net.copy()
    for name in feeds:
        writer = cut.writer(name)
        if writer is not None:
            writer.output[list(writer.output).index(name)] = cut.fresh(f"{name}_not_read")
    cut.inputs = [
        helper.make_tensor_value_info(
            name, helper.np_dtype_to_tensor_dtype(value.dtype), value.shape
        )
        for name, value in feeds.items()
    ]
    cut.outputs = [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in wanted]
    cut.prune()
    options = quiet_options()
    options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = ort.InferenceSession(cut.model().SerializeToString(), options)
    read = {value.name for value in session.get_inputs()}
    given = {name: value for name, value in feeds.items() if name in read}
    return [np.asarray(value) for value in session.run(None, given)]
