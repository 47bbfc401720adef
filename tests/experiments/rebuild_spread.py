"""How far the embeddings of a rebuilt artifact lie from those that were accepted, image by image.

``python tests/experiments/rebuild_spread.py FOLDER [--as NAME]`` builds each embedded family's INT8
artifacts under harmless and harmful changes and keeps what they embed in ``FOLDER``; with another
onnxruntime on ``PYTHONPATH`` and ``--as NAME`` it adds what that one builds, and what it makes of
the files of the first. ``--table`` prints how far each lies from the plain build.
"""

import argparse
import dataclasses
from collections.abc import Callable, Iterator, Mapping
from contextlib import nullcontext
from pathlib import Path

import numpy as np
import onnx
from onnx import numpy_helper

from suite.catalog.folder import read_catalog
from suite.gates.case_work import CaseWork
from suite.gates.charts import charts_for
from suite.gates.further_charts import further_charts
from suite.gates.progress import Progress
from suite.gates.workbench import Workbench
from suite.models.onnx_file import read_onnx_file
from suite.quantization.artifact import Artifact
from suite.report.tables import markdown
from suite.runtime.profile import cpu_profile

MODES = ("int8_dynamic", "int8_static_qdq", "int8_static_tuned")
STATIC = MODES[1:]
Change = Callable[[onnx.ModelProto], None]


def main() -> int:
    """Keep what the artifacts embed, or print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--as", dest="name", default="")
    parser.add_argument("--table", action="store_true")
    parser.add_argument("--models", default="")
    chosen = parser.parse_args()
    models = (
        chosen.models.split(",")
        if chosen.models
        else [each.id for each in read_catalog().models.values() if not each.on_request]
    )
    for model in models:
        if not chosen.table:
            keep(chosen.folder, model, chosen.name)
    if chosen.table:
        print("\n".join(markdown(HEADER, list(rows(chosen.folder, models)))))
    return 0


def keep(folder: Path, model: str, name: str) -> None:
    """Embed the faces and charts by each condition's artifact of a model."""
    made = bench(folder / f"cache-{name or 'plain'}")
    save(folder, made, model, "fp32", name or "plain")
    for mode in MODES:
        work = save(folder, made, model, mode, name or "plain")
        if name:
            path = next((folder / "files").glob(f"{model}.{mode}.plain.onnx"))
            save(folder, made, model, mode, f"{name} runs plain", path)
            continue
        if mode in STATIC:
            for words, other in harmless(folder):
                save(folder, other, model, mode, words)
        for words, change in (*nudged(mode), *harmful()):
            net = onnx.load(work.artifact.file.path)
            change(net)
            path = folder / "files" / f"{model}.{mode}.{words}.onnx"
            onnx.save(net, path)
            save(folder, made, model, mode, words, path)


def bench(cache: Path, threads: int = 0) -> Workbench:
    catalog = read_catalog()
    provider = catalog.providers["cpu"]
    return Workbench(catalog, provider, threads, cpu_profile(), cache, Progress(nullcontext))


def harmless(folder: Path) -> Iterator[tuple[str, Workbench]]:
    """The same faces of calibration in another order, and one thread."""
    shuffled = bench(folder / "cache-order")
    faces = shuffled.dataset("embedded-calibration")
    order = np.random.default_rng(0).permutation(len(faces.faces))
    mixed = tuple(faces.faces[i] for i in order)
    shuffled._datasets[faces.id] = dataclasses.replace(faces, faces=mixed, sha256="0" * 64)
    yield "calibration in another order", shuffled
    yield "one thread", bench(folder / "cache-thread", 1)


def nudged(mode: str) -> Iterator[tuple[str, Change]]:
    """Each scale of activations as another CPU's float sums could make it."""
    if mode in STATIC:
        for share in (1e-7, 1e-6, 1e-5):
            yield f"scales ± {share:g}", lambda net, share=share: nudge(net, share)


def nudge(net: onnx.ModelProto, share: float) -> None:
    rng = np.random.default_rng(1)
    for each in scales(net):
        value = numpy_helper.to_array(each)
        factor = 1 + share * rng.choice([-1.0, 1.0])
        put(each, (value * factor).astype(np.float32))


def scales(net: onnx.ModelProto) -> list[onnx.TensorProto]:
    """The scales of activations: scalars of QuantizeLinear."""
    named = {node.input[1] for node in net.graph.node if node.op_type == "QuantizeLinear"}
    return [each for each in net.graph.initializer if each.name in named]


def harmful() -> Iterator[tuple[str, Change]]:
    yield "one layer + 5 % noise", lambda net: in_weights(net, noise)
    yield "all layers + 1 % noise", lambda net: in_weights(net, little_noise, every=True)
    yield "dead channel", lambda net: in_weights(net, dead)
    yield "one scale × 1.05", lambda net: scale_up(net, 1.05)


def noise(weights: np.ndarray) -> np.ndarray:
    rng = np.random.default_rng(2)
    moved = weights + rng.normal(0, 0.05 * (weights - weights.mean()).std(), weights.shape)
    return np.clip(np.rint(moved), *limits(weights)).astype(weights.dtype)


def little_noise(weights: np.ndarray) -> np.ndarray:
    rng = np.random.default_rng(2)
    moved = weights + rng.normal(0, 0.01 * (weights - weights.mean()).std(), weights.shape)
    return np.clip(np.rint(moved), *limits(weights)).astype(weights.dtype)


