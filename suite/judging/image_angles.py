"""The angle of each image's embedding to FP32's: what is kept of it, and how far images turned."""

import hashlib
import sys
from array import array
from base64 import b64decode, b64encode
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from math import fsum, inf
from typing import Self

from suite.judging.part import Count, Frozen

# Half a turn in 16 bits: a step is 0.0027 degrees. The last code stands for no angle.
_STEPS, _NONE = 65534, 65535
# Its NUL has git take a side file for binary, so that it never changes ends of lines in it.
_HEADER = b"\0angles\0"
# An angle of less is rounding of floats, of which no change is a share.
_LEAST = 1.0


class ImageAngles(Frozen):
    """The angle of each image's embedding to FP32's, 16 bits each.

    Attributes
    ----------
    images : how many, in the order of the set
    sha256 : of the content of a baseline's side file
    angles : the angles, in base64: 16 bits each, the low byte first, 65534 for half a turn, 65535
        where FP32 gives the image no direction; empty where they lie in the side file alone
    people : who each image shows, by number, 16 bits each in base64; empty where nobody says, or
        they are too many to be numbered so
    """

    images: Count
    sha256: str
    angles: str = ""
    people: str = ""

    @classmethod
    def of(cls, degrees: Sequence[float | None], people: Sequence[int] = ()) -> Self:
        """From angles in 0…180 degrees, None where there is none, and who the images show."""
        codes = [_NONE if each is None else round(each / 180 * _STEPS) for each in degrees]
        packed = _packed(codes)
        known = len(people) == len(codes) and max(people, default=0) <= _NONE
        return cls(
            images=len(codes),
            sha256=hashlib.sha256(_HEADER + packed).hexdigest(),
            angles=b64encode(packed).decode(),
            people=b64encode(_packed(people)).decode() if known else "",
        )

    @property
    def data(self) -> bytes:
        """The content of the side file: a header of eight bytes, then the angles."""
        return _HEADER + b64decode(self.angles)

    def is_of(self, data: bytes) -> bool:
        """Whether a side file's content is what is meant."""
        long = len(_HEADER) + 2 * self.images
        return len(data) == long and hashlib.sha256(data).hexdigest() == self.sha256

    def with_data(self, data: bytes) -> Self:
        """The same with the content of its side file."""
        packed = b64encode(data[len(_HEADER) :]).decode()
        return self.model_copy(update={"angles": packed})

    @property
    def degrees(self) -> list[float | None]:
        """The angles."""
        return [None if c == _NONE else c * 180 / _STEPS for c in _unpacked(b64decode(self.angles))]

    @property
    def numbered(self) -> list[int]:
        """Who each image shows; empty where nobody says."""
        return list(_unpacked(b64decode(self.people)))


@dataclass(frozen=True)
class Turned:
    """How far images turned from the accepted angles.

    Attributes
    ----------
    unit : the mean of the accepted angles, at least 1 degree, of which the others are shares
    mean : mean change, whatever its sign
    worst : the largest
    person : the largest mean change of a person's images, by its amount; None where nobody says who
        is who
    of_images : the change of each image; infinite where there is an angle on one side alone
    """

    unit: float
    mean: float
    worst: float
    person: float | None
    of_images: tuple[float, ...]
    people: tuple[int, ...]

    @property
    def shares(self) -> dict[str, float]:
        """The figures by their names."""
        found = {"angle_change_mean": self.mean, "angle_change_worst": self.worst}
        return found if self.person is None else found | {"angle_change_person": self.person}

    def in_words(self, beyond: float) -> str:
        """How many images turned by more than a share of the unit, and whom they show.

        Where none did, by how much they did together.
        """
        many = len(self.of_images)
        places = [i for i, each in enumerate(self.of_images) if abs(each) > beyond]
        if not places:
            return f"{many:,} images turned by {self.mean * self.unit:.2g}° on average"
        by = f"by up to {self.worst * self.unit:.2g}°"
        words = f"{len(places):,} of {many:,} images turned {by}"
        if len(places) == many or not self.people:
            return words
        shown = {self.people[i] for i in places}
        if len(shown) == 1 and len(places) > 1:
            of_them = sum(person in shown for person in self.people)
            return f"{words}, all of one person, who has {of_them} images"
        return f"{words}, of {len(shown):,} people"


def turned(now: ImageAngles, accepted: ImageAngles) -> Turned | None:
    """How far images turned; None where these are not so many images."""
    if now.images != accepted.images or not now.images:
        return None
    before, after = accepted.degrees, now.degrees
    unit = _mean([each for each in before if each is not None])
    unit = max(unit, _LEAST)
    changes = [_change(a, b) / unit for a, b in zip(before, after, strict=True)]
    sizes = [abs(each) for each in changes]
    people = now.numbered
    groups: dict[int, list[float]] = defaultdict(list)
    for who, change in zip(people, changes, strict=False):
        groups[who].append(change)
    person = max((abs(_mean(group)) for group in groups.values()), default=None)
    return Turned(unit, _mean(sizes), max(sizes), person, tuple(changes), tuple(people))


def _change(before: float | None, after: float | None) -> float:
    if before is None or after is None:
        return 0.0 if before is after else inf
    return after - before


def _mean(values: Sequence[float]) -> float:
    return fsum(values) / len(values) if values else 0.0


def _packed(codes: Sequence[int]) -> bytes:
    made = array("H", codes)
    if sys.byteorder == "big":
        made.byteswap()
    return made.tobytes()


def _unpacked(data: bytes) -> "array[int]":
    read = array("H")
    read.frombytes(data)
    if sys.byteorder == "big":
        read.byteswap()
    return read
