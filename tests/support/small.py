"""A small made network and small made faces, and the work on them in this process."""

import hashlib
import zlib
from contextlib import nullcontext, suppress
from pathlib import Path
from types import SimpleNamespace

import cv2
import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.quantization import QuantType, quantize_dynamic

from suite.catalog.case import Case
from suite.catalog.folder import read_catalog
from suite.catalog.gate import Gate
from suite.gates.case_work import CaseWork
from suite.gates.check import GateCheck
from suite.gates.conclusion import attached
from suite.gates.progress import Progress
from suite.gates.test_placement import test_placement as check_placement
from suite.gates.workbench import Workbench
from suite.judging.record import Record

FACES = "small-faces"
SIDE, DIM = 16, 32
PEOPLE, PICTURES = 30, 4
CARD = f"""
id = "small"
family = "made"
licence = "none"
flip = "none"
evaluation = ["small-faces"]
TOP
[source]
file = "../small.onnx"
sha256 = "SHA256"

[preprocess]
height = {SIDE}
width = {SIDE}
color_order = "RGB"
scale = 255.0
mean = [127.5, 127.5, 127.5]
std = [127.5, 127.5, 127.5]

[outputs]
embedding_dim = {DIM}
"""


def network(
    *after: onnx.NodeProto, batch: int | str = "n", **weights: np.ndarray
) -> onnx.ModelProto:
    """A random projection of the pixels; ``after`` it nodes that make ``embedding`` of ``e``.

    Without any, ``e`` is the embedding. ``weights`` are what those nodes need besides.
    """
    rng = np.random.default_rng(0)
    projection = rng.standard_normal((3 * SIDE * SIDE, DIM)).astype(np.float32) / SIDE
    nodes = [
        helper.make_node("Flatten", ["images"], ["flat"]),
        helper.make_node("MatMul", ["flat", "projection"], ["e"]),
        *(after or [helper.make_node("Identity", ["e"], ["embedding"])]),
    ]
    graph = helper.make_graph(
        nodes,
        "small",
        [helper.make_tensor_value_info("images", TensorProto.FLOAT, [batch, 3, SIDE, SIDE])],
        [helper.make_tensor_value_info("embedding", TensorProto.FLOAT, [batch, DIM])],
        [
            numpy_helper.from_array(array, name)
            for name, array in {"projection": projection, **weights}.items()
        ],
    )
    opset = helper.make_opsetid("", 17)
    return helper.make_model(graph, opset_imports=[opset], ir_version=9)


def faithful() -> onnx.ModelProto:
    """Another file, whose embeddings point where those of FP32 do."""
    node = helper.make_node("Mul", ["e", "two"], ["embedding"])
    return network(node, two=np.float32([2]))


def dynamic(folder: Path) -> onnx.ModelProto:
    """Dynamic INT8, which takes its scales over the batch."""
    onnx.save(network(), folder / "float.onnx")
    quantize_dynamic(folder / "float.onnx", folder / "dynamic.onnx", weight_type=QuantType.QUInt8)
    return onnx.load(folder / "dynamic.onnx")


def write_faces(folder: Path) -> None:
    """A folder per person: each has a pattern, and each picture of it noise of its own."""
    for person in range(PEOPLE):
        rng = np.random.default_rng(zlib.crc32(b"person") + person)
        pattern = rng.integers(60, 196, (SIDE, SIDE, 3))
        (folder / f"p{person:02d}").mkdir(parents=True)
        for picture in range(PICTURES):
            pixels = pattern + rng.integers(-40, 41, pattern.shape)
            path = folder / f"p{person:02d}" / f"{picture}.png"
            path.write_bytes(cv2.imencode(".png", pixels.astype(np.uint8))[1].tobytes())


def small_catalog(folder: Path, model: onnx.ModelProto, top: str = "", bottom: str = "") -> Path:
    """A catalog of one model and its faces; ``top`` and ``bottom`` are lines of its card."""
    for kind in ("models", "datasets"):
        (folder / kind).mkdir(parents=True, exist_ok=True)
    if not (folder / "faces").exists():
        write_faces(folder / "faces")
    onnx.save(model, folder / "small.onnx")
    digest = hashlib.sha256((folder / "small.onnx").read_bytes()).hexdigest()
    card = CARD.replace("TOP", top).replace("SHA256", digest)
    (folder / "models" / "small.toml").write_text(card + bottom)
    (folder / "datasets" / "small-faces.toml").write_text(
        'id = "small-faces"\nkind = "people"\nfolder = "../faces"\nfolds = 4\npairs_per_fold = 20\n'
    )
    return folder


def bring(folder: Path, mode: str, model: onnx.ModelProto) -> None:
    """Name a network as the mode's artifact."""
    file = folder / f"{mode}.onnx"
    onnx.save(model, file)
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    card = folder / "models" / "small.toml"
    named = f'\n[artifacts.{mode}]\nfile = "../{mode}.onnx"\nsha256 = "{digest}"\n'
    card.write_text(card.read_text() + named)


def small_work(folder: Path, mode: str = "fp32") -> CaseWork:
    """The work on the catalog's model in a mode, one thread, nothing said."""
    catalog = read_catalog(folder)
    provider = catalog.providers["cpu"]
    progress = Progress(nullcontext)
    bench = Workbench(catalog, provider, 1, "cpu-avx2", folder / "cache", progress)
    return bench.case(catalog.models["small"], catalog.modes[mode])


class _Uncounted:
    """A snapshot that is told and keeps nothing."""

    def __init__(self, update_snapshots: bool) -> None:
        self.update_snapshots = update_snapshots

    def use_extension(self, _: object) -> "_Uncounted":
        return self

    def __call__(self, name: str) -> object:
        return object()


def concluded(work: CaseWork, gate: Gate, *, update: bool = False) -> Record:
    """The record of a gate, whatever it concludes; syrupy neither counts nor writes."""
    item = SimpleNamespace(nodeid=f"x::test_{gate}[x]", stash=pytest.Stash())
    case, snapshot = Case(work.model, work.mode), _Uncounted(update)
    dataset = FACES if gate.per_dataset else None
    made = GateCheck(item, gate, case, dataset, work, snapshot, "pytest -k x", require_all=False)
    with suppress(pytest.fail.Exception, pytest.skip.Exception):
        if gate is Gate.PLACEMENT:
            check_placement(case, made)
        elif gate is Gate.BEHAVIOUR:
            made.check_itself(made.measure())
        else:
            made.check(made.measure())
    record = attached(item)
    assert record is not None
    return record
