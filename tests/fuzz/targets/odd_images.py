"""Images of the rarer kinds: palettes, passes, 16 bits, Exif, CMYK, packed rows; and a set."""

import struct
import zlib
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from suite.catalog.dataset_card import FolderDataset
from suite.datasets.images.decoder import decode
from suite.datasets.loader import load_dataset
from tests.fuzz.target import Mutant, Target, Verdict
from tests.fuzz.targets.images import mended_checksums

_EXIF = b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0"


@cache
def _face() -> npt.NDArray[np.uint8]:
    """A small picture; not made as the module is imported, for OpenCV's threads outlive no fork."""
    noise = np.random.default_rng(7).integers(0, 256, (24, 20, 3), np.uint8)
    return np.asarray(cv2.GaussianBlur(noise, (0, 0), 2), np.uint8)


def _chunk(kind: bytes, content: bytes) -> bytes:
    check = zlib.crc32(kind + content)
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", check)


def _png(colour: int, depth: int, samples: int, *more: bytes, lacing: int = 0) -> bytes:
    """A PNG of 9 × 7 pixels of chance; of Adam7's passes its rows have the bytes."""
    rng, steps = np.random.default_rng(colour + depth), [(0, 0, 1, 1)]
    if lacing:
        steps = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4)]
        steps += [(1, 0, 2, 2), (0, 1, 1, 2)]
    rows = b""
    for x, y, across, down in steps:
        columns = len(range(x, 9, across))
        for _ in range(y, 7, down) if columns else ():
            rows += b"\0" + rng.bytes(-(-columns * samples * depth // 8))
    header = struct.pack(">IIBBBBB", 9, 7, depth, colour, 0, 0, lacing)
    body = [_chunk(b"IHDR", header), *more, _chunk(b"IDAT", zlib.compress(rows))]
    return b"\x89PNG\r\n\x1a\n" + b"".join(body) + _chunk(b"IEND", b"")


def _pngs() -> list[bytes]:
    palette = _chunk(b"PLTE", bytes(range(48)))
    texts = [_chunk(b"zTXt", b"x\0\0" + zlib.compress(b"text" * 99)), _chunk(b"tEXt", b"x\0text")]
    profile = _chunk(b"iCCP", b"x\0\0" + zlib.compress(b"none" * 40))
    return [
        _png(3, 4, 1, palette, _chunk(b"tRNS", b"\0\x80")),
        *(_png(colour, 8, samples, lacing=1) for colour, samples in ((2, 3), (0, 1), (6, 4))),
        _png(6, 16, 4, *texts, profile, _chunk(b"bKGD", bytes(6))),
        _png(0, 1, 1, _chunk(b"eXIf", _EXIF)),
    ]


def _jpegs() -> list[bytes]:
    plain = bytes(cv2.imencode(".jpg", _face())[1])
    app1 = b"Exif\0\0" + _EXIF
    turned = plain[:2] + b"\xff\xe1" + struct.pack(">H", len(app1) + 2) + app1 + plain[2:]
    how = [cv2.IMWRITE_JPEG_QUALITY, 60, cv2.IMWRITE_JPEG_OPTIMIZE, 1]
    packed = bytes(cv2.imencode(".jpg", _face(), how)[1])
    grey = bytes(cv2.imencode(".jpg", np.ascontiguousarray(_face()[..., 0]))[1])
    return [turned, packed, grey, plain + b"more", plain[:-2], _cmyk(grey)]


def _cmyk(grey: bytes) -> bytes:
    """Four planes, each the grey picture's scan, with Adobe's mark."""
    parts, place = [b"\xff\xd8", b"\xff\xee\0\x0eAdobe\0\x64\0\0\0\0\0"], 2
    while grey[place + 1] != 0xDA:
        (length,) = struct.unpack_from(">H", grey, place + 2)
        if grey[place + 1] in (0xDB, 0xC4):
            parts.append(grey[place : place + 2 + length])
        place += 2 + length
    planes = b"".join(bytes([number, 0x11, 0]) for number in range(1, 5))
    frame = struct.pack(">BHHB", 8, *_face().shape[:2], 4) + planes
    parts.append(b"\xff\xc0" + struct.pack(">H", len(frame) + 2) + frame)
    (length,) = struct.unpack_from(">H", grey, place + 2)
    for number in range(1, 5):
        parts.append(
            b"\xff\xda\0\x08\x01" + bytes([number, 0, 0, 63, 0]) + grey[place + 2 + length : -2]
        )
    return b"".join(parts) + b"\xff\xd9"


def _webps() -> list[bytes]:
    plain = bytes(cv2.imencode(".webp", _face())[1])
    flags, size = b"\x08\0\0\0", b"".join((side - 1).to_bytes(3, "little") for side in (20, 24))
    chunks = [(b"VP8X", flags + size), (plain[12:16], plain[20:]), (b"EXIF", _EXIF)]
    body = b"".join(
        kind + struct.pack("<I", len(content)) + content + b"\0" * (len(content) % 2)
        for kind, content in chunks
    )
    return [b"RIFF" + struct.pack("<I", len(body) + 4) + b"WEBP" + body]


def _bmps() -> list[bytes]:
    palette = b"".join(bytes([n, n, n, 0]) for n in range(16))
    packed = b"\x08\x01\0\0\x04\x02\0\x04\x01\x02\x03\x04\0\0\x08\x05\0\0\0\x01"
    rle = (
        struct.pack("<IiiHHIIiiII", 40, 8, 4, 1, 8, 1, len(packed), 0, 0, 16, 0) + palette + packed
    )
    start = 14 + 40 + len(palette)
    core = struct.pack("<IHHHH", 12, 5, 3, 1, 24) + bytes(range(48))
    return [
        b"BM" + struct.pack("<IHHI", 14 + len(rle), 0, 0, start) + rle,
        b"BM" + struct.pack("<IHHI", 14 + len(core), 0, 0, 26) + core,
    ]


def _read(path: Path) -> object:
    cv2.setNumThreads(1)
    return decode(path.read_bytes(), path.name)


def _equal(result: object, mutant: Mutant) -> Verdict:
    return Verdict.SAME if np.array_equal(result, mutant.wanted) else Verdict.OTHER


def _put_others(folder: Path) -> None:
    for number in range(2):
        cv2.imwrite(str(folder / f"other{number}.png"), _face()[:: 1 - 2 * number])


def _read_set(path: Path) -> object:
    """The set of the folder: the file's pixels, or what is said of it."""
    folder = path.parent
    card = FolderDataset(
        id="own", kind="folder", folder=".", unreadable="skip", damaged="count",
        card_file=folder / "own.toml",
    )  # fmt: skip
    found = load_dataset(card, lambda _: folder, folder / "cache")
    pixels = [decode(face.read(), face.name).tolist() for face in found.faces]
    return len(pixels), found.remarks, pixels[0] if len(pixels) == 3 else None


def _says_so(result: object, mutant: Mutant) -> Verdict:
    count, remarks, _ = result  # type: ignore[misc]
    if count == 2 and not any("a.jpg" in remark for remark in remarks):
        raise AssertionError(f"left out in silence: {remarks}")
    return Verdict.SAME if result == mutant.wanted else Verdict.OTHER


def _set() -> Sequence[bytes]:
    return _jpegs()[:3]


TARGETS = (
    Target("png-kinds", "face.png", _pngs, _read, _equal),
    Target("png-kinds-checksums", "face.png", _pngs, _read, _equal, mutators=(mended_checksums,)),
    Target("jpeg-kinds", "face.jpg", _jpegs, _read, _equal),
    Target("webp-extended", "face.webp", _webps, _read, _equal),
    Target("bmp-kinds", "face.bmp", _bmps, _read, _equal),
    Target("image-in-set", "a.jpg", _set, _read_set, _says_so, beside=_put_others),
)
