"""What each step of ``int8_static_tuned`` is worth, on real networks, and how few faces it needs.

``python tests/experiments/recipe_ablation.py`` reads the networks and the ORL faces of
``../shared/real`` and prints two tables in Markdown. Calibration people are in no evaluated image.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from suite.catalog.catalog import Catalog
from suite.catalog.folder import read_catalog
from suite.catalog.mode_card import RecipeSpec
from suite.catalog.model_card import OutputSpec
from suite.catalog.preprocess import PreprocessSpec
from suite.datasets.face import Face
from suite.datasets.face_set import FaceSet, face_set
from suite.models.onnx_file import read_onnx_file
from suite.quantization.artifact import Ingredients
from suite.quantization.builder import build
from suite.quantization.recipe import resolve_recipe
from suite.report.tables import markdown
from suite.runtime.embedding import embed
from suite.runtime.profile import own_profile
from suite.runtime.sessions import open_session
from suite.verification.all_pairs import all_pairs

REAL = Path(__file__).parents[3] / "shared" / "real"
SIGNED = {"scale": 255.0, "mean": (127.5,) * 3, "std": (128.0,) * 3}
IMAGENET = {"scale": 1.0, "mean": (0.485, 0.456, 0.406), "std": (0.229, 0.224, 0.225)}
NETWORKS = {
    "mobilefacenet192": ("mobilefacenet192/mobilefacenet192_prelu.onnx", 112, 192, SIGNED),
    "mobilefacenet": ("mobilefacenet/MobileFaceNet.onnx", 112, 128, IMAGENET),
    "facenet": ("facenet/facenet-casia.onnx", 160, 512, SIGNED),
}
HEADER = ("network", "recipe", "cosine, mean", "1 %", "worst", "TAR@FAR=1e-3", "built in")


def main() -> int:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--networks", nargs="+", default=list(NETWORKS), choices=NETWORKS)
    parser.add_argument("--table", choices=("steps", "faces"), action="append")
    chosen = parser.parse_args()
    for table in chosen.table or ("steps", "faces"):
        rows = [row for name in chosen.networks for row in rows_of(name, table)]
        print(*markdown(HEADER, rows), "", sep="\n")
    return 0


def rows_of(name: str, table: str) -> Iterator[tuple[str, ...]]:
    """The rows of one network."""
    file, side, dim, fed = NETWORKS[name]
    spec = PreprocessSpec(height=side, width=side, color_order="RGB", **fed)  # type: ignore[arg-type]
    outputs = OutputSpec(embedding_dim=dim)
    catalog = read_catalog()
    evaluated, people = faces_in(REAL / "orl/aligned")
    calibration, _ = faces_in(REAL / "orl/calibration")

    def figures(path: Path) -> np.ndarray:
        session = open_session(path, catalog.providers["cpu"], threads=0)
        return embed(session, evaluated, spec, outputs, "none", 1)

    source = read_onnx_file(REAL / file)
    fp32 = figures(source.path)
    at_fp32 = tar(fp32, people)
    recipe = recipe_of(catalog, "int8_static_tuned")
    tried = recipes(catalog, recipe) if table == "steps" else [("", recipe)]
    sets = [("", calibration)] if table == "steps" else list(parts(calibration))
    with tempfile.TemporaryDirectory() as folder:
        for what, each in tried:
            for which, faces in sets:
                target = Path(folder) / "model.onnx"
                target.unlink(missing_ok=True)
                made = Ingredients(source.sha256, each, spec, outputs, as_set(faces))
                start = time.perf_counter()
                build(source.path, target, made)
                seconds = time.perf_counter() - start
                rows = figures(target)
                cosines = (rows * fp32).sum(axis=1)
                at = tar(rows, people)
                print(f"{name} {what}{which}", file=sys.stderr, flush=True)
                yield (
                    *(name, what or which, f"{cosines.mean():.5f}"),
                    *(f"{np.quantile(cosines, 0.01):.5f}", f"{cosines.min():.5f}"),
                    *(f"{at:.4f} ({at - at_fp32:+.4f})", f"{seconds:.1f} s"),
                )


def recipes(catalog: Catalog, full: RecipeSpec) -> Iterator[tuple[str, RecipeSpec]]:
    """The plain recipe, the full one, and it without each of its parts."""
    yield "int8_static_qdq", recipe_of(catalog, "int8_static_qdq")
    yield "all steps", full
    for step in ("flip_slopes", "equalize", "prelu_as_max", "correct_bias"):
        steps = tuple(each for each in full.steps if each != step)
        yield f"without {step}", full.model_copy(update={"steps": steps})
    for method in ("MinMax", "Percentile", "MSE", "Entropy"):
        yield method, full.model_copy(update={"calibration_method": method})
    yield "first Conv in INT8", full.model_copy(update={"keep_float": ()})


def parts(faces: Sequence[Face]) -> Iterator[tuple[str, Sequence[Face]]]:
    """Fewer calibration faces: halves, 50, 25 and 10 of them, and five of the people."""
    yield f"all {len(faces)}", faces
    yield "every other", faces[::2]
    yield "the others", faces[1::2]
    yield "25, spread", faces[::4][:25]
    yield "10, spread", faces[::10]
    yield "five people", faces[:50]
    yield "five others", faces[50:]


def recipe_of(catalog: Catalog, mode: str) -> RecipeSpec:
    """A mode's recipe on this CPU."""
    provider = catalog.providers["cpu"]
    recipe = resolve_recipe(catalog.modes[mode], provider, own_profile(provider))
    assert recipe is not None
    return recipe


def faces_in(folder: Path) -> tuple[list[Face], np.ndarray]:
    """The images of a folder of people, and who each shows."""
    files = sorted(folder.glob("*/*.jpg"))
    names = sorted({file.parent.name for file in files})
    people = np.array([names.index(file.parent.name) for file in files])
    return [Face.held(file.name, file.read_bytes()) for file in files], people


def as_set(faces: Sequence[Face]) -> FaceSet:
    """Calibration faces as a set."""
    return face_set("calibration", list(faces))


def tar(rows: np.ndarray, people: np.ndarray) -> float:
    """TAR@FAR=1e-3 of all pairs."""
    return all_pairs(rows, people, [1e-3]).tar_at_far[0].tar


if __name__ == "__main__":
    raise SystemExit(main())
