"""What was measured, in words for the report."""

from suite.catalog.alignment import LandmarkAlign, MarginAlign, YunetAlign
from suite.catalog.dataset_card import DatasetCard
from suite.catalog.model_card import ModelCard
from suite.catalog.preprocess import in_words
from suite.datasets.face_set import FaceSet


def model_in_words(model: ModelCard) -> tuple[str, ...]:
    """How a model is fed, and what its authors report."""
    spec = model.preprocess
    fed = (
        f"fed {spec.width} × {spec.height} {spec.color_order} in {spec.layout}, (pixel · "
        f"{spec.scale:g} / 255 − mean) / std with mean {in_words(spec.mean)} and std "
        f"{in_words(spec.std)}; flip: {model.flip}"
    )
    published = model.published
    if published is None:
        return (fed,)
    return fed, f"published: {published.accuracy:.4f} on {published.dataset} ({published.source})"


def dataset_in_words(card: DatasetCard, faces: FaceSet) -> str:
    """How many faces and pairs a set has, and how its faces were aligned."""
    size = f"{len(faces.faces):,} images, {len(faces.genuine):,} pairs in {faces.folds} folds"
    match getattr(card, "align", None):
        case LandmarkAlign() as align:
            how = f"aligned to {align.size} px by the points of {align.landmarks}"
        case YunetAlign() as align:
            how = (
                f"aligned to {align.size} px by YuNet's points (pad {align.pad}, enlarge "
                f"{align.enlarge:g}, score {align.score:g}, missing: {align.missing})"
            )
        case MarginAlign() as align:
            box = f"the middle {align.centre} px" if align.centre else "YuNet's box"
            how = f"cut to {align.size} px, {box} with a margin of {align.margin}"
        case _:
            how = "used as they are"
    return f"{size}; {how}"
