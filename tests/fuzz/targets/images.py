"""Encoded images."""

import struct
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from suite.datasets.images.decoder import decode
from tests.fuzz.mutators import GENERIC
from tests.fuzz.plain_images import plain_pixels
from tests.fuzz.target import Mutant, Oracle, Target, Verdict

_PNG_START = 8


def _read(path: Path) -> npt.NDArray[np.uint8]:
    cv2.setNumThreads(1)
    return decode(path.read_bytes(), path.name)


def _drawn() -> list[npt.NDArray[np.uint8]]:
    """A small face-like picture, noise, grey, one row."""
    rng = np.random.default_rng(24)
    noise = rng.integers(0, 256, (40, 30, 3), dtype=np.uint8)
    smooth = np.asarray(cv2.GaussianBlur(noise, (0, 0), 3), np.uint8)
    return [smooth, noise, smooth[..., :1], noise[:1]]


def _encoded(suffix: str, *options: Sequence[int]) -> list[bytes]:
    return [
        bytes(cv2.imencode(suffix, image, list(option))[1])
        for image in _drawn()
        for option in options or ([],)
    ]


def _same_or_other(result: object, mutant: Mutant) -> Verdict:
    return Verdict.SAME if np.array_equal(result, mutant.wanted) else Verdict.OTHER


def _as_another_reads(result: object, mutant: Mutant) -> Verdict:
    """What was changed has the pixels that another reader finds, where it is of a plain kind."""
    if np.array_equal(result, mutant.wanted):
        return Verdict.SAME
    plain = plain_pixels(mutant.data)
    if plain is not None and not np.array_equal(result, plain):
        raise AssertionError("other pixels than another reader finds")
    return Verdict.OTHER


def _same(result: object, mutant: Mutant) -> Verdict:
    assert np.array_equal(result, mutant.wanted), "another picture than the whole file's"
    return Verdict.SAME


def _pnm() -> list[bytes]:
    colours, grey = _drawn()[0], np.ascontiguousarray(_drawn()[2])
    ways = ([], [cv2.IMWRITE_PXM_BINARY, 0])
    files = [(".ppm", colours), (".pgm", grey), (".pbm", grey)]
    return [bytes(cv2.imencode(suffix, image, way)[1]) for suffix, image in files for way in ways]


def _png() -> list[bytes]:
    return _encoded(".png", [cv2.IMWRITE_PNG_COMPRESSION, 1], [cv2.IMWRITE_PNG_COMPRESSION, 9])


def mended_checksums(rng: Random, data: bytes) -> bytes:
    """A PNG some of whose chunks were changed, removed or repeated, with right checksums."""
    parts, place = [data[:_PNG_START]], _PNG_START
    while place + 12 <= len(data):
        (length,) = struct.unpack_from(">I", data, place)
        body = data[place + 4 : place + 8 + length]
        place += 12 + length
        if rng.random() < 0.3:
            body = rng.choice(GENERIC)(rng, body)
        made = struct.pack(">I", len(body) - 4) if len(body) >= 4 else b"\0\0\0\0"
        parts += [made + body + struct.pack(">I", zlib.crc32(body))] * rng.choice(
            (1, 1, 1, 1, 0, 2)
        )
    return b"".join(parts)


def _image(
    name: str, file: str, corpus: Callable[[], list[bytes]], oracle: Oracle, **more: Any
) -> Target:
    return Target(name, file, corpus, _read, oracle, **more)


def _with(suffix: str, *options: Sequence[int]) -> Callable[[], list[bytes]]:
    return lambda: _encoded(suffix, *options)


_PASSES = [cv2.IMWRITE_JPEG_PROGRESSIVE, 1]
_RESTARTS = [cv2.IMWRITE_JPEG_RST_INTERVAL, 2]
_BOTH = [*_PASSES, *_RESTARTS]
_LOSSLESS = [cv2.IMWRITE_WEBP_QUALITY, 101]
_UNPACKED = [cv2.IMWRITE_TIFF_COMPRESSION, 1]
TARGETS = (
    _image("png", "face.png", _png, _same),
    _image("png-checksums", "face.png", _png, _as_another_reads, mutators=(mended_checksums,)),
    _image("jpeg", "face.jpg", _with(".jpg", [], _RESTARTS), _same_or_other),
    _image("jpeg-passes", "face.jpg", _with(".jpg", _PASSES, _BOTH), _same_or_other),
    _image("webp", "face.webp", _with(".webp", [], _LOSSLESS), _same_or_other),
    _image("bmp", "face.bmp", _with(".bmp"), _as_another_reads),
    _image("pnm", "face.ppm", _pnm, _as_another_reads),
    _image("tiff", "face.tif", _with(".tif", [], _UNPACKED), _same_or_other),
)
