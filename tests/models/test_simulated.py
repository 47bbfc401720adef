"""A float network that was quantized before is told from others by its weights and nodes."""

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from suite.models.simulated import signs_of_simulation

RNG = np.random.default_rng(0)
FLOAT = RNG.standard_normal((16, 8, 3, 3)).astype(np.float32)


def on_grid(weights: np.ndarray, levels: int = 127, *, per_channel: bool = True) -> np.ndarray:
    axes = (1, 2, 3) if per_channel else None
    step = np.abs(weights).max(axis=axes, keepdims=True) / levels
    return (np.round(weights / step) * step).astype(np.float32)


def network(*weights: np.ndarray, rounds: int = 0) -> onnx.ModelProto:
    nodes = [helper.make_node("Round", ["x"], [f"r{n}"], f"round{n}") for n in range(rounds)]
    nodes += [
        helper.make_node("Conv", ["x", f"w{n}"], [f"y{n}"], f"conv{n}") for n in range(len(weights))
    ]
    images = helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", 8, 8, 8])
    held = [numpy_helper.from_array(array, f"w{n}") for n, array in enumerate(weights)]
    return helper.make_model(helper.make_graph(nodes, "g", [images], [], held))


@pytest.mark.parametrize(
    "weights",
    [
        FLOAT,
        FLOAT.astype(np.float16).astype(np.float32),
        np.zeros_like(FLOAT),
        np.sign(FLOAT),
        FLOAT[:, :1],
        on_grid(FLOAT, 2000),
    ],
    ids=["float", "through fp16", "zeros", "signs", "few", "12 bits"],
)
def test_trained_weights_are_no_sign(weights: np.ndarray) -> None:
    assert signs_of_simulation(network(weights)) is None


@pytest.mark.parametrize("per_channel", [True, False])
@pytest.mark.parametrize("levels", [7, 127])
def test_weights_on_a_grid_are(per_channel: bool, levels: int) -> None:
    grid = on_grid(FLOAT, levels, per_channel=per_channel)
    words = signs_of_simulation(network(grid, grid, FLOAT))
    assert words is not None
    assert words.startswith("the weights of 2 of 3 layers lie on grids of 8 bits, as simulated")
    assert signs_of_simulation(network(grid, FLOAT, FLOAT)) is None


def test_one_round_may_be_preprocessing_and_several_are_quantization() -> None:
    assert signs_of_simulation(network(FLOAT, rounds=1)) is None
    words = signs_of_simulation(network(FLOAT, rounds=2))
    assert words is not None
    assert words.startswith("2 nodes round, the first 'round0', as simulated quantization")


def test_weights_that_are_no_numbers_are_no_sign(recwarn: pytest.WarningsRecorder) -> None:
    weights = np.full((8, 3, 3, 3), np.nan, np.float32)
    weights.view(np.uint32)[0] = 0x7F800001  # a signalling one
    weights[1] = np.inf
    assert signs_of_simulation(network(weights)) is None
    assert not recwarn.list
