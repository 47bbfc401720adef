"""An unpickler that makes lists, tuples, bytes, bools, ints and arrays of those, and nothing else.

A pickle is a program. `_BinUnpickler` admits the instructions that build what an InsightFace
``.bin`` holds, and hands out stand-ins for the few callables in such files: numpy's and codecs'
own code never sees an argument from the file, and all that is allocated lies in the file already.
Longer bytes, as images are, stay in the file: what is made of it holds where they lie.
"""

import io
import math
import os
import pickle
import pickletools
import struct
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from suite.catalog.errors import DatasetError
from suite.datasets.face import FilePart

# What builds lists, tuples and scalars, and what calls the stand-ins. No dict and no set: hashing
# a deeply nested tuple overflows C's stack. No extension registry, no persistent id, no buffers.
_OPCODES = frozenset(
    {
        *("PROTO", "FRAME", "STOP", "MARK", "NONE", "NEWTRUE", "NEWFALSE"),
        *("EMPTY_LIST", "LIST", "APPEND", "APPENDS"),
        *("EMPTY_TUPLE", "TUPLE", "TUPLE1", "TUPLE2", "TUPLE3"),
        *("INT", "BININT", "BININT1", "BININT2", "LONG", "LONG1", "LONG4"),
        *("FLOAT", "BINFLOAT"),
        *("STRING", "BINSTRING", "SHORT_BINSTRING"),
        *("UNICODE", "BINUNICODE", "SHORT_BINUNICODE", "BINUNICODE8"),
        *("BINBYTES", "SHORT_BINBYTES", "BINBYTES8", "BYTEARRAY8"),
        *("GLOBAL", "STACK_GLOBAL", "INST", "REDUCE", "BUILD"),
        *("PUT", "BINPUT", "LONG_BINPUT", "GET", "BINGET", "LONG_BINGET", "MEMOIZE"),
    }
)
# Shorter bytes are held: names of types, flags, the smallest images.
_SHORT = 256
_HOLDS = "an InsightFace .bin holds lists, bytes, bools and numpy arrays only"


