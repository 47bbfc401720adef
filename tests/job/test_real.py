"""MobileFaceNet on the ORL faces, where that data is at hand: the published figures, and damage."""

import hashlib
import json
import os
import shutil
import subprocess
from pathlib import Path

import cv2
import numpy as np
import onnx
import pytest
from forked import fork_pytest
from onnx import numpy_helper
from team import ENVIRONMENT, ROOT

from suite.catalog.folder import read_catalog
from suite.datasets.face import Face
from suite.datasets.face_set import face_set
from suite.models.onnx_file import read_onnx_file
from suite.quantization.artifact import Ingredients
from suite.quantization.builder import build

REAL = ROOT.parent / "shared" / "real"
SOURCE = REAL / "mobilefacenet" / "MobileFaceNet.onnx"

pytestmark = pytest.mark.skipif(not SOURCE.exists(), reason="../shared/real is not at hand")


def run(catalog: Path, cache: Path, *options: str) -> tuple[subprocess.CompletedProcess, dict]:
    result = fork_pytest(
        *("--pyargs", "suite.gates", f"--catalog={catalog}", f"--data-dir={REAL}"),
        *(f"--artifact-cache={cache}", "-q", "-p", "no:cacheprovider", "-m", "not latency"),
        *(f"--report-dir={catalog / 'report'}", *options),
        folder=catalog,
        environment=os.environ | ENVIRONMENT,
    )
    report = catalog / "report" / "report.json"
    return result, json.loads(report.read_text()) if report.exists() else {}


@pytest.fixture
def catalog(tmp_path: Path) -> Path:
    shutil.copytree(ROOT / "docs" / "examples" / "orl", tmp_path / "quant")
    return tmp_path / "quant"


def measured(report: dict, gate: str, dataset: str) -> dict:
    (record,) = (r for r in report["records"] if (r["gate"], r["dataset"]) == (gate, dataset))
    return record["measured"]["figures"]


def test_fp32_reproduces_the_figures_of_its_readme(catalog: Path, cache: Path) -> None:
    result, report = run(catalog, cache, "--modes=fp32")
    assert result.returncode == 0, result.stdout
    of_bin = measured(report, "verification", "orl-bin")
    assert round(of_bin["accuracy"], 6) == 0.9975
    assert round(of_bin["accuracy_std"], 6) == 0.0075
    assert round(of_bin["tar_at_far_1e-3"], 4) == 0.9983
    assert round(of_bin["roc_auc"], 4) == round(0.99999, 4)
    of_pairs = measured(report, "verification", "orl-pairs")
    assert round(of_pairs["accuracy"], 6) == 0.998519
    assert round(of_pairs["accuracy_std"], 6) == 0.004444
    assert round(of_pairs["tar_at_far_1e-3"], 4) == 0.9978
    assert round(of_pairs["roc_auc"], 4) == round(0.99998, 4)


def test_colours_swapped_on_grey_faces_are_caught_by_the_fingerprint(
    catalog: Path, cache: Path
) -> None:
    card = catalog / "models" / "mobilefacenet.toml"
    card.write_text(card.read_text().replace('color_order = "RGB"', 'color_order = "BGR"'))
    result, _ = run(catalog, cache, "--modes=fp32", "-k", "fingerprint")
    assert result.returncode == 1
    assert "colour order: the accepted pipeline feeds RGB" in result.stdout


def bring(catalog: Path, mode: str, file: Path) -> None:
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    card = catalog / "models" / "mobilefacenet.toml"
    text = card.read_text()
    card.write_text(text + f'\n[artifacts.{mode}]\nfile = "{file}"\nsha256 = "{digest}"\n')
    for path in catalog.glob(f"baselines/*/*/{mode}.json"):
        document = json.loads(path.read_text())
        for section in document["sections"].values():
            section["identity"].pop("recipe")
            section["identity"].pop("calibration")
            section["identity"]["artifact"] = digest
        path.write_text(json.dumps(document))


def quantized(target: Path, faces: list[Face]) -> Path:
    catalog = read_catalog(ROOT / "docs" / "examples" / "orl")
    model = catalog.models["mobilefacenet"]
    recipe = catalog.modes["int8_static_qdq"].recipe
    assert recipe is not None
    recipe = recipe.model_copy(update={"reduce_range": False})
    made, digest = face_set("made", faces), read_onnx_file(SOURCE).sha256
    build(SOURCE, target, Ingredients(digest, recipe, model.preprocess, model.outputs, made))
    return target


def noise_faces(count: int) -> list[Face]:
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (count, 112, 112, 3), dtype=np.uint8)
    return [
        Face.held(f"noise {i}", cv2.imencode(".png", x)[1].tobytes()) for i, x in enumerate(images)
    ]


def orl_faces() -> list[Face]:
    return [
        Face.held(p.name, p.read_bytes())
        for p in sorted((REAL / "orl" / "calibration").rglob("*.jpg"))
    ]


def test_calibration_on_noise_fails_fidelity(catalog: Path, cache: Path, tmp_path: Path) -> None:
    bring(catalog, "int8_static_qdq", quantized(tmp_path / "noise.onnx", noise_faces(32)))
    result, report = run(
        catalog, cache, "--modes=int8_static_qdq", "--datasets=orl-bin", "-k", "fidelity"
    )
    assert result.returncode == 1
    assert measured(report, "fidelity", "orl-bin")["cosine_mean"] < 0.98
    assert "quantization costs too much: Mean cosine to FP32" in result.stdout


def test_a_zeroed_layer_fails(catalog: Path, cache: Path, tmp_path: Path) -> None:
    path = quantized(tmp_path / "zeroed.onnx", orl_faces())
    model = onnx.load(path)
    kernels = [t for t in model.graph.initializer if t.data_type == onnx.TensorProto.INT8]
    middle = sorted((t for t in kernels if len(t.dims) == 4), key=lambda t: t.name)[10]
    zeros = np.zeros_like(numpy_helper.to_array(middle))
    middle.CopyFrom(numpy_helper.from_array(zeros, middle.name))
    onnx.save(model, path)
    bring(catalog, "int8_static_qdq", path)
    result, report = run(catalog, cache, "--modes=int8_static_qdq", "--datasets=orl-bin")
    assert result.returncode == 1
    failed = {r["gate"] for r in report["records"] if r["outcome"] == "fail"}
    assert "fidelity" in failed
