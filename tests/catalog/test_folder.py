import os
import shutil
from pathlib import Path

import pytest

from suite.catalog.catalog import Roots, require_dataset
from suite.catalog.errors import CatalogError, SuiteError
from suite.catalog.folder import broken_cards, read_cards, read_catalog
from suite.catalog.limits import limits_of
from suite.catalog.mode_card import ModeCard
from suite.catalog.selection import Options, absent_source, select
from suite.catalog.unknown_names import unknown_names
from suite.quantization.recipe import resolve_recipe

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def catalog(tmp_path: Path) -> Path:
    """The embedded catalog with one model of its four."""
    shutil.copytree(ROOT / "fixtures", tmp_path / "quant")
    for card in (tmp_path / "quant" / "models").glob("*.toml"):
        if card.stem != "arcface-embedded":
            card.unlink()
    return tmp_path / "quant"


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (
            "height = 112\n",
            "hight = 112\nheight = 112\n",
            "unknown key 'preprocess.hight'; did you",
        ),
        (
            "color_order =",
            "colour_order =",
            "unknown key 'preprocess.colour_order'; did you mean 'color_order'",
        ),
        ("mean = [127.5, 127.5, 127.5]", "mean = [1.0, 1.0]", "'preprocess.mean' needs three"),
        ("std = [127.5, 127.5, 127.5]", "std = [1.0, 1.0, 1.0, 1.0]", "'preprocess.std' needs"),
        (
            "[source]",
            "[modes.fp32.tolerances]\nacuracy = 1\n[source]",
            "has no metric 'acuracy'; did you mean 'accuracy'",
        ),
        ("height = 112", 'height = "112"', "key 'preprocess.height' (it is '112') must be a valid"),
        ('color_order = "RGB"', 'color_order = "RBG"', "must be 'RGB' or 'BGR'"),
        ("scale = 255.0", "scale = 2.0", "key 'preprocess.scale' (it is 2.0) must be 1"),
        ("std = [127.5, 127.5, 127.5]", "std = [0.0, 1.0, 1.0]", "must be positive"),
        ('flip = "add"\n', "", "key 'flip' is missing; add it"),
        ('flip = "add"', 'flip = "norm_weighted"', "needs outputs.norm"),
        ('"embedded-evaluation"', '"embedded-evalution"', "did you mean 'embedded-evaluation'"),
        (
            'evaluation = ["embedded-evaluation"]',
            'evaluation = ["embedded-calibration"]',
            "without pairs",
        ),
        ("[source]", "[artifacts.int8_x]\nfile = 'x'\n[source]", "needs file and sha256"),
        ("[source]", "[modes.fp32.tolerances]\nacc = 1\n[source]", "has no metric 'acc'"),
        ("[source]", "[source", "is not valid TOML"),
        ('evaluation = ["embedded-evaluation"]', "evaluation = []", "must have at least one entry"),
        ('evaluation = ["embedded-evaluation"]', 'evaluation = "x"', "must be a list"),
        ('sha256 = "1', 'sha256 = "X', "must be 64 lower-case hexadecimal digits"),
        ('id = "', 'id = "_', "must be lower-case letters, digits and . _ -, beginning with a"),
        ("[source]", "[artifacts]\nint8_dynamic = 1\n[source]", "(it is 1) must be a table"),
        ('flip = "add"', 'flip = "norm_weighted"', "arcface-embedded.toml: flip = 'norm_weighted'"),
        (
            "[source]",
            "[modes.int8_dynamic.policy.floor]\ncosine_mean = 92\n[source]",
            "has cosine_mean = 92, which is never above 1",
        ),
        (
            "[source]",
            "[modes.int8_dynamic.policy.loss]\nrounds = 3\n[source]",
            "has rounds, of which FP32 has none to lose",
        ),
        (
            "[source]",
            "[modes.int8_dynamic.policy.loss]\naccuracy_threshold = 0.1\n[source]",
            "has accuracy_threshold, of which FP32 has none to lose",
        ),
        (
            "[source]",
            "[modes.int8_dynamic.policy.floor]\neer = 0.1\n[source]",
            "has eer, which is the worse the higher it is: a floor of it bounds nothing",
        ),
        (
            "[source]",
            "[modes.fp32.tolerances]\nlatency_ms = 0.1\n[source]",
            "has latency_ms, which is compared with nothing",
        ),
        (
            "[source]",
            "[modes.fp32.datasets.lfw.tolerances]\nsize_bytes = 0.1\n[source]",
            "limits size_bytes, which is measured on no set",
        ),
        (
            "[source]",
            "[modes.int8_dynamic.datasets.lfw.tolerances]\neer = 0.1\n[source]",
            "key 'modes.int8_dynamic.datasets.lfw': 'lfw' is no evaluation set of the model",
        ),
        (
            "[source]",
            "[modes.fp32.policy.loss]\naccuracy = 0.1\n[source]",
            "key 'modes.fp32.policy.loss': FP32 is what the others lose against",
        ),
        (
            "[source]",
            "[modes.fp32.policy.floor]\ncosine_mean = 0.9\n[source]",
            "key 'modes.fp32' limits cosine_mean, which is not judged of FP32",
        ),
        ('licence = "', 'licence = "FILL IN ', "key 'licence' is still blank ('FILL IN Apache"),
    ],
)
def test_a_mistake_in_a_card_is_one_sentence_that_names_file_and_key(
    catalog: Path, old: str, new: str, words: str
) -> None:
    path = catalog / "models" / "arcface-embedded.toml"
    edit(path, old, new)
    with pytest.raises(CatalogError) as raised:
        read_catalog(catalog)
    assert str(raised.value).startswith(str(path))
    assert words in str(raised.value)
    assert "\n" not in str(raised.value)


