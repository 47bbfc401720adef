"""What an encoded image says of itself, read before OpenCV decodes it.

OpenCV reserves memory for whatever size a header claims, prints its libraries' complaints on
stderr, and fills what is missing of some files with grey. So the header is read here first, and
what is cut short, damaged or enormous is refused in a sentence.
"""

import re
import struct
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from suite.datasets.images.tiff import STARTS as TIFF_STARTS
from suite.datasets.images.tiff import read_tiff

MOST_PIXELS = 64_000_000
READABLE = "JPEG, PNG, WebP, BMP, TIFF, PGM, PPM or PBM"
PNG_START = b"\x89PNG\r\n\x1a\n"
# Chunks without which the pixels are the same, and about which libpng complains on stderr.
_NO_PIXELS = frozenset({b"iCCP", b"cHRM", b"gAMA", b"sRGB", b"sBIT", b"pHYs", b"tIME", b"hIST"})
_NUMBER = rb"\s+(?:#[^\n]*\n\s*)*(\d{1,9})"
_PNM = re.compile(rb"P([1-7])(?:\s|#)")
_PNM_SIZE = re.compile(rb"P[1-6](?:\s+#|" + _NUMBER + rb"\s)")
_BMP_HEADERS = tuple(struct.pack("<I", size) for size in (12, 40, 52, 56, 64, 108, 124))
# A JPEG's entropy-coded data ends at a marker other than a stuffed FF 00, a restart or a fill byte.
_JPEG_NEXT_MARKER = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")
# Between segments libjpeg passes over whatever is no marker.
_JPEG_MARKER = re.compile(rb"\xff[^\x00\xff]")
_JPEG_END = b"\xff\xd9"
_JPEG_FRAMES = frozenset({*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC})


class Unfit(Exception):
    """Why an image is refused, as the end of a sentence after its name, without the full stop."""


@dataclass(frozen=True)
class ImageFile:
    """An encoded image whose header is sound.

    Attributes
    ----------
    format : ``JPEG``, ``PNG``, ``WebP``, ``BMP``, ``TIFF`` or ``PNM``, by its content
    width, height : pixels
    data : the bytes to decode, without what libraries complain about
    end : where a JPEG's end-of-image marker is
    in_passes : whether a JPEG is in several scans, each of which is known to be there
    components : a JPEG's colour components: 4 of a CMYK one
    had_end : whether a JPEG had that marker itself, so that its last scan is known to be there
    """

    format: str
    width: int
    height: int
    data: bytes
    end: int = 0
    in_passes: bool = False
    components: int = 0
    had_end: bool = True


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


def begins_like_an_image(start: bytes) -> bool:
    """Whether a file's first bytes, 32 or more where it has as many, are those of an image.

    TIFF is left out: cameras' raw files begin like it.
    """
    if start.startswith(b"BM"):
        return start[14:18] in _BMP_HEADERS
    jpeg, webp = start.startswith(b"\xff\xd8\xff"), start[:4] + start[8:12] == b"RIFFWEBP"
    return jpeg or webp or start.startswith(PNG_START) or bool(_PNM_SIZE.match(start))


def _read(data: bytes) -> ImageFile | None:
    if data.startswith(b"\xff\xd8\xff"):
        return _jpeg(data)
    if data.startswith(PNG_START):
        return _png(data)
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return _webp(data)
    if data.startswith(b"BM"):
        return _bmp(data)
    if data.startswith(TIFF_STARTS):
        return _tiff(data)
    if _PNM.match(data):
        return _pnm(data)
    return None


def _jpeg(data: bytes) -> ImageFile:
    """Walk the segments (ITU-T T.81, annex B) to the end-of-image marker."""
    place, width, height, scans, count, had_end = 2, 0, 0, 0, 0, True
    gaps: list[tuple[int, int]] = []
    lacking: dict[int, int] = {}  # each component's coefficients that no scan completed, as bits
    while True:
        if data[place] != 0xFF:
            following = _JPEG_MARKER.search(data, place)
            if following is None:
                raise Unfit("this JPEG is damaged in its header; fetch the image again")
            gaps.append((place, following.start()))
            place = following.start()
        while data[place] == 0xFF:  # fill bytes before a marker
            place += 1
        marker = data[place]
        place += 1
        if marker == 0xD9:
            if not width or any(lacking.values()):
                raise Unfit("this JPEG is cut short: it ends too early; fetch the image again")
            data, end = _without(data, gaps, place - 2)
            return ImageFile("JPEG", width, height, data, end, scans > 1, count, had_end)
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
                had_end, data = False, data.rstrip(b"\xff") + _JPEG_END
            place = ahead.start() if ahead else len(data) - len(_JPEG_END)


def _without(data: bytes, gaps: Sequence[tuple[int, int]], end: int) -> tuple[bytes, int]:
    """A JPEG without the bytes in gaps, of which libjpeg complains, and where its end then is."""
    if not gaps:
        return data, end
    starts, ends = [0, *(after for _, after in gaps)], [*(before for before, _ in gaps), len(data)]
    parts = [data[start:stop] for start, stop in zip(starts, ends, strict=True)]
    return b"".join(parts), end - sum(after - before for before, after in gaps)


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
    place = len(PNG_START)
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
    kept: list[bytes] = [PNG_START]
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


def _tiff(data: bytes) -> ImageFile:
    found = read_tiff(data)
    if len(data) < found.end:
        raise Unfit("this TIFF is cut short; fetch the image again")
    if not found.end:
        raise Unfit("this TIFF has no picture in it; fetch the image again")
    if found.bits > 16 or not found.whole_numbers:
        raise Unfit(
            f"this TIFF has samples of {found.bits} bits, not whole numbers of up to 16; save it "
            "as a PNG"
        )
    return ImageFile("TIFF", found.width, found.height, data)


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
    # OpenCV does not read a number after which nothing comes.
    return ImageFile("PNM", width, height, data if kind > 3 else data + b"\n")
