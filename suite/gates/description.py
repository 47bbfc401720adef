"""What was measured, in words for the report."""

from suite.catalog.dataset_card import DatasetCard
from suite.catalog.model_card import ModelCard
from suite.catalog.preprocess import PreprocessSpec
from suite.datasets.face_set import FaceSet
from suite.datasets.looks import Looks


def model_in_words(model: ModelCard) -> tuple[str, ...]:
    """How a model is fed, and what its authors report."""
    fed = f"{model.preprocess.in_words()}; flip: {model.flip}"
    if model.source.precision != "float32":
        fed += f"; the source's weights are {model.source.precision}"
    published = model.published
    if published is None:
        return (fed,)
    return fed, f"published: {published.accuracy:.4f} on {published.dataset} ({published.source})"


def dataset_in_words(
    card: DatasetCard, faces: FaceSet, looks: Looks | None, fed: PreprocessSpec
) -> str:
    """How many faces and pairs a set has, and how its faces were aligned and resized."""
    size = f"{len(faces.faces):,} images, {len(faces.genuine):,} pairs in {faces.folds} folds"
    return f"{size}; {alignment_in_words(card, looks, fed)}"


def alignment_in_words(card: DatasetCard, looks: Looks | None, fed: PreprocessSpec) -> str:
    """How a set's faces were aligned, and what resizing to a network's input does to them.

    Parameters
    ----------
    looks : what the faces look like once aligned; None where none can be decoded
    fed : the size of the input
    """
    align = getattr(card, "align", None)
    resized = _resized_in_words(looks, fed) if looks else ""
    if align:
        return ", ".join(filter(None, (align.in_words(), resized)))
    return f"not aligned, {resized}" if resized else "used as they are"


def _resized_in_words(looks: Looks, fed: PreprocessSpec) -> str:
    if (looks.width, looks.height) == (fed.width, fed.height):
        return ""
    change = looks.width / looks.height * fed.height / fed.width
    # A pixel more or less, as rounding leaves it, is no other aspect.
    if abs(change - 1) <= 1.5 / min(fed.height, fed.width):
        said = "resized"
    else:
        said = "cut to its middle" if fed.fit == "crop" else "stretched to another aspect"
    return f"{said}, from {looks.size_in_words()} to {fed.width} × {fed.height} px"
