"""The exact steps on networks at random: what is computed stays, alone and one behind the other."""

from collections import Counter

import numpy as np
import onnx
import pytest
from hypothesis import given, settings

from suite.quantization.steps.equalize import equalize, equalized_tensors
from suite.quantization.steps.expand_prelu import expand_prelu
from suite.quantization.steps.flip_slopes import flip_slopes
from suite.quantization.steps.fold_batch_norm import fold_batch_norm
from suite.quantization.steps.gemm_heads import gemm_heads
from suite.quantization.steps.net import Net
from suite.quantization.steps.prelu_as_max import prelu_as_max
from suite.quantization.steps.step import Rewrite
from suite.quantization.steps.tidy import tidy
from tests.support.random_net import IMAGE, RandomNet, difference, networks, random_nets

EXACT = 1e-5
STEPS: dict[str, Rewrite] = {
    "tidy": tidy,
    "gemm_heads": gemm_heads,
    "fold_batch_norm": fold_batch_norm,
    "flip_slopes": flip_slopes,
    "prelu_as_max": prelu_as_max,
    "expand_prelu": expand_prelu,
}
some = settings(max_examples=40, deadline=None, derandomize=True, database=None)


def state(net: Net) -> tuple[bytes, dict[str, bytes]]:
    """All of a network, its weights' values too."""
    return net.model().SerializeToString(), {n: v.tobytes() for n, v in net.weights.items()}


def taken(step: str, net: Net) -> Net:
    """A network behind a step, which leaves the one that it is given as it was."""
    before = state(net)
    rewritten = STEPS[step](net, net.shapes((1, *IMAGE)))
    assert state(net) == before
    if rewritten.places == 0:
        assert [n.op_type for n in rewritten.net.nodes] == [n.op_type for n in net.nodes]
    rewritten.net.prune()
    onnx.checker.check_model(rewritten.net.model(), full_check=True)
    return rewritten.net


@pytest.mark.parametrize("step", STEPS)
@given(network=networks())
@some
def test_a_step_alone_changes_nothing_that_is_computed(step: str, network: RandomNet) -> None:
    net = network.net()
    assert difference(net, taken(step, net)) <= EXACT


@given(network=networks(largest=9))
@some
def test_the_steps_in_a_row_change_nothing_that_is_computed(network: RandomNet) -> None:
    net = source = network.net()
    for step in STEPS:
        net = taken(step, net)
    assert difference(source, net) <= EXACT
    assert not {"MatMul", "BatchNormalization"} & {node.op_type for node in net.nodes}


@given(network=networks(largest=9))
@some
def test_equalizing_changes_nothing_that_is_computed(network: RandomNet) -> None:
    net = network.net()
    shapes, rng = net.shapes((1, *IMAGE)), np.random.default_rng(0)
    peaks = {
        name: np.exp(rng.normal(0, 2, shapes[name][1])) for name in equalized_tensors(net, shapes)
    }
    assert difference(net, equalize(net, shapes, peaks).net) <= EXACT


def test_steps_taken_again_find_nothing() -> None:
    for network in random_nets(20):
        net = network.net()
        for step in STEPS:
            net = taken(step, net)
        again = {step: STEPS[step](net, net.shapes((1, *IMAGE))).places for step in STEPS}
        assert not any(again.values()), (network, again)


def test_the_networks_give_every_step_something_to_do() -> None:
    places: Counter[str] = Counter()
    for network in random_nets(60):
        net = network.net()
        for step, rewrite in STEPS.items():
            rewritten = rewrite(net, net.shapes((1, *IMAGE)))
            places[step] += rewritten.places
            net = rewritten.net
        places["equalize"] += len(equalized_tensors(net, net.shapes((1, *IMAGE))))
    assert set(places) == {*STEPS, "equalize"}
    assert min(places.values()) >= 5, places
