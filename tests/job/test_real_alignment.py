"""The raw ORL faces, aligned, where that data is at hand: the figures of its README."""

import hashlib
from pathlib import Path

import onnxruntime as ort
import pytest

from suite.catalog.alignment import AlignSpec, LandmarkAlign, MarginAlign, YunetAlign
from suite.catalog.dataset_card import LfwDataset
from suite.catalog.folder import read_catalog
from suite.datasets.face_set import FaceSet
from suite.datasets.loader import load_dataset
from suite.runtime.embedding import embed
from suite.verification.pair_figures import VerificationFigures, verify
from suite.verification.scores import squared_distances

ROOT = Path(__file__).resolve().parents[2]
REAL = ROOT.parent / "shared" / "real"
SOURCE = REAL / "mobilefacenet" / "MobileFaceNet.onnx"
YUNET = REAL / "yunet" / "face_detection_yunet_2026may.onnx"

AGAIN = "4 of the 2,700 pairs are listed again"
GREY = "all 30 sampled images are grey: a wrong colour order cannot show on this set"

pytestmark = pytest.mark.skipif(not SOURCE.exists(), reason="../shared/real is not at hand")


def yunet(**keys) -> dict:
    digest = hashlib.sha256(YUNET.read_bytes()).hexdigest()
    found = {"detector": str(YUNET.relative_to(REAL)), "detector_sha256": digest}
    return {**found, "pad": 20, "enlarge": 3.0, **keys}


def raw(align: AlignSpec | None, cache: Path) -> FaceSet:
    card = LfwDataset(
        id="orl-raw",
        kind="lfw",
        folder="orl/raw",
        pairs="orl/pairs.txt",
        image="{person}/{person}_{number:04d}.pgm",
        align=align,
        card_file=REAL / "orl-raw.toml",
    )
    return load_dataset(card, lambda relative: REAL / relative, cache)


def figures(faces: FaceSet) -> VerificationFigures:
    card = read_catalog(ROOT / "docs" / "examples" / "orl").models["mobilefacenet"]
    session = ort.InferenceSession(str(SOURCE), providers=["CPUExecutionProvider"])
    rows = embed(session, faces.faces, card.preprocess, card.outputs, card.flip, 1)
    return verify(squared_distances(rows[faces.left], rows[faces.right]), faces.genuine)


@pytest.mark.parametrize("method", ["yunet", "landmarks"])
def test_aligned_raw_faces_give_the_published_figures(method: str, tmp_path: Path) -> None:
    align: AlignSpec = (
        YunetAlign(method="yunet", **yunet())
        if method == "yunet"
        else LandmarkAlign(method="landmarks", landmarks="orl/landmarks.csv")
    )
    faces = raw(align, tmp_path)
    assert faces.remarks == (AGAIN, GREY)
    found = figures(faces)
    assert found.accuracy == pytest.approx(0.998519, abs=0.003)
    assert found.tar_at_far[0].tar == pytest.approx(0.9978, abs=0.003)
    assert found.roc_auc == pytest.approx(0.99998, abs=0.003)


def test_faces_that_are_not_aligned_are_far_worse(tmp_path: Path) -> None:
    assert figures(raw(None, tmp_path)).accuracy == pytest.approx(0.937, abs=0.003)


def test_a_margin_crop_is_not_what_this_model_wants(tmp_path: Path) -> None:
    align = MarginAlign(method="margin", size=112, margin=14, **yunet())
    assert figures(raw(align, tmp_path)).accuracy == pytest.approx(0.951, abs=0.01)


def test_faces_that_are_found_at_native_size_alone_are_counted(tmp_path: Path) -> None:
    align = YunetAlign(method="yunet", missing="skip", **yunet(pad=0, enlarge=0.5, score=0.9))
    faces = raw(align, tmp_path)
    missing, lost, *_, grey = faces.remarks
    assert grey == GREY
    assert missing.startswith(f"{300 - len(faces.faces)} of 300 images (the first s")
    assert missing.endswith("have no face that was found: left out")
    assert lost.startswith(f"{2_700 - len(faces.genuine):,} of 2,700 pairs were left out with")
    again = raw(align, tmp_path)
    assert (again.sha256, again.remarks) == (faces.sha256, faces.remarks)
