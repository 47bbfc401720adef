"""The artifact cache: each built once, and never kept damaged."""

import json
import os
import shutil
from pathlib import Path
from typing import Any

import onnx
import pytest
from quantizable import DYNAMIC, OUTPUTS, STATIC, faces, ingredients, network, spec

from suite.catalog.errors import ArtifactError
from suite.catalog.folder import read_catalog
from suite.catalog.mode_card import RecipeSpec
from suite.models.onnx_file import read_onnx_file
from suite.quantization import builder, cache
from suite.quantization.artifact import Ingredients, StepDone
from suite.quantization.builder import build
from suite.quantization.cache import ArtifactCache
from suite.quantization.inspection import quantized_ops
from suite.quantization.preparation import Prepared
from suite.runtime.embedding import embed
from suite.runtime.sessions import open_session

QOPERATOR = STATIC.model_copy(update={"method": "static_qoperator"})


@pytest.mark.parametrize(
    "recipe", [STATIC, QOPERATOR, DYNAMIC], ids=["static", "qoperator", "dynamic"]
)
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

    def counted(*given: Any) -> tuple[StepDone, ...]:
        by.append(given[2].recipe)
        return build(*given)

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
    left = {path.name for path in (tmp_path / "cache").rglob("*") if path.is_file()}
    assert left == {"model.onnx", "record.json"}


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


def test_a_build_that_fails_is_tried_once(tmp_path: Path, builds: list[RecipeSpec]) -> None:
    path = network(tmp_path / "m.onnx", "n")
    bare = Ingredients(read_onnx_file(path).sha256, STATIC, spec(), OUTPUTS, None)
    kept = ArtifactCache(tmp_path / "cache", print)
    for _ in range(3):
        with pytest.raises(ArtifactError, match="name a calibration set"):
            kept.get(read_onnx_file(path), bare)
    assert builds == [STATIC]


def test_what_cannot_be_loaded_is_not_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = network(tmp_path / "m.onnx", "n")
    monkeypatch.setitem(builder._METHODS, "static_qdq", _unloadable)
    with pytest.raises(ArtifactError, match=r"m\.onnx: onnxruntime cannot load what it was .*Nope"):
        ArtifactCache(tmp_path / "cache", print).get(
            read_onnx_file(path), ingredients(path, STATIC)
        )
    assert not list((tmp_path / "cache").rglob("*.onnx"))


def _unloadable(prepared: Prepared, target: Path, _: Ingredients) -> None:
    model = onnx.load(prepared.path)
    model.graph.node[0].op_type = "Nope"
    onnx.save(model, target)


def test_the_folder_of_another_artifact_is_not_taken_for_it(
    tmp_path: Path, builds: list[RecipeSpec]
) -> None:
    path = network(tmp_path / "m.onnx", "n")
    said: list[str] = []
    kept = ArtifactCache(tmp_path / "cache", said.append)
    static, dynamic = (
        kept.get(read_onnx_file(path), ingredients(path, r)) for r in (STATIC, DYNAMIC)
    )
    shutil.rmtree(static.file.path.parent)
    shutil.copytree(dynamic.file.path.parent, static.file.path.parent)
    again = kept.get(read_onnx_file(path), ingredients(path, STATIC))
    assert again == static
    assert builds == [STATIC, DYNAMIC, STATIC]
    assert [line.split(": ")[1] for line in said] == [
        "the cached artifact is damaged; building it again."
    ]


@pytest.mark.parametrize("steps", [1, "x", [1], [{"step": "tidy"}], [{"step": 1, "places": "x"}]])
def test_a_record_of_no_steps_is_damage(
    tmp_path: Path, builds: list[RecipeSpec], steps: object
) -> None:
    path = network(tmp_path / "m.onnx", "n")
    kept = ArtifactCache(tmp_path / "cache", lambda _: None)
    model = kept.get(read_onnx_file(path), ingredients(path, DYNAMIC)).file.path
    record = model.with_name("record.json")
    record.write_text(json.dumps({**json.loads(record.read_text()), "steps": steps}))
    kept.get(read_onnx_file(path), ingredients(path, DYNAMIC))
    assert builds == [DYNAMIC, DYNAMIC]


def test_pipes_in_the_cache_are_damage(tmp_path: Path, builds: list[RecipeSpec]) -> None:
    path = network(tmp_path / "m.onnx", "n")
    kept = ArtifactCache(tmp_path / "cache", lambda _: None)
    model = kept.get(read_onnx_file(path), ingredients(path, DYNAMIC)).file.path
    for name in ("model.onnx", "record.json"):
        model.with_name(name).unlink()
        os.mkfifo(model.with_name(name))
        kept.get(read_onnx_file(path), ingredients(path, DYNAMIC))
    assert len(builds) == 3


def test_nothing_is_built_where_a_planted_link_leads(tmp_path: Path) -> None:
    path = network(tmp_path / "m.onnx", "n")
    made, theirs = ingredients(path, STATIC), tmp_path / "theirs"
    theirs.mkdir()
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache" / made.key[:2]).symlink_to(theirs)
    with pytest.raises(ArtifactError, match="is a link to elsewhere"):
        ArtifactCache(tmp_path / "cache", print).get(read_onnx_file(path), made)
    assert list(theirs.iterdir()) == []


def test_a_link_in_a_locks_place_is_named(tmp_path: Path) -> None:
    path = network(tmp_path / "m.onnx", "n")
    made = ingredients(path, STATIC)
    lock = tmp_path / "cache" / made.key[:2] / f"{made.key}.lock"
    lock.parent.mkdir(parents=True)
    lock.symlink_to(tmp_path / "theirs")
    with pytest.raises(ArtifactError, match=rf"move '{lock}' out of the way"):
        ArtifactCache(tmp_path / "cache", print).get(read_onnx_file(path), made)
    assert not (tmp_path / "theirs").exists()
