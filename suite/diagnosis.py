"""Why FP32 is far worse than published: the usual mistakes, tried on the same images."""

from collections.abc import Callable, Iterator

import cv2
import numpy as np

from suite.cards import ModelCard, PreprocessSpec
from suite.datasets.faceset import Face, FaceSet
from suite.datasets.preprocessing import decode
from suite.errors import SuiteError
from suite.verification.errors import VerificationError
from suite.verification.figures import verify
from suite.verification.scores import squared_distances

FAR_BELOW = 0.02
FAR_BELOW_ELSEWHERE = 0.05
_PAIRS = 200
# The ranges in use: InsightFace and AdaFace, FaceNet, torchvision, 0…1, 0…255.
_RANGES = (
    (255.0, (127.5,) * 3, (127.5,) * 3),
    (255.0, (127.5,) * 3, (128.0,) * 3),
    (1.0, (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)),
    (1.0, (0.0,) * 3, (1.0,) * 3),
    (255.0, (0.0,) * 3, (1.0,) * 3),
)
_CROPS = (0.8, 0.65, 0.5)
_MIDDLE = "not aligned: the middle"
_UNALIGNED = (
    "a crop does best, so the faces are likely not aligned as the model's were: give the dataset's "
    "card an [align] table, as docs/datasets.md shows"
)
Embed = Callable[[tuple[Face, ...], PreprocessSpec], np.ndarray]


def is_far_below(model: ModelCard, dataset_id: str, accuracy: float) -> bool:
    """Whether an FP32 accuracy cannot be that of the model as published.

    On the published set 0.02 below it are enough, on another one 0.05.
    """
    if model.published is None:
        return False
    same = dataset_id.split("-")[0] == model.published.dataset.lower().split("-")[0]
    below = model.published.accuracy - accuracy
    return below > (FAR_BELOW if same else FAR_BELOW_ELSEWHERE)


def explain_accuracy(
    model: ModelCard, faces: FaceSet, accuracy: float, embed: Embed
) -> tuple[str, ...]:
    """What the usual mistakes would give on some of the pairs, best first.

    Mirror images are left out: that halves the time and tells a mistake as well.

    Parameters
    ----------
    embed : embeds faces in FP32 as a specification says, float32 [n, d]
    """
    assert model.published is not None
    chosen = np.unique(np.linspace(0, len(faces.genuine) - 1, _PAIRS).round().astype(int))
    images = np.unique(np.concatenate([faces.left[chosen], faces.right[chosen]]))
    place = {int(image): index for index, image in enumerate(images)}
    left = [place[int(image)] for image in faces.left[chosen]]
    right = [place[int(image)] for image in faces.right[chosen]]
    some = tuple(faces.faces[int(image)] for image in images)
    genuine = faces.genuine[chosen]

    def of(them: tuple[Face, ...], spec: PreprocessSpec) -> float | None:
        try:
            rows = embed(them, spec)
            return verify(squared_distances(rows[left], rows[right]), genuine).accuracy
        except (SuiteError, VerificationError):
            return None

    now = of(some, model.preprocess)
    tried = [
        (found, words)
        for words, them, spec in _variants(some, model.preprocess)
        if (found := of(them, spec)) is not None
    ]
    tried.sort(key=lambda each: -each[0])
    published = model.published
    unaligned = (_UNALIGNED,) if tried and tried[0][1].startswith(_MIDDLE) else ()
    said = "; ".join(f"{words}: {found:.4f}" for found, words in tried)
    return (
        f"FP32 accuracy {accuracy:.4f} is far below the {published.accuracy:.4f} published on "
        f"{published.dataset}: the faces or the card's preprocessing are likely not the model's",
        f"tried on {len(chosen)} of the pairs without mirror images, where the card as it is gives "
        f"{now if now is None else f'{now:.4f}'}: {said}",
        *(unaligned if now is None or tried[0][0] > now else ()),
    )


def _variants(
    faces: tuple[Face, ...], spec: PreprocessSpec
) -> Iterator[tuple[str, tuple[Face, ...], PreprocessSpec]]:
    other = "BGR" if spec.color_order == "RGB" else "RGB"
    yield f"colour order {other}", faces, spec.model_copy(update={"color_order": other})
    for scale, mean, std in _RANGES:
        if np.allclose(
            [*(np.array(spec.mean) / spec.scale), *(np.array(spec.std) / spec.scale)],
            [*(np.array(mean) / scale), *(np.array(std) / scale)],
        ):
            continue
        words = f"scale {scale:g}, mean {_short(mean)}, std {_short(std)}"
        changed = {"scale": scale, "mean": mean, "std": std}
        yield words, faces, spec.model_copy(update=changed)
    for share in _CROPS:
        cropped = tuple(_cropped(face, share) for face in faces)
        yield f"{_MIDDLE} {share:.0%} of each side", cropped, spec


def _cropped(face: Face, share: float) -> Face:
    image = decode(face.read(), face.name)
    height, width = image.shape[:2]
    top, left = round(height * (1 - share) / 2), round(width * (1 - share) / 2)
    middle = image[top : height - top, left : width - left]
    return Face.held(face.name, bytes(cv2.imencode(".png", middle)[1]))


def _short(values: tuple[float, ...]) -> str:
    return f"{values[0]:g}" if len(set(values)) == 1 else str(list(values))
