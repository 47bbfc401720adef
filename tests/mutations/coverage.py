"""What is no longer judged, or held to less: cards, limits and baselines."""

import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from suite.catalog.catalog import Catalog
from suite.catalog.model_card import ModelCard
from suite.catalog.policy import ModeOverride, PolicySpec
from suite.gates.case_work import CaseWork
from tests.mutations.mutation import Change, Side, mutation

_LESS = "less is judged than was accepted"
_LOOSER = "what is judged is held to less than was accepted"


def _card(how: Callable[[ModelCard, str], ModelCard]) -> Change:
    """Another card of the model."""

    def changed(catalog: Catalog, work: CaseWork) -> Catalog:
        models = dict(catalog.models)
        models[work.model.id] = how(work.model, work.mode.id)
        return replace(catalog, models=models)

    return Change(catalog=changed)


def _override(**given: Any) -> Change:
    def card(model: ModelCard, mode: str) -> ModelCard:
        own = model.modes.get(mode, ModeOverride())
        modes = {**model.modes, mode: own.model_copy(update=given)}
        return model.model_copy(update={"modes": modes})

    return _card(card)


@mutation("a tolerance widened", Side.BOTH, harmful=_LOOSER)
def tolerance() -> Change:
    return _override(tolerances={"cosine_mean": 1.0, "accuracy": 0.5})


@mutation("a loss allowed", Side.BOTH, harmful=_LOOSER)
def loss() -> Change:
    return _override(policy=PolicySpec(loss={"accuracy": 0.5, "roc_auc": 0.5}))


@mutation("a floor lowered", Side.BOTH, harmful=_LOOSER)
def floor() -> Change:
    return _override(policy=PolicySpec(floor={"cosine_mean": 0.1, "cosine_worst": 0.0}))


@mutation("the floor of a mode's card lowered", Side.BOTH, harmful=_LOOSER)
def floor_of_mode() -> Change:
    def changed(catalog: Catalog, work: CaseWork) -> Catalog:
        policy = work.mode.policy.model_copy(update={"floor": {}})
        mode = work.mode.model_copy(update={"policy": policy})
        return replace(catalog, modes={**catalog.modes, mode.id: mode})

    return Change(catalog=changed)


@mutation("the model's card removed, its baseline left", Side.BOTH, harmful=_LESS)
def no_card() -> Change:
    def changed(catalog: Catalog, work: CaseWork) -> Catalog:
        models = {name: card for name, card in catalog.models.items() if name != work.model.id}
        return replace(catalog, models=models)

    return Change(catalog=changed)


@mutation("a set taken out of the card, its section left", Side.BOTH, harmful=_LESS)
def no_set() -> Change:
    def card(model: ModelCard, _: str) -> ModelCard:
        assert model.calibration
        kept = model.evaluation[1:] or (model.calibration,)
        return model.model_copy(update={"evaluation": kept})

    return _card(card)


@mutation("the model on request alone", Side.BOTH, harmful=_LESS)
def on_request() -> Change:
    return _card(lambda model, _: model.model_copy(update={"on_request": True}))


@mutation("the mode on request alone", Side.BOTH, harmful=_LESS)
def mode_on_request() -> Change:
    def changed(catalog: Catalog, work: CaseWork) -> Catalog:
        mode = work.mode.model_copy(update={"on_request": True})
        return replace(catalog, modes={**catalog.modes, mode.id: mode})

    return Change(catalog=changed)


@mutation("the mode without a recipe", Side.BOTH, harmful=_LESS)
def no_recipe() -> Change:
    def changed(catalog: Catalog, work: CaseWork) -> Catalog:
        mode = work.mode.model_copy(update={"recipe": None, "recipe_for_profile": {}})
        return replace(catalog, modes={**catalog.modes, mode.id: mode})

    return Change(catalog=changed)


@mutation("the provider says that the mode is not applicable", Side.BOTH, harmful=_LESS)
def not_applicable() -> Change:
    def changed(catalog: Catalog, work: CaseWork) -> Catalog:
        provider = work.bench.provider
        never = {**provider.not_applicable, work.mode.id: "is not run here"}
        card = provider.model_copy(update={"not_applicable": never})
        return replace(catalog, providers={**catalog.providers, card.id: card})

    return Change(catalog=changed)


def _files(folder: Path) -> Iterator[Path]:
    """The baselines of quantized modes."""
    return (path for path in sorted(folder.rglob("*.json")) if path.stem != "fp32")


def _sections(how: Callable[[dict[str, Any]], None]) -> Change:
    def edited(folder: Path) -> None:
        for path in _files(folder):
            document = json.loads(path.read_text())
            how(document["sections"])
            path.write_text(json.dumps(document))

    return Change(baselines=edited)


@mutation("a section of the baseline deleted", Side.INT8, harmful=_LESS)
def no_section() -> Change:
    def less(sections: dict[str, Any]) -> None:
        sections.pop(next(name for name in sections if name.startswith("verification")))

    return _sections(less)


@mutation("the mode's baseline deleted", Side.INT8, harmful=_LESS)
def no_file() -> Change:
    def deleted(folder: Path) -> None:
        for path in _files(folder):
            path.unlink()

    return Change(baselines=deleted)


@mutation("the profile's folder of baselines deleted", Side.INT8, harmful=_LESS)
def no_profile() -> Change:
    def deleted(folder: Path) -> None:
        for each in {path.parents[1] for path in _files(folder)}:
            shutil.rmtree(each)

    return Change(baselines=deleted)


@mutation("a figure missing in the baseline", Side.INT8, harmful=_LESS)
def no_figure() -> Change:
    def less(sections: dict[str, Any]) -> None:
        for section in sections.values():
            section["figures"].pop("cosine_mean", None)

    return _sections(less)


@mutation("NaN for accepted figures", Side.INT8, harmful=_LESS)
def not_a_number() -> Change:
    def broken(sections: dict[str, Any]) -> None:
        for section in sections.values():
            section["figures"] = dict.fromkeys(section["figures"], float("nan"))

    return _sections(broken)


@mutation("an accepted figure edited", Side.INT8, {"accuracy by 1 point": -0.01}, harmful=_LOOSER)
def edited(by: float) -> Change:
    def moved(sections: dict[str, Any]) -> None:
        for name, section in sections.items():
            if name.startswith("verification"):
                section["figures"]["accuracy"] += by

    return _sections(moved)


@mutation("the accepted limits left out", Side.INT8, harmful=_LOOSER)
def no_limits() -> Change:
    def less(sections: dict[str, Any]) -> None:
        for section in sections.values():
            section.pop("limits", None)

    return _sections(less)


@mutation("the baseline said to be of the oldest format", Side.INT8, harmful=_LOOSER)
def oldest_format() -> Change:
    def older(sections: dict[str, Any]) -> None:
        for section in sections.values():
            section["format"] = 1
            section.pop("limits", None)
            section["figures"].pop("cosine_worst", None)

    return _sections(older)
