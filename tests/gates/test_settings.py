"""Settings tried where FP32 is below what is published."""

from pathlib import Path

import numpy as np
import pytest

from suite.catalog.alignment import MarginAlign
from suite.catalog.dataset_card import CsvDataset, DatasetCard
from suite.catalog.folder import read_catalog
from suite.catalog.preprocess import PreprocessSpec
from suite.datasets.alignment.aligner import CutFaces
from suite.datasets.face import Face
from suite.datasets.face_set import FaceSet
from suite.datasets.loader import load_dataset
from suite.datasets.reading import Reading
from suite.gates import settings
from suite.gates.settings import Trial

CATALOG = read_catalog()
SPEC = CATALOG.models["arcface-embedded"].preprocess
BAD, GOOD = 1.6, 0.9


@pytest.fixture(scope="module")
def faces(tmp_path_factory: pytest.TempPathFactory) -> FaceSet:
    card = CATALOG.datasets["embedded-evaluation"]
    locate = lambda relative: CATALOG.locate(card, relative)  # noqa: E731
    return load_dataset(card, locate, tmp_path_factory.mktemp("aligned"))


class Recogniser:
    """Knows who a face shows, the better the more it is fed as it was trained."""

    def __init__(self, faces: FaceSet, wanted) -> None:
        self._who = dict(zip((f.sha256 for f in faces.faces), faces.people, strict=True))
        self._people = np.random.default_rng(0).normal(size=(100, 32))
        self._wanted = wanted
        self.embedded = 0

    def __call__(self, them: tuple[Face, ...], spec: PreprocessSpec) -> np.ndarray:
        self.embedded += len(them)
        rng = np.random.default_rng(1)
        rows = []
        for face in them:
            noise = GOOD if self._wanted(face, spec) else BAD
            rows.append(self._people[self._who[face.sha256]] + rng.normal(0, noise, 32))
        found = np.array(rows, dtype=np.float32)
        return found / np.linalg.norm(found, axis=1, keepdims=True)


def explained(faces: FaceSet, recogniser: Recogniser, card: DatasetCard, tmp_path: Path):
    reading = Reading(lambda relative: tmp_path / relative, tmp_path / "aligned")
    return Trial(card, faces, SPEC, recogniser, reading, None).explain()


def test_prewhitening_is_found_on_one_half_and_told_on_the_other(faces, tmp_path):
    card = CATALOG.datasets["embedded-evaluation"]
    recogniser = Recogniser(faces, lambda _, spec: spec.prewhiten)
    tried, verdict = explained(faces, recogniser, card, tmp_path)
    assert tried.startswith("6 settings tried without mirror images on 300 pairs of folds 1 to 5")
    assert verdict.startswith(
        "likely the cause: chosen there and held against the cards on 600 pairs of folds 6 to 10, "
        "prewhitened, each image by its own mean and std gives 0.9"
    )
    assert verdict.endswith("if the model was trained so, say it in the model's [preprocess]")
    # Bounded: seven ways on 300 pairs, two on 600.
    assert recogniser.embedded <= 7 * 600 + 2 * 1200


def test_what_is_as_trained_has_no_cause_in_its_settings(faces, tmp_path):
    card = CATALOG.datasets["embedded-evaluation"]
    recogniser = Recogniser(faces, lambda _, spec: spec == SPEC)
    *_, verdict = explained(faces, recogniser, card, tmp_path)
    assert verdict.startswith("none of these settings gives more")


def test_a_gain_by_chance_is_no_cause(faces, tmp_path):
    card = CATALOG.datasets["embedded-evaluation"]
    recogniser = Recogniser(faces, lambda face, _: int(face.sha256[:2], 16) < 128)
    *_, verdict = explained(faces, recogniser, card, tmp_path)
    assert verdict.startswith("none of these settings")


def test_a_detectors_settings_are_tried_one_at_a_time(faces, tmp_path, monkeypatch):
    align = MarginAlign(
        method="margin", detector="yunet.onnx", detector_sha256="0" * 64, missing="skip"
    )
    card = CsvDataset(
        id="own", kind="csv", folder="faces", file="x.csv", align=align, card_file=Path("own.toml")
    )
    held = {face.name: face for face in faces.faces}

    class Current:
        key = ""

    def recorded(as_said, images, _):
        assert all(image.path == tmp_path / "faces" / image.name for image in images)
        changed = [key for key, value in as_said.align if getattr(align, key) != value]
        # Who is missing is used as it is, so that the pairs are the same.
        assert as_said.align.missing == "unaligned"
        key = ", ".join(sorted(set(changed) - {"missing"}))
        now = tuple(held[image.name] for image in images)
        Current.key = key
        return CutFaces(now, ())

    monkeypatch.setattr(settings, "cut_faces", recorded)

    def wanted(_: Face, spec: PreprocessSpec) -> bool:
        return Current.key == "enlarge" and spec == SPEC

    class Once(Recogniser):
        def __call__(self, them, spec):
            rows = super().__call__(them, spec)
            Current.key = ""
            return rows

    tried, verdict = explained(faces, Once(faces, wanted), card, tmp_path)
    for words in ("enlarge = 2", "pad = 20", "score = 0.3", "margin = 0", "margin = 44"):
        assert f"align.{words}: " in tried
    assert "align.margin = 14" not in tried
    assert tried.startswith("11 settings")
    assert "align.enlarge = 2 gives 0.9" in verdict
    assert verdict.endswith("say it in the dataset's [align]")