def test_all_mistakes_of_a_card_are_listed_the_unknown_keys_first(catalog: Path) -> None:
    path = catalog / "models" / "arcface-embedded.toml"
    edit(path, "height = 112", 'height = "FILL IN: pixels"')
    edit(path, "mean = [127.5, 127.5, 127.5]", 'mean = ["FILL IN"]')
    edit(path, 'title = "', 'title = "FILL IN ')
    edit(path, "color_order =", "colour_order =")
    edit(path, "std = [127.5, 127.5, 127.5]", "std = [1.0]")
    first, *others = broken_cards(catalog)
    assert "unknown key 'preprocess.colour_order'" in first
    assert [words.split(": ", 1)[1][:24] for words in others] == [
        "key 'title' is still bla",
        "key 'preprocess.height' ",
        "key 'preprocess.mean.0' ",
        "key 'preprocess.std' nee",
    ]
    (catalog / "datasets" / "odd.toml").write_text('id = "odd"\nkind = "FILL IN"\n')
    assert list(broken_cards(catalog))[-1].endswith(
        "key 'kind' is still blank ('FILL IN'); fill it in."
    )
    (catalog / "datasets" / "odd.toml").write_bytes(b'id = "\xe9"\n')
    assert "odd.toml: is not text in UTF-8" in list(broken_cards(catalog))[-1]


def test_a_floor_above_one_is_for_what_is_no_share(catalog: Path) -> None:
    path = catalog / "models" / "arcface-embedded.toml"
    path.write_text(path.read_text() + "\n[modes.int8_dynamic.policy.floor]\nspeedup = 1.5\n")
    assert read_catalog(catalog).models


def test_every_wrong_reference_is_found(catalog: Path) -> None:
    path = catalog / "models" / "arcface-embedded.toml"
    edit(path, 'calibration = "', 'calibration = "x')
    edit(path, 'evaluation = ["', 'evaluation = ["embedded-calibration", "x')
    path.write_text(path.read_text() + "\n[modes.int4]\n")
    found = list(unknown_names(read_cards(catalog)))
    assert [words.split("key ")[1].split(":")[0] for words in found] == [
        "'evaluation[0]'",
        "'evaluation[1]'",
        "'calibration'",
        "'modes.int4'",
    ]


