"""What a mutation is: a kind of mistake in doses, and what it changes of a case."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from suite.catalog.catalog import Catalog
from suite.catalog.preprocess import PreprocessSpec
from suite.datasets.face import Face
from suite.datasets.face_set import FaceSet
from suite.gates.case_work import CaseWork
from suite.quantization.steps.net import Net

Pixels = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float32]
Run = Callable[[Floats], list[Floats]]


class NotThereError(Exception):
    """A network or a set has nothing that such a mutation could change."""


class Side(StrEnum):
    """Which of a case a mutation touches."""

    FP32 = "FP32"
    INT8 = "INT8"
    BOTH = "both"


@dataclass(frozen=True)
class Shown:
    """What is known of the images of the sets.

    Attributes
    ----------
    middle : the mean of the clean embeddings, float32 [d]
    person : who each image shows, by its SHA-256
    darkness : the share of the set's images that are darker, by its SHA-256
    """

    middle: Floats
    person: Mapping[str, int]
    darkness: Mapping[str, float]


@dataclass(frozen=True)
class Change:
    """What a mutation changes of a case; what is None stays as it is.

    The first group is code around the network, and is changed for the mutation's side alone; the
    second is what the case is made of.

    Attributes
    ----------
    pixels : every decoded image, the charts of the fingerprint included
    face : the images of sets alone, as their alignment gives them
    jpeg : what a decoder makes of JPEG
    tensor : the network's input, float32 [n, 3, h, w], or channels last
    run : how the network is run on such a tensor; what it gives are its raw outputs
    rows : embeddings of unit length, float32 [n, d], with the faces that they are of
    network : the side's file as it is; the artifact is not built anew
    source : the FP32 file, of which the artifact is built anew
    built : the artifact once it is built
    recipe : keys of the recipe, by which the artifact is built anew
    calibration : the calibration set, on which the artifact is built anew
    fed : what its images are multiplied by and shifted by after their preprocessing, as they are
        calibrated on
    evaluation : every set that figures are of
    file : another file in the artifact's place, given the clean case and a folder to write to
    catalog : its cards, given the clean case
    baselines : what is accepted, in a folder that is the mutation's own
    patch : whatever else, undone afterwards
    """

    pixels: Callable[[Pixels, PreprocessSpec], Pixels] | None = None
    face: Callable[[Pixels], Pixels] | None = None
    jpeg: Callable[[Pixels], Pixels] | None = None
    tensor: Callable[[Floats, PreprocessSpec], Floats] | None = None
    run: Callable[[Run, Floats], list[Floats]] | None = None
    rows: Callable[[Floats, Sequence[Face], Shown], Floats] | None = None
    network: Callable[[Net], None] | None = None
    source: Callable[[Net], None] | None = None
    built: Callable[[Net], None] | None = None
    recipe: Mapping[str, object] | None = None
    calibration: Callable[[FaceSet], FaceSet] | None = None
    fed: tuple[float, float] | None = None
    evaluation: Callable[[FaceSet], FaceSet] | None = None
    file: Callable[[CaseWork, Path], Path] | None = None
    catalog: Callable[[Catalog, CaseWork], Catalog] | None = None
    baselines: Callable[[Path], None] | None = None
    patch: Callable[[pytest.MonkeyPatch], None] | None = None


@dataclass(frozen=True)
class Mutation:
    """A kind of mistake.

    Attributes
    ----------
    kind : what it is called
    module : the part of the pipeline where it lies
    side : what it touches
    doses : how strong it is, from the least on, by the words of the page
    make : what a dose changes
    benign : why a change that a team may want is no mistake; empty of mistakes
    harmful : why it harms whatever embeddings say, as of labels; empty where that is measured
    unseen : why figures may not see it, where they were found not to
    """

    kind: str
    module: str
    side: Side
    make: Callable[..., Change] = field(repr=False)
    doses: Mapping[str, Any] = field(default_factory=lambda: {"": None})
    benign: str = ""
    harmful: str = ""
    unseen: str = ""

    def change(self, dose: str) -> Change:
        """What a dose changes; each call starts anew."""
        value = self.doses[dose]
        return self.make() if value is None else self.make(value)


CATALOGUE: list[Mutation] = []


def mutation(
    kind: str,
    side: Side,
    doses: Mapping[str, Any] | None = None,
    *,
    benign: str = "",
    harmful: str = "",
    unseen: str = "",
) -> Callable[[Callable[..., Change]], Callable[..., Change]]:
    """Enter what a function changes into the catalogue; of one without doses it takes nothing."""

    def entered(make: Callable[..., Change]) -> Callable[..., Change]:
        module = make.__module__.rpartition(".")[2]
        told = {"benign": benign, "harmful": harmful, "unseen": unseen}
        CATALOGUE.append(Mutation(kind, module, side, make, doses or {"": None}, **told))
        return make

    return entered
