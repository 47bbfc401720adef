"""What a gate holds at one moment: its cards, its limits, and what it accepted."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from suite.catalog.case import runs_unasked
from suite.catalog.catalog import Catalog
from suite.catalog.figures import FIGURES
from suite.catalog.limits import Limits, limits_of
from suite.catalog.selection import is_made, why_unbuildable
from suite.catalog.table import Card
from suite.judging.baselines.store import all_files
from suite.judging.judgement import Entry
from suite.judging.record import Record

# What is compared as limits, not key by key, and what says nothing of what is gated.
_NOT_KEYS = frozenset({"tolerances", "policy", "speed_floor", "modes"})


@dataclass(frozen=True)
class CardState:
    """A card: its file, from the folder of cards, and its keys with their values."""

    file: str
    keys: Mapping[str, object]


@dataclass(frozen=True)
class Accepted:
    """Where a section is accepted: a profile's, of a model in a mode."""

    profile: str
    model: str
    mode: str
    section: str


@dataclass(frozen=True)
class LimitOf:
    """What a limit holds: a figure of a model in a mode, on a dataset and a provider.

    ``kind`` is ``tolerance``, ``loss``, ``floor``, or ``interval`` where a loss is judged on that.
    """

    kind: str
    figure: str
    model: str
    mode: str
    dataset: str
    provider: str


@dataclass(frozen=True)
class GateState:
    """A gate at one moment.

    Attributes
    ----------
    name : how it was asked for, as a revision or a folder
    cards : by their kind, as ``models``, and id
    gated : the models in modes that they can be run in and that run unasked, each with its
        evaluation sets
    runnable : these, and those in modes on request
    limits : each limit with its value
    accepted : the accepted sections
    unread : the ids of cards that cannot be read
    """

    name: str
    cards: Mapping[tuple[str, str], CardState] = field(default_factory=dict)
    gated: Mapping[tuple[str, str], tuple[str, ...]] = field(default_factory=dict)
    runnable: frozenset[tuple[str, str]] = frozenset()
    limits: Mapping[LimitOf, float] = field(default_factory=dict)
    accepted: Mapping[Accepted, Entry] = field(default_factory=dict)
    unread: frozenset[str] = frozenset()


def state_of_catalog(name: str, catalog: Catalog, baselines: Path) -> GateState:
    """The state of a catalog and a folder of baselines.

    Raises
    ------
    BaselineError
        where a baseline cannot be read.
    """
    cards: dict[tuple[str, str], CardState] = {}
    kinds: Mapping[str, Mapping[str, Card]] = {
        "models": catalog.models,
        "datasets": catalog.datasets,
        "modes": catalog.modes,
        "providers": catalog.providers,
    }
    for kind, of_kind in kinds.items():
        for card in of_kind.values():
            keys = card.model_dump(mode="json", exclude={"card_file"} | _NOT_KEYS)
            cards[kind, card.id] = CardState(f"{kind}/{card.card_file.name}", dict(_flat(keys)))
    runnable = dict(_runnable(catalog))
    return GateState(
        name,
        cards,
        {case: sets for case, sets in runnable.items() if _runs_unasked(catalog, case)},
        frozenset(runnable),
        dict(_limits(catalog)),
        dict(_accepted(baselines)),
        catalog.unread,
    )


def state_of_records(name: str, records: Iterable[Record]) -> GateState:
    """The state that a run's records show: what it measured, in the place of what is accepted."""
    accepted: dict[Accepted, Entry] = {}
    for record in records:
        measured = record.measured
        if measured is None or not (measured.figures or measured.samples):
            continue
        profile = record.baseline.partition("/")[0] or record.profile
        where = Accepted(profile, record.model, record.mode, measured.section)
        accepted[where] = Entry(
            identity=measured.identity,
            figures=measured.figures,
            samples=measured.samples,
            limits=record.limits,
            identified=measured.identified,
            origin=measured.origin,
            angles=measured.angles,
        )
    return GateState(name, accepted=accepted)


def _flat(table: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, object]]:
    for key, value in table.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{above}{key}.")
        else:
            yield f"{above}{key}", value


def _runs_unasked(catalog: Catalog, case: tuple[str, str]) -> bool:
    return runs_unasked(catalog.models[case[0]], catalog.modes[case[1]])


def _runnable(catalog: Catalog) -> Iterator[tuple[tuple[str, str], tuple[str, ...]]]:
    for model in catalog.models.values():
        for mode in catalog.modes.values():
            can = (not why_unbuildable(model, mode, provider) for provider in catalog.providers)
            if is_made(model, mode) and any(can):
                yield (model.id, mode.id), model.evaluation


def _limits(catalog: Catalog) -> Iterator[tuple[LimitOf, float]]:
    for model in catalog.models.values():
        for mode in catalog.modes.values():
            for provider in catalog.providers.values():
                for dataset in ("", *model.evaluation):
                    limits = limits_of(model, mode, provider, dataset or None)
                    for kind, figure, value in _each(limits):
                        if FIGURES[figure].gate.per_dataset == bool(dataset):
                            case = (model.id, mode.id, dataset, provider.id)
                            yield LimitOf(kind, figure, *case), value


def _each(limits: Limits) -> Iterator[tuple[str, str, float]]:
    kinds = {
        "tolerance": limits.tolerances,
        "loss": limits.policy.loss,
        "floor": limits.policy.floor,
        "interval": dict.fromkeys(limits.policy.on_interval, 1.0),
    }
    for kind, of_kind in kinds.items():
        for figure, value in of_kind.items():
            yield kind, figure, value


def _accepted(baselines: Path) -> Iterator[tuple[Accepted, Entry]]:
    for file in all_files(baselines):
        for section in file.sections():
            entry = file.entry(section)
            assert entry is not None, "its name is one of the file's"
            yield Accepted(file.profile, file.model, file.mode, section), entry
