"""What an encoded image says of itself, read before OpenCV decodes it.

OpenCV reserves memory for whatever size a header claims, prints its libraries' complaints on
stderr, and fills what is missing of some files with grey. So the header is read here first, and
what is cut short, damaged or enormous is refused in a sentence.
"""

import re
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

MOST_PIXELS = 64_000_000
READABLE = "JPEG, PNG, WebP, BMP, PGM, PPM or PBM"
_PNG_START = b"\x89PNG\r\n\x1a\n"
# Chunks without which the pixels are the same, and about which libpng complains on stderr.
_NO_PIXELS = frozenset({b"iCCP", b"cHRM", b"gAMA", b"sRGB", b"sBIT", b"pHYs", b"tIME", b"hIST"})
_NUMBER = rb"\s+(?:#[^\n]*\n\s*)*(\d{1,9})"
_PNM = re.compile(rb"P([1-7])(?:\s|#)")
# A JPEG's entropy-coded data ends at a marker other than a stuffed FF 00, a restart or a fill byte.
_JPEG_NEXT_MARKER = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")
_JPEG_FRAMES = frozenset({*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC})


class Unfit(Exception):
    """Why an image is refused, as the end of a sentence after its name, without the full stop."""


@dataclass(frozen=True)
class ImageFile:
    """An encoded image whose header is sound.

    Attributes
    ----------
    format : ``JPEG``, ``PNG``, ``WebP``, ``BMP`` or ``PNM``, by its content
    width, height : pixels
    data : the bytes to decode, without what libraries complain about
    end : where a JPEG's end-of-image marker is
    in_passes : whether a JPEG is in several scans, each of which is known to be there
    components : a JPEG's colour components: 4 of a CMYK one
    """

    format: str
    width: int
    height: int
    data: bytes
    end: int = 0
    in_passes: bool = False
    components: int = 0


def inspect(data: bytes) -> ImageFile:
    """Read an encoded image's header and see that the file is whole.

    Parameters
    ----------
    data : the file; the format is told by its content, whatever its name says

    Raises
    ------
    Unfit
        where it is empty, cut short, damaged, of another format, or above `MOST_PIXELS`.
    """
    if not data:
        raise Unfit("is empty, a file of no byte; fetch the image again")
    try:
        found = _read(data)
    except (struct.error, IndexError, ValueError):
        raise Unfit(f"is cut short at {len(data):,} bytes; fetch the image again") from None
    if found is None:
        raise Unfit(
            f"its {len(data):,} bytes are no image of a kind that is read ({READABLE}); convert it "
            "to one of these or replace it"
        )
    if found.width < 1 or found.height < 1:
        raise Unfit(
            f"this {found.format} says it is {found.width} × {found.height} pixels; replace it"
        )
    if found.width * found.height > MOST_PIXELS:
        raise Unfit(
            f"this {found.format} says it is {found.width:,} × {found.height:,} pixels, and more "
            f"than {MOST_PIXELS // 1_000_000} million are not decoded; give a smaller image"
        )
    return found


def _read(data: bytes) -> ImageFile | None:
    if data.startswith(b"\xff\xd8\xff"):
        return _jpeg(data)
    if data.startswith(_PNG_START):
        return _png(data)
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return _webp(data)
    if data.startswith(b"BM"):
        return _bmp(data)
    if _PNM.match(data):
        return _pnm(data)
    return None


def _jpeg(data: bytes) -> ImageFile:
    """Walk the segments (ITU-T T.81, annex B) to the end-of-image marker."""
    place, width, height, scans, count = 2, 0, 0, 0, 0
    lacking: dict[int, int] = {}  # each component's coefficients that no scan completed, as bits
    while True:
        if data[place] != 0xFF:
            raise Unfit("this JPEG is damaged in its header; fetch the image again")
        while data[place] == 0xFF:  # fill bytes before a marker
            place += 1
        marker = data[place]
        place += 1
        if marker == 0xD9:
            if not width or any(lacking.values()):
                raise Unfit("this JPEG is cut short: it ends too early; fetch the image again")
            return ImageFile("JPEG", width, height, data, place - 2, scans > 1, count)
        if 0xD0 <= marker <= 0xD8 or marker == 0x01:  # without a length
            continue
        (length,) = struct.unpack_from(">H", data, place)
        if marker in _JPEG_FRAMES:
            _refuse_lossless(marker)
            height, width, count = struct.unpack_from(">HHB", data, place + 3)
            names = data[place + 8 : place + 8 + 3 * count : 3]
            lacking = dict.fromkeys(names, 2**64 - 1)
        if marker == 0xDA:
            names, bits = _complete(data, place)
            lacking |= {name: lacking.get(name, 0) & ~bits for name in names}
            scans += 1
        place += length
        if marker == 0xDA:
            ahead = _JPEG_NEXT_MARKER.search(data, place)
            if ahead is None:
                raise Unfit("this JPEG is cut short; fetch the image again")
            place = ahead.start()


