"""What was measured, in words for the report."""

from suite.catalog.dataset_card import DatasetCard
from suite.catalog.model_card import ModelCard
from suite.datasets.face_set import FaceSet


def model_in_words(model: ModelCard) -> tuple[str, ...]:
    """How a model is fed, and what its authors report."""
    fed = f"{model.preprocess.in_words()}; flip: {model.flip}"
    if model.source.precision != "float32":
        fed += f"; the source's weights are {model.source.precision}"
    published = model.published
    if published is None:
        return (fed,)
    return fed, f"published: {published.accuracy:.4f} on {published.dataset} ({published.source})"


def dataset_in_words(card: DatasetCard, faces: FaceSet) -> str:
    """How many faces and pairs a set has, and how its faces were aligned."""
    size = f"{len(faces.faces):,} images, {len(faces.genuine):,} pairs in {faces.folds} folds"
    return f"{size}; {alignment_in_words(card)}"


def alignment_in_words(card: DatasetCard) -> str:
    """How a set's faces were aligned."""
    align = getattr(card, "align", None)
    return align.in_words() if align else "used as they are"