def test_a_duplicate_id_names_both_cards(catalog: Path) -> None:
    first = catalog / "models" / "arcface-embedded.toml"
    second = catalog / "models" / "second.toml"
    shutil.copy(first, second)
    with pytest.raises(
        CatalogError, match=r"second\.toml.*already the id of .*arcface-embedded\.toml"
    ):
        read_catalog(catalog)


def test_an_absent_dataset_names_the_card_the_key_and_the_places(catalog: Path) -> None:
    (catalog / "embedded" / "evaluation.bin").unlink()
    options = Options(catalog=catalog, data_dir=Path("else/where"))
    places = r"embedded-evaluation\.toml: key 'file'.*else/embedded/evaluation\.bin\)"
    with pytest.raises(CatalogError, match=places):
        select(options)


def test_data_and_weights_are_looked_for_beside_the_card_first(
    catalog: Path, tmp_path: Path
) -> None:
    data, weights = tmp_path / "data", tmp_path / "weights"
    read = read_catalog(catalog, Roots(data, weights))
    model = read.models["arcface-embedded"]
    assert read.places(model, "a/b.onnx", weights=True) == [
        catalog / "models" / "a/b.onnx",
        weights / "a/b.onnx",
        weights / "b.onnx",
        data / "a/b.onnx",
    ]


LFW_CARD = 'id = "our-lfw"\nkind = "lfw"\nfolder = "faces"\npairs = "pairs.txt"\n'


def test_lfws_pairs_may_lie_in_the_folder_of_its_images(catalog: Path, tmp_path: Path) -> None:
    (catalog / "datasets" / "our-lfw.toml").write_text(LFW_CARD)
    data = tmp_path / "data"
    (data / "faces").mkdir(parents=True)
    read = read_catalog(catalog, Roots(data))
    card = read.datasets["our-lfw"]
    beside, inside = data / "pairs.txt", data / "faces" / "pairs.txt"
    with pytest.raises(CatalogError, match=r"key 'pairs': there is no 'pairs\.txt'") as caught:
        require_dataset(read, card)
    assert str(beside) in str(caught.value)
    assert str(inside) in str(caught.value)
    inside.write_text("in the folder")
    require_dataset(read, card)
    assert read.locate(card, card.pairs) == inside
    beside.write_text("beside it")
    assert read.locate(card, card.pairs) == beside
    assert read.locate(card, card.folder) == data / "faces"


def test_a_team_overrides_a_built_in_mode_and_keeps_the_others(catalog: Path) -> None:
    shutil.rmtree(catalog / "modes")
    (catalog / "modes").mkdir()
    (catalog / "modes" / "mine.toml").write_text('id = "int8_dynamic"\n[tolerances]\neer = 0.5\n')
    modes = read_catalog(catalog).modes
    assert modes["int8_dynamic"].tolerances == {"eer": 0.5}
    assert modes["int8_static_qdq"].recipe is not None


def test_a_model_overrides_a_modes_limits_by_metric(catalog: Path) -> None:
    path = catalog / "models" / "arcface-embedded.toml"
    path.write_text(path.read_text() + "\n[modes.int8_dynamic.policy.floor]\ncosine_mean = 0.5\n")
    read = read_catalog(catalog)
    model, mode = read.models["arcface-embedded"], read.modes["int8_dynamic"]
    floor = limits_of(model, mode, read.providers["cpu"]).policy.floor
    assert floor == {**mode.policy.floor, "cosine_mean": 0.5, "speedup": 0.3}
    loss = limits_of(model, mode, read.providers["cpu"]).policy.loss
    assert mode.policy.loss.items() <= loss.items()


