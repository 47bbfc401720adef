"""An artifact: what it is made of, and the ONNX file that came of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.metadata import version

from suite.catalog.json_file import json_sha256
from suite.catalog.mode_card import RecipeSpec
from suite.catalog.model_card import OutputSpec
from suite.catalog.preprocess import PreprocessSpec
from suite.datasets.face_set import FaceSet
from suite.models.onnx_file import OnnxFile
from suite.runtime.network import Flip
from suite.runtime.versions import onnxruntime_version

# Raised when building changes, so that artifacts of the old way are not taken for the new.
BUILD_FORMAT = 4


@dataclass(frozen=True)
class Ingredients:
    """What an artifact is made of; equal ingredients give the same cache entry.

    ``policy`` is what its mode's policy asks of how near it is to FP32, which a recipe that mixes
    8 bits and float is built to meet, ``flip`` how embeddings are made one with those of mirror
    images for that, and ``selection`` the faces on which it is; None are half of the calibration
    faces. ``accepted_float`` are the units that were put back in float when such an
    artifact was accepted, which are then put so again; None has them chosen. ``accepted_trace``
    says how they were.
    """

    source_sha256: str
    recipe: RecipeSpec
    preprocess: PreprocessSpec
    outputs: OutputSpec
    calibration: FaceSet | None
    policy: Mapping[str, float] = field(default_factory=dict)
    flip: Flip = "none"
    selection: FaceSet | None = None
    accepted_float: tuple[str, ...] | None = None
    accepted_trace: tuple[str, ...] = ()

    @property
    def recipe_sha256(self) -> str:
        """The recipe's hash, which a baseline names; with what it is built to meet."""
        hashed = self.recipe.hashed()
        return json_sha256({**hashed, **self._to_meet})

    @property
    def _to_meet(self) -> dict[str, object]:
        """What it is built to meet, and on which faces; nothing of most recipes."""
        if not self.recipe.sees_policy:
            return {}
        faces = {"selection_sha256": self.selection.sha256} if self.selection else {}
        return {"policy": dict(self.policy), "flip": self.flip, **faces}

    def describe(self) -> dict[str, object]:
        """The ingredients as JSON, from which the cache's key is made."""
        static = self.recipe.sees_calibration
        return {
            "build_format": BUILD_FORMAT,
            "source_sha256": self.source_sha256,
            "recipe": self.recipe.hashed(),
            "preprocess": self.preprocess.hashed() if static else None,
            "input": self.outputs.input if static else None,
            "calibration_sha256": self.calibration.sha256 if static and self.calibration else None,
            **self._to_meet,
            **({} if self.accepted_float is None else {"accepted_float": self.accepted_float}),
            "onnx": version("onnx"),
            "onnxruntime": onnxruntime_version(),
        }

    @property
    def key(self) -> str:
        """The cache's key."""
        return json_sha256(self.describe())


@dataclass(frozen=True)
class StepDone:
    """What a step of a recipe did.

    Attributes
    ----------
    step : its name in the recipe
    places : how many places of the network it changed
    difference : the most that it, with those before it, changed of a value of the unit-length
        embeddings of a few faces; None where it is not exact, or changed nothing
    norm : likewise of the ratio of their lengths to 1
    left_out : whether that was too much, so that the network stayed as it was
    trace : how it came to that, a sentence each, where it searched
    in_float : the units that it put back in float; None of a step that does no such thing
    as_accepted : whether it took the accepted choice over, so that the trace is of that
    """

    step: str
    places: int
    difference: float | None = None
    norm: float | None = None
    left_out: bool = False
    trace: tuple[str, ...] = ()
    in_float: tuple[str, ...] | None = None
    as_accepted: bool = False


@dataclass(frozen=True)
class Artifact:
    """An ONNX file under test.

    Attributes
    ----------
    file : the file
    brought : whether its model's card names it
    steps : what each step of its recipe did, where it was built by steps
    """

    file: OnnxFile
    brought: bool = False
    steps: tuple[StepDone, ...] = ()


@dataclass(frozen=True)
class BuildRecord:
    """The JSON beside a cached artifact."""

    sha256: str
    size_bytes: int
    ingredients: dict[str, object]
    steps: tuple[StepDone, ...] = ()
