"""A JPEG's segments, walked before it is decoded (ITU-T T.81, annex B)."""

import re
import struct
from collections.abc import Sequence
from dataclasses import dataclass, field

from suite.datasets.images.image_file import MOST_PIXELS, ImageFile, Unfit, cut_short

START = b"\xff\xd8\xff"
_END = b"\xff\xd9"
# Entropy-coded data ends at a marker other than a stuffed FF 00, a restart or a fill byte.
_NEXT_MARKER = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")
# Between segments libjpeg passes over whatever is no marker.
_MARKER = re.compile(rb"\xff[^\x00\xff]")
_FRAMES = frozenset({*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC})
_DECODED = (0xC0, 0xC1, 0xC2, 0xC9, 0xCA)
_LAST_HUFFMAN, _END_MARKER, _SCAN = 0xC2, 0xD9, 0xDA
# Each scan goes over the whole picture. Encoders write some ten, those that search for the
# smallest file some fifteen; of the largest pictures twenty take some seconds.
_MOST_SCANS, _OF_LARGEST = 100, 20
# Of each block of 8 × 8 pixels a code of one bit is there at least.
_MOST_PIXELS_A_BYTE = 8 * 64
_ALL_BITS = 2**64 - 1


@dataclass
class _Walk:
    """Where the walk is, and what it has met.

    Attributes
    ----------
    gaps : bytes between segments, of which libjpeg complains
    lacking : each component's coefficients that no scan completed, as bits
    """

    data: bytes
    place: int = 2
    width: int = 0
    height: int = 0
    scans: int = 0
    huffman: bool = False
    gaps: list[tuple[int, int]] = field(default_factory=list)
    lacking: dict[int, int] = field(default_factory=dict)

    def next_marker(self) -> int:
        """Go behind the next marker."""
        if self.data[self.place] != 0xFF:
            following = _MARKER.search(self.data, self.place)
            if following is None:
                raise Unfit("this JPEG is damaged in its header; fetch the image again")
            self.gaps.append((self.place, following.start()))
            self.place = following.start()
        while self.data[self.place] == 0xFF:  # fill bytes before a marker
            self.place += 1
        self.place += 1
        return self.data[self.place - 1]

    def enter(self, marker: int) -> None:
        """Take what a segment says, and go behind it."""
        (length,) = struct.unpack_from(">H", self.data, self.place)
        if marker in _FRAMES:
            self._frame(marker)
        self.place += length
        if marker == _SCAN:
            self._scan(self.place - length)

    def _frame(self, marker: int) -> None:
        if marker not in _DECODED:
            raise Unfit("this JPEG is of a lossless or hierarchical kind; save it as a PNG")
        self.huffman = marker <= _LAST_HUFFMAN
        self.height, self.width, count = struct.unpack_from(">HHB", self.data, self.place + 3)
        names = self.data[self.place + 8 : self.place + 8 + 3 * count : 3]
        self.lacking = dict.fromkeys(names, _ALL_BITS)

    def _scan(self, header: int) -> None:
        self.scans += 1
        names, bits = _completed(self.data, header)
        self.lacking |= {name: self.lacking.get(name, 0) & ~bits for name in names}
        ahead = _NEXT_MARKER.search(self.data, self.place)
        if ahead is None:
            # It may be whole but for its end; where it is not, the decoder misses data.
            self.data = self.data.rstrip(b"\xff") + _END
        self.place = ahead.start() if ahead else len(self.data) - len(_END)


def inspect_jpeg(data: bytes) -> ImageFile:
    """Walk the segments to the end-of-image marker, which is put there where it is missing.

    Raises
    ------
    Unfit
        where it is damaged in its header, ends before its picture can be whole, or has too many
        scans.
    struct.error, IndexError
        where the file ends before.
    """
    walk = _Walk(data)
    while (marker := walk.next_marker()) != _END_MARKER:
        if not (0xD0 <= marker <= 0xD8 or marker == 0x01):  # these have no length
            walk.enter(marker)
    if not walk.width or not walk.height or not walk.scans or any(walk.lacking.values()):
        raise cut_short("JPEG")
    pixels = walk.width * walk.height
    if pixels > MOST_PIXELS:  # whoever asked refuses it
        return ImageFile("JPEG", walk.width, walk.height, b"")
    if walk.huffman and pixels > _MOST_PIXELS_A_BYTE * len(data):
        raise cut_short("JPEG")
    if walk.scans > min(_MOST_SCANS, _OF_LARGEST * MOST_PIXELS // pixels):
        raise Unfit(
            f"this JPEG has {walk.scans:,} scans, each of which goes over the whole picture; save "
            "it anew"
        )
    whole = _without(walk.data[: walk.place], walk.gaps)
    return ImageFile("JPEG", walk.width, walk.height, whole)


def _completed(data: bytes, place: int) -> tuple[bytes, int]:
    """The components, and the coefficients as bits, that a scan brings to their last (T.81, B.2.3).

    A picture in passes that was cut and given an end lacks the last of them.
    """
    count = data[place + 2]
    names = data[place + 3 : place + 3 + 2 * count : 2]
    first, last, approximation = data[place + 3 + 2 * count : place + 6 + 2 * count]
    return names, 0 if approximation & 15 or last > 63 else 2 ** (last + 1) - 2**first


def _without(data: bytes, gaps: Sequence[tuple[int, int]]) -> bytes:
    """A JPEG without the bytes in gaps."""
    starts, ends = [0, *(after for _, after in gaps)], [*(before for before, _ in gaps), len(data)]
    return b"".join(data[start:stop] for start, stop in zip(starts, ends, strict=True))
