"""The header of a TIFF (TIFF 6.0, section 2): its first picture, and where its pixels lie."""

import struct
from dataclasses import dataclass

STARTS = (b"II*\0", b"MM\0*")
_WIDTH, _HEIGHT, _BITS, _FORMAT = 256, 257, 258, 339
# Where strips or tiles begin, and how many bytes each has.
_PLACES, _LENGTHS = (273, 324), (279, 325)
_SIZES = {1: "B", 3: "H", 4: "I"}


@dataclass(frozen=True)
class TiffHeader:
    """What a TIFF says of its first picture.

    Attributes
    ----------
    width, height : pixels; 0 where it does not say
    bits : of a sample, the widest
    whole_numbers : whether samples are unsigned whole numbers
    end : the last byte of its pixels, as a place in the file
    """

    width: int
    height: int
    bits: int
    whole_numbers: bool
    end: int


def read_tiff(data: bytes) -> TiffHeader:
    """Read the first directory.

    Raises
    ------
    struct.error
        where the file ends before it.
    """
    order = "<" if data.startswith(b"II") else ">"
    (place,) = struct.unpack_from(f"{order}I", data, 4)
    (entries,) = struct.unpack_from(f"{order}H", data, place)
    tags: dict[int, tuple[int, ...]] = {}
    for index in range(entries):
        entry = place + 2 + 12 * index
        tag, kind, count = struct.unpack_from(f"{order}HHI", data, entry)
        # Of a tag that is there again the first counts: thousands could name one long list.
        if kind not in _SIZES or tag not in _READ or tag in tags:
            continue
        values = f"{order}{count}{_SIZES[kind]}"
        start = entry + 8
        if struct.calcsize(values) > 4:
            (start,) = struct.unpack_from(f"{order}I", data, start)
        tags[tag] = struct.unpack_from(values, data, start)
    ends = [
        place + length
        for places, lengths in zip(_PLACES, _LENGTHS, strict=True)
        for place, length in zip(tags.get(places, ()), tags.get(lengths, ()), strict=False)
    ]
    return TiffHeader(
        width=max(tags.get(_WIDTH, ()), default=0),
        height=max(tags.get(_HEIGHT, ()), default=0),
        bits=max(tags.get(_BITS, ()), default=1),
        whole_numbers=set(tags.get(_FORMAT, ())) <= {1},
        end=max(ends, default=0),
    )


_READ = frozenset({_WIDTH, _HEIGHT, _BITS, _FORMAT, *_PLACES, *_LENGTHS})
