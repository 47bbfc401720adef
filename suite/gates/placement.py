"""Placement: where every node of an artifact was put and ran, and in integers or in float."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict

from suite.catalog.gate import Gate, Section
from suite.gates.case_work import CaseWork
from suite.judging.measured import Measured, StrayNode
from suite.models.arithmetic import claimed_ops
from suite.runtime.placement import fallback
from suite.runtime.trace import DenseKernel, Run, trace
from suite.runtime.versions import minor_version


def measure_placement(work: CaseWork) -> Measured:
    """Run the artifact once more under onnxruntime's profiler."""
    provider, feeding = work.bench.provider, work.feeding
    found, ran = trace(
        work.artifact.file.path, provider, feeding.outputs, feeding.spec, work.may_run_elsewhere
    )
    claimed = _claimed(work, ran)
    in_integers = _in_integers(work, claimed)
    return Measured(
        section=str(Section(Gate.PLACEMENT, minor_version())),
        identity=work.identity(),
        figures=in_integers,
        observed={
            "nodes": found.nodes,
            "nodes_elsewhere": len(found.strays),
            "nodes_fallen_back": len(found.fallen_back),
            "kernels": ran.kernels,
            "kernels_elsewhere": ran.kernels_elsewhere,
            "time_elsewhere": ran.time_elsewhere,
            "memory_copies": ran.memory_copies,
        },
        remarks=_ran_in_float(claimed) if in_integers else (),
        strays=tuple(StrayNode(**asdict(stray)) for stray in found.strays),
        problem=fallback(found, provider),
    )


def _claimed(work: CaseWork, ran: Run) -> tuple[DenseKernel, ...]:
    """The kernels of what the mode claims."""
    claimed = claimed_ops(work.mode.quantizes)
    return tuple(kernel for kernel in ran.dense if kernel.stands_for in claimed)


def _in_integers(work: CaseWork, claimed: Sequence[DenseKernel]) -> dict[str, float]:
    """The share of the claimed multiply-accumulates that integer kernels did.

    Nothing where nothing is claimed, where a provider fuses or compiles the graph, and where the
    graph does not say how large its tensors are.
    """
    if not work.mode.quantizes or not work.bench.provider.on_cpu_kernels:
        return {}
    products = work.quantized.products * (work.fixed_batch or 1)
    if not products:
        return {}
    in_float = sum(kernel.products for kernel in claimed if not kernel.in_integers)
    return {"integer_share": max(0.0, 1 - in_float / products)}


def _ran_in_float(claimed: Sequence[DenseKernel]) -> tuple[str, ...]:
    """How many kernels of each claimed kind ran in float, in words; nothing where none did."""
    all_of = Counter(kernel.stands_for for kernel in claimed)
    floats = Counter(kernel.stands_for for kernel in claimed if not kernel.in_integers)
    words = ", ".join(f"{floats[kind]} of {all_of[kind]} {kind}" for kind in sorted(floats))
    return (f"{words} ran in float",) if words else ()
