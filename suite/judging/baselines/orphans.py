"""Accepted entries that no run of their catalog judges any more."""

import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from suite.catalog.case import runs_unasked
from suite.catalog.catalog import Catalog
from suite.catalog.errors import BaselineError
from suite.catalog.gate import Gate, Section
from suite.catalog.mode_card import ModeCard
from suite.catalog.model_card import ModelCard
from suite.catalog.provider_card import ProviderCard
from suite.catalog.selection import Options, is_made, why_not_applicable, why_unbuildable
from suite.judging.baselines.store import (
    BaselineFile,
    all_files,
    baselines_of,
    serving_file,
    side_files_alone,
)
from suite.judging.coverage import Unjudged
from suite.runtime.profile import PARENT_PROFILE


@dataclass(frozen=True)
class Orphan:
    """Sections of one baseline file that no card of the catalog accounts for, and why."""

    path: Path
    sections: tuple[str, ...]
    reason: str


def find_orphans(catalog: Catalog) -> Iterator[Orphan]:
    """Walk a catalog's baselines, sorted, and give what its cards have no gate for.

    Raises
    ------
    BaselineError
        where a baseline cannot be read.
    """
    root = baselines_of(catalog)
    for file in all_files(root):
        yield from _orphans_in(file, catalog, Options())
    for path, names in side_files_alone(root):
        yield Orphan(path, names, "no section of it names them")


def unjudged(catalog: Catalog, profile: str, options: Options) -> list[Unjudged]:
    """What is accepted for a run and has no gate, though no option leaves it out.

    What is accepted for other hardware is no matter of this run. A file that cannot be read is left
    to the gates that read it, where there are such.
    """
    found: dict[tuple[Path, str], tuple[str, ...]] = {}
    root = baselines_of(catalog)
    for file in all_files(root):
        chosen = _chosen(file.model, options.models) and _chosen(file.mode, options.modes)
        held_to = serving_file(root, profile, file.model, file.mode)
        if not chosen or file.profile not in (held_to.profile, PARENT_PROFILE):
            continue
        for orphan in _orphans_or_damage(file, catalog, options):
            of_run = tuple(s for s in orphan.sections if _is_of(s, options.datasets))
            if of_run or not orphan.sections:
                key = (orphan.path, orphan.reason)
                found[key] = (*found.get(key, ()), *of_run)
    where = "" if catalog.is_builtin else f" --catalog={shlex.quote(str(catalog.folder))}"
    remove = f"face-quant-gate orphans{where} --remove"
    return [
        Unjudged(file=str(path), sections=sections, reason=reason, remove=remove)
        for (path, reason), sections in found.items()
    ]


def _orphans_or_damage(file: BaselineFile, catalog: Catalog, options: Options) -> list[Orphan]:
    try:
        return list(_orphans_in(file, catalog, options))
    except BaselineError as error:
        has_gates = file.model in catalog.models and file.mode in catalog.modes
        return [] if has_gates else [Orphan(file.path, (), error.beyond(file.path))]


def _orphans_in(file: BaselineFile, catalog: Catalog, options: Options) -> Iterator[Orphan]:
    providers = _providers_of(file.profile, catalog)
    sections = file.sections()
    model, mode = catalog.models.get(file.model), catalog.modes.get(file.mode)
    if model is None:
        yield Orphan(file.path, tuple(sections), f"no card of a model {file.model!r}")
    elif mode is None:
        yield Orphan(file.path, tuple(sections), f"no card of a mode {file.mode!r}")
    elif reason := _why_none(file, model, mode, providers):
        yield Orphan(file.path, tuple(sections), reason)
    else:
        for name, data in sections.items():
            reason = _why_not(Section.parse(name), model, mode, providers)
            reason = reason or _why_not_on_request(model, mode, data, options)
            if reason:
                yield Orphan(file.path, (name,), reason)


def _why_none(
    file: BaselineFile, model: ModelCard, mode: ModeCard, providers: Sequence[ProviderCard]
) -> str | None:
    """Why nothing in a baseline's file is judged; None where something is."""
    if not is_made(model, mode):
        return f"the mode {mode.id!r} has no recipe, and the card of {model.id} brings no artifact"
    if mode.is_fp32:
        return None if file.profile == PARENT_PROFILE else f"FP32 is held to {PARENT_PROFILE} alone"
    if file.profile == PARENT_PROFILE and not providers:
        return f"FP32 alone is held to {PARENT_PROFILE}"
    reasons = [_why_never(model, mode, provider) for provider in providers]
    return reasons[0] if reasons and all(reasons) else None


def _why_never(model: ModelCard, mode: ModeCard, provider: ProviderCard) -> str | None:
    """Why a provider never runs a mode; None where it does."""
    never = why_not_applicable(model, mode, provider)
    if never:
        return f"the card of the provider {provider.id} has {mode.id} not applicable ({never})"
    return why_unbuildable(model, mode, provider.id)


def _why_not(
    section: Section | None, model: ModelCard, mode: ModeCard, providers: Sequence[ProviderCard]
) -> str | None:
    """Why a section of a case that is judged is not; None where it is."""
    if section is None or not section.gate.is_accepted:
        return "no gate compares with it"
    gate = section.gate
    if mode.is_fp32 and not (gate.judges_fp32 and gate.of_fp32):
        return f"no {gate} of {mode.id} is compared"
    if gate.per_dataset and section.key not in model.evaluation:
        return f"{section.key!r} is no evaluation set of {model.id}"
    batches = {"1", *(str(provider.throughput_batch) for provider in providers)}
    if gate is Gate.LATENCY and providers and section.key.rpartition(".batch")[2] not in batches:
        return f"speed is measured at the batches {', '.join(sorted(batches))} alone"
    return None


def _why_not_on_request(
    model: ModelCard, mode: ModeCard, data: object, options: Options
) -> str | None:
    """Why a run that names neither judges nothing of a section; None where it owes it nothing."""
    kept = data if isinstance(data, Mapping) else {}
    of_model = model.on_request and model.id not in options.models
    if of_model and kept.get("on_request") is not True:
        return (
            f"the card of {model.id} has on_request = true, {_in_every_run(f'--models={model.id}')}"
        )
    of_mode = not runs_unasked(model, mode) and mode.id not in options.modes
    if of_mode and kept.get("mode_on_request") is not True:
        return (
            f"the mode {mode.id!r} has on_request = true and is no further mode of {model.id}, "
            f"{_in_every_run(f'--modes={mode.id}')}"
        )
    return None


def _in_every_run(naming: str) -> str:
    return (
        "and it was accepted to be judged in every run (to judge it on request alone, accept it "
        f"anew with {naming})"
    )


def _providers_of(profile: str, catalog: Catalog) -> Sequence[ProviderCard]:
    """The providers whose baselines a profile's folder may hold, as their profiles are named."""
    cards = list(catalog.providers.values())
    own = [card for card in cards if card.profile == profile]
    plain = [card for card in cards if not card.profile]
    made = [card for card in plain if profile.startswith(f"{card.id}-")]
    if not own and profile.startswith(f"{PARENT_PROFILE}-"):
        made = [card for card in plain if card.on_cpu_kernels]
    return own or made


def _chosen(name: str, named: tuple[str, ...]) -> bool:
    return not named or name in named


def _is_of(section: str, datasets: tuple[str, ...]) -> bool:
    parsed = Section.parse(section)
    if parsed is None or not parsed.gate.per_dataset:
        return True
    return _chosen(parsed.key, datasets)