def dead(weights: np.ndarray) -> np.ndarray:
    gone = weights.copy()
    gone[0] = 0 if weights.dtype != np.uint8 else np.uint8(128)
    return gone


def limits(weights: np.ndarray) -> tuple[float, float]:
    if weights.dtype.kind == "f":
        return -np.inf, np.inf
    known = np.iinfo(weights.dtype)
    return known.min, known.max


def in_weights(net: onnx.ModelProto, change: Callable, *, every: bool = False) -> None:
    """Change the weights of the layer in the middle, or of all."""
    held = [
        each
        for each in net.graph.initializer
        if len(each.dims) == 4 and each.data_type in (onnx.TensorProto.INT8, onnx.TensorProto.UINT8)
    ]
    for each in held if every else [held[len(held) // 2]]:
        put(each, change(numpy_helper.to_array(each)))


def scale_up(net: onnx.ModelProto, factor: float) -> None:
    found = scales(net)
    if not found:  # dynamic: that of weights
        found = [
            each for each in net.graph.initializer if each.name.endswith("_scale") and not each.dims
        ]
    each = found[len(found) // 2]
    put(each, (numpy_helper.to_array(each) * factor).astype(np.float32))


def put(each: onnx.TensorProto, value: np.ndarray) -> None:
    each.CopyFrom(numpy_helper.from_array(np.ascontiguousarray(value), each.name))


def save(
    folder: Path, made: Workbench, model: str, mode: str, words: str, path: Path | None = None
) -> CaseWork:
    catalog = made.catalog
    work = CaseWork(
        made.case(catalog.models[model], catalog.modes[mode]).of_model, catalog.modes[mode]
    )
    if path:
        work.artifact = Artifact(read_onnx_file(path))
    place = folder / "files" / f"{model}.{mode}.{words}.onnx"
    place.parent.mkdir(parents=True, exist_ok=True)
    if not place.exists():
        place.write_bytes(work.artifact.file.path.read_bytes())
    spec = work.feeding.spec
    charts = work.embed_with_norms((*charts_for(spec), *further_charts(spec)), "charts")
    faces = work.embedded("embedded-evaluation")
    quality = faces.quality if faces.quality is not None else np.empty(0)
    np.savez(
        folder / f"{model}.{mode}.{words}.npz",
        sha=work.artifact.file.sha256,
        charts=charts.raw,
        units=faces.units,
        norms=faces.norms,
        quality=quality,
    )
    print(model, mode, words, flush=True)
    return work


HEADER = (
    *(
        "condition",
        "model",
        "mode",
        "same file",
        "charts",
        "their norms",
        "mean change of angle, °",
    ),
    *("largest, °", "mean cosine", "1st percentile", "worst", "norm ratio"),
)


def rows(folder: Path, models: list[str]) -> Iterator[tuple[str, ...]]:
    people = bench(folder / "cache-plain").dataset("embedded-evaluation").people
    assert people is not None
    for model in models:
        plain_fp32 = np.load(folder / f"{model}.fp32.plain.npz")
        for mode in MODES:
            plain = np.load(folder / f"{model}.{mode}.plain.npz")
            for path in sorted(folder.glob(f"{model}.{mode}.*.npz")):
                words = path.name.removeprefix(f"{model}.{mode}.").removesuffix(".npz")
                if words == "plain":
                    continue
                own = folder / f"{model}.fp32.{words.split(' runs')[0]}.npz"
                fp32 = np.load(own) if own.exists() else plain_fp32
                figures = row(people, (plain, plain_fp32), (np.load(path), fp32))
                yield words, model, mode, *figures


def angles(one: np.ndarray, two: np.ndarray) -> np.ndarray:
    apart = np.linalg.norm(one.astype(float) - two, axis=1)
    return np.degrees(2 * np.arcsin(np.clip(apart / 2, 0, 1)))


Kept = Mapping[str, np.ndarray]


def row(people: np.ndarray, accepted: tuple[Kept, Kept], now: tuple[Kept, Kept]) -> tuple[str, ...]:
    """One condition held against the plain build; each is a mode with its FP32."""
    (plain, plain_fp32), (other, fp32) = accepted, now
    length = np.linalg.norm(plain["charts"], axis=1)
    charts = (np.linalg.norm(other["charts"] - plain["charts"], axis=1) / length).max()
    norms = abs(np.linalg.norm(other["charts"], axis=1) / length - 1).max()
    before = angles(plain["units"], plain_fp32["units"])
    after = angles(other["units"], fp32["units"])
    moved = after - before
    of_person = max(abs(moved[people == each].mean()) for each in np.unique(people))
    one, two = np.cos(np.radians(before)), np.cos(np.radians(after))
    was, is_ = plain["norms"] / plain_fp32["norms"], other["norms"] / fp32["norms"]
    ends = [np.quantile(is_, at) - np.quantile(was, at) for at in (0.01, 0.99)]
    return (
        "yes" if str(other["sha"]) == str(plain["sha"]) else "",
        f"{charts:.1e}",
        f"{norms:.1e}",
        f"{abs(moved).mean():.4f}",
        f"{abs(moved).max():.3f}",
        f"{of_person:.3f}",
        f"{two.mean() - one.mean():+.5f}",
        f"{np.quantile(two, 0.01) - np.quantile(one, 0.01):+.5f}",
        f"{two.min() - one.min():+.5f}",
        f"{is_.mean() - was.mean():+.5f}",
        f"{max(ends, key=abs):+.5f}",
    )


if __name__ == "__main__":
    raise SystemExit(main())
