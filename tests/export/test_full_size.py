"""IR-50 with made weights, in the published form and under the real names: FP32 is accepted."""

import json
import os
import pickle
import shutil
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest

torch = pytest.importorskip("torch", reason="the export needs PyTorch, the extra 'export'")

from team import EMBEDDED, ENVIRONMENT, ROOT  # noqa: E402

from suite.catalog.folder import read_catalog  # noqa: E402
from suite.datasets.loader import load_dataset  # noqa: E402
from suite.export import export_checkpoint  # noqa: E402
from suite.training.rehearsal import make_checkpoint  # noqa: E402

MODELS = "--models=arcface-buffalo-l,adaface-ir50-ms1mv2"
PLACES = ("--weights-dir=weights", "--data-dir=data")
PAIRS, CALIBRATED_ON = 20, 16
USERS_MIB = {"arcface-buffalo-l": 166.31, "adaface-ir50-ms1mv2": 166.32}


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Weights where a user has them: ArcFace as ONNX, AdaFace as a checkpoint."""
    catalog = read_catalog()
    card = catalog.datasets["embedded-calibration"]
    faces = load_dataset(card, partial(catalog.locate, card)).faces
    arcface, adaface = (catalog.models[name] for name in USERS_MIB)
    (tmp_path / "weights").mkdir()
    made, onnx = tmp_path / "made.pth", tmp_path / "weights" / arcface.source.file
    make_checkpoint("iresnet50", arcface.preprocess, faces, made)
    export_checkpoint(made, "iresnet50", onnx)
    checkpoint = tmp_path / "weights" / adaface.source.checkpoint.file
    make_checkpoint("adaface_ir50", adaface.preprocess, faces, checkpoint)
    images, same = pickle.loads((EMBEDDED / "evaluation.bin").read_bytes())
    some = [
        index
        for start in (same.index(True), same.index(False))
        for index in range(start, start + PAIRS // 2)
    ]
    chosen = [image for index in some for image in images[2 * index : 2 * index + 2]]
    (tmp_path / "data" / "calibration").mkdir(parents=True)
    (tmp_path / "data" / "lfw.bin").write_bytes(pickle.dumps((chosen, [same[i] for i in some])))
    for path in sorted((EMBEDDED / "calibration").iterdir())[:CALIBRATED_ON]:
        shutil.copy(path, tmp_path / "data" / "calibration")
    return tmp_path


def run(home: Path, *words: str) -> str:
    result = subprocess.run(
        [sys.executable, "-m", "suite.entry_points.commands.main", *words],
        cwd=home,
        env=os.environ | ENVIRONMENT | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stdout[-4000:]
    return result.stdout


def test_made_ir50_goes_from_weights_to_an_accepted_fp32(home: Path) -> None:
    run(
        home,
        "weights",
        "--get",
        "--trust-first-use",
        "--models=adaface-ir50-ms1mv2",
        "--datasets=lfw",
        *PLACES,
    )
    run(
        home,
        "copy",
        MODELS,
        "--datasets=lfw",
        "--catalog=quant",
        "--weights-dir=weights",
        "--own-weights",
    )
    quant = home / "quant"
    lfw = quant / "datasets" / "lfw.toml"
    lfw.write_text(lfw.read_text().replace("pairs = 6000", f"pairs = {PAIRS}"))
    for card in (quant / "models").iterdir():
        card.write_text(card.read_text().replace("[source]", "untrained = true\n\n[source]", 1))
    assert "nothing wrong was found" in run(home, "check", "--catalog=quant", *PLACES)
    options = ("--catalog=quant", "--modes=fp32", "--accept-licence", "-m", "not latency")
    options += (f"--artifact-cache={home / 'artifacts'}", "-p", "no:cacheprovider")
    run(home, "run", *options, *PLACES, "--snapshot-update")
    records = json.loads((home / "face-quant-report" / "report.json").read_text())["records"]
    assert {(record["model"], record["gate"]) for record in records if record["accepted"]} == {
        (model, gate) for model in USERS_MIB for gate in ("artifact", "fingerprint", "verification")
    }
    sizes = {
        record["model"]: record["measured"]["figures"]["size_bytes"] / 2**20
        for record in records
        if record["gate"] == "artifact"
    }
    assert sizes == pytest.approx(USERS_MIB, rel=0.005)
