"""What aligned faces are known by: as accepted baselines and caches have it, whatever is added."""

import hashlib
from pathlib import Path

import numpy as np
import pytest

from suite.catalog.alignment import AlignSpec, LandmarkAlign, MarginAlign, YunetAlign
from suite.catalog.dataset_card import FolderDataset
from suite.datasets.alignment import aligner
from suite.datasets.alignment.aligner import cut_faces
from suite.datasets.alignment.detector import Found
from suite.datasets.alignment.geometry import TEMPLATE
from suite.datasets.images.folder import images_below
from suite.datasets.reading import Reading

DIGEST = hashlib.sha256(b"stands in for a detector").hexdigest()
FOUND = {"detector": "yunet.onnx", "detector_sha256": DIGEST}
POINTS = "38.5,51.5,73.5,51.5,56,71.5,41.5,92.5,70.5,92"

# Each image's key when the format was first published: none of them may ever change.
KEYS = {
    LandmarkAlign(method="landmarks", landmarks="points.csv"): (
        "a7929e4ed14d08b560c3d1e1d5976b2e4eceb911cf8b710e48c77b0ffb55fb4c"
    ),
    LandmarkAlign(method="landmarks", landmarks="points.csv", size=224, missing="skip"): (
        "1ebafc76807bf25da63be6fa8220ff6cdaa8e05e0dcfab0e17c3eefd6cbf1ae7"
    ),
    YunetAlign(method="yunet", **FOUND): (
        "2b97f02c1e41cd6c3cee7f00ddc8bdb594f15fb9a51e91bb5874cfcbc63e1432"
    ),
    YunetAlign(method="yunet", pad=20, enlarge=3.0, score=0.5, size=224, missing="skip", **FOUND): (
        "b30a5b339cee582ce1f62f7173b734cbc9ef43b8fa64a7be07d196ce6a870ee1"
    ),
    MarginAlign(method="margin", centre=60): (
        "fe928c8bb3ef9083923eadafa7496319016aba3697babd9eff6f23ab2c0d8303"
    ),
    MarginAlign(method="margin", margin=32, size=96, **FOUND): (
        "b436c2fde73a134cd28317343cd3485a6fcb447f25236016de71a71afd2d846a"
    ),
}


class LaterLandmarkAlign(LandmarkAlign):
    border: int = 0


class LaterYunetAlign(YunetAlign):
    border: int = 0


class LaterMarginAlign(MarginAlign):
    border: int = 0


LATER = {
    LandmarkAlign: LaterLandmarkAlign,
    YunetAlign: LaterYunetAlign,
    MarginAlign: LaterMarginAlign,
}


class StandIn:
    def __init__(self, *_: object) -> None:
        pass

    def find(self, image: np.ndarray, name: str) -> Found:
        return Found((10.0, 10.0, 80.0, 80.0), TEMPLATE)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(aligner, "Detector", StandIn)
    (tmp_path / "yunet.onnx").write_bytes(b"stands in for a detector")
    (tmp_path / "points.csv").write_text(f"a.pgm,{POINTS}\n")
    (tmp_path / "faces").mkdir()
    (tmp_path / "faces" / "a.pgm").write_bytes(b"P5\n112 112\n255\n" + bytes(112 * 112))
    return tmp_path


def key(folder: Path, align: AlignSpec) -> str:
    card = FolderDataset(
        id="set", kind="folder", folder="faces", align=align, card_file=Path("set.toml")
    )
    images = list(images_below(folder / "faces"))
    reading = Reading(lambda relative: folder / relative, folder / "cache")
    found = cut_faces(card, images, reading)
    return found.kept[0].sha256


@pytest.mark.parametrize(("align", "expected"), KEYS.items(), ids=lambda value: str(value)[:30])
def test_an_aligned_face_keeps_its_key(folder: Path, align: AlignSpec, expected: str) -> None:
    assert key(folder, align) == expected


@pytest.mark.parametrize("align", KEYS, ids=lambda value: str(value)[:30])
def test_a_later_key_at_its_default_leaves_an_aligned_face_as_it_was(
    folder: Path, align: AlignSpec
) -> None:
    later = LATER[type(align)](**align.model_dump())
    assert key(folder, later) == KEYS[align]
    assert key(folder, later.model_copy(update={"border": 1})) != KEYS[align]


@pytest.mark.parametrize("align", KEYS, ids=lambda value: str(value)[:30])
def test_what_is_done_without_a_face_does_not_say_how_one_is_cut(
    folder: Path, align: AlignSpec
) -> None:
    for missing in ("error", "skip", "unaligned"):
        assert key(folder, align.model_copy(update={"missing": missing})) == KEYS[align]
