"""What in a row of results contradicts the protocol that it says it is of.

Each rule is a function of a row and of what stands beside it, and gives a sentence with the figures
that it is about; where a row lacks one of them the rule says nothing.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import floor

from suite.catalog.model_card import ModelCard
from suite.catalog.published import is_far_below
from suite.reference.claim import Claim
from suite.reference.pair_counts import fewest_pairs, pairs_of_a_kind

_TAR_3, _TAR_4 = "tar_at_far_1e-3", "tar_at_far_1e-4"
# Thresholds by folds and figures rounded to two digits of a percentage differ by less.
_SLACK = 0.005
# With fewer genuine pairs rejected than this share two thresholds often lie between the same ones.
_FEW_REJECTED = 0.01
_BITS = {"int8_dynamic": 8, "int8_static_qdq": 8, "int8_static_tuned": 8, "fp16": 16}


@dataclass(frozen=True)
class Beside:
    """What a row is held against.

    Attributes
    ----------
    table : the rows of its table, itself among them
    elsewhere : all other rows that are known, of any model
    card : its model's; None where it is not known, or has no published accuracy
    family : without it, the cards of its family
    """

    table: Sequence[Claim]
    elsewhere: Sequence[Claim] = ()
    card: ModelCard | None = None
    family: Sequence[ModelCard] = ()

    @property
    def fp32(self) -> Claim | None:
        """The table's FP32 row."""
        return next((claim for claim in self.table if claim.mode == "fp32"), None)


def doubts_of(claim: Claim, beside: Beside) -> tuple[str, ...]:
    """All that contradicts a row, a sentence each, without the full stop."""
    rules = (
        far_below_published,
        of_a_part,
        equal_tars,
        tar_against_accuracy,
        auc_against_accuracy,
        as_slow_as_a_cpu,
        another_speedup,
        another_size,
    )
    return tuple(words for rule in rules for words in rule(claim, beside))


def far_below_published(claim: Claim, beside: Beside) -> Iterator[str]:
    """FP32 is further below what is published than other faces and libraries bring it.

    Of several cards of a family the one of the lowest published accuracy is meant. The distances
    are those of the suite's own FP32 (`is_far_below`).
    """
    cards = [beside.card] if beside.card else beside.family
    published = {card.published.accuracy: card for card in cards if card.published}
    accuracy = claim.figures.get("accuracy")
    if claim is not _first(beside) or accuracy is None or not claim.dataset or not published:
        return
    lowest = min(published)
    if is_far_below(published[lowest], claim.dataset, accuracy):
        of = "" if beside.card else f" of {published[lowest].id}, the lowest of its family"
        yield (
            f"accuracy is {accuracy:.4f}, and {lowest:.4f} is published{of}: faces that are not "
            "aligned, another preprocessing or other weights do that"
        )


def of_a_part(claim: Claim, beside: Beside) -> Iterator[str]:
    """The figures are whole numbers of fewer pairs than the set has (`fewest_pairs`)."""
    whole = pairs_of_a_kind(claim.dataset)
    fewest = fewest_pairs(beside.table, whole) if whole else None
    if claim is _first(beside) and whole and fewest:
        yield (
            f"every TAR and accuracy of its table is a whole number of {fewest:,} genuine and "
            f"{2 * fewest:,} pairs, and {claim.dataset} has {whole:,} and {2 * whole:,}: they seem "
            "to be of a part of it"
        )


def equal_tars(claim: Claim, beside: Beside) -> Iterator[str]:
    """TAR at FAR=1e-3 and 1e-4 is the same: both are most likely TAR at FAR=0.

    TAR at a FAR is that at the largest threshold which accepts at most FAR · N impostor pairs, so
    on fewer than 1,000 of them both thresholds accept none. On more, no genuine pair may lie
    between two thresholds, which is no surprise where nearly all are accepted.
    """
    tar, other = (claim.figures.get(name) for name in (_TAR_3, _TAR_4))
    if tar is None or tar != other or tar > 1 - _FEW_REJECTED:
        return
    whole = pairs_of_a_kind(claim.dataset)
    pairs = whole and (fewest_pairs(beside.table, whole) or whole)
    words = f"TAR is {tar:.4f} at FAR=1e-3 and at FAR=1e-4"
    if not pairs:
        yield f"{words}: both are TAR at FAR=0 where the set has fewer than 1,000 impostor pairs"
        return
    # In whole thousandths and ten-thousandths, because 3,000 · 1e-3 is no whole number in floats.
    allowed = floor(pairs / 1_000), floor(pairs / 10_000)
    if allowed[0] == allowed[1]:
        yield f"{words}: of {pairs:,} impostor pairs both allow none, so both are TAR at FAR=0"
    else:
        yield (
            f"{words}: of {pairs:,} impostor pairs these allow {allowed[0]} and {allowed[1]}, and "
            f"of the {1 - tar:.0%} of genuine pairs that are rejected none lies between: both seem "
            "to be TAR at one threshold"
        )


