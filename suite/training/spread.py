"""How far healthy and broken INT8 move the embedded figures: ``python -m suite.training.spread``.

The policies in ``fixtures/modes`` follow from its two tables. Healthy are recipes that a sensible
team would use, on the whole calibration set or on parts of it; broken are calibrations that see
something else than what the network is fed.
"""

import argparse
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from suite.catalog.catalog import Catalog
from suite.catalog.folder import read_catalog
from suite.catalog.mode_card import RecipeSpec
from suite.catalog.model_card import ModelCard
from suite.catalog.preprocess import PreprocessSpec
from suite.datasets.face import Face
from suite.datasets.face_set import FaceSet, face_set
from suite.datasets.loader import load_dataset
from suite.models.onnx_file import read_onnx_file
from suite.quantization.artifact import Ingredients
from suite.quantization.builder import build
from suite.report.tables import markdown
from suite.runtime.embedding import embed
from suite.runtime.sessions import open_session
from suite.verification.all_pairs import all_pairs
from suite.verification.errors import VerificationError
from suite.verification.fidelity import fidelity
from suite.verification.pair_figures import verify
from suite.verification.scores import squared_distances

Embeddings = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Variant:
    """One way to quantize: a recipe, what calibrates it and how that is preprocessed."""

    name: str
    recipe: RecipeSpec
    faces: FaceSet
    spec: PreprocessSpec
    batch: int = 32


def healthy(calibration: FaceSet, spec: PreprocessSpec) -> Iterator[Variant]:
    """Recipes and calibration sets that a sensible team would use."""

    def static(name: str, faces: FaceSet = calibration, **recipe: object) -> Variant:
        spoken = {"method": "static_qdq", "per_channel": True, **recipe}
        return Variant(name, RecipeSpec.model_validate(spoken), faces, spec)

    for weights in ("QUInt8", "QInt8"):
        recipe = RecipeSpec(
            method="dynamic", op_types=("Conv", "MatMul", "Gemm"), weight_type=weights
        )
        yield Variant(f"dynamic, {weights} weights", recipe, calibration, spec, batch=1)
    yield static("static U8S8 per channel")
    yield static("static U8S8 per channel, reduced range", reduce_range=True)
    yield static("static U8S8 per tensor", per_channel=False)
    yield static("static S8S8 per channel", activation_type="QInt8")
    yield static("static S8S8 per channel, Percentile", calibration_method="Percentile")
    for number, count in ((0, 16), (1, 16), (2, 50)):
        rng = np.random.default_rng(number)
        chosen = rng.permutation(len(calibration.faces))[:count]
        part = face_set("part", [calibration.faces[index] for index in chosen])
        yield static(f"static U8S8 per channel, {count} faces (draw {number})", part)


