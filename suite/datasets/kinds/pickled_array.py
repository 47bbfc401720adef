"""What a ``.bin`` gets where it names numpy's arrays and the few functions that make them.

These stand-ins check what a file says of an array: numpy's own code sees an argument from the file
only where it describes the bytes that are there.
"""

import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from suite.datasets.face import FilePart

HOLDS = "an InsightFace .bin holds lists, bytes, bools and numpy arrays only"


class RefusalError(Exception):
    """What the file would do, as the end of a sentence after the file's name."""


class _Type:
    """A numpy dtype of bools or numbers, as a pickle describes it."""

    __slots__ = ("code", "order")

    def __init__(self, code: str) -> None:
        if len(code) != 2 or code not in (
            "b1",
            *(f"{k}{n}" for k in "iu" for n in "1248"),
            "f4",
            "f8",
        ):
            raise RefusalError(f"holds a numpy array of dtype {code[:20]!r}; {HOLDS}")
        self.code = code
        self.order = "="

    def __setstate__(self, state: object) -> None:
        order = _text(state[1]) if isinstance(state, tuple) and len(state) > 1 else ""
        if len(order) != 1 or order not in "<>=|":
            raise RefusalError("holds a numpy dtype that is not one of bools or numbers")
        self.order = order

    def numpy(self) -> np.dtype[Any]:
        return np.dtype(self.order + self.code)


class PickledArray:
    """A numpy array as a pickle describes it.

    Attributes
    ----------
    raw : the bytes of its values, or where they lie
    """

    __slots__ = ("_shape", "_type", "raw")

    def __init__(self) -> None:
        self.raw: bytes | FilePart = b""
        self._type = _Type("u1")
        self._shape: tuple[int, ...] = (0,)

    def __setstate__(self, state: object) -> None:
        """Take what numpy pickles of an array."""
        if not isinstance(state, tuple) or len(state) != 5:
            raise RefusalError("holds a numpy array whose description is not numpy's")
        _, shape, dtype, _, raw = state
        self.fill(shape, dtype, raw)

    def fill(self, shape: object, dtype: object, raw: object) -> "PickledArray":
        """Take the array's description, as long as it describes the bytes that are there."""
        if not isinstance(dtype, _Type) or not isinstance(shape, tuple):
            raise RefusalError("holds a numpy array whose description is not numpy's")
        if not isinstance(raw, bytes | FilePart):
            raise RefusalError(f"holds a numpy array of Python objects; {HOLDS}")
        sizes_fit = all(type(size) is int and 0 <= size <= len(raw) for size in shape)
        if len(shape) > 8 or not sizes_fit or math.prod(shape) * dtype.numpy().itemsize != len(raw):
            raise RefusalError(
                f"holds a numpy array whose shape does not fit its {len(raw):,} bytes of values"
            )
        self.raw, self._type, self._shape = raw, dtype, shape
        return self

    @property
    def dtype(self) -> np.dtype[Any]:
        """The type of its values: bools or numbers."""
        return self._type.numpy()

    @property
    def shape(self) -> tuple[int, ...]:
        """Its sizes."""
        return self._shape

    def values(self) -> npt.NDArray[Any]:
        """The array: bools or numbers."""
        raw = self.raw.read() if isinstance(self.raw, FilePart) else self.raw
        return np.frombuffer(raw, self.dtype).reshape(self._shape)


class StandIn:
    """What the file gets where it names one of the admitted callables."""

    __slots__ = ("_make",)

    def __init__(self, make: Callable[..., object]) -> None:
        self._make = make

    def __call__(self, *args: object) -> object:
        """What it makes of the file's arguments."""
        return self._make(*args)

    def __setstate__(self, state: object) -> None:
        """Refuse it: a file has no state for a function."""
        raise RefusalError(f"would change a function; {HOLDS}")


def _text(value: object) -> str:
    if isinstance(value, bytes):  # a str of Python 2
        return value.decode("ascii")
    if not isinstance(value, str):
        raise RefusalError(f"describes a numpy array by a {type(value).__name__} instead of a name")
    return value


def _dtype(code: object, *_: object) -> _Type:
    return _Type(_text(code).lstrip("<>=|"))


def _scalar(dtype: object, raw: object) -> object:
    return PickledArray().fill((1,), dtype, raw).values()[0].item()


def _reconstruct(*_: object) -> PickledArray:
    return PickledArray()


def _frombuffer(raw: object, dtype: object, shape: object, *_: object) -> PickledArray:
    return PickledArray().fill(shape, dtype, raw)


def encode(value: object = b"", encoding: object = None) -> bytes | FilePart:
    """``_codecs.encode``, ``bytes`` and ``bytearray``: Python 3's way to write bytes for 2."""
    if isinstance(value, bytes | FilePart) and encoding is None:
        return value
    if isinstance(value, str) and encoding in ("latin1", "latin-1"):
        return value.encode("latin-1")
    raise RefusalError(f"would make bytes of a {type(value).__name__}; {HOLDS}")


def _admitted() -> Iterator[tuple[tuple[str, str], Callable[..., object]]]:
    for core in ("numpy.core", "numpy._core"):  # renamed by numpy 2
        yield (f"{core}.multiarray", "_reconstruct"), _reconstruct
        yield (f"{core}.multiarray", "scalar"), _scalar
        yield (f"{core}.numeric", "_frombuffer"), _frombuffer
    yield ("numpy", "dtype"), _dtype
    yield ("numpy", "ndarray"), _reconstruct  # only ever an argument of _reconstruct
    for module, name in (("_codecs", "encode"), ("builtins", "bytes"), ("builtins", "bytearray")):
        yield (module, name), encode
    yield ("__builtin__", "bytes"), encode
    yield ("__builtin__", "bytearray"), encode


# By module and name, what an InsightFace ``.bin`` may name and gets in its place.
ADMITTED = dict(_admitted())
