"""Holding each image to what is accepted of it, and what must be the same bits to these."""

from collections.abc import Iterator, Sequence
from math import inf

from suite.catalog.figures import FIGURES
from suite.catalog.image_figures import ANGLE_CHANGES
from suite.catalog.limits import Limits
from suite.judging.image_angles import turned
from suite.judging.judgement import Entry
from suite.judging.measured import Measured
from suite.judging.record import Row
from suite.judging.rows import change_row


def turned_rows(measured: Measured, accepted: Entry, limits: Limits) -> Iterator[Row]:
    """How far images turned from the accepted angles to FP32."""
    if not (measured.angles and accepted.angles):
        return
    found = turned(measured.angles, accepted.angles)
    shares = found.shares if found else dict.fromkeys(ANGLE_CHANGES, inf)
    for name, share in shares.items():
        yield change_row(name, share, of_bits(name, measured, accepted, limits))


def said_by_image(measured: Measured, accepted: Entry, failed: Sequence[Row]) -> str:
    """What is said where nothing but single images moved; empty where more did."""
    beyond = [row.limit for row in failed if row.metric == "angle_change_worst"]
    of_images = all(row.metric in ANGLE_CHANGES for row in failed)
    if not (of_images and measured.angles and accepted.angles):
        return ""
    found = turned(measured.angles, accepted.angles)
    limit = beyond[0] if beyond else inf
    said = found.in_words(limit) if found else "they are not so many images"
    why = ", though they must be the same bits" if _are_bits(measured, accepted) else ""
    return f"not as accepted, image by image: {said}, and no other figure moved{why}"


def of_bits(name: str, measured: Measured, accepted: Entry, limits: Limits) -> float:
    """The tolerance of what may have to be the accepted bits: then it is next to nothing.

    What the model's card says of the figure holds for that too.
    """
    tolerance, exact = limits.tolerances[name], FIGURES[name].same_bits
    if exact is None or name in limits.asked or not _are_bits(measured, accepted):
        return tolerance
    return exact


def _are_bits(measured: Measured, accepted: Entry) -> bool:
    """Whether results must be the accepted ones to the last bits."""
    return measured.origin is not None and measured.origin.gives_the_bits_of(accepted.origin)
