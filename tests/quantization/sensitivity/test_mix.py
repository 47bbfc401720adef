"""Which units are kept in float: as few as a policy needs, in the network that is the fastest."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from qdq_net import Made, images, kernels, quantized, ranges_of, shapes_of
from quantizable import faces, ingredients, network

from suite.catalog.errors import ArtifactError
from suite.catalog.folder import read_catalog
from suite.catalog.mode_card import RecipeSpec
from suite.catalog.model_card import OutputSpec
from suite.quantization.builder import build
from suite.quantization.probe import Probe
from suite.quantization.ranges.range import Range
from suite.quantization.sensitivity import choosing
from suite.quantization.sensitivity.costs import Selection
from suite.quantization.sensitivity.forms import Forms
from suite.quantization.sensitivity.in_float import put_in_float
from suite.quantization.sensitivity.mix import Mixed, mix
from suite.quantization.sensitivity.nearness import Nearness
from suite.quantization.sensitivity.units import Unit, units_of
from suite.quantization.steps.net import Net
from suite.quantization.steps.plan import quantized_tensors
from suite.quantization.steps.quantize import quantize

LAYERS = ("a!", "b!", "c!", "d!", "y!")


def chain() -> Net:
    """Four Convs in a row, and the head."""
    made, read = Made(), "x"
    for name in "abcd":
        read = made.op("Relu", [made.conv(read, name)], f"{name}r")
    made.head(read)
    return made.net()


def with_ranges(net: Net, wider: Mapping[str, float]) -> Net:
    """A network quantized with some ranges that are too wide by a factor."""
    shapes, names = shapes_of(net), quantized_tensors(net, shapes_of(net))
    found = dict(ranges_of(net, names, images(net)))
    for name, factor in wider.items():
        found[name] = Range(found[name].low * factor, found[name].high * factor)
    return quantize(net, shapes, found)


def rough(net: Net, layer: str, steps: int) -> Net:
    """A quantized network with a layer's weights in steps so much larger."""
    conv = next(node for node in net.nodes if node.name == layer)
    weights = net.writer(conv.input[1])
    assert weights is not None
    net.change_weight(weights, 0, (net.weights[weights.input[0]] // steps * steps).astype(np.int8))
    return net


class Bench:
    """A network in float and in 8 bits, with faces to weigh units on."""

    def __init__(self, folder: Path, reference: Net, quantized: Net) -> None:
        self.forms = Forms(reference, quantized)
        self.units: list[Unit] = units_of(reference, shapes_of(reference))
        probe = Probe(images(reference, 12, seed=3), OutputSpec(embedding_dim=5))
        self.selection = Selection(probe, "x", folder)
        self.timed = 0

    def near(self, net: Net) -> Nearness:
        fp32 = self.selection.embed(self.forms.reference)
        return Nearness.of(fp32, self.selection.embed(net))

    def policy(self, share: float) -> dict[str, float]:
        """One of which the quantized network uses up so much."""
        return {"cosine_mean": 1 - self.near(self.forms.quantized).mean / 0.8 / share}

    def mix(
        self,
        policy: Mapping[str, float],
        costs: Mapping[str, float] | None = None,
        noise: Callable[[], float] = float,
    ) -> Mixed:
        known = {unit.name: 0.0 for unit in self.units} | dict(costs or {})

        def slower(first: Net, second: Net) -> float:
            self.timed += 1
            gone = {n.name for n in first.nodes} - {n.name for n in second.nodes}
            return sum(cost for name, cost in known.items() if name in gone) + noise()

        return mix(self.forms, self.units, self.selection, policy, known, slower)


def test_a_network_that_meets_the_policy_is_left_alone(tmp_path: Path) -> None:
    net = chain()
    bench = Bench(tmp_path, net, quantized(net))
    found = bench.mix(bench.policy(0.99))
    assert found.units == ()
    assert len(found.trace) == 1
    begun = "all in 8 bits that the recipe quantizes, on 12 faces, which are few: mean cosine 0."
    assert found.trace[0].startswith(begun)
    assert bench.timed == 0


def test_the_unit_that_loses_most_is_taken_and_the_policy_is_met(tmp_path: Path) -> None:
    net = chain()
    bench = Bench(tmp_path, net, rough(quantized(net), "c!", 32))
    policy = bench.policy(3.0)
    found = bench.mix(policy, dict.fromkeys(LAYERS, 0.1))
    assert found.units == ("c!",)
    assert found.trace[1].startswith("c! in float: ")
    assert found.trace[2:] == ("taken by gain: 1 layers in float, +10.0% time",)
    mixed = put_in_float(bench.forms, [unit for unit in bench.units if unit.name in found.units])
    assert bench.near(mixed).used(policy) <= 1
    ran = kernels(mixed)
    assert (ran["QLinearConv"], ran["Conv"] + ran["FusedConv"]) == (3, 1)


def test_two_units_are_taken_for_what_lies_between_them(tmp_path: Path) -> None:
    net = chain()
    bench = Bench(tmp_path, net, with_ranges(net, {"br": 400.0}))
    found = bench.mix(bench.policy(4.0), dict.fromkeys(LAYERS, 0.1))
    assert found.units[:2] == ("b!", "c!")
    assert found.trace[1].startswith("b! and c! in float: ")


def test_what_gains_and_costs_nothing_comes_first(tmp_path: Path) -> None:
    net = chain()
    bench = Bench(tmp_path, net, with_ranges(net, {"br": 400.0}))
    found = bench.mix(bench.policy(4.0), {**dict.fromkeys(LAYERS, 0.5), "y!": -0.1})
    assert found.units == ("b!", "c!", "y!")
    assert found.trace[1].startswith("y! in float: ")
    assert found.trace[1].endswith(", -10.0% time")
    assert found.trace[-1].startswith("taken by time, then gain: 3 layers in float, ")


def test_as_much_stays_in_8_bits_as_the_policy_asks_for(tmp_path: Path) -> None:
    net = chain()
    bench = Bench(tmp_path, net, with_ranges(net, {"ar": 9.0, "br": 9.0, "cr": 5.0, "dr": 5.0}))
    products = {unit.name: unit.products for unit in bench.units}
    every = sum(products.values())
    near = bench.policy(60.0)
    free = bench.mix(near)
    share = 1 - sum(products[name] for name in free.units) / every
    assert 0 < share < 0.75
    assert bench.mix({**near, "quantized_share": share - 1e-9}).units == free.units
    with pytest.raises(ArtifactError, match=r"no mix was found .* with 99% of the arithmetic in 8"):
        bench.mix({**near, "quantized_share": 0.99})
    with pytest.raises(ArtifactError, match=r"with 0 layers in float it uses \d+% \(mean"):
        mix(
            *(bench.forms, bench.units, bench.selection, {**near, "quantized_share": 0.5}),
            *(dict.fromkeys(products, 0.0), lambda *_: 0.0),
            float_products=every,
        )


def test_a_pair_is_two_layers_where_no_mix_was_found(tmp_path: Path) -> None:
    net = chain()
    bench = Bench(tmp_path, net, with_ranges(net, {"br": 400.0}))
    products = {unit.name: unit.products for unit in bench.units}
    pair = (products["b!"] + products["c!"]) / sum(products.values())
    but_head = put_in_float(bench.forms, [unit for unit in bench.units if unit.name != "y!"])
    policy = {"cosine_mean": 1 - bench.near(but_head).mean / 0.8}
    with pytest.raises(ArtifactError, match=r"with 2 layers in float it uses \d+% \(mean"):
        bench.mix({**policy, "quantized_share": 1 - pair - 1e-9})


def test_whoever_shows_it_is_told_how_far_the_search_has_come(tmp_path: Path) -> None:
    net = chain()
    bench = Bench(tmp_path, net, with_ranges(net, {"br": 400.0}))
    told: list[tuple[int, int, str]] = []
    found = mix(
        *(bench.forms, bench.units, bench.selection, bench.policy(4.0)),
        *(dict.fromkeys(LAYERS, 0.1), lambda *_: 0.1),
        advance=lambda *far: told.append(far),
    )
    weighed = [(done, total) for done, total, doing in told if doing.startswith("weighing layers")]
    assert weighed == [(done, len(weighed)) for done in range(len(weighed))]
    assert len(weighed) > len(LAYERS)
    assert told[len(weighed)] == (0, 0, "0 layers in float, 400% of the policy used")
    assert len(found.units) == 2


def test_the_same_is_chosen_twice(tmp_path: Path) -> None:
    net = chain()
    made = [Bench(tmp_path, net, with_ranges(net, {"ar": 9.0, "cr": 5.0})) for _ in range(2)]
    found = [bench.mix(bench.policy(6.0)) for bench in made]
    assert found[0] == found[1]
    assert found[0].units


def test_chance_in_times_chooses_nothing_else(tmp_path: Path) -> None:
    net = chain()
    bench = Bench(tmp_path, net, with_ranges(net, {"ar": 9.0, "br": 9.0, "cr": 5.0, "dr": 5.0}))
    costs = {"a!": 0.03, "b!": 0.06, "c!": 0.04, "d!": 0.05, "y!": -0.02}
    chance = np.random.default_rng(0)
    found = {
        bench.mix(bench.policy(60.0), costs, lambda: float(chance.normal(0, 0.003))).units
        for _ in range(10)
    }
    assert len(found) == 1
    assert len(found.pop()) > 1


def test_what_is_not_needed_beside_later_ones_goes_back_to_8_bits(tmp_path: Path) -> None:
    """By gain alone the pair comes first; by gain for arithmetic the head, which goes back."""
    net = chain()
    bench = Bench(tmp_path, net, rough(with_ranges(net, {"ar": 400.0}), "y!", 4))
    units = {unit.name: unit for unit in bench.units}
    pair = bench.near(put_in_float(bench.forms, [units["a!"], units["b!"]]))
    policy = {"cosine_mean": 1 - pair.mean / 0.8 * 1.0001}
    told: list[str] = []
    found = mix(
        *(bench.forms, bench.units, bench.selection, policy),
        *(dict.fromkeys(LAYERS, 0.1), lambda *_: 0.1),
        advance=lambda _, __, doing: told.append(doing.split(",")[0]),
    )
    assert found.units == ("a!", "b!")
    assert "1 layers in float" in told
    assert found.trace[-1] == "taken by gain: 2 layers in float, +10.0% time"


def test_a_policy_that_float_itself_does_not_meet_is_said_to_be_so(tmp_path: Path) -> None:
    net = chain()
    bench = Bench(tmp_path, net, quantized(net))
    policy = {"cosine_mean": 1.0, "cosine_1st_percentile": 1.0}
    with pytest.raises(ArtifactError, match="no mix of 8 bits and float meets the policy"):
        bench.mix(policy)


def recipe() -> RecipeSpec:
    known = read_catalog().modes["int8_mixed"].recipe
    assert known is not None
    return known.model_copy(update={"reduce_range": False, "keep_float": ()})


def test_a_recipe_mixes_for_its_policy_and_says_how(tmp_path: Path) -> None:
    source = network(tmp_path / "m.onnx", "n")
    made = replace(ingredients(source, recipe()), calibration=faces(12))
    loose, tight = (
        replace(made, policy={"cosine_mean": floor, "cosine_1st_percentile": floor})
        for floor in (0.5, 0.99996)
    )
    files = []
    for name, each in (("l", loose), ("t", tight), ("u", tight)):
        target = tmp_path / f"{name}.onnx"
        *_, done = build(source, target, each)
        assert done.step == "mix"
        assert done.trace[0].startswith("all in 8 bits")
        assert (done.places > 0) == (each is tight) == (len(done.trace) > 1)
        files.append(target.read_bytes())
    assert files[1] == files[2] != files[0]
    tuned = recipe().model_copy(update={"steps": recipe().steps[:-1]})
    build(source, tmp_path / "p.onnx", replace(made, recipe=tuned))
    assert (tmp_path / "p.onnx").read_bytes() == files[0]


def test_what_a_recipe_is_built_to_meet_is_part_of_what_it_is(tmp_path: Path) -> None:
    source = network(tmp_path / "m.onnx", "n")
    made = ingredients(source, recipe())
    other = replace(made, policy={"cosine_mean": 0.9})
    assert made.key != other.key
    assert made.recipe_sha256 != other.recipe_sha256
    plain = ingredients(source, recipe().model_copy(update={"steps": recipe().steps[:-1]}))
    assert plain.key == replace(plain, policy={"cosine_mean": 0.9}).key


def test_a_recipe_that_mixes_needs_faces(tmp_path: Path) -> None:
    source = network(tmp_path / "m.onnx", "n")
    with pytest.raises(ArtifactError, match="calibration"):
        build(source, tmp_path / "a.onnx", replace(ingredients(source, recipe()), calibration=None))


def test_times_are_kept_so_that_the_same_is_chosen_again(tmp_path: Path, monkeypatch) -> None:
    source = network(tmp_path / "m.onnx", "n")
    policy = {"cosine_mean": 0.99996, "cosine_1st_percentile": 0.99996}
    made = replace(ingredients(source, recipe()), calibration=faces(12), policy=policy)
    *_, done = build(source, tmp_path / "a.onnx", made, tmp_path / "statistics")
    assert done.in_float
    for name in ("float_milliseconds", "integer_milliseconds"):
        monkeypatch.setattr(choosing, name, None)
    monkeypatch.setattr(choosing.Timer, "slower", None)
    *_, again = build(source, tmp_path / "b.onnx", made, tmp_path / "statistics")
    assert again == done
    assert (tmp_path / "a.onnx").read_bytes() == (tmp_path / "b.onnx").read_bytes()


def test_what_was_accepted_is_put_back_in_float_again(tmp_path: Path) -> None:
    source = network(tmp_path / "m.onnx", "n")
    policy = {"cosine_mean": 0.99996, "cosine_1st_percentile": 0.99996}
    made = replace(ingredients(source, recipe()), calibration=faces(12), policy=policy)
    *_, done = build(source, tmp_path / "a.onnx", made)
    assert done.in_float
    again = replace(made, accepted_float=done.in_float, accepted_trace=done.trace)
    *_, same = build(source, tmp_path / "b.onnx", again)
    assert same == replace(done, as_accepted=True)
    assert (tmp_path / "a.onnx").read_bytes() == (tmp_path / "b.onnx").read_bytes()
    assert again.recipe_sha256 == made.recipe_sha256
    assert again.key != made.key
    *_, none = build(source, tmp_path / "c.onnx", replace(made, accepted_float=()))
    assert (none.in_float, none.places) == ((), 0)
    with pytest.raises(ArtifactError, match="layer 'gone' was accepted in float, and the network"):
        build(source, tmp_path / "d.onnx", replace(made, accepted_float=("gone",)))