def test_a_mode_without_recipe_is_selected_only_where_it_is_brought(catalog: Path) -> None:
    (catalog / "modes" / "nncf.toml").write_text('id = "nncf"\n[tolerances]\neer = 0.5\n')
    assert "nncf" not in {case.mode.id for case in select(Options(catalog=catalog)).cases}
    path = catalog / "models" / "arcface-embedded.toml"
    digest = "0" * 64
    path.write_text(
        path.read_text()
        + f'\n[artifacts.nncf.providers.cpu]\nfile = "x.onnx"\nsha256 = "{digest}"\n'
    )
    cases = {case.mode.id: case.skip for case in select(Options(catalog=catalog)).cases}
    assert cases["nncf"] is None


def test_a_half_precision_source_is_built_of_by_no_recipe(catalog: Path) -> None:
    path = catalog / "models" / "arcface-embedded.toml"
    edit(path, "[source]", '[source]\nprecision = "float16"')
    cases = select(Options(catalog=catalog, models=("arcface-embedded",))).cases
    skips = {case.mode.id: case.skip for case in cases}
    assert skips.pop("fp32") is None
    for mode, skip in skips.items():
        assert skip == (
            f"arcface-embedded: {mode} is built of float32 weights, and those of the source are "
            "float16; name the float32 file as the source, or bring the artifact"
        )


def test_a_model_without_calibration_skips_static_with_the_reason(catalog: Path) -> None:
    edit(catalog / "models" / "arcface-embedded.toml", 'calibration = "embedded-calibration"\n', "")
    cases = {case.mode.id: case.skip for case in select(Options(catalog=catalog)).cases}
    assert cases["int8_dynamic"] is None
    assert "needs calibration faces" in str(cases["int8_static_qdq"])


@pytest.mark.parametrize(
    ("provider", "profile", "activation", "symmetric", "reduced"),
    [
        ("cpu", "cpu-vnni", "QUInt8", False, False),
        ("cpu", "cpu-avx2", "QUInt8", False, True),
        ("cpu", "cpu-aarch64", "QUInt8", False, True),
        ("cuda", "cuda-sm90", "QInt8", True, False),
        ("tensorrt", "tensorrt-sm90", "QInt8", True, False),
        ("openvino", "openvino-cpu-vnni", "QUInt8", False, False),
        ("openvino", "openvino-cpu-avx2", "QUInt8", False, True),
    ],
)
def test_the_static_recipe_follows_provider_and_profile(
    provider: str, profile: str, activation: str, symmetric: bool, reduced: bool
) -> None:
    catalog = read_catalog()
    mode: ModeCard = catalog.modes["int8_static_qdq"]
    recipe = resolve_recipe(mode, catalog.providers[provider], profile)
    assert recipe is not None
    assert recipe.activation_type == activation
    assert recipe.symmetric_activations is symmetric
    assert recipe.reduce_range is reduced
    assert recipe.per_channel


def test_modes_for_gpus_and_of_old_forms_follow_provider_and_profile() -> None:
    catalog = read_catalog()

    def reduced(mode: str, provider: str, profile: str) -> bool:
        recipe = resolve_recipe(catalog.modes[mode], catalog.providers[provider], profile)
        assert recipe is not None
        assert recipe.per_channel
        return recipe.reduce_range

    # Signed products do not saturate; unsigned ones by signed do without VNNI.
    assert not reduced("int8_static_s8s8", "cpu", "cpu-avx2")
    assert reduced("int8_static_qoperator", "cpu", "cpu-avx2")
    assert not reduced("int8_static_qoperator", "cpu", "cpu-amx")
    on_gpu = catalog.providers["tensorrt"]
    plain, symmetric = (
        resolve_recipe(catalog.modes[mode], on_gpu, "tensorrt-sm90")
        for mode in ("int8_static_qdq", "int8_static_s8s8")
    )
    assert plain == symmetric


