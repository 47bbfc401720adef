"""An ONNX file as it lies on disk: its hash and size, external data included."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import onnx
from onnx.external_data_helper import ExternalDataInfo, uses_external_data

from suite.catalog.errors import ModelError
from suite.catalog.files import sha256_of
from suite.models.file_kind import why_no_onnx


@dataclass(frozen=True)
class OnnxFile:
    """An ONNX file, verified to be readable.

    Attributes
    ----------
    path : the ``.onnx`` file
    sha256 : the file's own SHA-256 where it holds all its weights; else the SHA-256 over the
        file's and each external data file's hash and name, sorted by name
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
        where the file is no ONNX model, is truncated, or refers to data outside its folder.
    """
    parts = [path, *_external_files(path)]
    digests = [sha256_of(part) for part in parts]
    size = sum(part.stat().st_size for part in parts)
    if len(parts) == 1:
        return OnnxFile(path, digests[0], size)
    listing = "".join(f"{d}  {p.name}\n" for d, p in zip(digests, parts, strict=True))
    return OnnxFile(path, hashlib.sha256(listing.encode()).hexdigest(), size)


def load_graph(path: Path) -> onnx.ModelProto:
    """The model's graph without its external data; a ModelError where it cannot be parsed."""
    try:
        if kind := why_no_onnx(path):
            raise ModelError(where=path, what=f"is no ONNX model: it {kind}.")
        model = onnx.load(path, load_external_data=False)
    except ModelError:
        raise
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
    if not model.graph.node:
        raise ModelError(where=path, what="holds no graph; copy or export it again.")
    return model


def _external_files(path: Path) -> list[Path]:
    folder = path.resolve().parent
    names = set()
    for tensor in _tensors(load_graph(path).graph):
        if uses_external_data(tensor):
            names.add(ExternalDataInfo(tensor).location)
    files = []
    for name in sorted(names):
        file = (folder / name).resolve()
        if not file.is_relative_to(folder):
            raise ModelError(
                where=path, what=f"refers to external data outside its folder ({name!r})."
            )
        if not file.is_file():
            raise ModelError(
                where=path, what=f"its external data {name!r} is missing; put it beside it."
            )
        files.append(file)
    return files


def _tensors(graph: onnx.GraphProto) -> list[onnx.TensorProto]:
    found = list(graph.initializer)
    for node in graph.node:
        for attribute in node.attribute:
            if attribute.HasField("t"):
                found.append(attribute.t)
            found.extend(attribute.tensors)
            for sub in ([attribute.g] if attribute.HasField("g") else []) + list(attribute.graphs):
                found.extend(_tensors(sub))
    return found
