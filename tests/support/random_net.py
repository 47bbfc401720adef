"""Small networks at random: what steps that rewrite networks meet, in any order."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import onnx
import onnxruntime as ort
from hypothesis import strategies as st
from onnx import TensorProto, helper, numpy_helper

from suite.quantization.steps.net import Net
from tests.support.random_growing import Growing
from tests.support.random_heads import HEADS
from tests.support.random_layers import BLOCKS

IMAGE = (3, 9, 7)


@dataclass(frozen=True)
class RandomNet:
    """A network at random, and what it was made of.

    Attributes
    ----------
    blocks, head : names of `BLOCKS` and `HEADS`, in the order of the graph
    seed : of everything else: channels, kernels, borders, values
    """

    blocks: Sequence[str]
    head: str
    seed: int

    def model(self) -> onnx.ModelProto:
        """The network: an input ``x`` of `IMAGE`, the embedding [n, 5], and sometimes others."""
        growing = Growing(self.seed, IMAGE)
        for block in self.blocks:
            BLOCKS[block](growing)
        HEADS[self.head](growing)
        growing.outputs.insert(0, growing.at)
        return _model(growing)

    def net(self) -> Net:
        """The network as steps are given it."""
        return Net.of(self.model())


def networks(
    blocks: Sequence[str] = tuple(BLOCKS), heads: Sequence[str] = tuple(HEADS), largest: int = 6
) -> st.SearchStrategy[RandomNet]:
    """Networks for hypothesis, of some of the blocks; it shrinks to the fewest that still fail."""
    chosen = st.lists(st.sampled_from(blocks), min_size=1, max_size=largest)
    return st.builds(RandomNet, chosen, st.sampled_from(heads), st.integers(0, 9999))


def random_nets(count: int, blocks: Sequence[str] = tuple(BLOCKS)) -> list[RandomNet]:
    """So many networks, the same ones every time, without hypothesis."""
    rng = np.random.default_rng(count)
    heads = tuple(HEADS)
    return [
        RandomNet(rng.choice(blocks, rng.integers(1, 7)).tolist(), str(rng.choice(heads)), seed)
        for seed in range(count)
    ]


def images(net: Net, count: int = 2, seed: int = 0) -> np.ndarray:
    """Images for a network at random: float32 [n, 3, h, w]; one where its batch is fixed."""
    batch = net.inputs[0].type.tensor_type.shape.dim[0].dim_value or count
    return np.random.default_rng(seed).standard_normal((batch, *IMAGE)).astype(np.float32)


def run(net: Net, given: np.ndarray) -> Mapping[str, np.ndarray]:
    """What a network gives, by name, as onnxruntime computes it node by node."""
    options = ort.SessionOptions()
    options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.log_severity_level = 3
    options.intra_op_num_threads = 1
    session = ort.InferenceSession(net.model().SerializeToString(), options)
    names = [value.name for value in session.get_outputs()]
    return dict(zip(names, session.run(None, {"x": given}), strict=True))


def difference(net: Net, other: Net) -> float:
    """The most that two networks differ in any output, relative to its largest value there."""
    given = images(net)
    before, after = run(net, given), run(other, given)
    assert before.keys() == after.keys()
    found = 0.0
    for name, value in before.items():
        assert value.shape == after[name].shape
        assert np.all(np.isfinite(after[name]))
        largest = max(float(np.abs(value).max()), 1e-6)
        found = max(found, float(np.abs(value - after[name]).max()) / largest)
    return found


def _model(growing: Growing) -> onnx.ModelProto:
    """The graph, in one of the forms in which files hold weights and batches."""
    batch: int | str = "n" if growing.batch_may_vary and growing.chance(0.7) else 1
    held = [numpy_helper.from_array(value, name) for name, value in growing.weights.items()]
    nodes, inputs, ir = list(growing.nodes), [_port("x", (batch, *IMAGE))], 8
    if growing.chance(0.15):
        constants = [helper.make_node("Constant", [], [t.name], value=t) for t in held]
        nodes, held = [*constants, *nodes], []
    elif growing.chance(0.2):
        # Files of the first versions list weights among the inputs.
        inputs += [_port(t.name, tuple(t.dims), t.data_type) for t in held]
        ir = 3
    graph = helper.make_graph(
        nodes, "random", inputs, [_port(name, None) for name in growing.outputs], held
    )
    opsets = [helper.make_opsetid("", 17)]
    model = helper.make_model(graph, opset_imports=opsets, ir_version=ir)
    # For the shapes of the outputs, which not every opset infers.
    model = onnx.shape_inference.infer_shapes(model, data_prop=True)
    model.opset_import[0].version = growing.pick(13, 15, 17)
    return model


def _port(
    name: str, shape: Sequence[int | str] | None, kind: int = TensorProto.FLOAT
) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(name, kind, shape)
