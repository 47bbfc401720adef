"""A WebP's chunks, walked before it is decoded (RFC 9649)."""

import struct
from collections.abc import Iterator

from suite.datasets.images.image_file import ImageFile, cut_short, damaged

_START, _CHUNK = 12, 8
_EXTENDED, _LOSSY, _LOSSLESS, _FRAME = b"VP8X", b"VP8 ", b"VP8L", b"ANMF"
# A file whose place was reserved before it was written ends in zeros where the rest is missing, and
# libwebp reads them as a flat part of the picture. A flat part that was meant has some too: of 56
# files, black, grey or white alone or below a photo, up to 0.7 bits for a block of 16 × 16 pixels.
# Four bits are no picture's.
_SOME, _BYTES_A_BLOCK = 16, 0.5


def begins_like_webp(start: bytes) -> bool:
    """Whether a file's first twelve bytes are a WebP's."""
    return start[:4] + start[8:12] == b"RIFFWEBP"


def inspect_webp(data: bytes) -> ImageFile:
    """Read the size, of an extended WebP the canvas's, and see that all chunks are there.

    Raises
    ------
    Unfit
        where it is cut short or damaged.
    struct.error
        where the file ends in its header.
    """
    (size,) = struct.unpack_from("<I", data, 4)
    if len(data) < size + 8:
        raise cut_short("WebP")
    width, height = 0, 0
    pictures: list[bytes] = []
    for kind, content in _chunks(data[: size + 8]):
        if not width:
            width, height = _size(kind, content)
        if kind in (_LOSSY, _LOSSLESS, _FRAME):
            pictures.append(content)
    if not pictures:
        raise damaged("WebP", "it has no picture in it")
    zeros = len(pictures[-1]) - len(pictures[-1].rstrip(b"\0"))
    if zeros > _SOME + _BYTES_A_BLOCK * -(-width // 16) * -(-height // 16):
        raise damaged("WebP", f"its picture ends in {zeros:,} zeros, as of a file cut short")
    return ImageFile("WebP", width, height, data)


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    place = _START
    while place + _CHUNK <= len(data):
        kind, length = struct.unpack_from("<4sI", data, place)
        place += _CHUNK
        if not kind.isascii() or not kind.decode("ascii").isprintable():
            raise damaged("WebP", "a chunk of it has no name")
        if place + length > len(data):
            raise damaged("WebP", "a chunk is longer than the file")
        yield kind, data[place : place + length]
        place += length + length % 2


def _size(kind: bytes, content: bytes) -> tuple[int, int]:
    """Width and height, by the first chunk."""
    if kind == _LOSSY:
        width, height = (side & 0x3FFF for side in struct.unpack_from("<HH", content, 6))
        return width, height
    if kind == _LOSSLESS:
        (bits,) = struct.unpack_from("<I", content, 1)
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if kind == _EXTENDED and len(content) >= 10:
        return (
            int.from_bytes(content[4:7], "little") + 1,
            int.from_bytes(content[7:10], "little") + 1,
        )
    raise damaged("WebP", "its first chunk is no picture's")
