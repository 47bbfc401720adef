"""Why FP32 is far worse than published: the usual mistakes, tried on the same images."""

import functools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from suite.catalog.alignment import MarginAlign, YunetAlign
from suite.catalog.catalog import Catalog
from suite.catalog.errors import DatasetError, SuiteError
from suite.catalog.files import is_file
from suite.catalog.model_card import ModelCard
from suite.catalog.preprocess import PreprocessSpec, in_words
from suite.datasets.alignment.detector import Detector, check_detector
from suite.datasets.alignment.geometry import warp
from suite.datasets.face import Face
from suite.datasets.face_set import FaceSet
from suite.datasets.images.decoder import decode
from suite.datasets.images.grey import is_grey
from suite.verification.errors import VerificationError
from suite.verification.pair_figures import verify
from suite.verification.scores import squared_distances

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
_ALIGN = "; an [align] table in the dataset's card does that, as docs/datasets.md shows"
# On so few pairs a smaller gain is chance, and smaller differences cannot be told apart.
_CHANCE, _TIE = 0.03, 0.01
# Smaller images than LFW's are padded and enlarged before detection.
_SMALL_PX = 200
_Fed = tuple[str, PreprocessSpec]
NO_CAUSE = "none of these explains it"
Embed = Callable[[tuple[Face, ...], PreprocessSpec], np.ndarray]


@dataclass(frozen=True)
class _Variant:
    """A usual mistake mended: faces, and what is done with them; ``align``: by aligning them."""

    words: str
    faces: tuple[Face, ...]
    spec: PreprocessSpec
    align: bool = False


@dataclass(frozen=True)
class YunetFile:
    """YuNet's ONNX file, its hash, and the card that says both."""

    path: Path
    sha256: str
    card_file: Path


def find_yunet(catalog: Catalog) -> YunetFile | None:
    """The first detector that a dataset's card names and that is here."""
    for card in catalog.datasets.values():
        align = getattr(card, "align", None)
        if isinstance(align, YunetAlign | MarginAlign) and align.detector:
            path = catalog.locate(card, align.detector)
            if is_file(path) and align.detector_sha256:
                return YunetFile(path, align.detector_sha256, card.card_file)
    return None


