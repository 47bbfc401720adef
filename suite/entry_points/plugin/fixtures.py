"""The fixtures that gates use."""

from __future__ import annotations

from contextlib import nullcontext
from typing import TYPE_CHECKING

import pytest

from suite.catalog.files import user_cache
from suite.entry_points.plugin.items import case_of, dataset_of, gate_of
from suite.entry_points.plugin.judging_again import recorded_run
from suite.entry_points.plugin.rerun import rerun_of
from suite.entry_points.plugin.run import GateRun

if TYPE_CHECKING:
    from syrupy.assertion import SnapshotAssertion

    from suite.gates.case_work import CaseWork
    from suite.gates.check import GateCheck
    from suite.gates.latency import Stopwatch
    from suite.gates.workbench import Workbench


@pytest.fixture(scope="session")
def workbench(request: pytest.FixtureRequest) -> Workbench:
    """Sources, artifacts and embeddings, each made once in the session."""
    from suite.entry_points.plugin.xdist import threads_a_worker
    from suite.gates.progress import Progress
    from suite.gates.workbench import Workbench
    from suite.runtime.op_libraries import name_op_library

    config = request.config
    run = GateRun.of(config)
    name_op_library(run.options.op_library)
    capture = config.pluginmanager.getplugin("capturemanager")
    return Workbench(
        run.selection.catalog,
        run.provider,
        threads_a_worker(config, run.provider.threads.embedding),
        run.profile,
        run.options.artifact_cache or user_cache(),
        Progress(capture.global_and_fixture_disabled if capture else nullcontext),
        recorded_run(run),
        shows_faces=run.options.report_faces,
    )


@pytest.fixture
def work(request: pytest.FixtureRequest, workbench: Workbench) -> CaseWork:
    """The work on the gate's case, which its gates share."""
    case = case_of(request.node)
    return workbench.case(case.model, case.mode)


@pytest.fixture
def gate(request: pytest.FixtureRequest, work: CaseWork, snapshot: SnapshotAssertion) -> GateCheck:
    """The judge of one gate: it compares, records and asserts."""
    from suite.gates.check import GateCheck

    return GateCheck(
        item=request.node,
        gate=gate_of(request.node),
        case=case_of(request.node),
        dataset=dataset_of(request.node),
        work=work,
        snapshot=snapshot,
        rerun=rerun_of(request.node),
        require_all=GateRun.of(request.config).options.require_all,
    )


@pytest.fixture
def stopwatch(work: CaseWork, benchmark: object) -> Stopwatch:
    """Times FP32 and a mode interleaved, where the fixture benchmark is pytest-benchmark's."""
    from suite.gates.latency import Stopwatch

    return Stopwatch(work, benchmark)


class NoBenchmark:
    """Stands in for pytest-benchmark where it is switched off, so that latency is deferred."""

    @pytest.fixture
    def benchmark(self) -> None:
        """Nothing to time with."""
