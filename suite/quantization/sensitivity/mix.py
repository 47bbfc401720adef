"""The units to keep in float so that a quantized network meets a policy and stays fast."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from suite.catalog.errors import ArtifactError
from suite.quantization.advance import Advance, unseen
from suite.quantization.probe import Rows
from suite.quantization.sensitivity.costs import Selection
from suite.quantization.sensitivity.forms import Forms, UnpairedError
from suite.quantization.sensitivity.in_float import put_in_float
from suite.quantization.sensitivity.nearness import MARGIN, QUANTIZED_SHARE, Nearness
from suite.quantization.sensitivity.units import Unit
from suite.quantization.steps.net import Net

# By how much a run of the second network takes longer than one of the first, as a share of that.
Slower = Callable[[Net, Net], float]
# A gain below this share of what the policy allows is chance.
_LEAST_GAIN = 0.01
# Two measured times that differ by less, as a share of a run, are not told apart.
_CLEARLY = 0.005
# Arithmetic that is not free counts from here: a layer of next to none still moves its tensors.
_LEAST_SHARE = 0.05
# Of fewer faces the 1st percentile, and that of their pairs, says little of others.
_MANY = 20
_Names = frozenset[str]
# What a choice is worth, of its gain and its share of the network's arithmetic.
_Worth = Callable[[float, float], float]
_GAIN = "gain"
_WORTHS: Mapping[str, _Worth] = {
    _GAIN: lambda gain, share: gain,
    "gain for arithmetic": lambda gain, share: gain / (share + _LEAST_SHARE),
}


@dataclass(frozen=True)
class Mixed:
    """What was chosen.

    Attributes
    ----------
    units : the names of the units to keep in float, in the network's order
    trace : how it came to that, a sentence a step
    """

    units: tuple[str, ...]
    trace: tuple[str, ...]


def mix(
    forms: Forms,
    units: Sequence[Unit],
    selection: Selection,
    policy: Mapping[str, float],
    costs: Mapping[str, float],
    slower: Slower,
    *,
    float_products: int = 0,
    advance: Advance = unseen,
) -> Mixed:
    """Choose units to keep in float, one or two at a time, until a policy is met.

    A network that meets it is left alone. Otherwise it is tried in up to three ways: by what a
    choice gains of the policy, by what it gains for its arithmetic, and with those first that gain
    and that are, as measured, clearly faster in float. In each, those go back to 8 bits in the end
    that are not needed beside the others. The networks are timed, and the fastest is taken. So
    chance has a say only where two times are as good as the same.

    Two units are weighed together where one alone reads what the other gives: what lies between
    them is rounded unless both are in float. Of the arithmetic as much stays in 8 bits as the
    policy asks for: where float is as fast, all of it would be free.

    Parameters
    ----------
    units : those that are in 8 bits
    selection : faces that did not set the network's ranges
    policy : as of `asked_of_mix`
    costs : what each unit's kernels take longer in float, as a share of a run: the most hopeful
        guess, by which it is decided who may be faster in float
    slower : tells how much longer a second network takes
    float_products : multiply-accumulates of the layers that are in float before
    advance : told of the candidates that are weighed, and then of what is in float

    Raises
    ------
    ArtifactError
        where the policy is not met with all units in float, or with as many as may be.
    """
    every = sum(unit.products for unit in units) + float_products
    room = every - float_products - policy.get(QUANTIZED_SHARE, 0.0) * every
    by_name = {unit.name: unit for unit in units}
    return _Search(forms, by_name, selection, policy, costs, slower, every, room, advance).run()


@dataclass(frozen=True)
class _Way:
    """How far a search has come: a network, and what of it is in float."""

    net: Net
    near: Nearness
    trace: tuple[str, ...]
    in_float: _Names = frozenset()


@dataclass
class _Search:
    forms: Forms
    units: dict[str, Unit]
    selection: Selection
    policy: Mapping[str, float]
    guesses: Mapping[str, float]
    slower: Slower
    # Multiply-accumulates of the network.
    products: int
    # As many of them may be of what goes to float.
    room: float
    advance: Advance

    def run(self) -> Mixed:
        self._fp32: Rows = self.selection.embed(self.forms.reference)
        self._seen: dict[_Names, Nearness] = {}
        near = self._near(self.forms.quantized, frozenset())
        count = len(self._fp32)
        few = ", which are few" if count < _MANY else ""
        begun = f"all in 8 bits that the recipe quantizes, on {count} faces{few}"
        way = _Way(self.forms.quantized, near, (self._step(begun, near),))
        if near.used(self.policy) > 1:
            self._require_reachable()
            way = self._fastest(self._ways(way, dict(self._gains(way))))
        return Mixed(tuple(self._in_order(way.in_float)), way.trace)

    def _require_reachable(self) -> None:
        every = frozenset(self.units)
        near = self._near(self._with(self.forms.quantized, every), every)
        if near.used(self.policy) > 1:
            raise ArtifactError(
                "no mix of 8 bits and float meets the policy: with all layers in float, and what "
                f"lies between them in 8 bits, it {self._short_of(near)}; ease the mode's policy."
            )

    def _with_faster(self, way: _Way, gains: Mapping[_Names, float]) -> _Way:
        """With what gains and is clearly faster in float, those that gain most first."""
        for names in sorted(gains, key=lambda each: (-gains[each], sorted(each))):
            hopeful = sum(self.guesses[name] for name in names) < 0
            if way.near.used(self.policy) <= 1 or not (hopeful and self._may_take(way, names)):
                continue
            taken = self._taking(way, names)
            if self._gain(way, taken.near) < _LEAST_GAIN:
                continue
            time = self.slower(way.net, taken.net)
            if time < -_CLEARLY:
                way = replace(
                    taken, trace=(*taken.trace[:-1], f"{taken.trace[-1]}, {time:+.1%} time")
                )
        return way

    def _ways(self, start: _Way, gains: Mapping[_Names, float]) -> dict[str, _Way]:
        """From a start to networks that meet the policy, by what led there."""
        faster = self._with_faster(start, gains)
        starts = {led_by: (start, worth) for led_by, worth in _WORTHS.items()}
        if faster.in_float:
            starts[f"time, then {_GAIN}"] = (faster, _WORTHS[_GAIN])
        ways: dict[str, _Way] = {}
        for led_by, (begun, worth) in starts.items():
            met = self._until_met(begun, gains, worth)
            if met.near.used(self.policy) > 1:
                stuck = met
                continue
            way = self._giving_back(met, begun)
            if all(way.in_float != other.in_float for other in ways.values()):
                ways[led_by] = way
        if not ways:
            raise self._without_room(stuck)
        return ways

    def _until_met(self, way: _Way, gains: Mapping[_Names, float], worth: _Worth) -> _Way:
        left = dict(gains)
        while way.near.used(self.policy) > 1:
            left = {names: gain for names, gain in left.items() if self._may_take(way, names)}
            if not left:
                break
            way = self._taking_best(way, left, worth)
        return way

    def _taking_best(self, way: _Way, gains: dict[_Names, float], worth: _Worth) -> _Way:
        """With the candidate that is worth most, weighed anew in the network as it is.

        What was weighed in an earlier network is taken for the most that it may still gain, so
        that few are weighed again: it is the best once it leads with what it was weighed at now.
        """

        def order(names: _Names) -> tuple[float, int, list[str]]:
            gain, products = gains[names], self._products(names)
            worth_of_it = worth(gain, products / self.products) if gain > 0 else gain
            # Of those that meet the policy the smallest: what they gain beyond is not seen.
            return worth_of_it, -products, sorted(names)

        fresh: dict[_Names, _Way] = {}
        while (names := max(gains, key=order)) not in fresh:
            used = way.near.used(self.policy)
            doing = f"{len(way.in_float)} layers in float, {used:.0%} of the policy used"
            self.advance(0, 0, doing)
            fresh[names] = self._taking(way, names)
            gains[names] = self._gain(way, fresh[names].near)
        return fresh[names]

    def _may_take(self, way: _Way, names: _Names) -> bool:
        """Whether none is in float yet, for what is left of a pair is a candidate by itself."""
        new = way.in_float.isdisjoint(names)
        return new and self._products(way.in_float | names) <= self.room

    def _taking(self, way: _Way, names: _Names) -> _Way:
        net, in_float = self._with(way.net, names), way.in_float | names
        near = self._near(net, in_float)
        step = self._step(f"{' and '.join(self._in_order(names))} in float", near)
        return _Way(net, near, (*way.trace, step), in_float)

    def _giving_back(self, way: _Way, start: _Way) -> _Way:
        """With each layer in 8 bits again that is not needed beside the others."""
        added = way.in_float - start.in_float
        for name in sorted(added, key=lambda each: (-self.units[each].products, each)):
            left = way.in_float - {name}
            net = self._with(self.forms.quantized, left)
            near = self._near(net, left)
            if near.used(self.policy) <= 1:
                step = self._step(f"{name} back in 8 bits", near)
                way = _Way(net, near, (*way.trace, step), left)
        return way

    def _fastest(self, ways: Mapping[str, _Way]) -> _Way:
        """That of several ways whose network is clearly faster than those before it."""
        self.advance(0, 0, "timing")
        times = {led_by: self.slower(self.forms.quantized, ways[led_by].net) for led_by in ways}
        best = next(iter(ways))
        for led_by, time in times.items():
            if time < times[best] - _CLEARLY:
                best = led_by
        said = "; ".join(
            f"by {led_by}: {len(ways[led_by].in_float)} layers in float, {time:+.1%} time"
            for led_by, time in sorted(times.items(), key=lambda each: each[0] != best)
        )
        return replace(ways[best], trace=(*ways[best].trace, f"taken {said}"))

    def _products(self, names: _Names) -> int:
        return sum(self.units[name].products for name in names)

    def _without_room(self, way: _Way) -> ArtifactError:
        share = self.policy.get(QUANTIZED_SHARE, 0.0)
        return ArtifactError(
            f"no mix was found that meets the policy with {share:.0%} of the arithmetic in 8 bits: "
            f"with {len(way.in_float)} layers in float it {self._short_of(way.near)}; ease what "
            f"the mode's policy asks of nearness, or its {QUANTIZED_SHARE}."
        )

    def _short_of(self, near: Nearness) -> str:
        return (
            f"{near.said_of(self.policy)} of the {MARGIN:.0%} of the policy's room that may be "
            f"used up on {len(self._fp32)} selection faces ({near})"
        )

    def _candidates(self) -> Iterator[_Names]:
        made_by = {unit.output: name for name, unit in self.units.items()}
        for name, unit in self.units.items():
            yield frozenset({name})
            for read in self.forms.read_by(unit):
                if read in made_by and self.forms.reference.only_reader(read) is not None:
                    yield frozenset({made_by[read], name})

    def _gains(self, way: _Way) -> Iterator[tuple[_Names, float]]:
        """What each candidate gains, whose form in 8 bits can be told."""
        candidates = list(self._candidates())
        for done, names in enumerate(candidates):
            self.advance(done, len(candidates), "weighing layers in float")
            try:
                taken = self._taking(way, names)
            except UnpairedError:
                continue
            yield names, self._gain(way, taken.near)

    def _gain(self, way: _Way, near: Nearness) -> float:
        return way.near.beyond(self.policy) - near.beyond(self.policy)

    def _with(self, net: Net, names: _Names) -> Net:
        units = [self.units[name] for name in self._in_order(names)]
        return put_in_float(Forms(self.forms.reference, net), units)

    def _in_order(self, names: _Names) -> list[str]:
        return [name for name in self.units if name in names]

    def _step(self, what: str, near: Nearness) -> str:
        """A sentence of the trace."""
        return f"{what}: {near}; {near.said_of(self.policy)}"

    def _near(self, net: Net, in_float: _Names) -> Nearness:
        """How near a network is with these layers in float; several ways may come by it."""
        if in_float not in self._seen:
            self._seen[in_float] = Nearness.of(self._fp32, self.selection.embed(net))
        return self._seen[in_float]
