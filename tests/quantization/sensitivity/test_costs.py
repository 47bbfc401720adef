"""What each unit costs: losses by cosine, and what was weighed once is not weighed again."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import sem

from suite.catalog.model_card import OutputSpec
from suite.quantization.probe import Probe
from suite.quantization.ranges.kept import Kept
from suite.quantization.sensitivity.costs import Costs, Selection, costs_of
from suite.quantization.sensitivity.forms import Forms, UnpairedError
from suite.quantization.sensitivity.in_float import in_float
from suite.quantization.steps.net import Net
from suite.runtime.exactness import sums_exactly
from tests.support.broken_layer import broken, weights_noised
from tests.support.drawn_net import CHANNELS
from tests.support.paired import Paired, static_by_onnxruntime
from tests.support.qdq_net import Made, images

LAYERS = ["c!", "d!", "e!", "y!"]


def embedder() -> Net:
    made = Made((CHANNELS, 6, 6))
    made.op("Relu", [made.conv("x", "c", kernel=3)], "r")
    made.op("Relu", [made.conv("r", "d", kernel=3, group=CHANNELS)], "s")
    made.head(made.op("Add", ["r", made.conv("s", "e")], "t"))
    return made.net()


@pytest.fixture(scope="module")
def pair() -> Paired:
    net = embedder()
    return Paired.by_us(net, images(net, 8), reduce_range=not sums_exactly())


def selection(pair: Paired, work: Path, kept: Kept | None = None) -> Selection:
    work.mkdir(exist_ok=True)
    return Selection(Probe(list(pair.images), OutputSpec(embedding_dim=5)), "x", work, kept)


class Embedded:
    """How often networks were run on the faces."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.count = 0
        embed = Selection.embed

        def counted(of: Selection, net: Net, *, optimised: bool = True) -> object:
            self.count += 1
            return embed(of, net, optimised=optimised)

        patch.setattr(Selection, "embed", counted)


@pytest.fixture
def embedded(monkeypatch: pytest.MonkeyPatch) -> Iterator[Embedded]:
    yield Embedded(monkeypatch)


def test_every_unit_has_its_figures_in_the_order_of_the_network(
    pair: Paired, tmp_path: Path
) -> None:
    advanced: list[tuple[int, int]] = []
    found = costs_of(
        pair.forms, pair.units, selection(pair, tmp_path), lambda *at: advanced.append(at)
    )
    assert [unit.name for unit in found.units] == LAYERS
    assert advanced == [(1, 4), (2, 4), (3, 4), (4, 4)]
    assert (found.in_float, found.untold) == ((), ())
    assert sum(unit.share for unit in found.units) == pytest.approx(1)
    assert 0 < found.loss < 0.05
    for unit in found.units:
        assert 0 < unit.alone < found.loss * 2
        assert 0 < unit.alone_as_run < found.loss * 2
        assert 0 < unit.in_float < found.loss * 2
        assert 15 < unit.sqnr_db < 60
        assert unit.integer_ms > 0 and unit.float_ms > 0
    assert list(tmp_path.glob("*.onnx")) == [tmp_path / "tried.onnx"]


def test_a_broken_layer_costs_most_and_is_worth_most_in_float(pair: Paired, tmp_path: Path) -> None:
    made = broken(pair.forms.quantized, pair.units[2], weights_noised)
    assert made is not None
    worse = pair.with_form(made)
    found = costs_of(worse.forms, worse.units, selection(worse, tmp_path))
    by_name = {unit.name: unit for unit in found.units}
    assert max(by_name, key=lambda name: by_name[name].alone) == "e!"
    assert min(by_name, key=lambda name: by_name[name].in_float) == "e!"
    assert min(by_name, key=lambda name: by_name[name].sqnr_db) == "e!"
    assert by_name["e!"].in_float < found.loss / 2


def test_layers_in_float_are_named_and_not_weighed(pair: Paired, tmp_path: Path) -> None:
    net = pair.forms.reference
    some = Paired.by_us(net, pair.images, keep_float=["d!"])
    found = costs_of(some.forms, some.units, selection(some, tmp_path))
    assert [unit.name for unit in found.units] == ["c!", "e!", "y!"]
    assert (found.in_float, found.untold) == (("d!",), ())
    assert sum(unit.share for unit in found.units) < 1


def test_layers_that_cannot_be_told_are_not_taken_for_float(pair: Paired, tmp_path: Path) -> None:
    changed = pair.forms.quantized.copy()
    for node in changed.nodes:
        node.name = ""
        for names in (node.input, node.output):
            names[:] = [f"{name}_2" if name == "s" else name for name in names]
    some = pair.with_form(changed)
    found = costs_of(some.forms, some.units, selection(some, tmp_path))
    assert [unit.name for unit in found.units] == ["c!", "y!"]
    assert (found.in_float, found.untold) == ((), ("d!", "e!"))