def tar_against_accuracy(claim: Claim, beside: Beside) -> Iterator[str]:
    """TAR that no accuracy as given allows, on as many genuine as impostor pairs.

    Accuracy A is that of the best threshold, so A ≥ (TAR + 1 − FAR) / 2 at every other one. A
    concave ROC through (0, 0) and the best threshold's point, whose FAR is at most 2 (1 − A), lies
    above their chord: TAR ≥ min(2 A − 1, FAR / (2 (1 − A))). (Fawcett 2006, An introduction to ROC
    analysis.)
    """
    accuracy, tar, lower = (claim.figures.get(name) for name in ("accuracy", _TAR_3, _TAR_4))
    if tar is not None and lower is not None and lower > tar:
        yield (
            f"TAR is {lower:.4f} at FAR=1e-4 and {tar:.4f} at FAR=1e-3, where it can only be as "
            "large or larger"
        )
    if accuracy is None or tar is None or pairs_of_a_kind(claim.dataset) is None:
        return
    alone = (tar + 1 - 1e-3) / 2
    least = min(2 * accuracy - 1, 1e-3 / max(1e-3, 2 * (1 - accuracy)))
    if alone > accuracy + _SLACK:
        yield (
            f"TAR {tar:.4f} at FAR=1e-3 is an accuracy of {alone:.4f} at that threshold, and the "
            f"best is given as {accuracy:.4f}"
        )
    elif tar < least - _SLACK:
        yield (
            f"TAR {tar:.4f} at FAR=1e-3 is below {least:.4f}, the least that an accuracy of "
            f"{accuracy:.4f} allows"
        )


def auc_against_accuracy(claim: Claim, beside: Beside) -> Iterator[str]:
    """A ROC AUC that no accuracy as given allows, on as many genuine as impostor pairs.

    No point of the ROC has TAR − FAR above J = 2 A − 1, and one has it, so
    J ≤ AUC ≤ 1 − (1 − J)² / 2.
    """
    accuracy, auc = claim.figures.get("accuracy"), claim.figures.get("roc_auc")
    if accuracy is None or auc is None or pairs_of_a_kind(claim.dataset) is None:
        return
    least, most = 2 * accuracy - 1, 1 - 2 * (1 - accuracy) ** 2
    if not least - _SLACK <= auc <= most + _SLACK:
        yield (
            f"ROC AUC {auc:.4f} is outside {least:.4f} … {most:.4f}, which an accuracy of "
            f"{accuracy:.4f} allows"
        )


def as_slow_as_a_cpu(claim: Claim, beside: Beside) -> Iterator[str]:
    """A GPU's latency in float is a CPU's of a network of the same size.

    onnxruntime makes a session on the CPU, without an error, where CUDA's libraries are not found.
    """
    latency, size = claim.figures.get("latency_ms"), claim.figures.get("size_mib")
    if not claim.on_gpu or claim.mode not in ("fp32", "fp16") or latency is None or size is None:
        return
    same = [
        other
        for other in (*beside.table, *beside.elsewhere)
        if other.mode == claim.mode
        and not other.on_gpu
        and "latency_ms" in other.figures
        and abs(other.figures.get("size_mib", 0.0) / size - 1) < 0.02
    ]
    slowest = max(same, key=lambda other: other.figures["latency_ms"], default=None)
    if slowest and latency > 0.8 * slowest.figures["latency_ms"]:
        yield (
            f"{latency:.2f} ms is said to be a GPU's, and {slowest.about or slowest.place} has "
            f"{slowest.figures['latency_ms']:.2f} ms of a network of the same size "
            f"({slowest.figures['size_mib']:.2f} MiB) without one: a session whose provider does "
            "not load runs on the CPU in silence"
        )


def another_speedup(claim: Claim, beside: Beside) -> Iterator[str]:
    """The speed-up is not FP32's latency over the row's, by more than a twentieth."""
    fp32, latency = beside.fp32, claim.figures.get("latency_ms")
    if claim.speedup is None or latency is None or fp32 is None:
        return
    base = fp32.figures.get("latency_ms")
    if base and abs(claim.speedup * latency / base - 1) > 0.05:
        yield (
            f"the speed-up is given as {claim.speedup:.2f}, and the latencies give "
            f"{base:.2f} / {latency:.2f} = {base / latency:.2f}"
        )


def another_size(claim: Claim, beside: Beside) -> Iterator[str]:
    """The file is larger or smaller than its mode's bits make it.

    With a share s of the weights in b bits, the rest in 32, a file has 1 − s (1 − b / 32) of FP32's
    size; tables of scales add some percent, and nothing takes away.
    """
    bits, fp32, size = _BITS.get(claim.mode), beside.fp32, claim.figures.get("size_mib")
    if bits is None or fp32 is None or size is None or "size_mib" not in fp32.figures:
        return
    base, least = fp32.figures["size_mib"], bits / 32
    share = (1 - size / base) / (1 - least)
    words = f"{size:.2f} MiB is {size / base:.2f} of FP32's {base:.2f}"
    if share < 0.9:
        yield (
            f"{words}, and {bits} bits a weight are {least:.2f}: only {max(0.0, share):.0%} of the "
            f"weights have {bits} bits"
        )
    elif share > 1.02:
        yield f"{words}, less than {bits} bits a weight, which are {least:.2f}"


def _first(beside: Beside) -> Claim:
    """The row that says what holds for the table: FP32's, or the first."""
    return beside.fp32 or beside.table[0]
