"""The artifact as a file: it loads on the provider, its size and what it quantizes."""

from suite.catalog.gate import Gate
from suite.gates.calibrated_on import calibrated_on, calibration_remarks
from suite.gates.case_work import CaseWork
from suite.gates.description import model_in_words
from suite.judging.measured import Measured


def measure_artifact(work: CaseWork) -> Measured:
    """Load the artifact, weigh it, and count what its mode claims to quantize."""
    file, mode = work.artifact.file, work.mode
    _ = work.session
    figures = {"size_bytes": float(file.size_bytes)}
    observed: dict[str, float] = {}
    fp32: dict[str, float] = {}
    problem = None
    if mode.quantizes:
        ops = work.quantized
        observed = {"quantized_share": ops.share, "float_weights": float(ops.float_weights)}
        fp32 = {"size_bytes": float(work.of_model.source.size_bytes), "float_weights": 0.0}
        figures["quantized_ops"] = ops.quantized
        figures["float_ops"] = len(ops.left_in_float)
        if not ops.quantized:
            problem = (
                f"nothing is quantized: {mode.id} claims {', '.join(mode.quantizes)}, and "
                f"{len(ops.left_in_float)} of them are all in float"
            )
    remarks = calibration_remarks(work)
    if mode.is_fp32 and work.model.source.sha256 is None:
        remarks = (
            f"nobody publishes the weights' SHA-256: {file.sha256} was trusted when it was first "
            "seen here",
        )
    return Measured(
        section=Gate.ARTIFACT,
        identity=work.identity(),
        figures=figures,
        observed=observed,
        reference=fp32,
        remarks=remarks,
        described=model_in_words(work.model) if mode.is_fp32 else (),
        problem=problem,
        calibration=calibrated_on(work),
    )
