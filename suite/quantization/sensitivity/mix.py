"""The units to keep in float so that a quantized network meets a policy and stays fast."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from suite.catalog.errors import ArtifactError
from suite.quantization.advance import Advance, unseen
from suite.quantization.probe import Rows
from suite.quantization.sensitivity.costs import Selection
from suite.quantization.sensitivity.forms import Forms, UnpairedError
from suite.quantization.sensitivity.in_float import in_float
from suite.quantization.sensitivity.nearness import QUANTIZED_SHARE, Nearness
from suite.quantization.sensitivity.units import Unit
from suite.quantization.steps.net import Net

# By how much a run of the second network takes longer than one of the first, as a share of that.
Slower = Callable[[Net, Net], float]
# A gain below this share of what the policy allows is chance.
_LEAST_GAIN = 0.01
# Timed differences are this fine: what is below is noise, and would choose by chance.
_GRAIN = 0.005
_Names = frozenset[str]


@dataclass(frozen=True)
class Mixed:
    """What was chosen.

    Attributes
    ----------
    units : the names of the units to keep in float, in the order in which they were chosen
    trace : how it came to that, a sentence a step
    """

    units: tuple[str, ...]
    trace: tuple[str, ...]


def put_in_float(forms: Forms, units: Sequence[Unit]) -> Net:
    """The quantized network with some units in float.

    Raises
    ------
    UnpairedError
        where the form in 8 bits of one cannot be told.
    """
    net = forms.quantized
    for unit in units:
        net = in_float(Forms(forms.reference, net), unit)
    return net


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

    A network that meets it is left alone. Otherwise those come first that gain and are faster in
    float, then those that gain most of the policy for the time that they cost, which is measured.
    Once it is met, those go back to 8 bits that are not faster and not needed beside the others.
    Two units are weighed together where one alone reads what the other gives: what lies between
    them is rounded unless both are in float. Of the arithmetic as much stays in 8 bits as the
    policy asks for: where float is as fast, all of it would be free.

    Parameters
    ----------
    units : those that are in 8 bits
    selection : faces that did not set the network's ranges
    policy : as of `asked_of_mix`
    costs : what each unit's kernels take longer in float, as a share of a run: the most hopeful
        guess, by which it is decided whom to time
    slower : tells how much longer a second network takes
    float_products : multiply-accumulates of the layers that are in float before
    advance : told of the candidates that are weighed, and then of what is in float

    Raises
    ------
    ArtifactError
        where the policy is not met with all units in float, or with as many as may be.
    """
    left = sum(unit.products for unit in units)
    room = left - policy.get(QUANTIZED_SHARE, 0.0) * (left + float_products)
    by_name = {unit.name: unit for unit in units}
    return _Search(forms, by_name, selection, policy, costs, slower, room, advance).run()


