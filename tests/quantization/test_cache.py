from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from suite.catalog.errors import ArtifactError
from suite.catalog.folder import read_catalog
from suite.catalog.mode_card import RecipeSpec
from suite.catalog.model_card import OutputSpec
from suite.catalog.preprocess import PreprocessSpec
from suite.datasets.face import Face
from suite.datasets.face_set import FaceSet, face_set
from suite.models.onnx_file import read_onnx_file
from suite.quantization import builder, cache
from suite.quantization.artifact import Ingredients
from suite.quantization.builder import build
from suite.quantization.cache import ArtifactCache
from suite.quantization.inspection import quantized_ops
from suite.quantization.recipe import resolve_recipe
from suite.runtime.embedding import embed
from suite.runtime.profile import cpu_profile
from suite.runtime.sessions import open_session

OUTPUTS = OutputSpec(embedding_dim=5)


def static_recipe() -> RecipeSpec:
    """What the CPU at hand gets: without VNNI, U8S8 needs a reduced range or its sums saturate."""
    catalog = read_catalog()
    mode, provider = catalog.modes["int8_static_qdq"], catalog.providers["cpu"]
    recipe = resolve_recipe(mode, provider, cpu_profile())
    assert recipe is not None
    return recipe


STATIC = static_recipe()
DYNAMIC = RecipeSpec(method="dynamic", op_types=("Conv", "Gemm"), weight_type="QUInt8")


def spec(layout: str = "NCHW") -> PreprocessSpec:
    return PreprocessSpec(
        height=16,
        width=24,
        layout=layout,  # type: ignore[arg-type]
        color_order="RGB",
        scale=255.0,
        mean=(127.5,) * 3,
        std=(127.5,) * 3,
    )


def network(path: Path, batch: int | str, layout: str = "NCHW") -> Path:
    rng = np.random.default_rng(0)
    shape = [batch, 3, 16, 24] if layout == "NCHW" else [batch, 16, 24, 3]
    nodes, first = [], "x"
    if layout == "NHWC":
        nodes.append(helper.make_node("Transpose", ["x"], ["t"], perm=[0, 3, 1, 2]))
        first = "t"
    nodes += [
        helper.make_node("Conv", [first, "k"], ["c"], strides=[4, 4], kernel_shape=[4, 4]),
        helper.make_node("Relu", ["c"], ["r"]),
        helper.make_node("Flatten", ["r"], ["f"]),
        helper.make_node("Gemm", ["f", "w", "b"], ["y"]),
    ]
    weights = {"k": (8, 3, 4, 4), "w": (192, 5), "b": (5,)}
    graph = helper.make_graph(
        nodes,
        "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [batch, 5])],
        [
            numpy_helper.from_array(rng.standard_normal(s).astype(np.float32), name)
            for name, s in weights.items()
        ],
    )
    opsets = [helper.make_opsetid("", 17)]
    onnx.save(helper.make_model(graph, opset_imports=opsets, ir_version=9), path)
    return path


def faces(count: int) -> FaceSet:
    import cv2

    rng = np.random.default_rng(1)
    images = rng.integers(0, 256, (count, 16, 24, 3), dtype=np.uint8)
    encoded = [cv2.imencode(".png", image)[1].tobytes() for image in images]
    return face_set("faces", [Face.held(f"f{i}", data) for i, data in enumerate(encoded)])


def ingredients(path: Path, recipe: RecipeSpec, layout: str = "NCHW") -> Ingredients:
    source = read_onnx_file(path)
    return Ingredients(source.sha256, recipe, spec(layout), OUTPUTS, faces(10))


@pytest.mark.parametrize("recipe", [STATIC, DYNAMIC], ids=["static", "dynamic"])
@pytest.mark.parametrize(
    ("batch", "layout"), [("n", "NCHW"), (1, "NCHW"), (4, "NCHW"), ("n", "NHWC")]
)
def test_every_kind_of_input_is_quantized_and_embeds_as_fp32_does(
    tmp_path: Path, batch: int | str, layout: str, recipe: RecipeSpec
) -> None:
    path = network(tmp_path / "m.onnx", batch, layout)
    kept = ArtifactCache(tmp_path / "cache", print)
    artifact = kept.get(read_onnx_file(path), ingredients(path, recipe, layout))
    ops = quantized_ops(artifact.file.path, ("Conv", "Gemm"))
    assert (ops.quantized, ops.left_in_float) == (2, ())
    provider = read_catalog().providers["cpu"]
    rows = [
        embed(open_session(p, provider, threads=1), faces(6).faces, spec(layout), OUTPUTS, "add", 1)
        for p in (path, artifact.file.path)
    ]
    assert (rows[0] * rows[1]).sum(axis=1).min() > 0.99


