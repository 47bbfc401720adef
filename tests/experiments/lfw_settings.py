"""FaceNet and MobileFaceNet on LFW under many settings of their pipeline, chosen and told apart.

    python tests/experiments/lfw_settings.py DATA_DIR [--models facenet,mobilefacenet]

DATA_DIR is the folder that docs/examples/lfw/run.py made. One setting is changed at a time. A
setting is chosen by its accuracy on folds 1 to 5 and reported on folds 6 to 10, whose threshold is
that of folds 1 to 5; the 10-fold accuracy stands beside it, as published figures have it.
"""

import argparse
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray

from suite.catalog.folder import read_catalog
from suite.datasets.face_set import FaceSet
from suite.datasets.images.decoder import decode
from suite.datasets.loader import load_dataset
from suite.report.tables import markdown
from suite.verification import unit_rows
from suite.verification.folds import THRESHOLDS, fold_accuracy
from suite.verification.scores import squared_distances

ROOT = Path(__file__).parents[2]
HALF = 3_000
Images = NDArray[np.float32]


@dataclass(frozen=True)
class Setting:
    """A pipeline: how faces are cut, what becomes of pixels, whether the mirror image counts."""

    words: str
    align: dict[str, Any] | None = None
    pixels: Callable[[Images], Images] | None = None
    mirror: bool = False
    side: int = 0


def settings(model: str) -> Iterator[Setting]:
    """The settings that are tried of a model, all but the first without the mirror image."""
    yield Setting("as the card says", mirror=True)
    yield Setting("without the mirror image, as all below")
    if model == "facenet":
        yield Setting("enlarged before detection, 2 ×", align={"enlarge": 2.0})
        yield Setting("margin 0", align={"margin": 0})
        yield Setting("margin 44", align={"margin": 44})
        yield Setting("prewhitened", pixels=prewhitened)
    else:
        yield Setting("not enlarged before detection", align={"enlarge": 1.0})
    yield Setting("unaligned: all of the image", align={"method": None})
    yield Setting("unaligned: its middle", align={"method": "middle"})
    yield Setting("colours in the other order", pixels=lambda images: images[..., ::-1])


def prewhitened(images: Images) -> Images:
    """Each image less its mean, over its standard deviation, as facenet's ``prewhiten``."""
    axes = (1, 2, 3)
    least = 1 / np.sqrt(images[0].size)
    std = np.maximum(images.std(axis=axes, keepdims=True), least)
    return (images - images.mean(axis=axes, keepdims=True)) / std


class Trial:
    """One model and its set, with the session that embeds."""

    def __init__(self, model: str, data: Path) -> None:
        self.catalog = read_catalog(ROOT / "docs" / "examples" / "lfw")
        self.card = self.catalog.models[model]
        self.data = data
        options = ort.SessionOptions()
        options.log_severity_level = 3
        path = data / self.card.source.file
        self.session = ort.InferenceSession(path, options, providers=["CPUExecutionProvider"])

    def faces(self, setting: Setting) -> FaceSet:
        """The set, cut as the setting says."""
        card = self.catalog.datasets[self.card.evaluation[0]]
        align = card.align
        if setting.align is not None:
            cut = setting.align.get("method", "") in (None, "middle")
            align = None if cut else align.model_copy(update=setting.align)
        card = card.model_copy(update={"align": align})
        return load_dataset(card, lambda name: self.data / name)

    def distances(self, setting: Setting, faces: FaceSet) -> NDArray[np.float64]:
        """Squared distances of the listed pairs."""
        rows = []
        for start in range(0, len(faces.faces), 32):
            some = faces.faces[start : start + 32]
            images = np.stack([self._image(setting, f.read(), f.name) for f in some])
            rows.append(self._embedded(setting, images))
            print(f"\r{setting.words}: {start} of {len(faces.faces)}", end="", file=sys.stderr)
        units = unit_rows(np.concatenate(rows))
        return squared_distances(units[faces.left], units[faces.right])

    def _image(self, setting: Setting, data: bytes, name: str) -> Images:
        image = decode(data, name)
        if setting.align and setting.align.get("method") == "middle":
            edge = image.shape[0] // 4
            image = image[edge:-edge, edge:-edge]
        size = (self.card.preprocess.width, self.card.preprocess.height)
        return cv2.resize(image, size, interpolation=cv2.INTER_AREA)[..., ::-1].astype(np.float32)

    def _embedded(self, setting: Setting, images: Images) -> Images:
        spec = self.card.preprocess
        if setting.pixels is prewhitened:
            fed = prewhitened(images)
        else:
            fed = setting.pixels(images) if setting.pixels else images
            fed = (fed * (spec.scale / 255) - np.array(spec.mean)) / np.array(spec.std)
        fed = np.ascontiguousarray(fed.transpose(0, 3, 1, 2), dtype=np.float32)
        first = self._run(fed)
        if not setting.mirror:
            return first
        second = self._run(np.ascontiguousarray(fed[..., ::-1]))
        return np.concatenate([first, second], 1) if self.card.flip == "concat" else first + second

    def _run(self, fed: Images) -> Images:
        (given,) = self.session.get_inputs()
        if given.shape[0] == 1:
            return np.concatenate([self.session.run(None, {given.name: x[None]})[0] for x in fed])
        return self.session.run(None, {given.name: fed})[0]


def halves(distances: NDArray[np.float64], genuine: NDArray[np.bool_]) -> tuple[float, float]:
    """The accuracy on folds 1 to 5 at their best threshold, and on 6 to 10 at the same."""
    right = [((distances[:HALF] < threshold) == genuine[:HALF]).mean() for threshold in THRESHOLDS]
    threshold = THRESHOLDS[int(np.argmax(right))]
    return max(right), float(((distances[HALF:] < threshold) == genuine[HALF:]).mean())


def main() -> int:
    """Print a table a model, and which setting folds 1 to 5 choose."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--models", default="facenet,mobilefacenet")
    given = parser.parse_args()
    for model in given.models.split(","):
        trial = Trial(model, given.data)
        found = []
        for setting in settings(model):
            faces = trial.faces(setting)
            distances = trial.distances(setting, faces)
            chosen, reported = halves(distances, faces.genuine)
            mean = fold_accuracy(distances, faces.genuine).mean
            found.append((setting.words, chosen, reported, mean))
            print(f"\r{model}: {setting.words}: {found[-1][1:]}", file=sys.stderr, flush=True)
        header = (f"{model}, {len(found)} settings", "folds 1–5", "folds 6–10", "10 folds")
        rows = [(words, *(f"{value:.4f}" for value in values)) for words, *values in found]
        print(*markdown(header, rows), sep="\n")
        best = max(found, key=lambda each: each[1])
        print(f"\nFolds 1–5 choose: {best[0]}; on folds 6–10 {best[2]:.4f}.\n", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
