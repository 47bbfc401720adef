"""An artifact's hashes: as accepted baselines and caches have them, whatever keys are added."""

import pytest

from suite.catalog.folder import read_catalog
from suite.catalog.mode_card import RecipeSpec
from suite.catalog.model_card import OutputSpec
from suite.catalog.preprocess import PreprocessSpec
from suite.datasets.face import Face
from suite.datasets.face_set import face_set
from suite.quantization import artifact
from suite.quantization.artifact import Ingredients
from suite.quantization.recipe import resolve_recipe

FP32 = "5b8031f5f8ac868ac17f27cfac4c0f1c521b41ffbe12eaa206c2395dfe71dd6a"
DYNAMIC = "8bd07dfd379f840e084d214d0caa41f9a4980f411b198bc22bc2890282e0bf60"
U8S8_REDUCED = "0b56e8c68fd6a06aca1851d8e1a61598c69b1ebea2dc577cc3cf5a8f82eb8429"
U8S8 = "edbfc5e31427c4ea67947739885619ffd2a0a91769e223d5f1f12c06c326a1a1"
S8S8_SYMMETRIC = "08bab7cad7b385814b484d72757fc556360b55749dea85b7379b72b71a055b67"

# Each built-in recipe's hash when the format was first published: none of them may ever change.
RECIPES = {
    ("cpu", "cpu-avx2"): (FP32, DYNAMIC, U8S8_REDUCED),
    ("cpu", "cpu-vnni"): (FP32, DYNAMIC, U8S8),
    ("cpu", "cpu-aarch64"): (FP32, DYNAMIC, U8S8_REDUCED),
    ("openvino", "openvino-cpu-avx2"): (FP32, DYNAMIC, U8S8_REDUCED),
    ("openvino", "openvino-cpu-vnni"): (FP32, DYNAMIC, U8S8),
    ("cuda", "cuda-sm90"): (FP32, DYNAMIC, S8S8_SYMMETRIC),
    ("tensorrt", "tensorrt-sm90"): (FP32, DYNAMIC, S8S8_SYMMETRIC),
}
MODES = ("fp32", "int8_dynamic", "int8_static_qdq")

SPEC = PreprocessSpec(
    height=112, width=112, color_order="RGB", scale=255.0, mean=(127.5,) * 3, std=(128.0,) * 3
)
STATIC = RecipeSpec(method="static_qdq", per_channel=True, reduce_range=True)


class LaterRecipe(RecipeSpec):
    bias_correction: bool = False


class LaterPreprocess(PreprocessSpec):
    crop: int = 0


def ingredients(recipe: RecipeSpec, spec: PreprocessSpec = SPEC) -> Ingredients:
    faces = face_set("faces", [Face.held("a", b"a")])
    return Ingredients("0" * 64, recipe, spec, OutputSpec(embedding_dim=5, input="x"), faces)


@pytest.fixture(autouse=True)
def _same_libraries(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(artifact, "version", lambda _: "1.20.0")
    monkeypatch.setattr(artifact, "onnxruntime_version", lambda: "1.27.0")


@pytest.mark.parametrize(("provider", "profile"), RECIPES, ids=" ".join)
def test_a_built_in_recipe_keeps_its_hash(provider: str, profile: str) -> None:
    catalog = read_catalog()
    recipes = [
        resolve_recipe(catalog.modes[mode], catalog.providers[provider], profile) for mode in MODES
    ]
    found = tuple(ingredients(recipe).recipe_sha256 for recipe in recipes if recipe)
    assert found == RECIPES[provider, profile]


def test_an_artifact_keeps_its_key() -> None:
    static, dynamic = ingredients(STATIC), ingredients(RecipeSpec(method="dynamic"))
    assert static.describe() == {
        "build_format": 4,
        "source_sha256": "0" * 64,
        "recipe": {
            "method": "static_qdq",
            "op_types": [],
            "weight_type": "QInt8",
            "activation_type": "QUInt8",
            "symmetric_activations": False,
            "per_channel": True,
            "reduce_range": True,
            "calibration_method": "MinMax",
        },
        "preprocess": {
            "height": 112,
            "width": 112,
            "layout": "NCHW",
            "color_order": "RGB",
            "mean": [127.5, 127.5, 127.5],
            "std": [128.0, 128.0, 128.0],
            "scale": 255.0,
        },
        "input": "x",
        "calibration_sha256": face_set("faces", [Face.held("a", b"a")]).sha256,
        "onnx": "1.20.0",
        "onnxruntime": "1.27.0",
    }
    assert static.key == "b7004e224092ecd0a319a8457d931dd50c927baf0c47db8249c48cd0aea055d2"
    assert dynamic.key == "572c5467d3af6c55f0a716db696a0832d73bcb47ce0800555b243fc8784988f7"


def test_a_later_key_of_a_recipe_at_its_default_leaves_hashes_as_they_were() -> None:
    later = LaterRecipe(**STATIC.model_dump())
    assert ingredients(later).recipe_sha256 == ingredients(STATIC).recipe_sha256
    assert ingredients(later).key == ingredients(STATIC).key
    changed = later.model_copy(update={"bias_correction": True})
    assert ingredients(changed).recipe_sha256 != ingredients(STATIC).recipe_sha256
    assert ingredients(changed).key != ingredients(STATIC).key


def test_a_later_key_of_preprocessing_at_its_default_leaves_the_key_as_it_was() -> None:
    later = LaterPreprocess(**SPEC.model_dump())
    assert ingredients(STATIC, later).key == ingredients(STATIC).key
    changed = later.model_copy(update={"crop": 1})
    assert ingredients(STATIC, changed).key != ingredients(STATIC).key