def test_fp32_has_no_quantized_op(tmp_path: Path) -> None:
    ops = quantized_ops(network(tmp_path / "m.onnx", 1), ("Conv", "Gemm"))
    assert ops.quantized == 0
    assert len(ops.left_in_float) == 2


@pytest.fixture
def builds(monkeypatch: pytest.MonkeyPatch) -> list[RecipeSpec]:
    """The recipes that artifacts were built by, in their order."""
    by: list[RecipeSpec] = []

    def counted(*given: Any) -> None:
        by.append(given[2].recipe)
        build(*given)

    monkeypatch.setattr(cache, "build", counted)
    return by


def test_the_second_time_an_artifact_comes_from_the_cache(
    tmp_path: Path, builds: list[RecipeSpec]
) -> None:
    path = network(tmp_path / "m.onnx", "n")
    kept = ArtifactCache(tmp_path / "cache", print)
    first = kept.get(read_onnx_file(path), ingredients(path, STATIC))
    second = kept.get(read_onnx_file(path), ingredients(path, STATIC))
    assert first == second
    assert builds == [STATIC]
    kept.get(read_onnx_file(path), ingredients(path, DYNAMIC))
    assert builds == [STATIC, DYNAMIC]
    assert not list((tmp_path / "cache").rglob(".building-*"))


@pytest.mark.parametrize("damage", ["model.onnx", "record.json"])
def test_a_damaged_artifact_is_noticed_and_built_again(
    tmp_path: Path, builds: list[RecipeSpec], damage: str
) -> None:
    path = network(tmp_path / "m.onnx", "n")
    said: list[str] = []
    kept = ArtifactCache(tmp_path / "cache", said.append)
    built = kept.get(read_onnx_file(path), ingredients(path, STATIC))
    file = built.file.path.with_name(damage)
    file.write_bytes(file.read_bytes()[:-20])
    again = kept.get(read_onnx_file(path), ingredients(path, STATIC))
    assert builds == [STATIC, STATIC]
    assert again.file.sha256 == built.file.sha256
    assert "damaged" in said[0]


def test_a_cache_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    path = network(tmp_path / "m.onnx", "n")
    (tmp_path / "cache").write_text("a file")
    kept = ArtifactCache(tmp_path / "cache", print)
    with pytest.raises(ArtifactError, match="--artifact-cache"):
        kept.get(read_onnx_file(path), ingredients(path, STATIC))


def test_static_without_calibration_faces_says_what_to_do(tmp_path: Path) -> None:
    path = network(tmp_path / "m.onnx", "n")
    bare = Ingredients(read_onnx_file(path).sha256, STATIC, spec(), OUTPUTS, None)
    with pytest.raises(ArtifactError, match="name a calibration set"):
        ArtifactCache(tmp_path / "cache", print).get(read_onnx_file(path), bare)


def test_a_build_that_fails_is_tried_once_a_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[Path] = []

    def failing(source: Path, *_: Any) -> None:
        tried.append(source)
        raise ArtifactError(where=source, what="cannot be quantized.")

    monkeypatch.setattr(cache, "build", failing)
    path = network(tmp_path / "m.onnx", "n")
    kept = ArtifactCache(tmp_path / "cache", print)
    for _gate in range(3):
        with pytest.raises(ArtifactError, match="cannot be quantized"):
            kept.get(read_onnx_file(path), ingredients(path, STATIC))
    assert len(tried) == 1


def test_what_cannot_be_loaded_is_not_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def careless(prepared: Path, target: Path, _: Ingredients) -> None:
        model = onnx.load(prepared)
        model.graph.node[0].op_type = "NoSuchOp"
        onnx.save(model, target)

    monkeypatch.setitem(builder._METHODS, "dynamic", careless)  # type: ignore[arg-type]
    path = network(tmp_path / "m.onnx", "n")
    kept = ArtifactCache(tmp_path / "cache", print)
    with pytest.raises(ArtifactError, match=r"m\.onnx: onnxruntime cannot load what it made of it"):
        kept.get(read_onnx_file(path), ingredients(path, DYNAMIC))
    assert not list((tmp_path / "cache").rglob("*.onnx"))
