"""The fingerprint: what fixed synthetic inputs become in preprocessing and in FP32."""

from collections.abc import Mapping

import numpy as np

from suite.catalog.figures import FIGURES
from suite.catalog.gate import Gate
from suite.gates.case_work import CaseWork
from suite.gates.charts import charts_for, embedding_samples, explain_tensor, tensor_samples
from suite.gates.identified import identified
from suite.judging.identity import other_facts
from suite.judging.judgement import Entry
from suite.judging.measured import Measured


def measure_fingerprint(work: CaseWork) -> Measured:
    """Samples of the preprocessed charts and of FP32's embeddings of them."""
    spec = work.model.preprocess
    faces = charts_for(spec)
    embeddings = work.embed(faces, f"{work.model.id}: fingerprint")
    identity: dict[str, str | int] = {"source": work.of_model.source.sha256}
    broken = int((~np.isfinite(embeddings)).any(axis=1).sum())
    if broken:
        problem = f"NaN or infinity in FP32's embeddings of {broken} of {len(faces)} fixed inputs"
        return Measured(section=Gate.FINGERPRINT, identity=identity, problem=problem)
    return Measured(
        section=Gate.FINGERPRINT,
        identity=identity,
        samples={
            "tensor": tensor_samples(faces, spec),
            "embedding": embedding_samples(embeddings),
            "size": (float(spec.height), float(spec.width)),
        },
    )


def explain_fingerprint(work: CaseWork, entry: Entry) -> tuple[str, ...]:
    """Why a fingerprint is not as accepted: a usual suspect, and what the card says otherwise."""
    then = entry.identified.get("preprocess", {})
    now = identified(work, Gate.FINGERPRINT, None)["preprocess"]
    moved = other_facts(now, then) if then else []
    return (*_suspects(work, entry.samples), *(f"preprocess.{each}" for each in moved))


def _suspects(work: CaseWork, accepted: Mapping[str, tuple[float, ...]]) -> tuple[str, ...]:
    spec = work.model.preprocess
    size = accepted.get("size", ())
    if size and size != (float(spec.height), float(spec.width)):
        was = "×".join(f"{side:.0f}" for side in size)
        return (f"size: accepted {was}, the card now says {spec.height}×{spec.width}",)
    before, faces = accepted.get("tensor", ()), charts_for(spec)
    causes = explain_tensor(before, faces, spec)
    if causes:
        return tuple(causes)
    if not _close(before, tensor_samples(faces, spec)):
        return ("preprocessing: no colour order, mean or std explains the other tensor",)
    return (
        "the preprocessed tensor is as accepted: other weights, another output, another flip or "
        "another runtime changed the embedding",
    )


def _close(before: tuple[float, ...], now: tuple[float, ...]) -> bool:
    tolerance = FIGURES["tensor"].tolerance
    assert tolerance is not None, "the tensor is compared"
    return len(before) == len(now) and np.allclose(before, now, rtol=0, atol=tolerance.fp32)
