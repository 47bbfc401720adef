"""Embedding a set of faces: images in, rows of unit length out."""

from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
import onnxruntime as ort

from suite.catalog.errors import ModelError
from suite.catalog.model_card import OutputSpec
from suite.catalog.preprocess import PreprocessSpec
from suite.datasets.face import Face
from suite.datasets.images.decoder import decode
from suite.datasets.in_order import in_order
from suite.datasets.preprocessing import mirror, prepare
from suite.runtime.network import Flip, Network, check_network
from suite.runtime.running import CannotRunError, running
from suite.verification.scores import unit_rows

Floats = npt.NDArray[np.float32]
Real = TypeVar("Real", np.float32, np.float64)
# A batch's embeddings [n, d], and the norms [n, 1] of its images where the flip takes them.
_Batch = tuple[Floats, Floats | None]
# Faces prepared at a time, and how many such chunks may wait for the network: one thread that
# works on chunks costs the session's own threads less than one that is woken for each batch, and
# what waits stays below some 20 MB at 112 × 112.
_CHUNK = 32
_WAITING = 3


@dataclass(frozen=True)
class Embedded:
    """Faces embedded: where their embeddings point, and how long they were before.

    Attributes
    ----------
    units : float32 [n, d], rows of unit length. A row with NaN or infinity is all NaN, a row of
        zeros stays so
    norms : float64 [n], the lengths before; of such a row it is NaN or infinity
    quality : float32 [n], what the network gives as the norm of each face itself, not of its mirror
        image; None where the flip does not take it
    """

    units: Floats
    norms: npt.NDArray[np.float64]
    quality: Floats | None = None

    @property
    def raw(self) -> npt.NDArray[np.float64]:
        """The embeddings as they were before they were scaled: float64 [n, d]."""
        return np.multiply(self.units, self.norms[:, None], dtype=np.float64)


def embed(
    session: ort.InferenceSession,
    faces: Sequence[Face],
    spec: PreprocessSpec,
    outputs: OutputSpec,
    flip: Flip,
    batch: int,
    progress: Callable[[int, int], None] | None = None,
    runs: int = 1,
) -> Floats:
    """The units of `embed_with_norms`: float32 [n, d], for ``concat`` [n, 2d]."""
    return embed_with_norms(session, faces, spec, outputs, flip, batch, progress, runs).units


def embed_with_norms(
    session: ort.InferenceSession,
    faces: Sequence[Face],
    spec: PreprocessSpec,
    outputs: OutputSpec,
    flip: Flip,
    batch: int,
    progress: Callable[[int, int], None] | None = None,
    runs: int = 1,
) -> Embedded:
    """Embed faces, each together with its mirror image as the card says.

    Parameters
    ----------
    session : the network, loaded
    faces : n faces
    spec : how they become its input
    outputs : its input and outputs by name, and the embedding's dimension d
    flip : ``none``: f(x). ``add``: f(x) + f(mirror x), as InsightFace. ``concat``: both one after
        the other, as FaceNet. ``norm_weighted``: f(x)·‖x‖ + f(mirror x)·‖mirror x‖ with the norm
        that the network gives, as AdaFace
    batch : images a run, where the graph takes any; a graph fixed at a batch gets that, the last
        one filled up by repeating its last image
    progress : called with the faces done and n, from this thread, after each run
    runs : batches that run in the session at the same time; the rows are the same

    Returns
    -------
    Embedded, d being the double of the card's for ``concat``

    Raises
    ------
    DatasetError
        where an image cannot be read or decoded.
    ModelError
        where the graph has other inputs or outputs than the card says, or cannot run.
    """
    network = check_network(session, spec, outputs, flip)
    size = network.batch or batch
    rows = np.empty((len(faces), network.dim * (2 if flip == "concat" else 1)), dtype=np.float32)
    quality = np.empty(len(faces), np.float32) if flip == "norm_weighted" else None
    done = 0
    embed_one = partial(_embed_or_blame, network, faces, flip)
    with (
        closing(_batches(faces, spec, size)) as batches,
        closing(in_order(embed_one, batches, runs, ahead=runs)) as results,
    ):
        for embedded, norm in results:
            rows[done : done + len(embedded)] = embedded
            if quality is not None and norm is not None:
                quality[done : done + len(embedded)] = norm[:, 0]
            done += len(embedded)
            if progress:
                progress(done, len(faces))
    units: Floats = unit_rows(rows).astype(np.float32, copy=False)
    return Embedded(units, np.linalg.norm(rows.astype(np.float64), axis=1), quality)