def explain_accuracy(
    model: ModelCard, faces: FaceSet, accuracy: float, embed: Embed, yunet: YunetFile | None
) -> tuple[str, ...]:
    """What the usual mistakes would give on some of the pairs, best first, and which is likely.

    Mirror images are left out: that halves the time and tells a mistake as well.

    Parameters
    ----------
    embed : embeds faces in FP32 as a specification says, float32 [n, d]
    yunet : the detector that aligned faces are tried with, where one is at hand
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

    now, grey = of(some, model.preprocess), _grey(some)
    tried = [
        (found, variant)
        for variant in _variants(some, model.preprocess, yunet, grey=grey)
        if (found := of(variant.faces, variant.spec)) is not None
    ]
    tried.sort(key=lambda each: -each[0])
    published = model.published
    said = "; ".join(f"{variant.words}: {found:.4f}" for found, variant in tried)
    untried = "; colour order cannot be tried, the images are grey" if grey else ""
    return (
        f"FP32 accuracy {accuracy:.4f} is far below the {published.accuracy:.4f} published on "
        f"{published.dataset}: the faces, the card's preprocessing or the weights are likely not "
        "the model's",
        f"tried on {len(chosen)} of the pairs without mirror images, where the card as it is gives "
        f"{now if now is None else f'{now:.4f}'}: {said}{untried}",
        _verdict(now, tried, yunet),
    )


def _verdict(
    now: float | None, tried: list[tuple[float, _Variant]], yunet: YunetFile | None
) -> str:
    best = tried[0][0] if tried else 0.0
    if not tried or (now is not None and best < now + _CHANCE):
        untried = "" if yunet else " (YuNet was not tried, for no dataset's card names its file)"
        return (
            f"{NO_CAUSE}, as a gain below {_CHANCE} is chance: the faces may be "
            f"aligned otherwise than the model's were{untried}, or the weights or labels be others"
        )
    likely = [variant for found, variant in tried if found >= best - _TIE]
    words = "; ".join(variant.words for variant in likely)
    advice = _ALIGN if likely[0].align else ""
    told_apart = "" if len(likely) == 1 else ", not to be told apart here"
    return f"most likely the cause{told_apart}: {words}{advice}"


def _variants(
    faces: tuple[Face, ...], spec: PreprocessSpec, yunet: YunetFile | None, *, grey: bool
) -> Iterator[_Variant]:
    for words, changed in _fed_otherwise(spec, grey=grey):
        yield _Variant(words, faces, changed)
    for share in _CROPS:
        cropped = tuple(_cropped(face, share) for face in faces)
        words = f"not aligned, cut in the middle: {share:.0%} of each side"
        yield _Variant(words, cropped, spec, align=True)
    if yunet:
        try:
            aligned = _aligned(faces, yunet, spec.height)
        except DatasetError:
            return
        kept = sum(new is not old for new, old in zip(aligned, faces, strict=True))
        words = f"not aligned, aligned by YuNet's points ({kept} of {len(faces)} faces found)"
        yield _Variant(words, aligned, spec, align=True)


def fed_otherwise(faces: tuple[Face, ...], spec: PreprocessSpec) -> Iterator[_Fed]:
    """Other ways to make pixels an input that are in use, in words, and what cards say of them.

    Where all of some faces are grey, another colour order is none.
    """
    yield from _fed_otherwise(spec, grey=_grey(faces))
    # Near enough to any range that on few pairs it may be taken for the cause.
    if not spec.prewhiten:
        plain = {"scale": 255.0, "mean": (0.0,) * 3, "std": (1.0,) * 3}
        words = "prewhitened, each image by its own mean and std"
        yield words, spec.model_copy(update={**plain, "prewhiten": True})


def _fed_otherwise(spec: PreprocessSpec, *, grey: bool) -> Iterator[_Fed]:
    if not grey:
        other = "BGR" if spec.color_order == "RGB" else "RGB"
        yield f"colour order {other}", spec.model_copy(update={"color_order": other})
    for scale, mean, std in _RANGES:
        same = np.allclose(
            [*(np.array(spec.mean) / spec.scale), *(np.array(spec.std) / spec.scale)],
            [*(np.array(mean) / scale), *(np.array(std) / scale)],
        )
        if spec.prewhiten or not same:
            update = {"scale": scale, "mean": mean, "std": std, "prewhiten": False}
            words = f"scale {scale:g}, mean {in_words(mean)}, std {in_words(std)}"
            yield words, spec.model_copy(update=update)


def _aligned(faces: tuple[Face, ...], yunet: YunetFile, side: int) -> tuple[Face, ...]:
    """Faces warped onto ArcFace's template; those that are not found as they are."""

    check_detector(yunet.path, yunet.sha256, yunet.card_file)

    @functools.cache
    def detector(small: bool) -> Detector:
        pad, enlarge = (20, 3.0) if small else (0, 1.0)
        return Detector(yunet.path, yunet.card_file, pad, enlarge, 0.6)

    def one(face: Face) -> Face:
        image = decode(face.read(), face.name)
        found = detector(max(image.shape[:2]) < _SMALL_PX).find(image, face.name)
        return face if found is None else _held(face, warp(image, found.points, side))

    return tuple(one(face) for face in faces)


def _grey(faces: tuple[Face, ...]) -> bool:
    return all(is_grey(decode(face.read(), face.name)) for face in faces)


def _cropped(face: Face, share: float) -> Face:
    image = decode(face.read(), face.name)
    height, width = image.shape[:2]
    top, left = round(height * (1 - share) / 2), round(width * (1 - share) / 2)
    return _held(face, image[top : height - top, left : width - left])


def _held(face: Face, image: np.ndarray) -> Face:
    return Face.held(face.name, bytes(cv2.imencode(".png", image)[1]))