def kept(folder: Path, images: str = "faces") -> Kept:
    return Kept(folder / "kept", {"images": images})


def losses(costs: Costs) -> list[tuple[float, ...]]:
    return [(unit.alone, unit.alone_as_run, unit.in_float) for unit in costs.units]


def test_what_was_weighed_is_not_weighed_again(
    pair: Paired, tmp_path: Path, embedded: Embedded
) -> None:
    first = costs_of(pair.forms, pair.units, selection(pair, tmp_path, kept(tmp_path)))
    # FP32, the whole network, and three of each unit.
    assert embedded.count == 2 + 3 * len(LAYERS)
    second = costs_of(pair.forms, pair.units, selection(pair, tmp_path, kept(tmp_path)))
    assert embedded.count == 2 + 3 * len(LAYERS) + 2
    assert losses(second) == losses(first)


def test_what_was_cut_short_goes_on_where_it_was(
    pair: Paired, tmp_path: Path, embedded: Embedded
) -> None:
    def stop(done: int, _: int) -> None:
        if done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        costs_of(pair.forms, pair.units, selection(pair, tmp_path, kept(tmp_path)), stop)
    assert embedded.count == 2 + 3 * 2
    embedded.count = 0
    costs_of(pair.forms, pair.units, selection(pair, tmp_path, kept(tmp_path)))
    assert embedded.count == 2 + 3 * 2


def test_a_network_without_layers_says_so(pair: Paired, tmp_path: Path) -> None:
    with pytest.raises(UnpairedError, match="no layer that multiplies by weights"):
        costs_of(pair.forms, [], selection(pair, tmp_path))


def test_of_other_faces_or_another_network_all_is_weighed(
    pair: Paired, tmp_path: Path, embedded: Embedded
) -> None:
    costs_of(pair.forms, pair.units, selection(pair, tmp_path, kept(tmp_path)))
    whole = embedded.count
    costs_of(pair.forms, pair.units, selection(pair, tmp_path, kept(tmp_path, "others")))
    assert embedded.count == 2 * whole
    made = broken(pair.forms.quantized, pair.units[0], weights_noised)
    assert made is not None
    other = Forms(pair.forms.reference, made)
    costs_of(other, pair.units, selection(pair, tmp_path, kept(tmp_path)))
    assert embedded.count == 3 * whole


def test_without_a_layer_that_can_be_told_it_says_why(pair: Paired, tmp_path: Path) -> None:
    net = pair.forms.reference
    none = pair.with_form(net)
    with pytest.raises(UnpairedError, match="no layer of it can be told in 8 bits from the"):
        costs_of(none.forms, none.units, selection(none, tmp_path))


def test_a_loss_is_one_less_the_cosine_of_each_image(pair: Paired, tmp_path: Path) -> None:
    chosen = selection(pair, tmp_path)
    fp32, made = (chosen.embed(net) for net in (pair.forms.reference, pair.forms.quantized))
    unit = [rows / np.linalg.norm(rows, axis=1, keepdims=True) for rows in (fp32, made)]
    expected = 1 - (unit[0] * unit[1]).sum(axis=1)
    assert chosen.lost(fp32, pair.forms.quantized) == pytest.approx(expected, abs=1e-12)
    assert chosen.lost(fp32, pair.forms.reference) == pytest.approx(0, abs=1e-12)


def test_a_gain_has_the_standard_error_of_its_mean_over_images(
    pair: Paired, tmp_path: Path
) -> None:
    chosen = selection(pair, tmp_path)
    fp32 = chosen.embed(pair.forms.reference)
    found = costs_of(pair.forms, pair.units, chosen).units[1]
    in_floats = chosen.lost(fp32, in_float(pair.forms, pair.units[1]))
    gains = chosen.lost(fp32, pair.forms.quantized) - in_floats
    assert found.in_float == pytest.approx(in_floats.mean(), abs=1e-12)
    assert found.gain_error == pytest.approx(sem(gains), abs=1e-12)
    one = selection(replace(pair, images=pair.images[:1]), tmp_path)
    assert {unit.gain_error for unit in costs_of(pair.forms, pair.units, one).units} == {None}


def test_an_artifact_by_onnxruntime_is_weighed_too(pair: Paired, tmp_path: Path) -> None:
    net = pair.forms.reference
    theirs = pair.with_form(static_by_onnxruntime(net))
    found = costs_of(theirs.forms, theirs.units, selection(theirs, tmp_path))
    assert [unit.name for unit in found.units] == LAYERS
