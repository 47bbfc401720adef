"""A session held against what a card says of its inputs and outputs."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import onnxruntime as ort

from suite.catalog.errors import ModelError
from suite.catalog.model_card import OutputSpec
from suite.catalog.preprocess import PreprocessSpec
from suite.runtime.ports import find_port, image_type, port_names

# The types that an embedding or a norm may have, as onnxruntime names them.
_FLOATS = ("tensor(float)", "tensor(float16)", "tensor(double)")
Flip = Literal["none", "add", "concat", "norm_weighted"]


# Eight times what anybody serves faces in; each is filled up with images of 150 kB.
_LARGEST_BATCH = 4096


@dataclass(frozen=True)
class Network:
    """A session with what the card says of it, checked against the graph."""

    session: ort.InferenceSession
    spec: PreprocessSpec
    dim: int
    input: str
    dtype: type[np.generic]
    fetched: tuple[str, ...]
    batch: int | None


def graph_batch(session: ort.InferenceSession, outputs: OutputSpec) -> int | None:
    """The batch that the graph is fixed at, or None where it takes any.

    Raises
    ------
    ModelError
        where the graph has not the input that the card names, or has several and it names none.
    """
    size = find_port(session.get_inputs(), outputs.input, "input").shape[:1]
    batch = int(size[0]) if size and isinstance(size[0], int) and size[0] > 0 else None
    if batch and batch > _LARGEST_BATCH:
        raise ModelError(f"is fixed at a batch of {batch:,} images; export it with a free batch.")
    return batch


def check_network(
    session: ort.InferenceSession, spec: PreprocessSpec, outputs: OutputSpec, flip: Flip
) -> Network:
    """Hold a graph's inputs and outputs against what the card says of them, before it is run.

    Raises
    ------
    ModelError
        naming the key of the card that does not fit, and what the graph has.
    """
    source = find_port(session.get_inputs(), outputs.input, "input")
    _check_input(source, spec)
    _refuse_unfed(session, source)
    fetched = [_embedding_port(session, outputs, flip)]
    if flip == "norm_weighted":
        if outputs.norm is None:
            raise ModelError(
                "outputs.norm: flip = 'norm_weighted' needs the norm output's name; the network "
                f"has {port_names(session.get_outputs())}; name one of them."
            )
        fetched.append(find_port(session.get_outputs(), outputs.norm, "norm"))
    for port in fetched:
        _require_floats(port)
    names = tuple(str(port.name) for port in fetched)
    return Network(
        session,
        spec,
        outputs.embedding_dim,
        source.name,
        image_type(source),
        names,
        graph_batch(session, outputs),
    )


def _embedding_port(session: ort.InferenceSession, outputs: OutputSpec, flip: Flip) -> Any:
    ports = session.get_outputs()
    if flip == "norm_weighted" and outputs.embedding is None:
        ports = [port for port in ports if port.name != outputs.norm]
    port = find_port(ports, outputs.embedding, "embedding")
    if not _can_hold(port.shape, outputs.embedding_dim):
        raise ModelError(
            f"outputs.embedding_dim = {outputs.embedding_dim}: the network's output {port.name!r} "
            f"has shape {_shape(port)}; give its last dimension in the card, or the name of "
            "another output in outputs.embedding."
        )
    return port


def _can_hold(shape: Sequence[int | str | None], dim: int) -> bool:
    """Whether a shape is [n, dim], with as many further dimensions of 1 as it likes."""
    if not shape:  # unknown
        return True
    wide = [size for size in shape[1:] if size != 1]
    known = [size for size in wide if isinstance(size, int)]
    # One that is not known may be a 1 as well as the dimension.
    open_ = len(wide) > len(known) or dim == 1
    return len(shape) > 1 and (known == [dim] or (not known and open_))


def _require_floats(port: Any) -> None:
    if port.type not in _FLOATS:
        integers = port.type.startswith(("tensor(int", "tensor(uint"))
        advice = "end the network with a DequantizeLinear" if integers else "export it as one"
        raise ModelError(
            f"the network's output {port.name!r} is a {port.type} and must be one of "
            f"{', '.join(_FLOATS)}; {advice}."
        )


def _refuse_unfed(session: ort.InferenceSession, image: Any) -> None:
    unfed = [port for port in session.get_inputs() if port.name != image.name]
    if unfed:
        raise ModelError(
            f"the network's input {unfed[0].name!r}, a {unfed[0].type}, is fed by no card; export "
            "the network with its value as a constant."
        )


def _check_input(port: Any, spec: PreprocessSpec) -> None:
    size = (spec.height, spec.width)
    wanted = (None, 3, *size) if spec.layout == "NCHW" else (None, *size, 3)
    fits = len(port.shape) in (0, 4) and all(  # [] is an unknown shape
        want is None or not isinstance(have, int) or have == want
        for have, want in zip(port.shape, wanted, strict=False)
    )
    if not fits:
        raise ModelError(
            f"preprocess: height = {spec.height}, width = {spec.width} and layout = "
            f"{spec.layout!r} make {['n', *wanted[1:]]}, and the network's input {port.name!r} is "
            f"{_shape(port)}; correct the card."
        )
    if 0 in port.shape:
        raise ModelError(
            f"the network's input {port.name!r} has shape {_shape(port)}, so that it takes no "
            "image; export it with a free batch."
        )
    _check_type(port, spec)


def _check_type(port: Any, spec: PreprocessSpec) -> None:
    dtype = image_type(port)
    wanted = np.dtype(spec.quantized.type).type if spec.quantized else None
    if wanted is not None and dtype is not wanted:
        raise ModelError(
            f"quantized_input: its type is {np.dtype(wanted)}, and the network's input "
            f"{port.name!r} is a {port.type}; correct it, or leave it out where that takes floats."
        )
    if wanted is None and dtype in (np.int8, np.int16, np.uint16):
        raise ModelError(
            f"the network's input {port.name!r} takes {np.dtype(dtype)}, which pixels are not; an "
            "artifact says how with quantized_input, its type, scale and zero_point."
        )
    if wanted is None and dtype is np.uint8 and not spec.keeps_bytes:
        raise ModelError(
            f"preprocess: the network's input {port.name!r} takes bytes as they are, so the card "
            "needs scale = 255.0, mean = [0.0, 0.0, 0.0] and std = [1.0, 1.0, 1.0], or, of an "
            "artifact alone, quantized_input with its type, scale and zero_point."
        )


def _shape(port: Any) -> str:
    return str([size if isinstance(size, int | str) else "?" for size in port.shape])