def _complete(data: bytes, place: int) -> tuple[bytes, int]:
    """The components, and the coefficients as bits, that a scan brings to their last (T.81, B.2.3).

    A picture in passes that was cut and given an end lacks the last of them.
    """
    count = data[place + 2]
    names = data[place + 3 : place + 3 + 2 * count : 2]
    first, last, approximation = data[place + 3 + 2 * count : place + 6 + 2 * count]
    return names, 0 if approximation & 15 or last > 63 else 2 ** (last + 1) - 2**first


def _refuse_lossless(marker: int) -> None:
    if marker not in (0xC0, 0xC1, 0xC2, 0xC9, 0xCA):
        raise Unfit("this JPEG is of a lossless or hierarchical kind; save it as a PNG")


def _chunks(data: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Each chunk's type, start and end in the file."""
    place = len(_PNG_START)
    while True:
        length, kind = struct.unpack_from(">I4s", data, place)
        end = place + 12 + length
        (check,) = struct.unpack_from(">I", data, end - 4)
        if zlib.crc32(memoryview(data)[place + 4 : end - 4]) != check:
            raise Unfit("this PNG is damaged: a checksum is wrong; fetch the image again")
        yield kind, place, end
        if kind == b"IEND":
            return
        place = end


def _png(data: bytes) -> ImageFile:
    """Walk the chunks (PNG specification, section 5) and check their checksums."""
    width, height = 0, 0
    kept: list[bytes] = [_PNG_START]
    has_pixels = False
    try:
        for kind, start, end in _chunks(data):
            if kind == b"IHDR":
                width, height = struct.unpack_from(">II", data, start + 8)
            has_pixels |= kind == b"IDAT"
            # An interlaced or animated one is as it was; only what says nothing of pixels is left.
            if kind not in _NO_PIXELS:
                kept.append(data[start:end])
    except struct.error:
        raise Unfit("this PNG is cut short; fetch the image again") from None
    if not has_pixels:
        raise Unfit("this PNG has no picture in it; fetch the image again")
    return ImageFile("PNG", width, height, b"".join(kept))


def _webp(data: bytes) -> ImageFile:
    """The canvas of a WebP container (RFC 9649): lossy, lossless or extended."""
    (size,) = struct.unpack_from("<I", data, 4)
    if len(data) < size + 8:
        raise Unfit("this WebP is cut short; fetch the image again")
    kind = data[12:16]
    if kind == b"VP8 ":
        width, height = (side & 0x3FFF for side in struct.unpack_from("<HH", data, 26))
    elif kind == b"VP8L":
        (bits,) = struct.unpack_from("<I", data, 21)
        width, height = (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    elif kind == b"VP8X":
        width = int.from_bytes(data[24:27], "little") + 1
        height = int.from_bytes(data[27:30], "little") + 1
    else:
        raise Unfit("this WebP is damaged in its header; fetch the image again")
    return ImageFile("WebP", width, height, data)


def _bmp(data: bytes) -> ImageFile:
    """A BMP's header, OS/2's or Windows's; its height is negative where the top row is first."""
    (header,) = struct.unpack_from("<I", data, 14)
    if header == 12:
        width, height = struct.unpack_from("<HH", data, 18)
        return ImageFile("BMP", width, height, data)
    width, height, _, depth, compression = struct.unpack_from("<iiHHI", data, 18)
    if not compression:
        (start,) = struct.unpack_from("<I", data, 10)
        if len(data) < start + (abs(width) * depth + 31) // 32 * 4 * abs(height):
            raise Unfit("this BMP is cut short; fetch the image again")
    return ImageFile("BMP", width, abs(height), data)


def _pnm(data: bytes) -> ImageFile:
    """Netpbm's header: numbers between white space and comments (netpbm.sourceforge.net/doc)."""
    kind = data[1] - ord("0")
    if kind == 7:
        raise Unfit("this is a PAM; save it as a PNG")
    count = 2 if kind in (1, 4) else 3
    header = re.match(rb"P[1-6]" + _NUMBER * count, data)
    if header is None:
        raise Unfit("this PGM, PPM or PBM is damaged in its header; fetch the image again")
    numbers = [int(number) for number in header.groups()]
    width, height = numbers[:2]
    most = numbers[2] if count == 3 else 1
    if count == 3 and most not in (255, 65535):
        # OpenCV 5.0 takes the values as if the greatest were 255 or 65535.
        raise Unfit(f"this PGM or PPM has values up to {most}, not 255 or 65535; save it as a PNG")
    row = (width + 7) // 8 if kind == 4 else width * (3 if kind == 6 else 1) * (1 + (most > 255))
    if kind > 3 and len(data) < header.end() + 1 + row * height:
        raise Unfit("this PGM, PPM or PBM is cut short; fetch the image again")
    return ImageFile("PNM", width, height, data)
