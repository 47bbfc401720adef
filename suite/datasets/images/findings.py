"""What is counted of images that are used all the same: damage that a set allows, ends of zeros."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum

from suite.datasets.images.decoder import as_decoded

# A disk's block: the place of a file that was never written begins at one and is all zeros.
_BLOCK = 512
# BMP and Netpbm's binary kinds, whose last bytes are pixels; black ones are zeros.
_BARE = (b"BM", b"P4", b"P5", b"P6")


class Finding(Enum):
    """What is found, in a remark's words after "images have"."""

    DAMAGED = "damage that libraries went over: used as they are decoded"
    ZEROS = "zeros from a disk's block to their end, black edges or files cut short: look at them"


@dataclass(frozen=True)
class Looked:
    """An encoded image that was looked at.

    Attributes
    ----------
    data : the image, or a PNG of what libraries make of a damaged one
    findings : what was found
    """

    data: bytes
    findings: tuple[Finding, ...] = ()

    @property
    def is_another(self) -> bool:
        """Whether the data are no longer those of the file."""
        return Finding.DAMAGED in self.findings


def look(data: bytes, *, allow_damage: bool) -> Looked:
    """Look at an encoded image; with ``allow_damage`` it is decoded."""
    made = as_decoded(data) if allow_damage else None
    zeros = (Finding.ZEROS,) if _ends_in_zeros(data) else ()
    return Looked(data, zeros) if made is None else Looked(made, (Finding.DAMAGED, *zeros))


def _ends_in_zeros(data: bytes) -> bool:
    """Whether a picture without checksums has zeros from the beginning of a block to its end."""
    if not data.endswith(bytes(_BLOCK)) or not data.startswith(_BARE):
        return False
    return len(data.rstrip(b"\0")) % _BLOCK == 0


def in_words(names: Sequence[str], findings: Iterable[Sequence[Finding]]) -> list[str]:
    """A remark for each kind of finding.

    Parameters
    ----------
    names : the set's images
    findings : those of each image
    """
    of_images = list(findings)
    remarks = []
    for kind in Finding:
        first = [name for name, here in zip(names, of_images, strict=True) if kind in here]
        if first:
            remarks.append(f"{some_have(first, len(names))} {kind.value}")
    return remarks


def some_have(names: Sequence[str], total: int) -> str:
    """The beginning of a sentence of some images, one at least, out of so many.

    >>> some_have(["a.png", "b.png"], 9)
    '2 of 9 images (the first a.png) have'
    """
    first, has = (names[0], "has") if len(names) == 1 else (f"the first {names[0]}", "have")
    return f"{len(names):,} of {total:,} images ({first}) {has}"
