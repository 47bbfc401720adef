"""A few images that prove whether a rewritten network still computes what its source does."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt
import onnxruntime as ort

from suite.catalog.model_card import OutputSpec
from suite.datasets.preprocessing import mirror
from suite.quantization.artifact import Ingredients
from suite.quantization.calibration import FaceReader
from suite.quantization.cpu_sessions import open_on_cpu
from suite.runtime.binding import noise
from suite.runtime.embedding import combined
from suite.runtime.network import Flip
from suite.runtime.ports import find_port, image_input
from suite.verification.scores import unit_rows

Rows = npt.NDArray[np.float64]
_IMAGES = 4
_FACES = 8


@dataclass(frozen=True)
class Probe:
    """Images as a network is fed them, batch by batch.

    Attributes
    ----------
    outputs : of the network, of which the embedding is taken
    flip : how each image's embedding is made one with that of its mirror image
    layout : in which the images lie
    """

    batches: Sequence[npt.NDArray[np.generic]]
    outputs: OutputSpec
    flip: Flip = "none"
    layout: Literal["NCHW", "NHWC"] = "NCHW"

    @classmethod
    def of_noise(cls, path: Path, ingredients: Ingredients) -> "Probe":
        """Four images of noise, where there are no faces or they do not matter."""
        session = open_on_cpu(path)
        name, dtype = image_input(session, ingredients.outputs.input)
        shape = ingredients.preprocess.shape(_batch(session, name))
        batches = [noise(shape, dtype, seed) for seed in range(_IMAGES)]
        return cls(batches, ingredients.outputs)

    @classmethod
    def of_faces(cls, path: Path, ingredients: Ingredients) -> "Probe":
        """The first eight calibration faces; noise where there are none."""
        faces = ingredients.calibration.faces[:_FACES] if ingredients.calibration else ()
        if not faces:
            return cls.of_noise(path, ingredients)
        session = open_on_cpu(path)
        name, dtype = image_input(session, ingredients.outputs.input)
        reader = FaceReader(faces, ingredients.preprocess, name, _batch(session, name), dtype)
        batches = [batch[name] for batch in iter(reader.get_next, None)]
        return cls(batches, ingredients.outputs)

    def embed(self, path: Path, options: ort.SessionOptions | None = None) -> Rows:
        """The embeddings of the images as a file gives them, not normalised.

        Returns
        -------
        float64 [n, d], with the flip ``concat`` [n, 2d]
        """
        session = open_on_cpu(path, options)
        name, _ = image_input(session, self.outputs.input)
        wanted = self._wanted(session)

        def run(batch: npt.NDArray[np.generic]) -> list[Rows]:
            given = session.run(wanted, {name: batch})
            return [np.asarray(each).reshape(len(each), -1).astype(np.float64) for each in given]

        rows = [
            run(batch)[0]
            if self.flip == "none"
            else combined(run(batch), run(mirror(batch, self.layout)), self.flip)
            for batch in self.batches
        ]
        return np.concatenate(rows)

    def _wanted(self, session: ort.InferenceSession) -> list[str]:
        ports = session.get_outputs()
        if self.flip != "norm_weighted":
            return [find_port(ports, self.outputs.embedding, "embedding").name]
        others = [port for port in ports if port.name != self.outputs.norm]
        embedding = find_port(others, self.outputs.embedding, "embedding")
        return [embedding.name, find_port(ports, self.outputs.norm, "norm").name]


@dataclass(frozen=True)
class Drift:
    """How far embeddings moved from those of a source.

    Attributes
    ----------
    difference : the most that a value of a unit-length embedding changed by
    norm : the most that the ratio of two lengths differs from 1
    """

    difference: float
    norm: float

    @classmethod
    def between(cls, source: Rows, other: Rows) -> "Drift":
        """The drift of embeddings from a source's of the same images; rows of zeros have none."""
        lengths = np.linalg.norm(source, axis=1), np.linalg.norm(other, axis=1)
        with np.errstate(divide="ignore", invalid="ignore"):
            ratio = np.where(lengths[0] == lengths[1], 1.0, lengths[1] / lengths[0])
        return cls(
            float(np.abs(unit_rows(source) - unit_rows(other)).max()),
            float(np.abs(ratio - 1).max()),
        )

    def within(self, limit: float) -> bool:
        """Whether neither is above a limit; what is no number is."""
        return self.difference <= limit and self.norm <= limit


def _batch(session: ort.InferenceSession, name: str) -> int:
    given = next(port.shape[0] for port in session.get_inputs() if port.name == name)
    return given if isinstance(given, int) else 1
