"""Placement: where every node of an artifact was put and ran."""

from dataclasses import asdict

from suite.catalog.gate import Gate
from suite.gates.case_work import CaseWork
from suite.judging.measured import Measured, StrayNode
from suite.runtime.placement import fallback
from suite.runtime.trace import trace


def measure_placement(work: CaseWork) -> Measured:
    """Run the artifact once more under onnxruntime's profiler."""
    provider, feeding = work.bench.provider, work.feeding
    found, ran = trace(
        work.artifact.file.path, provider, feeding.outputs, feeding.spec, work.may_run_elsewhere
    )
    return Measured(
        section=Gate.PLACEMENT,
        identity=work.identity(),
        observed={
            "nodes": found.nodes,
            "nodes_elsewhere": len(found.strays),
            "nodes_fallen_back": len(found.fallen_back),
            "kernels": ran.kernels,
            "kernels_elsewhere": ran.kernels_elsewhere,
            "time_elsewhere": ran.time_elsewhere,
            "memory_copies": ran.memory_copies,
        },
        strays=tuple(StrayNode(**asdict(stray)) for stray in found.strays),
        problem=fallback(found, provider),
    )
