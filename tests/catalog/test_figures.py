"""The registry of figures, and the limits that follow from it."""

from pathlib import Path

import pytest

from suite.catalog.figure import Figure, Registry, Tolerance
from suite.catalog.figures import FIGURES
from suite.catalog.folder import read_catalog
from suite.catalog.gate import Gate, Section
from suite.catalog.limits import LEAST_QUANTIZED, limits_of
from suite.catalog.policy import ModeOverride, OnDataset, PolicySpec


def figure(tolerance: Tolerance | None, worse: str = "lower") -> Figure:
    return Figure("x", "X", worse, gate=Gate.FIDELITY, tolerance=tolerance)


def test_a_figure_that_baselines_hold_needs_a_tolerance() -> None:
    with pytest.raises(ValueError, match="x: a baseline holds it, so give it a tolerance"):
        Registry().accepted(figure(None))


def test_a_figure_that_no_baseline_holds_needs_none() -> None:
    with pytest.raises(ValueError, match="x: no baseline holds it"):
        Registry().observed(figure(Tolerance(0, 0)))


def test_a_name_is_registered_once() -> None:
    registry = Registry()
    registry.observed(figure(None))
    with pytest.raises(ValueError, match="registered twice"):
        registry.accepted(figure(Tolerance(0, 0)))


@pytest.mark.parametrize(("worse", "loss"), [("lower", -0.5), ("higher", 0.5), ("either", 0.0)])
def test_a_loss_is_in_the_direction_that_is_worse(worse: str, loss: float) -> None:
    assert figure(None, worse).loss(0.5) == loss
    assert figure(None, worse).is_worse(0.5) == (loss > 0)


def test_every_figure_is_registered_under_its_name() -> None:
    assert all(name == each.name for name, each in FIGURES.items())
    assert all(each.since >= 1 for each in FIGURES.values())


def test_the_limits_are_the_figures_own_then_the_modes_then_the_models() -> None:
    catalog = read_catalog()
    model, cpu = catalog.models["arcface-embedded"], catalog.providers["cpu"]
    static = catalog.modes["int8_static_qdq"]
    assert limits_of(model, catalog.fp32, cpu).tolerances["accuracy"] == 0.0005
    assert limits_of(model, static, cpu).tolerances["accuracy"] == 0.002
    own = static.model_copy(update={"tolerances": {"accuracy": 0.1, "eer": 0.2}})
    override = ModeOverride(
        tolerances={"eer": 0.3},
        policy=PolicySpec(floor={"cosine_mean": 0.5}),
        speed_floor={"cpu": 1.5},
    )
    mine = model.model_copy(update={"modes": {static.id: override}})
    limits = limits_of(mine, own, cpu)
    assert (limits.tolerances["accuracy"], limits.tolerances["eer"]) == (0.1, 0.3)
    assert limits.policy.floor == {
        **{"cosine_mean": 0.5, "cosine_worst": 0.95, "speedup": 1.5},
        **dict.fromkeys(("quantized_share", "integer_share"), LEAST_QUANTIZED),
    }
    of_the_file = {"size_bytes": 0, "float_weights": 0}
    assert limits.policy.loss == {**static.policy.loss, **of_the_file}
    assert limits_of(model, static, cpu).policy.floor["speedup"] == 1.0


def test_a_speed_floor_is_the_models_then_the_profiles_then_the_providers() -> None:
    catalog = read_catalog()
    model, cpu = catalog.models["arcface-embedded"], catalog.providers["cpu"]
    static = catalog.modes["int8_static_qdq"]

    def floor(profile: str, of=model) -> float:
        return limits_of(of, static, cpu, profile=profile).policy.floor["speedup"]

    assert (floor("cpu-avx2"), floor("cpu-vnni"), floor("")) == (0.85, 1.0, 1.0)
    own = model.model_copy(update={"modes": {static.id: ModeOverride(speed_floor={"cpu": 1.5})}})
    assert floor("cpu-avx2", own) == 1.5


def test_what_a_card_says_of_one_set_comes_last() -> None:
    catalog = read_catalog()
    model, cpu = catalog.models["arcface-embedded"], catalog.providers["cpu"]
    static = catalog.modes["int8_static_qdq"]
    here = OnDataset(tolerances={"eer": 0.5}, policy=PolicySpec(loss={"accuracy": 0.2}))
    override = ModeOverride(
        tolerances={"eer": 0.3}, policy=PolicySpec(loss={"roc_auc": 0.1}), datasets={"b": here}
    )
    update = {"modes": {static.id: override}, "evaluation": ("a", "b")}
    mine = model.model_copy(update=update)
    on_a, on_b = (limits_of(mine, static, cpu, name) for name in ("a", "b"))
    assert (on_a.tolerances["eer"], on_b.tolerances["eer"]) == (0.3, 0.5)
    assert (on_a.policy.loss["accuracy"], on_b.policy.loss["accuracy"]) == (0.006, 0.2)
    assert on_a.policy.loss["roc_auc"] == on_b.policy.loss["roc_auc"] == 0.1
    # What is said of all sets need not be measured on each of them.
    assert (on_a.asked, on_b.asked) == (frozenset(), {"eer", "accuracy"})
    alone = mine.model_copy(update={"evaluation": ("a",)})
    assert limits_of(alone, static, cpu, "a").asked == {"eer", "roc_auc"}


def test_a_claim_to_quantize_is_held_to_where_no_card_says_otherwise() -> None:
    catalog = read_catalog()
    model, cpu = catalog.models["arcface-embedded"], catalog.providers["cpu"]
    fp32, dynamic, static = (
        limits_of(model, catalog.modes[mode], cpu).policy
        for mode in ("fp32", "int8_dynamic", "int8_static_qdq")
    )
    assert (fp32.floor, fp32.loss) == ({}, {})
    assert "quantized_share" not in dynamic.floor
    assert dynamic.loss["size_bytes"] == dynamic.loss["float_weights"] == 0
    assert static.floor["quantized_share"] == 0.9
    easier = ModeOverride(policy=PolicySpec(floor={"quantized_share": 0.2}))
    own = model.model_copy(update={"modes": {"int8_static_qdq": easier}})
    limits = limits_of(own, catalog.modes["int8_static_qdq"], cpu)
    assert limits.policy.floor["quantized_share"] == 0.2


@pytest.mark.parametrize("name", ["artifact", "verification.lfw", "latency.cpu.x-1.32.batch1"])
def test_a_section_is_its_gate_and_its_key(name: str) -> None:
    section = Section.parse(name)
    assert section is not None
    assert str(section) == name
    assert section.gate == name.split(".")[0]


def test_another_section_is_none() -> None:
    assert Section.parse("elsewhere.lfw") is None


def test_the_docs_have_each_default_tolerance() -> None:
    text = (Path(__file__).resolve().parents[2] / "docs" / "figures.md").read_text()
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines()]
    documented = {
        name.strip("` "): (fp32, quantized)
        for names, fp32, quantized in (row for row in rows if len(row) == 3)
        for name in names.split(",")
        if name.strip("` ") in FIGURES
    }
    assert documented == {
        name: (f"{each.tolerance.fp32:g}", f"{each.tolerance.quantized:g}")
        for name, each in FIGURES.items()
        if each.tolerance
    }
