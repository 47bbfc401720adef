"""Embed a few faces on another CPU, by emulation, and compare.

``python tests/experiments/cross_cpu.py`` does it.

Debian's ``qemu-user`` runs this interpreter with the instructions of another CPU (some 200 times
slower, so a sample only). For each embedded family, mode and profile's recipe the artifact is built
here, then embeds the same faces here and there.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

from suite.catalog.catalog import Catalog
from suite.catalog.folder import read_catalog
from suite.datasets.face_set import FaceSet
from suite.datasets.loader import load_dataset
from suite.models.onnx_file import read_onnx_file
from suite.quantization.artifact import Ingredients
from suite.quantization.cache import ArtifactCache
from suite.quantization.recipe import resolve_recipe
from suite.report.tables import markdown
from suite.runtime.embedding import embed
from suite.runtime.sessions import open_session

PROFILES = ("cpu-vnni", "cpu-avx2")
CHANGE = "largest change of a pair's squared distance"


def main() -> int:
    """Print the table; returns 1 where the shared recipe's bits differ."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--qemu", default="qemu-x86_64")
    parser.add_argument("--cpu", default="Haswell-noTSX", help="AVX2 without VNNI")
    parser.add_argument("--faces", type=int, default=4)
    parser.add_argument("--modes", default="", help="by id; default: those that run unasked")
    parser.add_argument("--child", type=Path, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.child:
        embed_all(chosen.child, "there")
        return 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        jobs = build_all(folder, chosen.modes)
        (folder / "jobs.json").write_text(json.dumps({"faces": chosen.faces, "jobs": jobs}))
        embed_all(folder, "here")
        command = [sys.executable, __file__, f"--child={folder}"]
        subprocess.run([chosen.qemu, "-cpu", chosen.cpu, *command], check=True)
        return compare(folder, jobs)


def build_all(folder: Path, modes: str) -> list[dict[str, str]]:
    """Build every artifact here; each job is a model, a mode, a profile and a file."""
    catalog = read_catalog()
    named = {"fp32", *modes.split(",")} if modes else set()
    cache = ArtifactCache(folder / "cache", print)
    jobs = []
    for model in [each for each in catalog.models.values() if not each.on_request]:
        source = read_onnx_file(catalog.locate(model, model.source.file, weights=True))
        chosen = [m for m in catalog.modes.values() if m.id in named or not (named or m.on_request)]
        for mode in chosen:
            for profile in PROFILES:
                recipe = resolve_recipe(mode, catalog.providers["cpu"], profile)
                assert recipe is not None
                file = source.path
                if recipe.method != "none":
                    calibration = faces_of(catalog, str(model.calibration))
                    ingredients = Ingredients(
                        source.sha256, recipe, model.preprocess, model.outputs, calibration
                    )
                    file = cache.get(source, ingredients).file.path
                jobs.append(
                    {"model": model.id, "mode": mode.id, "profile": profile, "file": str(file)}
                )
    return jobs


def embed_all(folder: Path, where: str) -> None:
    """Embed the first faces of the evaluation set with each distinct file."""
    given = json.loads((folder / "jobs.json").read_text())
    catalog = read_catalog()
    faces = faces_of(catalog, "embedded-evaluation").faces[:: 1200 // given["faces"]]
    done: dict[str, np.ndarray] = {}
    for number, job in enumerate(given["jobs"]):
        if job["file"] not in done:
            model = catalog.models[job["model"]]
            session = open_session(Path(job["file"]), catalog.providers["cpu"], threads=1)
            batch = 1 if catalog.modes[job["mode"]].batch_dependent else 2
            done[job["file"]] = embed(
                session, faces, model.preprocess, model.outputs, model.flip, batch
            )
            print(f"{where}: {job['model']} {job['mode']} {job['profile']}", file=sys.stderr)
        np.save(folder / f"{number}-{where}.npy", done[job["file"]])


def faces_of(catalog: Catalog, dataset: str) -> FaceSet:
    """A dataset's faces."""
    card = catalog.datasets[dataset]
    return load_dataset(card, lambda relative: catalog.locate(card, relative))


def distances(rows: np.ndarray) -> np.ndarray:
    """Squared distances of all pairs of a sample, [n, n]."""
    return 2 - 2 * (rows @ rows.T)


def compare(folder: Path, jobs: list[dict[str, str]]) -> int:
    """Print how near both CPUs' embeddings are, and how near each is to its own FP32."""
    pairs = [
        (np.load(folder / f"{n}-here.npy"), np.load(folder / f"{n}-there.npy"))
        for n in range(len(jobs))
    ]
    fp32 = {
        job["model"]: pair for job, pair in zip(jobs, pairs, strict=True) if job["mode"] == "fp32"
    }
    rows, status = [], 0
    for job, (here, there) in zip(jobs, pairs, strict=True):
        same = np.array_equal(here, there)
        if not same and job["profile"] == "cpu-avx2" and job["mode"] != "fp32":
            status = 1
        native, emulated = fp32[job["model"]]
        rows.append(
            (
                job["model"],
                job["mode"],
                job["profile"],
                "same bits" if same else "differ",
                f"{(here * there).sum(axis=1).min():.6f}",
                f"{(here * native).sum(axis=1).min():.5f}",
                f"{(there * emulated).sum(axis=1).min():.5f}",
                f"{np.abs(distances(here) - distances(there)).max():.6f}",
            )
        )
    header = ("model", "mode", "recipe of", "bits", "worst cosine here and there")
    print(*markdown((*header, "to FP32 here", "to FP32 there", CHANGE), rows), sep="\n")
    return status


if __name__ == "__main__":
    sys.exit(main())
