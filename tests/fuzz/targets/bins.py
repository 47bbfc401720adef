"""InsightFace's ``.bin``, and aligned faces as they are kept."""

import pickle
import tempfile
from pathlib import Path
from random import Random

import numpy as np

from suite.datasets.alignment.cache import AlignedCache
from suite.datasets.face import FilePart
from suite.datasets.kinds.bin import read_bin
from tests.fuzz.mutators import GENERIC
from tests.fuzz.target import Mutant, Target, Verdict

_IMAGES = [
    bytes([number]) * 40 + Random(number).randbytes(300 * (number % 2)) for number in range(6)
]
_SAME = [True, False, True]


def _bins() -> list[bytes]:
    arrays = [np.frombuffer(image, np.uint8) for image in _IMAGES]
    ways = [(_IMAGES, _SAME), (arrays, np.array(_SAME)), (tuple(_IMAGES), [1, 0, 1])]
    made = [pickle.dumps(content, protocol) for content in ways for protocol in (3, 4, 5)]
    return [*made, _of_python_2()]


def _of_python_2() -> bytes:
    """As Python 2's cPickle writes it with protocol 2."""
    strings = b"".join(
        (b"U" + bytes([len(i)]) if len(i) < 256 else b"T" + len(i).to_bytes(4, "little")) + i
        for i in _IMAGES
    )
    return b"\x80\x02](" + strings + b"e](" + b"\x88\x89\x88" + b"e\x86."


def _read_bin(path: Path) -> object:
    images, genuine = read_bin(path)
    held = [image.read() if isinstance(image, FilePart) else image for image in images]
    return held, genuine.tolist()


def _of_the_file(result: object, mutant: Mutant) -> Verdict:
    """Whatever is read lies in the file, and says of each pair of images one thing."""
    images, genuine = result  # type: ignore[misc]
    if len(images) != 2 * len(genuine) or not all(images):
        raise AssertionError(f"{len(images)} images of {len(genuine)} pairs")
    if not all(image in mutant.data for image in images):
        raise AssertionError("bytes that are not the file's")
    return Verdict.SAME if result == mutant.wanted else Verdict.OTHER


def hostile_opcode(rng: Random, data: bytes) -> bytes:
    """An instruction that a ``.bin`` has no need of, anywhere."""
    place = rng.randrange(len(data))
    return data[:place] + rng.choice(_HOSTILE) + data[place + rng.choice((0, 1)) :]


_HOSTILE = (
    # what would run something, or make an object
    *(b"cos\nsystem\n(S'touch /tmp/fuzzed'\ntR", b"cbuiltins\neval\n(S'0'\ntR", b"\x93", b"R"),
    *(b"\x81", b"b", b"i__main__\nx\n", b"o", b"\x92", b"P1\n", b"Q", b"\x82\1", b"\x97", b"\x98"),
    *(b"}", b"\x8f", b"cnumpy\ndtype\n(S'O8'\nI0\nI1\ntR"),
    # what nests, or comes again and again
    *(b"2" * 400, b"(" * 3000, b"]" * 3000, b"\x85" * 3000, b"0" * 9, b"q\0" + b"h\0" * 2000),
    # what is enormous, or says so
    *(
        b"\x96" + b"\xff" * 8,
        b"\x8b\xff\xff\xff\x7f",
        b"r\xff\xff\xff\xff",
        b"L" + b"9" * 5000 + b"L\n",
    ),
    *(b"I" + b"9" * 5000 + b"\n", b"\x8b\xb8\x0b\0\0" + b"\1" * 3000),
    # what is no flag
    *(b"Fnan\n", b"Finf\n", b"G\x7f\xf0" + bytes(6), b"V\\ud800\n", b"K\2", b"N", b")"),
)

_KEY = "ab" * 32


def _kept() -> list[bytes]:
    with tempfile.TemporaryDirectory() as folder:
        path = AlignedCache(Path(folder)).get(_KEY, _face)
        assert path is not None
        return [path.read_bytes()]


def _face() -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    return np.random.default_rng(24).integers(0, 256, (24, 24, 3), dtype=np.uint8)


def _read_kept(path: Path) -> object:
    """The face that is kept, after the file took its place in a cache."""
    cache = AlignedCache(path.parent / "aligned")
    entry = cache.get(_KEY, _face)
    assert entry is not None
    entry.write_bytes(path.read_bytes())
    again = cache.get(_KEY, _face)
    assert again is not None
    return again.read_bytes()


def _as_made(result: object, mutant: Mutant) -> Verdict:
    if result != mutant.wanted:
        raise AssertionError("another face than the one that was kept")
    return Verdict.SAME


TARGETS = (
    Target(
        "bin",
        "faces.bin",
        _bins,
        _read_bin,
        _of_the_file,
        mutators=(*GENERIC, hostile_opcode, hostile_opcode),
    ),
    Target("aligned-cache", "kept.png", _kept, _read_kept, _as_made),
)
