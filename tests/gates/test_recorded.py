"""What a finished run measured, as it is judged again."""

from types import SimpleNamespace

import pytest
from records import measured, record

from suite.catalog.gate import Gate
from suite.gates import recorded
from suite.gates.recorded import RecordedRun


@pytest.mark.parametrize(("identity", "there"), [({"batch": 1}, True), ({"batch": "1"}, False)])
def test_a_speed_of_no_batch_is_no_measurement(identity: dict, *, there: bool) -> None:
    timed = measured(Gate.LATENCY).model_copy(update={"identity": identity})
    run = RecordedRun("run", [record(Gate.LATENCY, mode="int8", measured=timed)])
    assert run.has("m", "int8", Gate.LATENCY, None, 1) == there


def test_a_speed_without_a_batch_is_no_measurement() -> None:
    run = RecordedRun("run", [record(Gate.LATENCY, mode="int8", measured=measured(Gate.LATENCY))])
    assert not run.has("m", "int8", Gate.LATENCY, None, 1)


def test_a_speed_is_accepted_from_a_run_as_the_stopwatch_gave_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    timed = measured(Gate.LATENCY).model_copy(update={"identity": {"batch": 1}, "identified": {}})
    run = RecordedRun("run", [record(Gate.LATENCY, mode="int8", measured=timed)])
    recipe = SimpleNamespace(hashed=lambda: {"method": "dynamic"})
    work = SimpleNamespace(
        model=SimpleNamespace(id="m"),
        mode=SimpleNamespace(id="int8", is_fp32=False),
        fp32=SimpleNamespace(mode=SimpleNamespace(id="fp32")),
        ingredients=SimpleNamespace(recipe=recipe, calibration=None),
        identity=lambda _: {"recipe": "abc"},
    )
    same = record(Gate.LATENCY, mode="int8", measured=timed).hashes
    monkeypatch.setattr(recorded, "hashes_of", lambda _work, _dataset: same)
    assert run.measured(work, Gate.LATENCY, batch=1) == timed
