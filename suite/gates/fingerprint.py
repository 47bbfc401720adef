"""The fingerprint: what fixed synthetic inputs become in preprocessing and in the network."""

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from suite.catalog.figures import FIGURES
from suite.catalog.gate import Gate
from suite.gates.case_work import CaseWork
from suite.gates.charts import (
    Samples,
    charts_for,
    embedding_samples,
    explain_tensor,
    tensor_samples,
)
from suite.gates.further_charts import further_charts, further_samples
from suite.gates.identified import identified
from suite.gates.origin import origin_of
from suite.judging.identity import other_facts
from suite.judging.judgement import Entry
from suite.judging.measured import Measured
from suite.runtime.embedding import Embedded

_Of = Mapping[str, Sequence[float]]
# Cosine above which charts' sampled embeddings point as accepted, and by how much, as a share of
# their mean, factors and lengths that are all one may lie apart.
_AS_ACCEPTED, _ALL_ONE = 0.999, 0.01


def measure_fingerprint(work: CaseWork) -> Measured:
    """Samples of the embeddings of charts; of FP32 of the preprocessed charts too."""
    is_fp32, spec = work.mode.is_fp32, work.feeding.spec
    first, further = charts_for(spec), further_charts(spec)
    embedded = work.embed_with_norms((*first, *further), f"{work.model.id}: fingerprint")
    # FP32's is of the source alone, so that preprocessing can explain what is another.
    alone: dict[str, str | int] = {"source": work.of_model.source.sha256}
    found = Measured(section=Gate.FINGERPRINT, identity=alone if is_fp32 else work.identity())
    broken = int((~np.isfinite(embedded.units)).any(axis=1).sum())
    if broken:
        whose = "FP32" if is_fp32 else work.mode.id
        count = len(first) + len(further)
        problem = f"NaN or infinity in {whose}'s embeddings of {broken} of {count} fixed inputs"
        return found.model_copy(update={"problem": problem})
    samples = _of_lengths(embedded)
    if is_fp32:
        samples |= {
            "tensor": tensor_samples(first, spec),
            "embedding": embedding_samples(embedded.units[: len(first)]),
            "size": (float(spec.height), float(spec.width)),
            "further_tensor": further_samples(further, spec),
        }
    return found.model_copy(update={"samples": samples, "origin": origin_of(work)})


def _of_lengths(embedded: Embedded) -> dict[str, Samples]:
    """What no cosine sees: components and norms before they are scaled."""
    found = {
        "raw_embedding": embedding_samples(embedded.raw),
        "embedding_norm": tuple(map(float, embedded.norms)),
    }
    if embedded.quality is not None:
        found["quality_norm"] = tuple(map(float, embedded.quality))
    return found


def explain_fingerprint(work: CaseWork, entry: Entry, measured: Measured) -> tuple[str, ...]:
    """Why a fingerprint is not as accepted: a usual suspect, and what the card says otherwise."""
    if measured.problem:
        return ()
    lengths = _lengths_in_words(entry.samples, measured.samples)
    if not work.mode.is_fp32:
        return lengths
    then = entry.identified.get("preprocess", {})
    now = identified(work, Gate.FINGERPRINT, None)["preprocess"]
    moved = other_facts(now, then) if then else []
    causes = (*_suspects(work, entry.samples, measured.samples), *lengths)
    return (*causes, *(f"preprocess.{each}" for each in moved))


def _suspects(work: CaseWork, accepted: _Of, now: _Of) -> tuple[str, ...]:
    spec = work.model.preprocess
    size = tuple(accepted.get("size", ()))
    if size and size != (float(spec.height), float(spec.width)):
        was = "×".join(f"{side:.0f}" for side in size)
        return (f"size: accepted {was}, the card now says {spec.height}×{spec.width}",)
    before, faces = tuple(accepted.get("tensor", ())), charts_for(spec)
    causes = explain_tensor(before, faces, spec)
    if causes:
        return tuple(causes)
    if not _close("tensor", accepted, now):
        return ("preprocessing: no colour order, mean or std explains the other tensor",)
    if "further_tensor" in accepted and not _as_before("further_tensor", accepted, now):
        return (
            "images of the input's own size are fed as accepted: JPEG is decoded otherwise (its "
            "chroma, its range), or what is resized or cropped",
        )
    if _close("embedding", accepted, now):
        return ()
    return (
        "the preprocessed tensor is as accepted: other weights, another output, another flip or "
        "another runtime changed the embedding",
    )


def _lengths_in_words(accepted: _Of, now: _Of) -> tuple[str, ...]:
    """What became of the lengths, where embeddings point as accepted and are of other lengths."""
    name = "raw_embedding"
    if name not in accepted or len(accepted[name]) != len(now.get(name, ())):
        return ()
    then, rows = (np.reshape(each[name], (-1, FIGURES[name].row)) for each in (accepted, now))
    before, after = (np.linalg.norm(each, axis=1) for each in (then, rows))
    if not (before.all() and after.all()):
        return ()
    cosine = (then * rows).sum(axis=1) / before / after
    factor = after / before
    if cosine.min() < _AS_ACCEPTED or np.abs(factor - 1).max() <= _ALL_ONE:
        return ()
    norms, were = (np.asarray(each.get("embedding_norm", ())) for each in (now, accepted))
    if norms.size and _is_one(norms) and not _is_one(were):
        words = f"are all {norms.mean():.4g} long: the graph scales each of them to one length"
    elif _is_one(factor):
        words = f"are {factor.mean():.4g} × as long: the graph, or what is taken of it, scales them"
    else:
        words = f"are {factor.min():.4g} … {factor.max():.4g} × as long"
    return (f"the embeddings of charts point as accepted and {words}",)


def _is_one(values: npt.NDArray[np.floating]) -> bool:
    return bool(np.ptp(values) <= _ALL_ONE * np.abs(values).mean())


def _close(name: str, before: _Of, now: _Of) -> bool:
    tolerance = FIGURES[name].tolerance
    assert tolerance is not None, "it is compared"
    then, values = before.get(name, ()), now.get(name, ())
    return len(then) == len(values) and np.allclose(then, values, rtol=0, atol=tolerance.fp32)


def _as_before(name: str, before: _Of, now: _Of) -> bool:
    tolerance = FIGURES[name].tolerance
    assert tolerance is not None, "it is compared"
    apart = float(np.linalg.norm(np.subtract(before[name], now[name])))
    return apart <= tolerance.fp32 * float(np.linalg.norm(before[name]))
