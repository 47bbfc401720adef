"""The artifact as a file: it loads on the provider, its size and what it quantizes."""

from collections import Counter
from dataclasses import asdict

from suite.catalog.gate import Gate
from suite.catalog.limits import LEAST_QUANTIZED
from suite.catalog.mode_card import ModeCard
from suite.gates.calibrated_on import calibrated_on, calibration_said
from suite.gates.case_work import CaseWork
from suite.gates.description import model_in_words
from suite.judging.measured import Measured, StepTaken
from suite.models.onnx_file import load_whole
from suite.models.simulated import signs_of_simulation
from suite.quantization.artifact import Artifact
from suite.quantization.axes import misplaced_axes
from suite.quantization.inspection import QuantizedOps
from suite.quantization.methods.steps import EXACT


def measure_artifact(work: CaseWork) -> Measured:
    """Load the artifact, weigh it, and count what its mode claims to quantize."""
    file, mode = work.artifact.file, work.mode
    _ = work.session
    figures = {"size_bytes": float(file.size_bytes)}
    observed: dict[str, float] = {}
    of_source = {"size_bytes": float(work.of_model.source.size_bytes), "float_weights": 0.0}
    problem: str | None = None
    hardly: tuple[str, ...] = ()
    if mode.quantizes:
        ops = work.quantized
        observed = {"quantized_share": ops.share, "float_weights": float(ops.float_weights)}
        figures["quantized_ops"] = ops.quantized
        figures["float_ops"] = len(ops.left_in_float)
        hardly = _hardly_quantized(ops, mode)
        if not ops.quantized:
            problem = f"{_nothing_quantized(ops)}; {mode.id} claims {', '.join(mode.quantizes)}"
        elif wrong := misplaced_axes(file.path):
            more = f", and {len(wrong) - 1} more layers likewise" if wrong[1:] else ""
            problem = f"{wrong[0]}{more}: quantize it anew with a scale for each output"
    doubts, remarks = _of_source(work) if mode.is_fp32 else calibration_said(work)
    return Measured(
        section=Gate.ARTIFACT,
        identity=work.identity(),
        figures=figures,
        observed=observed,
        reference={} if mode.is_fp32 else of_source,
        doubts=(*doubts, *hardly),
        remarks=(*remarks, *_left_out(work.artifact)),
        described=model_in_words(work.model) if mode.is_fp32 else (),
        problem=problem,
        calibration=calibrated_on(work),
        steps=tuple(StepTaken(**asdict(done)) for done in work.artifact.steps),
    )


def _nothing_quantized(ops: QuantizedOps) -> str:
    """That none of the claimed ops is in 8 bits, and in what they are."""
    if not ops.left_in_float:
        return "there is nothing to quantize: the network has no such op"
    if not ops.otherwise:
        return f"nothing is quantized: its {len(ops.left_in_float)} ops are all in float"
    found = Counter(ops.otherwise).most_common()
    types = ", ".join(f"{count} ops take {words}" for words, count in found)
    return f"nothing is quantized to 8 bits: {types}"


def _hardly_quantized(ops: QuantizedOps, mode: ModeCard) -> tuple[str, ...]:
    """That a mode quantizes little of what it claims, which no floor of a dynamic one forbids.

    A card with a floor of its own has said how little is expected.
    """
    least = mode.policy.floor.get("quantized_share", LEAST_QUANTIZED)
    if not ops.quantized or ops.share >= least:
        return ()
    return (
        f"{mode.id} claims {', '.join(mode.quantizes)}, and {ops.quantized} of "
        f"{ops.quantized + len(ops.left_in_float)} of them are quantized: {ops.share:.1%} of their "
        "arithmetic",
    )


def _left_out(artifact: Artifact) -> tuple[str, ...]:
    """The steps of the recipe that were to be exact and were not."""
    return tuple(
        f"step {done.step!r} of the recipe is left out: it changes a value of unit-length "
        f"embeddings by {done.difference:.2g} and their length by {done.norm:.2g} of itself, and "
        f"at most {EXACT:g} may be"
        for done in artifact.steps
        if done.left_out
    )


def _of_source(work: CaseWork) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What there is to doubt and to say of the file that the others are held against."""
    file = work.artifact.file
    signs = signs_of_simulation(load_whole(file.path))
    trusted = (
        f"nobody publishes the weights' SHA-256: {file.sha256} was trusted when it was first seen "
        "here"
    )
    remarks = () if work.model.source.sha256 else (trusted,)
    return ((signs,) if signs else ()), remarks
