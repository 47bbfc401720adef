"""What an encoded image says of itself, read before OpenCV decodes it.

OpenCV reserves memory for whatever size a header claims, prints its libraries' complaints on
stderr, and fills what is missing of some files with grey. So the header is read here first, and
what is cut short, damaged or enormous is refused in a sentence.
"""

import re
import struct

from suite.datasets.images.image_file import MOST_PIXELS, ImageFile, Unfit, cut_short
from suite.datasets.images.jpeg import START as JPEG_START
from suite.datasets.images.jpeg import inspect_jpeg
from suite.datasets.images.png import START as PNG_START
from suite.datasets.images.png import inspect_png
from suite.datasets.images.tiff import STARTS as TIFF_STARTS
from suite.datasets.images.tiff import read_tiff
from suite.datasets.images.webp import begins_like_webp, inspect_webp

READABLE = "JPEG, PNG, WebP, BMP, TIFF, PGM, PPM or PBM"
_NUMBER = rb"\s+(?:#[^\n]*\n\s*)*(\d{1,9})"
_PNM = re.compile(rb"P([1-7])(?:\s|#)")
_PNM_SIZE = re.compile(rb"P[1-6](?:\s+#|" + _NUMBER + rb"\s)")
_BMP_HEADERS = tuple(struct.pack("<I", size) for size in (12, 40, 52, 56, 64, 108, 124))


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
    return (
        start.startswith(JPEG_START)
        or begins_like_webp(start)
        or start.startswith(PNG_START)
        or bool(_PNM_SIZE.match(start))
    )


def _read(data: bytes) -> ImageFile | None:
    if data.startswith(JPEG_START):
        return inspect_jpeg(data)
    if data.startswith(PNG_START):
        return inspect_png(data)
    if begins_like_webp(data):
        return inspect_webp(data)
    if data.startswith(b"BM"):
        return _bmp(data)
    if data.startswith(TIFF_STARTS):
        return _tiff(data)
    if _PNM.match(data):
        return _pnm(data)
    return None


def _bmp(data: bytes) -> ImageFile:
    """A BMP's header, OS/2's or Windows's; its height is negative where the top row is first."""
    (header,) = struct.unpack_from("<I", data, 14)
    if header == 12:
        width, height, _, depth = struct.unpack_from("<HHHH", data, 18)
        compression = 0
    else:
        width, height, _, depth, compression = struct.unpack_from("<iiHHI", data, 18)
    if not compression:
        (start,) = struct.unpack_from("<I", data, 10)
        if len(data) < start + (abs(width) * depth + 31) // 32 * 4 * abs(height):
            raise cut_short("BMP")
    return ImageFile("BMP", width, abs(height), data)


def _tiff(data: bytes) -> ImageFile:
    found = read_tiff(data)
    if len(data) < found.end:
        raise cut_short("TIFF")
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
    # In the ASCII kinds each sample takes a character at least.
    least = row * height if kind > 3 else width * height * (3 if kind == 3 else 1)
    if len(data) < header.end() + (kind > 3) + least:
        raise Unfit("this PGM, PPM or PBM is cut short; fetch the image again")
    # OpenCV does not read a number after which nothing comes.
    return ImageFile("PNM", width, height, data if kind > 3 else data + b"\n")
