"""Another file than the artifact that was meant, or one that was changed on its way."""

from pathlib import Path

import numpy as np
import onnx
from onnx import numpy_helper, version_converter

from suite.gates.case_work import CaseWork
from suite.gates.workbench import Workbench
from suite.models.onnx_file import load_whole
from suite.quantization.steps.net import Net
from tests.mutations.mutation import Change, NotThereError, Side, mutation
from tests.mutations.quantized import layers_of, middle, rescale
from tests.mutations.weights import dense_layers

_SAME = "the same network in another spelling"


@mutation("the FP32 file as the artifact", Side.INT8)
def float_file() -> Change:
    return Change(file=lambda work, _: work.of_model.source.path)


def _of_mode(mode: str) -> Change:
    def file(work: CaseWork, _: Path) -> Path:
        card = work.bench.catalog.modes.get(mode)
        if card is None or card.recipe is None:
            raise NotThereError(mode)
        return work.of_model.case(card).artifact.file.path

    return Change(file=file)


@mutation("dynamic INT8 as static", Side.INT8)
def dynamic_file() -> Change:
    return _of_mode("int8_dynamic")


@mutation("fp16 as static INT8", Side.INT8)
def half_file() -> Change:
    return _of_mode("fp16")


@mutation("the artifact of another model", Side.INT8)
def other_models() -> Change:
    def file(work: CaseWork, _: Path) -> Path:
        own, bench = work.model, work.bench
        size = (own.preprocess.height, own.preprocess.width, own.outputs.embedding_dim)
        for card in bench.catalog.models.values():
            spec = card.preprocess
            its = (spec.height, spec.width, card.outputs.embedding_dim)
            if card.id != own.id and its == size and card.outputs.norm == own.outputs.norm:
                if card.on_request:
                    continue
                other: Workbench = _beside(bench)
                return other.case(card, work.mode).artifact.file.path
        raise NotThereError("another model of that size")

    return Change(file=file)


def _beside(bench: Workbench) -> Workbench:
    """A workbench of another model, which lets the one in use keep its own."""
    return Workbench(bench.catalog, bench.provider, 1, bench.profile, _cache(bench), bench.progress)


def _cache(bench: Workbench) -> Path:
    return bench.cache.statistics.parent


@mutation("an artifact of the weights before fine-tuning", Side.INT8, {"1 %": 0.01, "5 %": 0.05})
def stale_weights(share: float) -> Change:
    """Built of another checkpoint than the FP32 that it is held against."""

    def network(net: Net) -> None:
        rng = np.random.default_rng(0)
        for layer in layers_of(net):
            held = net.weights[layer.weights.input[0]]
            moved = held + rng.normal(0, share * np.abs(held.astype(float)).max(), held.shape)
            limits = np.iinfo(held.dtype)
            made = np.clip(np.rint(moved), limits.min, limits.max).astype(held.dtype)
            net.change_weight(layer.weights, 0, made)

    return Change(network=network)


@mutation(
    "ranges of another checkpoint, a stale calibration",
    Side.INT8,
    {"5 %": 0.05, "20 %": 0.2, "50 %": 0.5},
)
def stale_ranges(spread: float) -> Change:
    def network(net: Net) -> None:
        rng = np.random.default_rng(0)
        names = {n.input[1] for n in net.nodes if n.op_type == "QuantizeLinear"}
        for name in sorted(names & net.weights.keys()):
            rescale(net, name, float(np.exp(rng.normal(0, spread))))

    return Change(network=network)


@mutation(
    "FP32 of another checkpoint, the artifact as it was", Side.FP32, {"0.5 %": 0.005, "5 %": 0.05}
)
def other_source(share: float) -> Change:
    def network(net: Net) -> None:
        rng = np.random.default_rng(0)
        for node in dense_layers(net):
            held = net.weights[node.input[1]]
            moved = held + rng.normal(0, share * held.std(), held.shape)
            net.change_weight(node, 1, moved.astype(held.dtype))

    return Change(network=network)


@mutation("one Conv in float", Side.INT8)
def one_in_float() -> Change:
    """Slower and larger; its embeddings are nearer to FP32's."""

    def network(net: Net) -> None:
        layer = middle(net)
        held, scale = (net.weights[name] for name in layer.weights.input[:2])
        axis = next((a.i for a in layer.weights.attribute if a.name == "axis"), 1)
        shape = [1] * held.ndim
        if scale.size > 1:
            shape[axis] = scale.size
        restored = held.astype(np.float32) * scale.reshape(shape)
        layer.node.input[1] = net.add_weight("in_float", restored.astype(np.float32))
        read = net.writer(layer.node.input[0])
        quantizer = net.writer(read.input[0]) if read is not None else None
        if quantizer is not None and quantizer.op_type == "QuantizeLinear":
            layer.node.input[0] = quantizer.input[0]
        net.prune()

    return Change(network=network)


