"""Whether layers rank on calibration faces as they do on the real evaluation set.

``python tests/experiments/layer_ranking.py`` weighs the layers of ``int8_static_tuned`` and
``int8_static_qdq`` of real networks in ``../shared/real`` as ``face-quant-gate explain`` does, on
half of ORL's calibration people, and again on the evaluated people, and prints Spearman's rank
correlation of each figure in Markdown. For the docs alone: nothing is ever chosen by it.
"""

import argparse
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

from recipe_ablation import NETWORKS, REAL, as_set, faces_in, recipe_of
from scipy.stats import spearmanr

from suite.catalog.folder import read_catalog
from suite.catalog.model_card import OutputSpec
from suite.catalog.preprocess import PreprocessSpec
from suite.datasets.face_set import FaceSet, face_set
from suite.models.onnx_file import load_whole, read_onnx_file
from suite.quantization.artifact import Ingredients
from suite.quantization.builder import build
from suite.quantization.sensitivity.costs import Costs, Selection, costs_of
from suite.quantization.sensitivity.forms import Forms
from suite.quantization.sensitivity.halves import halves
from suite.quantization.sensitivity.units import units_of
from suite.quantization.steps.net import Net
from suite.report.tables import markdown

HEADER = (
    *("network", "mode", "layers", "alone in 8 bits", "gain in float", "SQNR"),
    "alone against the gain on evaluated faces",
    "alone on half as many faces",
)
SHOWN = 32


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--networks", nargs="+", default=list(NETWORKS), choices=NETWORKS)
    parser.add_argument("--modes", nargs="+", default=["int8_static_tuned", "int8_static_qdq"])
    parser.add_argument("--faces", type=int, default=150, help="evaluated faces")
    chosen = parser.parse_args()
    rows = [row(name, mode, chosen.faces) for name in chosen.networks for mode in chosen.modes]
    print(*markdown(HEADER, rows), sep="\n")
    return 0


def row(name: str, mode: str, evaluated: int) -> tuple[str, ...]:
    """One network in one mode."""
    file, side, dim, fed = NETWORKS[name]
    spec = PreprocessSpec(height=side, width=side, color_order="RGB", **fed)  # type: ignore[arg-type]
    outputs, source = OutputSpec(embedding_dim=dim), read_onnx_file(REAL / file)
    faces, people = faces_in(REAL / "orl/calibration")
    first, second = halves(face_set("calibration", faces, people=[str(who) for who in people]))
    others = as_set(faces_in(REAL / "orl/aligned")[0])
    made = Ingredients(source.sha256, recipe_of(read_catalog(), mode), spec, outputs, first)
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        nets = []
        for recipe in (made.recipe.in_float, made.recipe):
            build(source.path, work / "model.onnx", replace(made, recipe=recipe))
            nets.append(Net.of(load_whole(work / "model.onnx")))
            (work / "model.onnx").unlink()
        forms = Forms(*nets)
        units = units_of(forms.reference, forms.reference.shapes(spec.shape(1)))

        def weighed(of: FaceSet, most: int) -> Selection:
            return Selection.of(forms.reference, replace(made, calibration=of), most, work)

        selected, few, real = (
            costs_of(forms, units, weighed(of, most))
            for of, most in ((second, SHOWN), (second, SHOWN // 2), (others, evaluated))
        )
    print(name, mode, file=sys.stderr, flush=True)
    return (
        *(name, mode, str(len(selected.units))),
        ranked(alone(selected), alone(real)),
        ranked(gains(selected), gains(real)),
        ranked([-unit.sqnr_db for unit in selected.units], [-u.sqnr_db for u in real.units]),
        ranked(alone(selected), gains(real)),
        ranked(alone(few), alone(selected)),
    )


def alone(costs: Costs) -> list[float]:
    """What each layer loses alone in 8 bits."""
    return [unit.alone for unit in costs.units]


def gains(costs: Costs) -> list[float]:
    """What is gained with each layer alone in float."""
    return [costs.loss - unit.in_float for unit in costs.units]


def ranked(one: list[float], other: list[float]) -> str:
    """Spearman's rank correlation."""
    return f"{spearmanr(one, other).statistic:.2f}"


if __name__ == "__main__":
    raise SystemExit(main())
