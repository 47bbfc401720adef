"""Whom a loss of embeddings is blamed on: the recipe, or what this runtime makes of it."""

from dataclasses import replace

from suite.judging.judgement import Judgement
from suite.judging.measured import Measured
from suite.judging.outcome import Outcome

RECIPE = "quantization"
# Two networks' embeddings of one face lie at right angles; the worst recipes measured keep 0.8.
_UNRELATED = 0.3


def costs_too_much(fidelity: Measured | None) -> str:
    """What is said to cost too much, where embeddings are too far from FP32's."""
    culprit = fidelity.split.culprit if fidelity and fidelity.split else ""
    return culprit or RECIPE


def blamed(judged: Judgement, fidelity: Measured | None) -> Judgement:
    """A judgement whose figures fail, with what recipe and runtime cost of the cosine to FP32.

    Parameters
    ----------
    judged : of any gate that judges embeddings
    fidelity : of the same embeddings; None where nobody measured it
    """
    failed = [row.metric for row in judged.rows if row.outcome is Outcome.FAIL]
    better = bool(judged.advice)
    if judged.outcome is not Outcome.FAIL or not failed or better or fidelity is None:
        return judged
    as_run = fidelity.figures.get("cosine_mean", 1.0)
    alike = max(as_run, fidelity.observed.get("unoptimised_cosine_mean", as_run))
    if alike < _UNRELATED:
        words = (
            f"its embeddings have nothing in common with FP32's (mean cosine {alike:.2f}): the "
            "artifact is another network's, or wants to be fed otherwise"
        )
        return replace(judged, headline=f"{words}; {judged.headline}")
    words = _split_in_words(
        fidelity, worst="cosine_worst" in failed and "cosine_mean" not in failed
    )
    return replace(judged, headline=f"{judged.headline}; {words}") if words else judged


def _split_in_words(fidelity: Measured, *, worst: bool) -> str:
    """What each costs of the mean or of the lowest cosine; empty where nobody looked."""
    split, known = fidelity.split, fidelity.observed
    if split is None:
        return ""
    if split.reason and split.culprit:
        return "install a newer onnxruntime: 1.25 and later multiply as the file says"
    if split.reason:
        return f"what the recipe and this runtime cost cannot be told apart: {split.reason}"
    kind = "worst" if worst else "mean"
    recipe = 1 - known[f"unoptimised_cosine_{kind}"]
    runtime = known[f"unoptimised_cosine_{kind}"] - known[f"sampled_cosine_{kind}"]
    named = "lowest" if worst else "mean"
    words = f"of the {named} cosine of {split.faces} faces the recipe costs {recipe:.4f}"
    words += f", {split.culprit or 'this runtime'} {round(runtime, 4) + 0.0:.4f}"
    altered = 1 - known.get("unoptimised_fp32_cosine_mean", 1.0)
    return f"{words}, and FP32 itself loses {altered:.4f} to it" if altered > _ALTERED else words


# FP32's own embeddings move in the sixth digit with the order in which its sums are made.
_ALTERED = 1e-3