@dataclass
class _Search:
    forms: Forms
    units: dict[str, Unit]
    selection: Selection
    policy: Mapping[str, float]
    guesses: Mapping[str, float]
    slower: Slower
    # Multiply-accumulates that may go back to float.
    room: float
    advance: Advance
    # What is in float, with what it cost, in the order in which it was chosen.
    chosen: dict[_Names, float] = field(default_factory=dict)
    trace: list[str] = field(default_factory=list)

    def run(self) -> Mixed:
        self._fp32: Rows = self.selection.embed(self.forms.reference)
        self._net = self.forms.quantized
        near = self._near(self._net)
        self.trace.append(f"all in 8 bits: {near}; {near.said_of(self.policy)}")
        if near.used(self.policy) > 1:
            self._require_reachable()
            self._choose_until_met(near)
            self._give_back()
        units = [name for names in self.chosen for name in self._in_order(names)]
        return Mixed(tuple(units), tuple(self.trace))

    def _require_reachable(self) -> None:
        near = self._near(put_in_float(self.forms, list(self.units.values())))
        if near.used(self.policy) > 1:
            raise ArtifactError(
                f"no mix of 8 bits and float meets the policy: with all layers in float it is at "
                f"{near}; ease the mode's policy."
            )

    def _choose_until_met(self, near: Nearness) -> None:
        gains = dict(self._gains(list(self._candidates()), near))
        costs = {names: sum(self.guesses[name] for name in names) for names in gains}
        while near.used(self.policy) > 1:
            gains = {names: gain for names, gain in gains.items() if self._has_room(names)}
            if not gains:
                raise self._without_room(near)
            names = self._best(gains, costs, near)
            self.room -= self._products(names)
            self._net = self._with(names)
            self.chosen[names] = costs[names]
            near = self._near(self._net)
            used = f"{near.said_of(self.policy)}, {costs[names]:+.1%} time"
            self.trace.append(f"{self._named(names)} in float: {near}; {used}")
            # What is left of a pair is a candidate by itself already.
            gains = {each: gain for each, gain in gains.items() if each.isdisjoint(names)}

    def _give_back(self) -> None:
        """Put back in 8 bits what is not faster in float nor needed beside what came after it."""
        for names, cost in sorted(self.chosen.items(), key=lambda each: -each[1]):
            if cost < 0:
                break
            others = frozenset[str]().union(*(each for each in self.chosen if each != names))
            kept = [self.units[name] for name in self._in_order(others)]
            near = self._near(put_in_float(self.forms, kept))
            if near.used(self.policy) <= 1:
                del self.chosen[names]
                used = near.said_of(self.policy)
                self.trace.append(f"{self._named(names)} back in 8 bits: {near}; {used}")

    @property
    def _in_float(self) -> int:
        return sum(map(len, self.chosen))

    def _products(self, names: _Names) -> int:
        return sum(self.units[name].products for name in names)

    def _has_room(self, names: _Names) -> bool:
        return self._products(names) <= self.room

    def _without_room(self, near: Nearness) -> ArtifactError:
        share = self.policy.get(QUANTIZED_SHARE, 0.0)
        return ArtifactError(
            f"no mix was found that meets the policy with {share:.0%} of the arithmetic in 8 bits: "
            f"with {self._in_float} layers in float it is at {near}; ease what the mode's policy "
            f"asks of nearness, or its {QUANTIZED_SHARE}."
        )

    def _best(
        self, gains: dict[_Names, float], costs: dict[_Names, float], near: Nearness
    ) -> _Names:
        """The candidate with the highest gain for its cost, weighed anew in the network as it is.

        What was weighed in an earlier network is taken for the most that it may still gain, so
        that few are weighed again: it is the best once it leads with what it was weighed at now.
        """
        fresh: set[_Names] = set()
        while True:
            names = max(gains, key=lambda each: _worth(gains[each], costs[each], each))
            if names in fresh:
                return names
            used = near.used(self.policy)
            self.advance(0, 0, f"{self._in_float} layers in float, {used:.0%} of the policy used")
            net = self._with(names)
            gains[names] = near.beyond(self.policy) - self._near(net).beyond(self.policy)
            costs[names] = round(self.slower(self._net, net) / _GRAIN) * _GRAIN
            fresh.add(names)

    def _candidates(self) -> Iterator[_Names]:
        made_by = {unit.output: name for name, unit in self.units.items()}
        for name, unit in self.units.items():
            yield frozenset({name})
            for read in self.forms.read_by(unit):
                if read in made_by and self.forms.reference.only_reader(read) is not None:
                    yield frozenset({made_by[read], name})

    def _gains(
        self, candidates: Sequence[_Names], near: Nearness
    ) -> Iterator[tuple[_Names, float]]:
        for done, names in enumerate(candidates):
            self.advance(done, len(candidates), "weighing layers in float")
            try:
                beyond = self._near(self._with(names)).beyond(self.policy)
            except UnpairedError:
                continue
            yield names, near.beyond(self.policy) - beyond

    def _with(self, names: _Names) -> Net:
        forms = Forms(self.forms.reference, self._net)
        return put_in_float(forms, [self.units[name] for name in self._in_order(names)])

    def _in_order(self, names: _Names) -> list[str]:
        return [name for name in self.units if name in names]

    def _named(self, names: _Names) -> str:
        return " and ".join(self._in_order(names))

    def _near(self, net: Net) -> Nearness:
        return Nearness.of(self._fp32, self.selection.embed(net))


def _worth(gain: float, cost: float, names: _Names) -> tuple[bool, float, list[str]]:
    """By what a candidate is chosen: it is faster and gains, then its gain for its cost."""
    faster = cost < 0 and gain >= _LEAST_GAIN
    cost = max(cost, 0.0) + _GRAIN
    return faster, gain / cost if gain > 0 else gain * cost, sorted(names)