def _batches(
    faces: Sequence[Face], spec: PreprocessSpec, size: int
) -> Generator[tuple[int, Floats]]:
    """The number of each batch's first face, and the batch; tensors are made ahead of use."""
    step = size * max(1, _CHUNK // size)
    starts = range(0, len(faces), step)
    prepared = in_order(
        lambda start: _tensor(faces[start : start + step], spec), starts, 1, ahead=_WAITING
    )
    with closing(prepared) as tensors:
        for first, tensor in zip(starts, tensors, strict=True):
            for start in range(0, len(tensor), size):
                yield first + start, tensor[start : start + size]


def _embed_or_blame(
    network: Network, faces: Sequence[Face], flip: Flip, batch: tuple[int, Floats]
) -> _Batch:
    """What a batch becomes; where it fails by some of its images alone, they are named."""
    start, images = batch
    try:
        return _embed_batch(network, images, flip)
    except CannotRunError as error:
        of_some = _of_some_images(network, images, faces[start:], flip, ran=start)
        raise of_some or error from None


def _of_some_images(
    network: Network, images: Floats, faces: Sequence[Face], flip: Flip, *, ran: int
) -> ModelError | None:
    """Why a batch failed, where some of its images fail alone and others do not.

    Those others are of the same batch, or the ``ran`` before a batch of one.
    """
    reasons: dict[str, str] = {}
    for image, face in zip(images, faces, strict=False):
        try:
            _embed_batch(network, image[None], flip)
        except CannotRunError as error:
            reasons[face.name] = error.reason
    others = len(images) - len(reasons) or (ran if len(images) == 1 else 0)
    if not (reasons and others):
        return None
    name, reason = next(iter(reasons.items()))
    return ModelError(
        f"the network cannot run on {name!r}, alone or in a batch, and runs on other images: "
        f"{reason}; export it without what depends so on the image, or leave the image out."
    )


def _tensor(faces: Sequence[Face], spec: PreprocessSpec) -> Floats:
    return prepare([decode(face.read(), face.name) for face in faces], spec)


def _embed_batch(network: Network, tensor: Floats, flip: Flip) -> _Batch:
    first = run_network(network, tensor)
    if flip == "none":
        return first[0], None
    second = run_network(network, mirror(tensor, network.spec.layout))
    return combined(first, second, flip), first[1] if flip == "norm_weighted" else None


def combined(
    first: Sequence[npt.NDArray[Real]], second: Sequence[npt.NDArray[Real]], flip: Flip
) -> npt.NDArray[Real]:
    """Embeddings of images and of their mirror images in one, as `embed_with_norms` says.

    Parameters
    ----------
    first, second : the embeddings [n, d] of either and, for ``norm_weighted``, the norms [n, 1]
    flip : any but ``none``

    Returns
    -------
    [n, d], for ``concat`` [n, 2d], not normalised
    """
    if flip == "concat":
        return np.concatenate([first[0], second[0]], axis=1)
    with np.errstate(over="ignore", invalid="ignore"):  # infinities become NaN in `unit_rows`
        if flip == "norm_weighted":
            return first[0] * first[1] + second[0] * second[1]
        return first[0] + second[0]


def run_network(network: Network, tensor: Floats) -> list[Floats]:
    """Each fetched output, float32 [n, d] or [n, 1], for float32 images of any number n."""
    count = len(tensor)
    if network.batch and count < network.batch:
        filling = np.repeat(tensor[-1:], network.batch - count, axis=0)
        tensor = np.concatenate([tensor, filling])
    with running(tensor.shape):
        feed = {network.input: tensor.astype(network.dtype, copy=False)}
        results = network.session.run(network.fetched, feed)
    widths = (network.dim, 1)
    named = zip(network.fetched, results, widths, strict=False)
    return [_table(name, result, len(tensor), width)[:count] for name, result, width in named]


def _table(name: str, result: Any, rows: int, width: int) -> Floats:
    array: Floats = np.asarray(result, dtype=np.float32)
    if width == 1 and array.shape == (rows,):
        return array[:, None]
    ones = [1] * (array.ndim - 2)
    if ones and len(array) == rows and sorted(array.shape[1:]) == sorted([*ones, width]):
        return array.reshape(rows, width)
    if array.shape != (rows, width):
        key = "outputs.norm" if width == 1 else f"outputs.embedding_dim = {width}"
        raise ModelError(
            f"{key}: the network's output {name!r} has shape {list(array.shape)} where "
            f"{[rows, width]} is expected; correct the card or export the model again."
        )
    return array
