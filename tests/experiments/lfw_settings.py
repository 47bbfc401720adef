"""FaceNet and MobileFaceNet on LFW under many settings of their pipeline, chosen and told apart.

    python tests/experiments/lfw_settings.py DATA_DIR [--models facenet,mobilefacenet]

DATA_DIR is the folder that docs/examples/lfw/run.py made. One setting is changed at a time. A
setting is chosen by its accuracy on folds 1 to 5 and reported on folds 6 to 10, whose threshold is
that of folds 1 to 5; the 10-fold accuracy stands beside it, as published figures have it.
"""

import argparse
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from suite.catalog.alignment import AlignSpec, MarginAlign
from suite.catalog.folder import read_catalog
from suite.catalog.preprocess import PreprocessSpec
from suite.datasets.loader import load_dataset
from suite.report.tables import markdown
from suite.runtime.embedding import embed
from suite.runtime.network import Flip
from suite.runtime.sessions import load
from suite.runtime.share import share
from suite.verification.folds import fold_accuracy
from suite.verification.held_out import best_threshold
from suite.verification.scores import squared_distances

CATALOG = read_catalog(Path(__file__).parents[2] / "docs" / "examples" / "lfw")
PROVIDER = CATALOG.providers["cpu"]
BATCH = 32
HALF = 3_000
# The side of a face in the middle of LFW's 250 pixels.
MIDDLE = 125


@dataclass(frozen=True)
class Setting:
    """A pipeline: how faces are cut, how pixels are fed, whether the mirror image counts."""

    words: str
    align: AlignSpec | None
    spec: PreprocessSpec
    flip: Flip = "none"


def settings(model: str) -> Iterator[Setting]:
    """The settings that are tried of a model, all but the first without the mirror image."""
    card = CATALOG.models[model]
    align, spec = CATALOG.datasets[card.evaluation[0]].align, card.preprocess
    own = Setting("without the mirror image, as all below", align, spec)

    def cut(words: str, **keys: Any) -> Setting:
        return replace(own, words=words, align=align.model_copy(update=keys))

    def fed(words: str, **keys: Any) -> Setting:
        return replace(own, words=words, spec=spec.model_copy(update=keys))

    yield Setting("as the card says", align, spec, card.flip)
    yield own
    if align.method == "margin":
        yield cut("enlarged before detection, 2 ×", enlarge=2.0)
        yield cut("margin 0", margin=0)
        yield cut("margin 44", margin=44)
    else:
        yield cut("not enlarged before detection", enlarge=1.0)
    plain = {"scale": 255.0, "mean": (0.0,) * 3, "std": (1.0,) * 3}
    yield fed("prewhitened", **plain, prewhiten=True)
    yield fed("colours in the other order", color_order="BGR")
    yield replace(own, words="unaligned: all of the image", align=None)
    middle = MarginAlign(method="margin", centre=MIDDLE, margin=0, size=spec.height)
    yield replace(own, words="unaligned: its middle", align=middle)


def measure(model: str, data: Path) -> list[tuple[str, float, float, float]]:
    """Of each setting its words, and the accuracy on folds 1 to 5, on 6 to 10, and by folds."""
    card = CATALOG.models[model]
    shared = share(PROVIDER, 0)
    session = load(data / card.source.file, PROVIDER, threads=shared.threads)
    found = []
    for each in settings(model):
        dataset = CATALOG.datasets[card.evaluation[0]].model_copy(update={"align": each.align})
        faces = load_dataset(dataset, lambda name: data / name)
        rows = embed(
            session, faces.faces, each.spec, card.outputs, each.flip, BATCH, runs=shared.runs
        )
        distances, genuine = squared_distances(rows[faces.left], rows[faces.right]), faces.genuine
        chosen = best_threshold(distances[:HALF], genuine[:HALF])
        right = (distances[HALF:] < chosen.threshold) == genuine[HALF:]
        mean = fold_accuracy(distances, genuine).mean
        found.append((each.words, chosen.accuracy, float(right.mean()), mean))
        print(f"{model}: {found[-1]}", file=sys.stderr, flush=True)
    return found


def main() -> int:
    """Print a table a model, and which setting folds 1 to 5 choose."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--models", default="facenet,mobilefacenet")
    given = parser.parse_args()
    for model in given.models.split(","):
        found = measure(model, given.data)
        header = (f"{model}, {len(found)} settings", "folds 1–5", "folds 6–10", "10 folds")
        rows = [(words, *(f"{value:.4f}" for value in values)) for words, *values in found]
        print(*markdown(header, rows), sep="\n")
        best = max(found, key=lambda each: each[1])
        print(f"\nFolds 1–5 choose: {best[0]}; on folds 6–10 {best[2]:.4f}.\n", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
