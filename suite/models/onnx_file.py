"""An ONNX file as it lies on disk: its hash and size, external data included."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import onnx

from suite.catalog.errors import ModelError, SuiteError
from suite.catalog.files import real_path, sha256_of
from suite.models.external_data import DataFile, find_data, read_data
from suite.models.file_kind import why_no_onnx
from suite.models.soundness import unsound

# Protobuf's own limit of a message, and so of a file that holds its weights.
LARGEST_MESSAGE = (1 << 31) - 1


@dataclass(frozen=True)
class OnnxFile:
    """An ONNX file, verified to be readable.

    Attributes
    ----------
    path : the ``.onnx`` file; where its data lies only beside the file that a link leads to, that
    sha256 : the file's own SHA-256 where it holds all its weights; else the SHA-256 over the
        file's and each external data file's hash and name, sorted by the names in the graph
    size_bytes : the file and its external data together
    """

    path: Path
    sha256: str
    size_bytes: int


def read_onnx_file(path: Path) -> OnnxFile:
    """Hash and measure an ONNX file with the external data it refers to.

    Raises
    ------
    ModelError
        where the file is no ONNX model, is truncated, or its data is absent, short or outside its
        folder.
    """
    data = find_data(load_graph(path), path)
    if not data:
        return OnnxFile(path, sha256_of(path), path.stat().st_size)
    parts = [DataFile(path.name, path), *data]
    listing = "".join(f"{sha256_of(part.path)}  {Path(part.name).name}\n" for part in parts)
    size = sum(part.path.stat().st_size for part in parts)
    return OnnxFile(_beside(path, data), hashlib.sha256(listing.encode()).hexdigest(), size)


def load_graph(path: Path) -> onnx.ModelProto:
    """The model's graph without its external data; a ModelError where it cannot be parsed."""
    try:
        if kind := why_no_onnx(path):
            raise ModelError(where=path, what=f"is no ONNX model: it {kind}.")
        size = path.stat().st_size
        model = onnx.load(path, load_external_data=False) if size <= LARGEST_MESSAGE else None
    except SuiteError as error:
        raise ModelError(where=path, what=error.what) from None
    except OSError as error:
        raise ModelError(
            where=path, what=f"cannot be read ({error.strerror}); let this user read it."
        ) from None
    except Exception as error:  # protobuf raises DecodeError, which onnx does not export
        raise ModelError(
            where=path,
            what=f"is not a readable ONNX model ({type(error).__name__}); it may be truncated: "
            "copy or export it again.",
        ) from None
    if model is None:
        raise ModelError(
            where=path,
            what=f"has {size:,} bytes, and no ONNX file can have over {LARGEST_MESSAGE:,}; save it "
            "with its weights as external data.",
        )
    if not model.graph.node:
        raise ModelError(where=path, what="holds no graph; copy or export it again.")
    if words := unsound(model):
        raise ModelError(where=path, what=f"{words}.")
    return model


def load_whole(path: Path) -> onnx.ModelProto:
    """The model with all its weights in it; a ModelError as `read_onnx_file`."""
    model = load_graph(path)
    read_data(model, path)
    return model


def _beside(path: Path, data: list[DataFile]) -> Path:
    """The path with which onnxruntime finds the data: it takes no folder but the path's own."""
    return path if all(part.path == path.parent / part.name for part in data) else real_path(path)
