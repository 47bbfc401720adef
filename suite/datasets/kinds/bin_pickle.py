"""An unpickler that makes lists, tuples, bytes, bools, ints and arrays of those, and nothing else.

A pickle is a program. `_BinUnpickler` admits the instructions that build what an InsightFace
``.bin`` holds, and hands out stand-ins for the few callables in such files: numpy's and codecs'
own code never sees an argument from the file, and all that is allocated lies in the file already.
Longer bytes, as images are, stay in the file: what is made of it holds where they lie.
"""

import io
import os
import pickle
import pickletools
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

from suite.catalog.errors import DatasetError
from suite.catalog.files import open_file
from suite.datasets.face import FilePart
from suite.datasets.kinds.pickled_array import (
    ADMITTED,
    HOLDS,
    PickledArray,
    RefusalError,
    StandIn,
    encode,
)

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
_LONGEST_NAME = 100


def _refuse(name: str) -> Callable[[Any], None]:
    def refuse(_: object) -> None:
        raise RefusalError(f"holds what pickle's {name} makes; {HOLDS}")

    return refuse


class _Whole(io.BufferedReader):
    """A file whose bytes are read in full or not at all."""

    def __init__(self, path: Path) -> None:
        super().__init__(open_file(path).detach())
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
        if size < 0:
            raise RefusalError("holds bytes of a negative length")
        unpickler.append(unpickler.whole.part(size))

    return load


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
        make = ADMITTED.get((module, name))
        if make is None:
            asked = f"{module}.{name}"[:_LONGEST_NAME]
            raise RefusalError(f"would call {asked} when unpickled; {HOLDS}")
        return StandIn(self._counted(make) if make is encode else make)

    def _counted(self, make: Callable[..., bytes | FilePart]) -> Callable[..., bytes | FilePart]:
        def counted(*args: object) -> bytes | FilePart:
            made = make(*args)
            self._left -= 0 if args and made is args[0] else len(made)
            if self._left < 0:
                raise RefusalError("unpacks to more bytes than the file has")
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
    except RefusalError as refusal:
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
