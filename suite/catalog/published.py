"""An accuracy beside the published one."""

from suite.catalog.model_card import ModelCard

FAR_BELOW = 0.02
BELOW = 0.01
FAR_BELOW_ELSEWHERE = 0.05
# Sets on which every model is further below its figure on LFW.
_HARDER = ("agedb", "calfw", "cfp", "cplfw", "ijb", "xqlfw")


def is_far_below(model: ModelCard, dataset_id: str, accuracy: float) -> bool:
    """Whether an FP32 accuracy cannot be that of the model as published.

    On the published set 0.02 below it are enough, on another one 0.05; sets that are known to be
    harder say nothing.
    """
    below = _below(model, dataset_id, accuracy)
    same = _is_the_published_set(model, dataset_id)
    return below > (FAR_BELOW if same else FAR_BELOW_ELSEWHERE)


def is_below(model: ModelCard, dataset_id: str, accuracy: float) -> bool:
    """Whether an FP32 accuracy is so far below the published one, on its set, that a setting may be
    another: 0.01 or more.
    """
    same = _is_the_published_set(model, dataset_id)
    return same and _below(model, dataset_id, accuracy) > BELOW


def _is_the_published_set(model: ModelCard, dataset_id: str) -> bool:
    published = model.published
    return published is not None and (
        dataset_id.split("-")[0] == published.dataset.lower().split("-")[0]
    )


def _below(model: ModelCard, dataset_id: str, accuracy: float) -> float:
    """How far an accuracy is below the published one; 0 where that says nothing."""
    if model.published is None or model.untrained or dataset_id.startswith(_HARDER):
        return 0.0
    return model.published.accuracy - accuracy
