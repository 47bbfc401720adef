"""A graph's external data: the files beside it that hold its weights, wherever they are named."""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import onnx
from onnx.external_data_helper import uses_external_data

from suite.catalog.errors import ModelError
from suite.catalog.files import COUNT_OF_BYTES, leads_outside, open_file, real_path
from suite.models.graph import all_tensors

# Of elements smaller than a byte, how many are packed in one is the format's own business.
_PACKED_OR_TEXT = frozenset(
    getattr(onnx.TensorProto, name, None)
    for name in ("STRING", "INT4", "UINT4", "FLOAT4E2M1", "INT2", "UINT2", "UNDEFINED")
)


# A network has a file of data, or one a tensor; some tensors may share what they hold.
_MOST_FILES, _MOST_TIMES, _LEAST_BYTES = 10_000, 8, 64 << 20
_LONGEST_NAME = 1024


@dataclass(frozen=True)
class DataFile:
    """A file of external data: the name by which a graph refers to it, and where it lies."""

    name: str
    path: Path


@dataclass(frozen=True)
class _Span:
    """Where a tensor's bytes lie in a file; ``stop`` is the least that the file has to hold."""

    name: str
    start: int
    stop: int


_Placed = tuple[onnx.TensorProto, _Span]


def data_names(model: onnx.ModelProto, path: Path) -> list[str]:
    """The names of the data files that a model refers to, sorted.

    Raises
    ------
    ModelError
        where one leads outside the model's folder, or a reference cannot be understood.
    """
    return sorted({span.name for _, span in _spans(model, path)})


def find_data(model: onnx.ModelProto, path: Path) -> list[DataFile]:
    """The data files that a model refers to, each verified to hold all that is referred to.

    A name is looked for beside the model's path, and beside the file that this is a link to. In
    Hugging Face's cache both the model and its data are links into one folder.

    Raises
    ------
    ModelError
        where one is absent, outside the model's folder, or shorter than its tensors need.
    """
    return _found_for(_spans(model, path), path)


def read_data(model: onnx.ModelProto, path: Path) -> None:
    """Take a model's external data into the model, which then refers to no file.

    Raises
    ------
    ModelError
        as `find_data`.
    """
    spans = _spans(model, path)
    files = {file.name: file.path for file in _found_for(spans, path)}
    for tensor, span in spans:
        with open_file(files[span.name]) as stream:
            stream.seek(span.start)
            tensor.raw_data = stream.read(span.stop - span.start)
        tensor.ClearField("data_location")
        tensor.ClearField("external_data")


def _found_for(spans: Sequence[_Placed], path: Path) -> list[DataFile]:
    names = sorted({span.name for _, span in spans})
    files = {name: DataFile(name, _found(path, name)) for name in names}
    sizes = {name: file.path.stat().st_size for name, file in files.items()}
    held, taken = sum(sizes.values()), sum(span.stop - span.start for _, span in spans)
    for tensor, span in spans:
        if span.stop > sizes[span.name]:
            raise ModelError(
                where=path,
                what=f"its external data {span.name!r} is cut short: it holds "
                f"{sizes[span.name]:,} bytes, and tensor {tensor.name!r} needs {span.stop:,}; "
                "copy or download it again.",
            )
    if taken > _MOST_TIMES * held + _LEAST_BYTES:
        raise ModelError(
            where=path,
            what=f"its tensors take {taken:,} bytes from {held:,} bytes of external data, the same "
            "ones over and over; export it again.",
        )
    return list(files.values())


def _spans(model: onnx.ModelProto, path: Path) -> list[_Placed]:
    tensors = (tensor for tensor in all_tensors(model) if uses_external_data(tensor))
    spans = [(tensor, _span(tensor, path)) for tensor in tensors]
    files = len({span.name for _, span in spans})
    if files > _MOST_FILES:
        raise ModelError(
            where=path,
            what=f"refers to {files:,} files of external data; save it again with its data in one.",
        )
    return spans


def _span(tensor: onnx.TensorProto, path: Path) -> _Span:
    said = {entry.key: entry.value for entry in tensor.external_data}
    name = said.get("location", "")
    if leads_outside(name):
        raise ModelError(where=path, what=f"refers to external data outside its folder ({name!r}).")
    try:
        start = _count(said.get("offset") or "0")
        length = _count(said["length"]) if said.get("length") else _bytes_of(tensor)
    except (ValueError, OverflowError):
        start = length = -1
    printable = name.isprintable() and len(name) <= _LONGEST_NAME
    if PurePosixPath(name).parts[:1] in ((), (path.name,)) and name:
        raise ModelError(
            where=path,
            what=f"names itself or its folder as its external data ({name!r}); export it again.",
        )
    if not (name and printable) or start < 0 or length < 0:
        raise ModelError(
            where=path,
            what=f"tensor {tensor.name!r} refers to external data without a file, an offset and a "
            "length that can be read; export it again.",
        )
    if tensor.data_type not in _PACKED_OR_TEXT and length != _bytes_of(tensor):
        raise ModelError(
            where=path,
            what=f"tensor {tensor.name!r} has {length:,} bytes of external data, and its shape "
            f"{list(tensor.dims)} takes {_bytes_of(tensor):,}; export it again.",
        )
    return _Span(name, start, start + length)


def _count(written: str) -> int:
    if not re.fullmatch(COUNT_OF_BYTES, written):
        raise ValueError("is no count of bytes")
    return int(written)


def _bytes_of(tensor: onnx.TensorProto) -> int:
    if tensor.data_type in _PACKED_OR_TEXT:
        raise ValueError("only its length tells how many bytes it has")
    kind = onnx.helper.tensor_dtype_to_np_dtype(tensor.data_type)
    return int(math.prod(tensor.dims) * kind.itemsize)


def _found(path: Path, name: str) -> Path:
    folders = (path.parent, real_path(path).parent)
    inside = [real_path(folder) for folder in folders]
    for folder in folders:
        file = folder / name
        if not file.is_file():
            continue
        if not any(real_path(file).is_relative_to(root) for root in inside):
            raise ModelError(
                where=path,
                what=f"its external data {name!r} is a link out of its folder; put the file there.",
            )
        return file
    if "\\" in name:
        raise ModelError(
            where=path,
            what=f"its external data is called {name!r}, with Windows' backslashes, which no other "
            "system takes for folders; save the model again with its data in one file beside it.",
        )
    raise ModelError(where=path, what=f"its external data {name!r} is missing; put it beside it.")