def test_a_catalog_of_models_on_request_says_how_to_run_them(catalog: Path) -> None:
    path = catalog / "models" / "arcface-embedded.toml"
    edit(path, "flip =", "on_request = true\nflip =")
    with pytest.raises(CatalogError, match=r"on_request = true; name some with --models"):
        select(Options(catalog=catalog))
    assert select(Options(catalog=catalog, models=("arcface-embedded",))).cases


@pytest.mark.parametrize("kind", ["models", "datasets", "modes", "providers"])
def test_cards_that_this_user_may_not_list_are_named(catalog: Path, forbid, kind: str) -> None:
    forbid(catalog / kind)
    with pytest.raises(SuiteError) as caught:
        read_catalog(catalog)
    assert str(caught.value).startswith(f"{catalog / kind}: the system refuses it (Permission")


@pytest.mark.parametrize("kind", ["models", "datasets", "modes", "providers"])
@pytest.mark.parametrize("there", ["pipe", "file", "dangling", "loop"])
def test_what_is_no_folder_of_cards_is_not_passed_over(
    catalog: Path, kind: str, there: str
) -> None:
    if (catalog / kind).exists():
        (catalog / kind).rename(catalog / "moved")
    if there == "pipe":
        os.mkfifo(catalog / kind)
    elif there == "file":
        (catalog / kind).touch()
    else:
        (catalog / kind).symlink_to(kind if there == "loop" else "nowhere")
    with pytest.raises(CatalogError, match=f"{kind}: is no folder; put a folder of cards there"):
        read_catalog(catalog)


def test_weights_that_this_user_may_not_look_at_are_named(catalog: Path, forbid) -> None:
    forbid(catalog / "embedded" / "arcface.onnx")
    with pytest.raises(SuiteError, match=r"arcface\.onnx: the system refuses it \(Permission"):
        select(Options(catalog=catalog))


def test_weights_with_too_long_a_name_are_absent(catalog: Path) -> None:
    card = catalog / "models" / "arcface-embedded.toml"
    edit(card, 'file = "../embedded/arcface.onnx"', f'file = "{"a" * 300}.onnx"')
    cases = select(Options(catalog=catalog)).cases
    assert all("are absent (looked at" in str(case.skip) for case in cases)


def test_the_places_of_absent_weights_are_named_without_the_steps_up_of_a_card(
    catalog: Path, tmp_path: Path
) -> None:
    card = catalog / "models" / "arcface-embedded.toml"
    edit(card, 'file = "../embedded/arcface.onnx"', 'file = "../../data/absent.onnx"')
    read = read_catalog(catalog, Roots(weights_dir=tmp_path / "w" / "weights"))
    model = read.models["arcface-embedded"]
    once = [tmp_path / "data" / "absent.onnx", tmp_path / "w" / "weights" / "absent.onnx"]
    tried = read.tried(model, model.source.file, weights=True)
    assert tried == ", ".join(str(place.resolve()) for place in once)
    assert f"(looked at {tried})" in str(absent_source(read, model))


def test_a_catalog_whose_path_is_no_text_is_one_sentence(catalog: Path) -> None:
    odd = catalog.rename(catalog.with_name(os.fsdecode(b"caf\xe9")))
    with pytest.raises(CatalogError) as caught:
        read_catalog(odd)
    assert str(caught.value) == (
        f"{odd.parent}/caf\\udce9: this catalog's path is not text in UTF-8; rename it, or set "
        "LC_ALL=C.UTF-8."
    )


def test_a_card_whose_name_is_no_text_is_one_sentence(catalog: Path) -> None:
    card = catalog / "models" / "arcface-embedded.toml"
    card.rename(card.with_name(os.fsdecode(b"caf\xe9.toml")))
    (said,) = broken_cards(catalog)
    assert said.endswith(
        "caf\\udce9.toml: its path is not text in UTF-8; rename it, or set LC_ALL=C.UTF-8."
    )
