"""How many images a face was looked for in, and in how many none was found."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Acquisition:
    """What looking for faces came to; a set in which none is looked for has none.

    Attributes
    ----------
    images : how many could be decoded; at least one
    not_found : of those, how many have no face that was found, no landmarks, or too many pixels to
        be enlarged for detection
    unaligned : the SHA-256 of the images without a found face that are faces of the set as they are
    """

    images: int
    not_found: int
    unaligned: frozenset[str] = frozenset()

    @property
    def fta(self) -> float:
        """The failure-to-acquire rate, by images (ISO/IEC 19795-1)."""
        return self.not_found / self.images
