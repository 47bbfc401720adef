"""Settings of a pipeline, tried where FP32 is below what is published.

One is chosen on the first half of the folds and reported on the second.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from suite.catalog.alignment import AlignSpec, MarginAlign, YunetAlign
from suite.catalog.dataset_card import DatasetCard, ImagesDataset
from suite.catalog.errors import SuiteError
from suite.catalog.folds import equal_folds
from suite.catalog.model_card import ModelCard
from suite.catalog.preprocess import PreprocessSpec
from suite.catalog.text import on_disk
from suite.datasets.alignment.aligner import cut_faces
from suite.datasets.face import Face
from suite.datasets.face_set import FaceSet
from suite.datasets.images.decoder import decode
from suite.datasets.images.folder import NamedImage
from suite.datasets.reading import Reading
from suite.gates.diagnosis import Embed, YunetFile, fed_otherwise
from suite.verification.held_out import Chosen, best_threshold, mcnemar
from suite.verification.scores import squared_distances

# Pairs that settings are chosen on, and that the chosen one is reported on: a gain of a point is
# three of the one and six of the other. All of it embeds about as many faces as LFW has.
_CHOSEN_ON, _REPORTED_ON = 300, 600
_SURE = 0.05
_MARGINS = (0, 14, 44)
_MIDDLE = 0.65
_Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class _Setting:
    """A setting in words; ``align`` is None where faces are taken as the set has them."""

    words: str
    spec: PreprocessSpec
    align: AlignSpec | None = None


def below_in_words(model: ModelCard, accuracy: float) -> str:
    """That a model is below what its card says is published."""
    assert model.published is not None
    published = model.published.accuracy
    return (
        f"FP32 accuracy {accuracy:.4f} is {published - accuracy:.4f} below the {published:.4f} "
        f"published on {model.published.dataset}: a setting of the pipeline may be another"
    )


@dataclass(frozen=True)
class Trial:
    """What settings are tried with.

    Attributes
    ----------
    card, faces : the set, and its card, which says where its images are
    spec : how the model is fed
    embed : embeds faces in FP32 as a specification says, float32 [n, d]
    reading : where the set's files are, and aligned faces
    yunet : a detector, where one is at hand, for a set that is not aligned
    """

    card: DatasetCard
    faces: FaceSet
    spec: PreprocessSpec
    embed: Embed
    reading: Reading
    yunet: YunetFile | None

    def explain(self) -> tuple[str, ...]:
        """What other settings give, which of them is likely the cause, and how sure that is.

        Nothing where the pairs are of one fold, or nothing can be tried.
        """
        now = _Setting("as the cards say", self.spec)
        ends = _ends(self.faces)
        if ends is None:
            return ()
        first, second = _some(ends[0], _CHOSEN_ON), _some(ends[1], _REPORTED_ON)
        tried = [(each, found) for each in self._settings() if (found := self._on(each, first))]
        as_it_is = self._on(now, first)
        if not tried or as_it_is is None:
            return ()
        tried.sort(key=lambda each: -each[1].accuracy)
        best, chosen = tried[0]
        said = "; ".join(f"{each.words}: {found.accuracy:.4f}" for each, found in tried)
        half = self.faces.folds // 2
        listing = (
            f"{len(tried)} settings tried without mirror images on {len(first)} pairs of folds 1 "
            f"to {half}, where the cards' own gives {as_it_is.accuracy:.4f}: {said}"
        )
        if chosen.accuracy <= as_it_is.accuracy:
            return listing, "none of these settings gives more: weights or labels may be others"
        right = self._right(best, second, chosen), self._right(now, second, as_it_is)
        where = f"{len(second)} pairs of folds {half + 1} to {self.faces.folds}"
        return listing, _verdict(best, right[0], right[1], where)

    def _on(self, setting: _Setting, pairs: NDArray[np.int64]) -> Chosen | None:
        """The best accuracy on some pairs; None where the setting cannot be tried."""
        try:
            return best_threshold(self._distances(setting, pairs), self.faces.genuine[pairs])
        except SuiteError:
            return None

    def _right(self, setting: _Setting, pairs: NDArray[np.int64], chosen: Chosen) -> _Bools:
        """Which pairs are decided rightly at the threshold that was chosen."""
        accepted = self._distances(setting, pairs) < chosen.threshold
        return np.asarray(accepted == self.faces.genuine[pairs])

    def _distances(self, setting: _Setting, pairs: NDArray[np.int64]) -> NDArray[np.float64]:
        left, right = self.faces.left[pairs], self.faces.right[pairs]
        images, place = np.unique(np.concatenate([left, right]), return_inverse=True)
        some = [self.faces.faces[image] for image in images.tolist()]
        rows = self.embed(self._cut(setting, some), setting.spec)
        return squared_distances(rows[place[: len(pairs)]], rows[place[len(pairs) :]])

    def _cut(self, setting: _Setting, faces: Sequence[Face]) -> tuple[Face, ...]:
        """Faces as the setting cuts them out of their images."""
        if setting.align is None:
            return tuple(faces)
        assert isinstance(self.card, ImagesDataset)
        align = setting.align.model_copy(update={"missing": "unaligned"})
        folder = self.reading.locate(self.card.folder)
        images = [NamedImage(face.name, on_disk(folder / face.name)) for face in faces]
        card = self.card.model_copy(update={"align": align, "unreadable": "error"})
        return cut_faces(card, images, replace(self.reading, advance=None)).kept

    def _settings(self) -> Iterator[_Setting]:
        for words, spec in fed_otherwise(self.faces.faces[:1], self.spec):
            yield _Setting(words, spec)
        if isinstance(self.card, ImagesDataset):
            for words, align in self._alignments(self.card):
                yield _Setting(words, self.spec, align)

    def _alignments(self, card: ImagesDataset) -> Iterator[tuple[str, AlignSpec]]:
        align, side = card.align, max(self.spec.height, self.spec.width)
        if align is None and self.yunet is None:
            image = decode(self.faces.faces[0].read(), self.faces.faces[0].name)
            middle = round(_MIDDLE * min(image.shape[:2]))
            yield (
                f"not aligned, cut to the middle {middle} px",
                MarginAlign(method="margin", centre=middle, margin=0, size=side),
            )
        elif align is None and self.yunet:
            path, sha256 = str(self.yunet.path), self.yunet.sha256
            yield (
                "not aligned, aligned by YuNet's points",
                YunetAlign(method="yunet", size=side, detector=path, detector_sha256=sha256),
            )
            box = MarginAlign(method="margin", size=side, detector=path, detector_sha256=sha256)
            for margin in _MARGINS[1:]:
                yield (
                    f"not aligned, cut by YuNet's box with a margin of {margin}",
                    box.model_copy(update={"margin": margin}),
                )
        elif isinstance(align, YunetAlign | MarginAlign) and align.detector:
            yield from _detected_otherwise(align)


def _detected_otherwise(align: YunetAlign | MarginAlign) -> Iterator[tuple[str, AlignSpec]]:
    """Other keys of a way of aligning, one at a time."""
    changes: list[tuple[str, float]] = [("enlarge", 2.0), ("pad", 20), ("score", 0.3)]
    if isinstance(align, MarginAlign):
        changes += [("margin", margin) for margin in _MARGINS]
    for key, value in changes:
        if getattr(align, key) != value:
            yield f"align.{key} = {value:g}", align.model_copy(update={key: value})


def _ends(faces: FaceSet) -> tuple[tuple[int, int], tuple[int, int]] | None:
    """Where the pairs of the first half of the folds begin and end, and those of the second."""
    if faces.folds < 2:
        return None
    sizes = faces.fold_sizes or equal_folds(len(faces.genuine), faces.folds)
    middle = sum(sizes[: faces.folds // 2])
    return (0, middle), (middle, len(faces.genuine))


def _some(end: tuple[int, int], most: int) -> NDArray[np.int64]:
    """Up to so many pairs, spread evenly."""
    return np.unique(np.linspace(end[0], end[1] - 1, most).round().astype(np.int64))


def _verdict(best: _Setting, right: _Bools, right_now: _Bools, where: str) -> str:
    gained, lost = int((right & ~right_now).sum()), int((right_now & ~right).sum())
    p_value = mcnemar(gained, lost)
    found = (
        f"chosen there and held against the cards on {where}, {best.words} gives "
        f"{right.mean():.4f} in place of {right_now.mean():.4f} ({gained} pairs decided rightly by "
        f"it alone, {lost} by the cards alone, p = {p_value:.2g} by McNemar's exact test)"
    )
    if gained <= lost or p_value > _SURE:
        return f"none of these settings explains it beyond chance: {found}"
    advice = "the dataset's [align]" if best.align else "the model's [preprocess]"
    return f"likely the cause: {found}; if the model was trained so, say it in {advice}"
