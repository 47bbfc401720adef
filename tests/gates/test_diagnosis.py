"""FP32 far below what is published: the mistakes that are tried find the one that was made."""

import hashlib
from pathlib import Path

import numpy as np
import onnxruntime as ort
import pytest
from team import MODEL, ROOT, SOME_PAIRS, Team, copy_catalog

from suite.catalog.dataset_card import LfwDataset
from suite.catalog.folder import read_catalog
from suite.datasets.loader import load_dataset
from suite.gates.diagnosis import YunetFile, explain_accuracy
from suite.runtime.embedding import embed

REAL = ROOT.parent / "shared" / "real"

PUBLISHED = '\n[published]\naccuracy = 0.99\ndataset = "LFW"\nsource = "the authors"\n'


@pytest.fixture
def team(cache: Path, tmp_path: Path) -> Team:
    copy_catalog(tmp_path, MODEL, pairs=SOME_PAIRS)
    team = Team(tmp_path, cache)
    card = team.card().read_text()
    at = card.index("# Older") if "# Older" in card else len(card)
    team.card().write_text(card[:at] + PUBLISHED + card[at:])
    return team


def remarks(team: Team, status: int = 0) -> list[str]:
    assert team.gates("--modes=fp32", "--snapshot-update").returncode == status
    (record,) = (r for r in team.report["records"] if r["gate"] == "verification")
    return record["measured"]["doubts"]


def test_a_model_as_published_raises_no_doubt(team: Team) -> None:
    assert remarks(team) == []


@pytest.mark.parametrize(
    ("old", "new", "cause", "status"),
    [
        # At chance, so that it is refused besides.
        ("scale = 255.0", "scale = 1.0", "scale 255, mean 127.5, std 127.5", 1),
        ('color_order = "RGB"', 'color_order = "BGR"', "colour order RGB", 0),
    ],
)
def test_the_mistake_that_was_made_is_found(
    team: Team, old: str, new: str, cause: str, status: int
) -> None:
    team.edit(team.card(), old, new)
    doubt, tried, verdict = remarks(team, status)
    assert "is far below the 0.9900 published on LFW" in doubt
    now, _, listed = tried.partition("gives ")[2].partition(": ")
    gives = {
        words: float(found) for words, _, found in (e.rpartition(": ") for e in listed.split("; "))
    }
    assert gives[cause] > float(now) + 0.05
    assert gives[cause] > 0.9
    assert list(gives.values()) == sorted(gives.values(), reverse=True)
    assert "not aligned, cut in the middle: 65% of each side" in tried
    assert verdict.startswith("most likely the cause") and cause in verdict
    assert "is far below" in team.markdown


def orl(folder: str, image: str) -> LfwDataset:
    return LfwDataset(
        id="orl",
        kind="lfw",
        folder=folder,
        pairs="orl/pairs.txt",
        image=image,
        card_file=REAL / "x",
    )


def explained(card: LfwDataset, tmp_path: Path, yunet: YunetFile | None) -> tuple[str, ...]:
    model = read_catalog(ROOT / "docs" / "examples" / "orl").models["mobilefacenet"]
    source = REAL / "mobilefacenet" / "MobileFaceNet.onnx"
    session = ort.InferenceSession(str(source), providers=["CPUExecutionProvider"])
    faces = load_dataset(card, lambda relative: REAL / relative, tmp_path)
    return explain_accuracy(
        model,
        faces,
        0.93,
        lambda them, spec: embed(session, them, spec, model.outputs, "none", 1),
        yunet,
    )


@pytest.mark.skipif(not REAL.exists(), reason="../shared/real is not at hand")
def test_faces_that_are_not_aligned_are_found_by_aligning_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Few pairs will do.
    monkeypatch.setattr("suite.gates.diagnosis._PAIRS", 80)
    path = REAL / "yunet" / "face_detection_yunet_2026may.onnx"
    yunet = YunetFile(path, hashlib.sha256(path.read_bytes()).hexdigest(), REAL / "x")
    raw = orl("orl/raw", "{person}/{person}_{number:04d}.pgm")
    _, tried, verdict = explained(raw, tmp_path, yunet)
    assert verdict.startswith("most likely the cause: not aligned, aligned by YuNet's points (")
    assert "docs/datasets.md" in verdict
    best = tried.partition("gives ")[2].partition(": ")[2].partition("; ")[0]
    assert best.startswith("not aligned, aligned by YuNet's points") and float(best[-6:]) > 0.985
    assert tried.endswith("colour order cannot be tried, the images are grey")
    monkeypatch.setattr("suite.gates.diagnosis._PAIRS", 20)
    assert "YuNet was not tried" in explained(raw, tmp_path, None)[-1]


@pytest.mark.skipif(not REAL.exists(), reason="../shared/real is not at hand")
def test_chance_is_no_cause(tmp_path: Path) -> None:
    model = (
        read_catalog()
        .models[MODEL]
        .model_copy(update={"published": read_catalog().models["arcface-buffalo-l"].published})
    )
    catalog = read_catalog()
    card = catalog.datasets["embedded-evaluation"]
    faces = load_dataset(card, lambda relative: catalog.locate(card, relative), tmp_path)
    rng = np.random.default_rng(0)

    def noise(them, spec) -> np.ndarray:
        rows = rng.normal(size=(len(them), 8)).astype(np.float32)
        return rows / np.linalg.norm(rows, axis=1, keepdims=True)

    verdicts = [explain_accuracy(model, faces, 0.5, noise, None)[-1] for _ in range(4)]
    assert sum(verdict.startswith("none of these explains it") for verdict in verdicts) >= 1
