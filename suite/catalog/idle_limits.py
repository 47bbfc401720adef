"""Limits in models' cards that apply to nothing, whatever is measured."""

from collections.abc import Iterator

from suite.catalog.catalog import Catalog
from suite.catalog.errors import nearest
from suite.catalog.figures import FIGURES
from suite.catalog.model_card import ModelCard
from suite.catalog.policy import ModeOverride, OwnLimits


def idle_limits(catalog: Catalog) -> Iterator[str]:
    """Each limit of a set that the model is not evaluated on, or of what FP32 lacks, in words."""
    for model in catalog.models.values():
        for mode_id, own in model.modes.items():
            yield from _of_other_sets(model, f"modes.{mode_id}", own)
            mode = catalog.modes.get(mode_id)
            if mode and mode.is_fp32:
                yield from _beyond_fp32(model, f"modes.{mode_id}", own)
                for name, here in own.datasets.items():
                    yield from _beyond_fp32(model, f"modes.{mode_id}.datasets.{name}", here)


def _of_other_sets(model: ModelCard, key: str, own: ModeOverride) -> Iterator[str]:
    for name in own.datasets:
        if name not in model.evaluation:
            yield (
                f"{model.card_file}: key '{key}.datasets.{name}': {name!r} is no evaluation set of "
                f"the model; {nearest(name, model.evaluation)}."
            )


def _beyond_fp32(model: ModelCard, key: str, own: OwnLimits) -> Iterator[str]:
    if own.policy.loss:
        yield (
            f"{model.card_file}: key '{key}.policy.loss': FP32 is what the others lose against; "
            "give it floors alone."
        )
    for name in sorted(own.names - own.policy.loss.keys()):
        gate = FIGURES[name].gate
        if not (gate.of_fp32 and gate.judges_fp32):
            yield (
                f"{model.card_file}: key '{key}' limits {name}, which is not judged of FP32; take "
                "it out."
            )
