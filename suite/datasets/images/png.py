"""A PNG's chunks and picture data, looked at before libpng sees them (PNG specification, 3rd ed.).

libpng inflates texts and colour profiles to whatever size they have, prints warnings and goes on
over missing rows. So it gets the chunks that make pixels alone, and those whole: with their
checksums, and with as many bytes, once inflated, as the picture has.
"""

import struct
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from suite.datasets.images.image_file import MOST_PIXELS, ImageFile, cut_short, damaged

START = b"\x89PNG\r\n\x1a\n"
# Samples a pixel, and the bits that a sample may have, by colour type (11.2.1).
_SAMPLES = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
_DEPTHS = {0: (1, 2, 4, 8, 16), 2: (8, 16), 3: (1, 2, 4, 8), 4: (8, 16), 6: (8, 16)}
_PALETTE = 3
# Adam7's passes: first column and row, and the steps (8.1).
_PASSES = (
    *((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4)),
    *((1, 0, 2, 2), (0, 1, 1, 2)),
)
_FILTERS = 5
# Bytes fed at a time, and bytes looked at; OpenCV takes no chunk of more than 8,000,000.
_FED, _STEP = 1 << 16, 1 << 20


@dataclass(frozen=True)
class _Header:
    """The chunk IHDR, sound."""

    width: int
    height: int
    depth: int
    colour: int
    interlaced: bool

    def row(self, width: int) -> int:
        """Bytes of a row of so many pixels, with its filter's type."""
        return 1 + (width * _SAMPLES[self.colour] * self.depth + 7) // 8

    def passes(self) -> Iterator[tuple[int, int]]:
        """Bytes of a row and number of rows of each pass over the picture."""
        for x, y, across, down in _PASSES if self.interlaced else ((0, 0, 1, 1),):
            columns = max(0, -(-(self.width - x) // across))
            rows = max(0, -(-(self.height - y) // down))
            if columns and rows:
                yield self.row(columns), rows


def inspect_png(data: bytes) -> ImageFile:
    """Look at a PNG's chunks, and inflate a picture of no more pixels than `MOST_PIXELS`.

    Raises
    ------
    Unfit
        where it is cut short or damaged.
    """
    first: dict[bytes, bytes] = {}
    parts: list[memoryview] = []
    try:
        for kind, content in _chunks(data):
            if kind == b"IDAT":
                parts.append(content)
            else:
                first.setdefault(kind, bytes(content) if kind in (b"IHDR", b"PLTE") else b"")
    except struct.error:
        raise cut_short("PNG") from None
    if not parts:
        raise damaged("PNG", "it has no picture in it")
    header = _header(first.get(b"IHDR", b""))
    if not 0 < header.width * header.height <= MOST_PIXELS:
        return ImageFile("PNG", header.width, header.height, b"")
    stream = b"".join(parts)
    end = _end_of_picture(stream, header)
    kept = [
        (b"IHDR", first[b"IHDR"]),
        *_palette(header, first),
        *((b"IDAT", stream[place : min(end, place + _STEP)]) for place in range(0, end, _STEP)),
        (b"IEND", b""),
    ]
    return ImageFile("PNG", header.width, header.height, START + b"".join(map(_chunk, kept)))


def _chunks(data: bytes) -> Iterator[tuple[bytes, memoryview]]:
    """Each chunk's type and content, to the end of the picture."""
    place, view, kind = len(START), memoryview(data), b""
    while kind != b"IEND":
        length, kind = struct.unpack_from(">I4s", data, place)
        end = place + 12 + length
        (check,) = struct.unpack_from(">I", data, end - 4)
        if zlib.crc32(view[place + 4 : end - 4]) != check:
            raise damaged("PNG", "a checksum is wrong")
        yield kind, view[place + 8 : end - 4]
        place = end


def _chunk(part: tuple[bytes, bytes]) -> bytes:
    kind, content = part
    check = zlib.crc32(content, zlib.crc32(kind))
    return b"".join((struct.pack(">I", len(content)), kind, content, struct.pack(">I", check)))


def _header(content: bytes) -> _Header:
    if len(content) != 13:
        raise damaged("PNG", "its header is none")
    width, height, depth, colour, packing, filtering, lacing = struct.unpack(">IIBBBBB", content)
    if depth not in _DEPTHS.get(colour, ()) or packing or filtering or lacing > 1:
        raise damaged("PNG", "its header says what no PNG has")
    return _Header(width, height, depth, colour, bool(lacing))


def _palette(header: _Header, first: Mapping[bytes, bytes]) -> list[tuple[bytes, bytes]]:
    """The palette of a picture that needs one, with a colour for every number."""
    if header.colour != _PALETTE:
        return []
    colours = first.get(b"PLTE", b"")
    if not colours or len(colours) % 3 or len(colours) > 3 * 256:
        raise damaged("PNG", "it has no palette, or one that is none")
    all_numbers = 3 << header.depth
    return [(b"PLTE", colours[:all_numbers].ljust(all_numbers, b"\0"))]


class _Picture:
    """The picture's data, inflated as far as it is asked for."""

    def __init__(self, stream: bytes) -> None:
        self._stream, self._place, self._rest = stream, 0, b""
        self._inflate = zlib.decompressobj()

    def take(self, length: int) -> bytes:
        """The next bytes; fewer where there are no more."""
        parts: list[bytes] = []
        while length and not self._inflate.eof:
            packed = self._rest or self._stream[self._place : self._place + _FED]
            if not self._rest:
                self._place += len(packed)
            parts.append(self._inflate.decompress(packed, length))
            self._rest = self._inflate.unconsumed_tail
            length -= len(parts[-1])
            if not packed and not parts[-1]:
                break
        return b"".join(parts)

    def has_more(self) -> bool:
        """Whether anything is left; its checksum is looked at with that."""
        return bool(self.take(1))

    def end(self) -> int | None:
        """How many bytes of the stream were its; None where its end is missing."""
        return self._place - len(self._inflate.unused_data) if self._inflate.eof else None


def _end_of_picture(stream: bytes, header: _Header) -> int:
    """How many bytes of the stream make the picture, which is then all there.

    A few rows are in memory at a time.
    """
    picture = _Picture(stream)
    try:
        for row, rows in header.passes():
            for length in _in_steps(row, rows):
                part = picture.take(length)
                if len(part) < length:
                    raise damaged("PNG", "rows of its picture are missing")
                if max(part[::row]) >= _FILTERS:
                    raise damaged("PNG", "a row is packed in a way that no PNG has")
        if picture.has_more():
            raise damaged("PNG", "it has more rows than its header says")
    except zlib.error:
        raise damaged("PNG", "its picture cannot be unpacked") from None
    end = picture.end()
    if end is None:
        raise damaged("PNG", "the end of its picture is missing")
    return end


def _in_steps(row: int, rows: int) -> Iterator[int]:
    """The bytes of some rows at a time."""
    at_once = max(1, _STEP // row)
    for start in range(0, rows, at_once):
        yield row * min(at_once, rows - start)
