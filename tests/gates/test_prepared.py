"""The rewritten FP32 as a third contender of the latency gate."""

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import onnx
import pytest
from onnx import helper
from small import bring, faithful, network, small_catalog, small_work

from suite.catalog.errors import ModelError
from suite.gates.case_work import CaseWork
from suite.gates.latency import Stopwatch
from suite.gates.prepared import prepared_beside
from suite.gates.timed_blocks import TimedBlocks
from suite.runtime.timing import Block

INT8 = "int8_dynamic"


def with_slopes() -> onnx.ModelProto:
    """A network with a PReLU, which the steps write otherwise."""
    node = helper.make_node("PRelu", ["e", "slopes"], ["embedding"])
    return network(node, slopes=np.full(32, 0.25, np.float32))


def test_a_network_that_the_steps_change_is_timed_beside_the_mode(tmp_path: Path) -> None:
    work = small_work(small_catalog(tmp_path, with_slopes()), INT8)
    prepared = prepared_beside(work)
    assert prepared is not None
    assert prepared.mode.id == "fp32_prepared"
    timed = TimedBlocks(work, 1, prepared)
    timed.time_block()
    (block,) = timed.blocks
    assert len(block.fp32) == len(block.candidate) == timed.rounds
    assert len(block.prepared) == len(block.beside_prepared) == max(3, timed.rounds // 4)


@pytest.mark.parametrize("mode", ["fp32", "fp32_prepared"])
def test_neither_fp32_has_itself_beside_it(tmp_path: Path, mode: str) -> None:
    assert prepared_beside(small_work(small_catalog(tmp_path, with_slopes()), mode)) is None


def test_a_network_that_the_steps_leave_alone_is_not_timed_twice(tmp_path: Path) -> None:
    work = small_work(small_catalog(tmp_path, with_slopes()), INT8)
    modes = work.bench.catalog.modes
    recipe = modes["fp32_prepared"].recipe.model_copy(update={"steps": ("fold_batch_norm",)})
    only = modes["fp32_prepared"].model_copy(update={"recipe": recipe})
    work.bench.catalog = replace(work.bench.catalog, modes={**modes, "fp32_prepared": only})
    assert prepared_beside(work) is None


def test_a_network_of_which_the_head_alone_is_another_is_not_timed_twice(tmp_path: Path) -> None:
    add = helper.make_node("Add", ["e", "bias"], ["embedding"])
    source = network(add, bias=np.ones(32, np.float32))
    work = small_work(small_catalog(tmp_path, source), INT8)
    steps = work.of_model.case(work.bench.catalog.modes["fp32_prepared"]).artifact.steps
    assert [done.step for done in steps if done.places] == ["gemm_heads"]
    assert prepared_beside(work) is None


def test_a_catalog_or_a_provider_without_the_mode_has_none(tmp_path: Path) -> None:
    work = small_work(small_catalog(tmp_path, with_slopes()), INT8)
    never = {"not_applicable": {"fp32_prepared": "slower here"}}
    work.bench.provider = work.bench.provider.model_copy(update=never)
    assert prepared_beside(work) is None
    modes = {
        name: mode for name, mode in work.bench.catalog.modes.items() if name != "fp32_prepared"
    }
    bench = SimpleNamespace(catalog=SimpleNamespace(modes=modes))
    assert prepared_beside(SimpleNamespace(bench=bench, mode=work.mode)) is None


def test_one_that_is_brought_is_timed(tmp_path: Path) -> None:
    folder = small_catalog(tmp_path, network())
    bring(folder, "fp32_prepared", faithful())
    assert prepared_beside(small_work(folder, INT8)) is not None


def test_a_mode_is_timed_without_one_that_cannot_be_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    work = small_work(small_catalog(tmp_path, with_slopes()), INT8)
    plain = CaseWork.open_session

    def refused(self: CaseWork, *args: object, **rest: object) -> object:
        if self.mode.id == "fp32_prepared":
            raise ModelError("its nodes fell back")
        return plain(self, *args, **rest)

    monkeypatch.setattr(CaseWork, "open_session", refused)
    timed = TimedBlocks(work, 1, prepared_beside(work))
    timed.time_block()
    assert timed.prepared is None
    assert timed.not_prepared == "its nodes fell back"
    assert timed.blocks[0].prepared == []


ROUNDS = 7


def blocks(*seconds: float, prepared: bool = True) -> SimpleNamespace:
    """Eight blocks: seconds of FP32, of that prepared, and of the mode."""
    fp32, rewritten, mode = ([each] * ROUNDS for each in seconds)
    made = Block(fp32, mode, rewritten, mode) if prepared else Block(fp32, mode)
    made.clean, made.probe = [True] * ROUNDS, [0.0002] * 3
    return SimpleNamespace(
        batch=2,
        blocks=[made] * 8,
        clean=[made] * 8,
        watch=SimpleNamespace(unseen=""),
        with_copies=[1.0] * 3,
        prepared=object() if prepared else None,
        not_prepared="" if prepared else "it cannot be built",
    )


def test_the_ratios_to_both_are_figures(tmp_path: Path) -> None:
    work = small_work(small_catalog(tmp_path, network()), INT8)
    found = Stopwatch(work, None)._measured(blocks(0.004, 0.002, 0.0025))
    assert found.figures == {
        "speedup": pytest.approx(1.6),
        "fp32_over_probe": pytest.approx(20.0),
        "mode_over_probe": pytest.approx(12.5),
        "probe_ms": pytest.approx(0.2),
    }
    assert found.observed["speedup_over_prepared"] == pytest.approx(0.8)
    assert found.observed["prepared_speedup"] == pytest.approx(2.0)
    assert found.observed["latency_fp32_ms"] == pytest.approx(4.0)
    assert found.observed["latency_prepared_ms"] == pytest.approx(2.0)
    for name in ("speedup", "speedup_over_prepared", "prepared_speedup"):
        assert found.intervals[name] == pytest.approx([found.known[name]] * 2)
    assert found.remarks == ("slower than fp32_prepared: 0.80 × its speed",)


def test_without_it_the_gate_measures_what_it_did_and_says_why(tmp_path: Path) -> None:
    work = small_work(small_catalog(tmp_path, network()), INT8)
    found = Stopwatch(work, None)._measured(blocks(0.004, 0, 0.002, prepared=False))
    assert found.figures["speedup"] == pytest.approx(2.0)
    assert set(found.intervals) == {"latency_ms", "speedup", "fp32_over_probe", "mode_over_probe"}
    assert not any("prepared" in name for name in found.observed)
    assert found.remarks == ("no speed is given against fp32_prepared: it cannot be built",)
