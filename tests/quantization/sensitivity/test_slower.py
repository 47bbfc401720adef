"""How much longer one network takes than another, told by the kernels in which they differ."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from paired import Paired
from qdq_net import Made

from suite.quantization.sensitivity import slower
from suite.quantization.sensitivity.in_float import in_float
from suite.quantization.sensitivity.kernel_time import Kernel, kernel_milliseconds
from suite.quantization.sensitivity.slower import Timer
from suite.quantization.steps.net import Net

CONV, INTEGER = Kernel("a", "Conv", 1), Kernel("a", "QLinearConv", 1)
SESSIONS = 3
REST, ROUND = Kernel("rest", "QLinearConv", 1), Kernel("q", "QuantizeLinear", 1)


def net() -> Net:
    """Three Convs in a row, and the head."""
    made, read = Made((64, 24, 24)), "x"
    for at in range(3):
        read = made.op("Relu", [made.conv(read, f"c{at}", 64, 64, 3)], f"r{at}")
    made.head(read, 64)
    return made.net()


def tell(monkeypatch: pytest.MonkeyPatch, sessions: Sequence[Mapping[Kernel, float]]) -> None:
    """Have these times measured, one session after the other."""
    found = iter(sessions)
    monkeypatch.setattr(slower, "kernel_milliseconds", lambda *_: next(found))


@pytest.mark.parametrize("busy", [1.0, 3.0])
def test_what_both_do_alike_sets_the_rest_right(
    busy: float, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A neighbour makes all of the second network take longer, and changes nothing."""
    found = [
        {INTEGER: 1.0, REST: 9.0},
        {CONV: 2.0 * busy, ROUND: 0.5 * busy, REST: 9.0 * busy},
        {CONV: 0.5 * busy, REST: 9.0 * busy},
    ]
    tell(monkeypatch, [session for times in found for session in [times] * SESSIONS])
    timer, first = Timer({}, tmp_path), net()
    assert timer.slower(first, net()) == pytest.approx(0.15)
    assert timer.slower(first, net()) == pytest.approx(-0.05)


def test_without_much_alike_times_are_taken_as_they_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = {INTEGER: 9.0, REST: 1.0}, {CONV: 12.0, REST: 5.0}
    tell(monkeypatch, [first] * SESSIONS + [second] * SESSIONS)
    assert Timer({}, tmp_path).slower(net(), net()) == pytest.approx(0.3)


def test_of_several_sessions_the_median_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Memory lies badly in one session of either network."""
    early = [{INTEGER: each, REST: 9.0} for each in (1.0, 1.0, 4.0)]
    late = [{CONV: each, REST: 9.0} for each in (7.0, 2.0, 2.0)]
    tell(monkeypatch, early + late)
    assert Timer({}, tmp_path).slower(net(), net()) == pytest.approx(0.1)


def test_all_but_what_changes_is_alike(tmp_path: Path) -> None:
    pair = Paired.by_us(net())
    one = {"x": pair.images[0]}
    timer = Timer(one, tmp_path)
    quantized = pair.forms.quantized
    changed = in_float(pair.forms, pair.units[1])
    early, late = (kernel_milliseconds(each, one, tmp_path) for each in (quantized, changed))
    assert early.keys() == kernel_milliseconds(quantized, one, tmp_path).keys()
    convs = [kernel for kernel in early.keys() & late.keys() if kernel.op_type == "QLinearConv"]
    assert len(convs) == 2
    assert {kernel.op_type for kernel in late.keys() - early.keys()} >= {"Conv"}
    assert timer.slower(quantized, quantized) == 0
    assert timer.slower(quantized, changed) != 0