def broken(calibration: FaceSet, spec: PreprocessSpec) -> Iterator[Variant]:
    """Calibrations that see something else than what the network is fed."""
    recipe = RecipeSpec(method="static_qdq", per_channel=True)
    rng = np.random.default_rng(0)
    noise = [rng.integers(0, 256, (112, 112, 3), dtype=np.uint8) for _ in range(100)]
    yield Variant("on uniform noise", recipe, _encoded("noise", noise), spec)
    dark = [pixels // 5 for pixels in _decoded(calibration)]
    yield Variant("on faces five times too dark", recipe, _encoded("dark", dark), spec)
    raw = spec.model_copy(update={"mean": (0.0, 0.0, 0.0), "std": (1.0, 1.0, 1.0)})
    yield Variant("on raw 0…255", recipe, calibration, raw)
    unit = raw.model_copy(update={"scale": 1.0})
    yield Variant("on 0…1", recipe, calibration, unit)


def measure(catalog: Catalog, model: ModelCard) -> Iterator[tuple[str, str, dict[str, float]]]:
    """``healthy`` or ``broken``, the variant's name, and what it lost against FP32."""
    calibration_card = catalog.datasets[str(model.calibration)]
    calibration = load_dataset(calibration_card, lambda f: catalog.locate(calibration_card, f))
    evaluation_card = catalog.datasets[model.evaluation[0]]
    evaluation = load_dataset(evaluation_card, lambda f: catalog.locate(evaluation_card, f))
    source = catalog.locate(model, model.source.file, weights=True)

    def rows(path: Path, batch: int) -> Embeddings:
        session = open_session(path, catalog.providers["cpu"], threads=0)
        outputs, faces = model.outputs, evaluation.faces
        return embed(session, faces, model.preprocess, outputs, model.flip, batch)

    reference = rows(source, 32)
    at_first = _figures(reference, evaluation)
    yield "fp32", "", at_first
    kinds: tuple[tuple[str, Callable[[FaceSet, PreprocessSpec], Iterator[Variant]]], ...]
    kinds = (("healthy", healthy), ("broken", broken))
    with tempfile.TemporaryDirectory() as folder:
        for kind, variants in kinds:
            for variant in variants(calibration, model.preprocess):
                target = Path(folder) / "model.onnx"
                parts = (variant.recipe, variant.spec, model.outputs, variant.faces)
                build(source, target, Ingredients(read_onnx_file(source).sha256, *parts))
                lost = _lost(rows(target, variant.batch), reference, at_first, evaluation)
                yield kind, variant.name, lost


def main(arguments: Sequence[str] | None = None) -> int:
    """Print a Markdown table of every variant of every embedded family."""
    argparse.ArgumentParser(prog="python -m suite.training.spread", description=__doc__).parse_args(
        arguments
    )
    catalog = read_catalog()
    tables: dict[str, list[tuple[str, ...]]] = {"fp32": [], "healthy": [], "broken": []}
    for model in catalog.models.values():
        for kind, name, found in measure(catalog, model):
            print(f"{model.id}: {kind} {name}", file=sys.stderr, flush=True)
            cells = (f"{value:.4f}" for value in found.values())
            tables[kind].append((model.family, *([name] if name else []), *cells))
    accuracy = ("accuracy", "ROC AUC", "TAR@FAR=1e-3, all pairs", "1e-4, all pairs")
    losses = tuple(f"loss of {name}" for name in accuracy)
    for kind, title, header in (
        ("fp32", "FP32", ("family", *accuracy)),
        ("healthy", "Healthy", ("family", "recipe", *losses, "mean cosine", "worst cosine")),
        ("broken", "Broken", ("family", "calibration", *losses, "mean cosine", "worst cosine")),
    ):
        print(f"## {title}\n", *markdown(header, tables[kind]), "", sep="\n")
    return 0


def _figures(rows: Embeddings, evaluation: FaceSet) -> dict[str, float]:
    assert evaluation.people is not None, "the embedded evaluation set has identities"
    distances = squared_distances(rows[evaluation.left], rows[evaluation.right])
    pairs = verify(distances, evaluation.genuine)
    everyone = all_pairs(rows, evaluation.people, (1e-3, 1e-4))
    return {
        "accuracy": pairs.accuracy,
        "roc_auc": pairs.roc_auc,
        "tar_1e-3": everyone.tar_at_far[0].tar,
        "tar_1e-4": everyone.tar_at_far[1].tar,
    }


def _lost(
    rows: Embeddings, reference: Embeddings, at_first: dict[str, float], evaluation: FaceSet
) -> dict[str, float]:
    try:
        now = _figures(rows, evaluation)
        near = fidelity(reference, rows)
    except VerificationError:
        return dict.fromkeys((*at_first, "cosine_mean", "cosine_worst"), float("nan"))
    lost = {name: at_first[name] - value for name, value in now.items()}
    return {**lost, "cosine_mean": near.cosine_mean, "cosine_worst": near.cosine_worst}


def _decoded(faces: FaceSet) -> list[npt.NDArray[np.uint8]]:
    pictures = []
    for face in faces.faces:
        pixels = cv2.imdecode(np.frombuffer(face.read(), np.uint8), cv2.IMREAD_COLOR)
        assert pixels is not None, face.name
        pictures.append(pixels.astype(np.uint8))
    return pictures


def _encoded(name: str, pictures: Sequence[npt.NDArray[np.uint8]]) -> FaceSet:
    faces = []
    for number, pixels in enumerate(pictures):
        _, data = cv2.imencode(".png", pixels)
        faces.append(Face.held(f"{name} {number}", data.tobytes()))
    return face_set(name, faces)


if __name__ == "__main__":
    sys.exit(main())