@mutation(
    "weights kept in float and quantized as it runs",
    Side.INT8,
    harmful="a file and a memory of four times the size",
)
def simulated() -> Change:
    """Fake quantization, as training leaves it: as large as FP32."""

    def network(net: Net) -> None:
        for layer in layers_of(net):
            read = list(layer.weights.input)
            if net.weights[read[1]].size > 1 and net.opset < 13:
                raise NotThereError("QuantizeLinear along an axis")
            axis = next((a.i for a in layer.weights.attribute if a.name == "axis"), 1)
            held, scale = net.weights[read[0]], net.weights[read[1]]
            shape = [1] * held.ndim
            if scale.size > 1:
                shape[axis] = scale.size
            floats = net.add_weight(
                f"{read[0]}_float", (held * scale.reshape(shape)).astype(np.float32)
            )
            named = net.fresh(f"{read[0]}_again")
            extra = {"axis": axis} if scale.size > 1 else {}
            made = onnx.helper.make_node("QuantizeLinear", [floats, *read[1:]], [named], **extra)
            at = next(i for i, other in enumerate(net.nodes) if other is layer.weights)
            net.nodes.insert(at, made)
            layer.weights.input[0] = named
        net.prune()

    return Change(network=network)


@mutation(
    "a file of twice the size",
    Side.INT8,
    harmful="a file of twice the size",
    unseen="its size is what harms, and the size gate what sees it",
)
def larger() -> Change:
    """Something that nothing reads, as an optimiser's state left in."""

    def file(work: CaseWork, folder: Path) -> Path:
        model = load_whole(work.artifact.file.path)
        count = work.artifact.file.size_bytes
        left = np.random.default_rng(0).integers(0, 256, count, dtype=np.uint8)
        model.graph.initializer.append(numpy_helper.from_array(left, "left_over"))
        onnx.save(model, folder / "larger.onnx")
        return folder / "larger.onnx"

    return Change(file=file)


@mutation("a file cut short", Side.INT8, harmful="nothing can load it")
def cut_short() -> Change:
    def file(work: CaseWork, folder: Path) -> Path:
        data = work.artifact.file.path.read_bytes()
        (folder / "short.onnx").write_bytes(data[: len(data) * 9 // 10])
        return folder / "short.onnx"

    return Change(file=file)


@mutation("bytes changed on the way", Side.INT8, {"1 in 10,000": 10_000, "1 in 1,000": 1_000})
def damaged(one_in: int) -> Change:
    """Bits of the integer weights alone, which every loader takes."""

    def network(net: Net) -> None:
        for layer in layers_of(net):
            held = net.weights[layer.weights.input[0]]
            raw = np.ascontiguousarray(held).view(np.uint8).copy()
            raw.reshape(-1)[one_in // 2 :: one_in] ^= np.uint8(0x80)
            net.change_weight(layer.weights, 0, raw.view(held.dtype))

    return Change(network=network)


@mutation("a newer opset", Side.INT8, benign=_SAME)
def newer_opset() -> Change:
    def file(work: CaseWork, folder: Path) -> Path:
        model = version_converter.convert_version(load_whole(work.artifact.file.path), 21)
        onnx.save(model, folder / "newer.onnx")
        return folder / "newer.onnx"

    return Change(file=file)


@mutation("a note in the file", Side.INT8, benign=_SAME)
def noted() -> Change:
    def file(work: CaseWork, folder: Path) -> Path:
        model = load_whole(work.artifact.file.path)
        model.metadata_props.add(key="built", value="by hand")
        onnx.save(model, folder / "noted.onnx")
        return folder / "noted.onnx"

    return Change(file=file)


@mutation("other names of tensors", Side.INT8, benign=_SAME)
def renamed() -> Change:
    def network(net: Net) -> None:
        kept = {value.name for value in (*net.inputs, *net.outputs)}
        names = {
            name: f"t{at}"
            for at, name in enumerate(sorted({n for node in net.nodes for n in node.output} - kept))
        }
        for node in net.nodes:
            for part in (node.input, node.output):
                for at, name in enumerate(part):
                    part[at] = names.get(name, name)

    return Change(network=network)