class _RefusalError(Exception):
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
            raise _RefusalError(f"holds a numpy array of dtype {code[:20]!r}; {_HOLDS}")
        self.code = code
        self.order = "="

    def __setstate__(self, state: object) -> None:
        order = _text(state[1]) if isinstance(state, tuple) and len(state) > 1 else ""
        if len(order) != 1 or order not in "<>=|":
            raise _RefusalError("holds a numpy dtype that is not one of bools or numbers")
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
            raise _RefusalError("holds a numpy array whose description is not numpy's")
        _, shape, dtype, _, raw = state
        self.fill(shape, dtype, raw)

    def fill(self, shape: object, dtype: object, raw: object) -> "PickledArray":
        """Take the array's description, as long as it describes the bytes that are there."""
        if not isinstance(dtype, _Type) or not isinstance(shape, tuple):
            raise _RefusalError("holds a numpy array whose description is not numpy's")
        if not isinstance(raw, bytes | FilePart):
            raise _RefusalError(f"holds a numpy array of Python objects; {_HOLDS}")
        sizes_fit = all(type(size) is int and 0 <= size <= len(raw) for size in shape)
        if len(shape) > 8 or not sizes_fit or math.prod(shape) * dtype.numpy().itemsize != len(raw):
            raise _RefusalError(
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


class _Callable:
    """What the file gets where it names one of the admitted callables."""

    __slots__ = ("_make",)

    def __init__(self, make: Callable[..., object]) -> None:
        self._make = make

    def __call__(self, *args: object) -> object:
        return self._make(*args)

    def __setstate__(self, state: object) -> None:
        raise _RefusalError(f"would change a function; {_HOLDS}")


def _text(value: object) -> str:
    if isinstance(value, bytes):  # a str of Python 2
        return value.decode("ascii")
    if not isinstance(value, str):
        raise _RefusalError(
            f"describes a numpy array by a {type(value).__name__} instead of a name"
        )
    return value


def _dtype(code: object, *_: object) -> _Type:
    return _Type(_text(code).lstrip("<>=|"))


def _scalar(dtype: object, raw: object) -> object:
    return PickledArray().fill((1,), dtype, raw).values()[0].item()


def _reconstruct(*_: object) -> PickledArray:
    return PickledArray()


def _frombuffer(raw: object, dtype: object, shape: object, *_: object) -> PickledArray:
    return PickledArray().fill(shape, dtype, raw)


def _encode(value: object = b"", encoding: object = None) -> bytes | FilePart:
    """``_codecs.encode``, ``bytes`` and ``bytearray``: Python 3's way to write bytes for 2."""
    if isinstance(value, bytes | FilePart) and encoding is None:
        return value
    if isinstance(value, str) and encoding in ("latin1", "latin-1"):
        return value.encode("latin-1")
    raise _RefusalError(f"would make bytes of a {type(value).__name__}; {_HOLDS}")


def _admitted() -> Iterator[tuple[tuple[str, str], Callable[..., object]]]:
    for core in ("numpy.core", "numpy._core"):  # renamed by numpy 2
        yield (f"{core}.multiarray", "_reconstruct"), _reconstruct
        yield (f"{core}.multiarray", "scalar"), _scalar
        yield (f"{core}.numeric", "_frombuffer"), _frombuffer
    yield ("numpy", "dtype"), _dtype
    yield ("numpy", "ndarray"), _reconstruct  # only ever an argument of _reconstruct
    for module, name in (("_codecs", "encode"), ("builtins", "bytes"), ("builtins", "bytearray")):
        yield (module, name), _encode
    yield ("__builtin__", "bytes"), _encode
    yield ("__builtin__", "bytearray"), _encode


_ADMITTED = dict(_admitted())


def _refuse(name: str) -> Callable[[Any], None]:
    def refuse(_: object) -> None:
        raise _RefusalError(f"holds what pickle's {name} makes; {_HOLDS}")

    return refuse


class _Whole(io.BufferedReader):
    """A file whose bytes are read in full or not at all."""

    def __init__(self, path: Path) -> None:
        super().__init__(io.FileIO(path))
        self.path = path
        self.size = os.fstat(self.fileno()).st_size

    def read(self, size: int | None = -1, /) -> bytes:
        # What a file claims is not allocated before it is known to be there.
        if size is not None and size > self.size - self.tell():
            raise EOFError
        return super().read(size)

    def part(self, size: int) -> bytes | FilePart:
        """The next bytes, or where they lie."""
        if size < _SHORT:
            return self.read(size)
        start = self.tell()
        if size > self.size - start:
            raise EOFError
        self.seek(size, io.SEEK_CUR)
        return FilePart(self.path, start, size)

    def readline(self, size: int | None = -1, /) -> bytes:
        line = super().readline(size)
        if not line.endswith(b"\n"):
            raise EOFError
        return line


def _part(length: str) -> Callable[[Any], None]:
    """What loads bytes whose length is written so."""

    def load(unpickler: "_BinUnpickler") -> None:
        (size,) = struct.unpack(length, unpickler.whole.read(struct.calcsize(length)))
        # A string of Python 2 may say that it is shorter than nothing.
        unpickler.append(unpickler.whole.part(size) if size >= 0 else _refused_length())

    return load


def _refused_length() -> bytes:
    raise _RefusalError("holds bytes of a negative length")


def _skip_frame(unpickler: Any) -> None:
    """Frames are hints for buffering; read as one, a file cut short would lose the whole frame."""
    unpickler.read(8)


class _BinUnpickler(pickle._Unpickler):
    """Python's own unpickler, cut down to what a ``.bin`` holds.

    It is the one written in Python, because the one in C reserves memory for whatever memo index
    a LONG_BINPUT names, always knows every instruction, and does not show how far it came.
    """

    # Python's own puts it there as it begins to load.
    append: Callable[[object], None]

    dispatch: ClassVar[dict[int, Callable[[Any], None]]] = {
        ord(opcode.code): pickle._Unpickler.dispatch[ord(opcode.code)]
        if opcode.name in _OPCODES
        else _refuse(opcode.name)
        for opcode in pickletools.opcodes
    }
    dispatch[pickle.FRAME[0]] = _skip_frame
    for opcode, length in (
        *((pickle.BINBYTES, "<I"), (pickle.SHORT_BINBYTES, "<B"), (pickle.BINBYTES8, "<Q")),
        *((pickle.BYTEARRAY8, "<Q"), (pickle.BINSTRING, "<i"), (pickle.SHORT_BINSTRING, "<B")),
    ):
        dispatch[opcode[0]] = _part(length)

    def __init__(self, whole: _Whole) -> None:
        super().__init__(whole, encoding="bytes")
        self.whole = whole
        self._left = whole.size

    def find_class(self, module: str, name: str, /) -> Any:
        make = _ADMITTED.get((module, name))
        if make is None:
            raise _RefusalError(f"would call {module}.{name} when unpickled; {_HOLDS}")
        return _Callable(self._counted(make) if make is _encode else make)

    def _counted(self, make: Callable[..., bytes | FilePart]) -> Callable[..., bytes | FilePart]:
        def counted(*args: object) -> bytes | FilePart:
            made = make(*args)
            self._left -= 0 if args and made is args[0] else len(made)
            if self._left < 0:
                raise _RefusalError("unpacks to more bytes than the file has")
            return made

        return counted

    def images_so_far(self) -> int | None:
        """How many entries of the first list were whole; None once the second had begun."""
        frames = [*getattr(self, "metastack", []), getattr(self, "stack", [])]
        lists = [(i, item) for i, frame in enumerate(frames) for item in frame if _is_list(item)]
        if len(lists) != 1:
            return None if lists else 0
        depth, images = lists[0]
        waiting = (item for frame in frames[depth : depth + 2] for item in frame)
        return len(images) + sum(map(_is_image, waiting))


def _is_list(item: object) -> bool:
    return isinstance(item, list)


def _is_image(item: object) -> bool:
    """Whether it is a whole entry, not the lone ``b'b'`` of an array that is being described."""
    raw = item.raw if isinstance(item, PickledArray) else item
    return isinstance(raw, bytes | FilePart) and len(raw) > 1


def unpickle(path: Path) -> object:
    """What a ``.bin`` holds: lists, tuples, bytes, bools, numbers, None and `PickledArray`.

    Bytes of `_SHORT` and more are `FilePart`.

    Raises
    ------
    DatasetError
        where the file cannot be read, is cut short, is no pickle, or would do anything else.
    """
    try:
        whole = _Whole(path)
    except OSError as error:
        raise DatasetError(
            where=path,
            what=f"cannot be read ({error.strerror}); give the path of an InsightFace .bin.",
        ) from error
    reader = _BinUnpickler(whole)
    try:
        with whole:
            return reader.load()
    except _RefusalError as refusal:
        raise DatasetError(where=path, what=f"{refusal}.") from None
    except EOFError as error:
        raise DatasetError(_cut_short(path, whole.size, reader.images_so_far())) from error
    except Exception as error:  # whatever else a wrong byte leads to
        raise DatasetError(_no_pickle(path)) from error


def _cut_short(path: Path, size: int, images: int | None) -> str:
    where = "after its images, in issame," if images is None else f"in {path.name}[{images}]"
    return f"{path}: is cut short {where} at {size:,} bytes; fetch the file again."


def _no_pickle(path: Path) -> str:
    return f"{path}: is no pickle of lists, bytes and bools; give an InsightFace .bin."
