"""What a mode's card has from another mode."""

from pathlib import Path

import pytest

from suite.catalog.errors import CatalogError
from suite.catalog.folder import read_catalog
from suite.catalog.limits import limits_of

MODEL = Path(__file__).resolve().parents[2] / "fixtures" / "models" / "arcface-embedded.toml"
DATASETS = MODEL.parents[1] / "datasets"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for kind in ("models", "modes", "providers", "datasets"):
        (tmp_path / kind).mkdir()
    (tmp_path / "models" / "m.toml").write_text(MODEL.read_text())
    for card in DATASETS.glob("embedded-*.toml"):
        (tmp_path / "datasets" / card.name).write_text(card.read_text())
    return tmp_path


def mode(folder: Path, mode_id: str, text: str) -> None:
    (folder / "modes" / f"{mode_id}.toml").write_text(f'id = "{mode_id}"\n{text}')


def test_a_mode_has_what_it_leaves_out_from_the_one_it_extends(folder: Path) -> None:
    mode(
        folder,
        "mine",
        'extends = "int8_static_qdq"\n[tolerances]\naccuracy = 0.004\n'
        "[policy.loss]\naccuracy = 0.009\n",
    )
    catalog = read_catalog(folder)
    mine, base = catalog.modes["mine"], catalog.modes["int8_static_qdq"]
    assert mine.recipe == base.recipe
    assert mine.recipe_for_profile == base.recipe_for_profile
    assert mine.quantizes == base.quantizes
    assert mine.tolerances == {**base.tolerances, "accuracy": 0.004}
    assert mine.policy.loss == {**base.policy.loss, "accuracy": 0.009}
    assert mine.policy.floor == base.policy.floor
    assert catalog.kin_of(mine).id == "int8_static_qdq"
    for provider in catalog.providers.values():
        assert provider.speed_floor.get("mine") == provider.speed_floor.get(base.id)
        assert provider.recipe.get("mine") == provider.recipe.get(base.id)
        assert provider.not_applicable.get("mine") == provider.not_applicable.get(base.id)


def test_a_recipe_of_its_own_stands_whole(folder: Path) -> None:
    recipe = '[recipe]\nmethod = "static_qdq"\nactivation_type = "QInt8"\n'
    mode(folder, "mine", f'extends = "int8_static_qdq"\n{recipe}')
    mode(folder, "further", 'extends = "mine"\n')
    catalog = read_catalog(folder)
    for mode_id in ("mine", "further"):
        recipe_of = catalog.modes[mode_id].recipe
        assert recipe_of is not None
        assert (recipe_of.activation_type, recipe_of.per_channel) == ("QInt8", False)
        cpu = catalog.providers["cpu"]
        assert cpu.speed_floor[mode_id] == 1.0
        assert cpu.least_speed(mode_id, "cpu-avx2") == cpu.least_speed(
            "int8_static_qdq", "cpu-avx2"
        )


@pytest.mark.parametrize(
    ("text", "like"),
    [
        ('quantizes = ["Conv"]\n', "int8_static_qdq"),
        ("", "int8_static_qdq"),
        ("batch_dependent = true\n", "int8_dynamic"),
        ('[recipe]\nmethod = "dynamic"\n', "int8_dynamic"),
        ('[recipe]\nmethod = "static_qdq"\n', "int8_static_qdq"),
    ],
)
def test_a_mode_without_limits_gets_those_of_its_kind(folder: Path, text: str, like: str) -> None:
    mode(folder, "mine", text)
    catalog = read_catalog(folder)
    mine, kin, cpu = catalog.modes["mine"], catalog.modes[like], catalog.providers["cpu"]
    assert catalog.kin_of(mine) == kin
    assert (mine.policy, mine.tolerances) == (kin.policy, kin.tolerances)
    assert mine.quantizes == (("Conv",) if "Conv" in text else ())
    assert cpu.speed_floor["mine"] == cpu.speed_floor[like]
    model = catalog.models["arcface-embedded"]
    assert limits_of(model, mine, cpu).policy.floor["cosine_worst"] == 0.95


def test_tolerances_alone_are_no_policy(folder: Path) -> None:
    mode(folder, "mine", "[tolerances]\naccuracy = 0.004\n")
    catalog = read_catalog(folder)
    mine, kin = catalog.modes["mine"], catalog.modes["int8_static_qdq"]
    assert mine.policy == kin.policy
    assert mine.tolerances == {**kin.tolerances, "accuracy": 0.004}


def test_limits_of_its_own_are_all_that_it_has(folder: Path) -> None:
    mode(folder, "mine", "[policy.loss]\naccuracy = 0.02\n")
    catalog = read_catalog(folder)
    assert catalog.modes["mine"].policy.loss == {"accuracy": 0.02}
    assert "mine" not in catalog.providers["cpu"].speed_floor


@pytest.mark.parametrize(
    ("cards", "words"),
    [
        ({"a": "int8_statik"}, "key 'extends': there is no mode 'int8_statik'; did you mean"),
        ({"a": "a"}, "key 'extends': 'a' extends this mode"),
        ({"a": "b", "b": "a"}, "key 'extends': 'b' extends this mode"),
    ],
)
def test_a_mode_extends_another_that_there_is(folder: Path, cards, words: str) -> None:
    for mode_id, extends in cards.items():
        mode(folder, mode_id, f'extends = "{extends}"\n')
    with pytest.raises(CatalogError) as caught:
        read_catalog(folder)
    assert str(caught.value).startswith(f"{folder / 'modes' / 'a.toml'}: {words}")
