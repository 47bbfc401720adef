"""Mistakes in the sets that figures are of: images, pairs and labels."""

from collections.abc import Callable

import cv2
import numpy as np

from suite.datasets.face_set import FaceSet, PairList, face_set
from suite.datasets.images.decoder import decode
from tests.mutations.images import people_of, redrawn, with_faces, with_pairs
from tests.mutations.mutation import Change, NotThereError, Pixels, Side, mutation

_OTHER_SET = "the figures are of other images or pairs than those accepted"
_SAME_PAIRS = "the same pairs in another order or on other sides"


def _redrawn(how: Callable[[Pixels, int], Pixels]) -> Change:
    return Change(evaluation=lambda faces: redrawn(faces, how))


@mutation(
    "labels of pairs wrong", Side.BOTH, {"two": 0, "1 %": 0.01, "5 %": 0.05}, harmful=_OTHER_SET
)
def labels(share: float) -> Change:
    def wrong(faces: FaceSet) -> FaceSet:
        genuine = faces.genuine.copy()
        count = max(2, round(share * len(genuine)))
        chosen = np.random.default_rng(0).permutation(len(genuine))[:count]
        genuine[chosen] = ~genuine[chosen]
        return with_pairs(faces, faces.left, faces.right, genuine)

    return Change(evaluation=wrong)


@mutation(
    "images under another person's name", Side.BOTH, {"2 %": 0.02, "5 %": 0.05}, harmful=_OTHER_SET
)
def replaced(share: float) -> Change:
    def moved(faces: FaceSet) -> FaceSet:
        made = list(faces.faces)
        count = max(2, round(share * len(made)))
        chosen = np.random.default_rng(0).permutation(len(made))[:count]
        for at, other in zip(chosen, np.roll(chosen, 1), strict=True):
            made[at] = faces.faces[other]
        return with_faces(faces, made)

    return Change(evaluation=moved)


@mutation(
    "images kept as JPEG once more",
    Side.BOTH,
    {"q95": 95, "q70": 70, "q30": 30},
    harmful=_OTHER_SET,
)
def recompressed(quality: int) -> Change:
    def again(image: Pixels, _: int) -> Pixels:
        data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
        return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR))

    return _redrawn(again)


@mutation("images cut one pixel off", Side.BOTH, harmful=_OTHER_SET)
def one_pixel() -> Change:
    return _redrawn(lambda image, _: np.ascontiguousarray(np.roll(image, 1, axis=1)))


@mutation("images blurred", Side.BOTH, {"0.7 px": 0.7, "2 px": 2.0}, harmful=_OTHER_SET)
def blurred(sigma: float) -> Change:
    return _redrawn(lambda image, _: np.asarray(cv2.GaussianBlur(image, (0, 0), sigma)))


@mutation("images noised", Side.BOTH, {"2 levels": 2.0, "8 levels": 8.0}, harmful=_OTHER_SET)
def noised(sigma: float) -> Change:
    def noise(image: Pixels, at: int) -> Pixels:
        rng = np.random.default_rng(at)
        made = image + rng.normal(0, sigma, image.shape)
        return np.clip(made.round(), 0, 255).astype(np.uint8)

    return _redrawn(noise)


@mutation("images made grey", Side.BOTH, harmful=_OTHER_SET)
def grey() -> Change:
    def plain(image: Pixels, _: int) -> Pixels:
        return np.repeat(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)[..., None], 3, axis=2)

    return _redrawn(plain)


@mutation("images darker", Side.BOTH, {"10 %": 0.9, "60 %": 0.4}, harmful=_OTHER_SET)
def darker(factor: float) -> Change:
    return _redrawn(lambda image, _: (image * factor).astype(np.uint8))


@mutation("half of each fold's pairs gone", Side.BOTH, harmful=_OTHER_SET)
def halved() -> Change:
    def half(faces: FaceSet) -> FaceSet:
        kept = np.arange(len(faces.genuine)) % 2 == 0
        return with_pairs(faces, faces.left[kept], faces.right[kept], faces.genuine[kept])

    return Change(evaluation=half)


@mutation("a twentieth of the people gone", Side.BOTH, harmful=_OTHER_SET)
def people_gone() -> Change:
    """As of a gallery that was cut short: images, and the pairs that they are in."""

    def fewer(faces: FaceSet) -> FaceSet:
        if faces.people is None:
            raise NotThereError("who is who")
        gone = faces.people >= faces.people.max() * 19 // 20
        kept = ~(gone[faces.left] | gone[faces.right])
        places = np.cumsum(~gone) - 1
        who = people_of(faces)
        pairs = PairList(
            places[faces.left[kept]], places[faces.right[kept]], faces.genuine[kept], faces.folds
        )
        left = [at for at in range(len(faces.faces)) if not gone[at]]
        return face_set(
            faces.id, [faces.faces[at] for at in left], pairs, who and [who[at] for at in left]
        )

    return Change(evaluation=fewer)


@mutation("the hardest pairs gone", Side.BOTH, {"0.5 %": 0.005, "2 %": 0.02}, harmful=_OTHER_SET)
def hardest_gone(share: float) -> Change:
    """By how unlike the images of genuine pairs are, and how like those of others."""

    def easier(faces: FaceSet) -> FaceSet:
        small = np.stack(
            [cv2.resize(decode(f.read(), f.name), (16, 16)).ravel() for f in faces.faces]
        ).astype(np.float32)
        small -= small.mean(axis=1, keepdims=True)
        small /= np.linalg.norm(small, axis=1, keepdims=True)
        likeness = np.einsum("ij,ij->i", small[faces.left], small[faces.right])
        hard = np.where(faces.genuine, -likeness, likeness)
        kept = np.ones(len(hard), np.bool_)
        for kind in (True, False):
            of_kind = np.flatnonzero(faces.genuine == kind)
            count = round(share * len(of_kind))
            kept[of_kind[np.argsort(-hard[of_kind])[:count]]] = False
        return with_pairs(faces, faces.left[kept], faces.right[kept], faces.genuine[kept])

    return Change(evaluation=easier)


@mutation(
    "genuine pairs of one image with itself",
    Side.BOTH,
    {"1 %": 0.01, "10 %": 0.1},
    harmful=_OTHER_SET,
    unseen="of a hundred genuine pairs one more accepted is within two quanta and the tolerances; "
    "the set's hash, which is off here, is another",
)
def with_itself(share: float) -> Change:
    def same(faces: FaceSet) -> FaceSet:
        right = faces.right.copy()
        genuine = np.flatnonzero(faces.genuine)
        chosen = np.random.default_rng(0).permutation(genuine)[: round(share * len(genuine))]
        right[chosen] = faces.left[chosen]
        return with_pairs(faces, faces.left, right, faces.genuine)

    return Change(evaluation=same)


@mutation("pairs listed twice", Side.BOTH, {"5 %": 0.05, "half": 0.5}, harmful=_OTHER_SET)
def twice(share: float) -> Change:
    def doubled(faces: FaceSet) -> FaceSet:
        left, right, genuine = (array.copy() for array in (faces.left, faces.right, faces.genuine))
        for kind in (True, False):
            of_kind = np.flatnonzero(genuine == kind)
            count = round(share * len(of_kind) / 2)
            left[of_kind[:count]] = left[of_kind[-count:]]
            right[of_kind[:count]] = right[of_kind[-count:]]
        return with_pairs(faces, left, right, genuine)

    return Change(evaluation=doubled)


@mutation("impostors of one person alone", Side.BOTH, harmful=_OTHER_SET)
def one_sided() -> Change:
    def narrower(faces: FaceSet) -> FaceSet:
        if faces.people is None:
            raise NotThereError("who is who")
        left = faces.left.copy()
        impostors = np.flatnonzero(~faces.genuine)
        own = np.flatnonzero(faces.people == faces.people[faces.left[0]])
        other = impostors[faces.people[faces.right[impostors]] != faces.people[own[0]]]
        left[other] = own[np.arange(len(other)) % len(own)]
        return with_pairs(faces, left, faces.right, faces.genuine)

    return Change(evaluation=narrower)


@mutation("pairs shuffled across folds", Side.BOTH, benign=_SAME_PAIRS)
def shuffled() -> Change:
    def order(faces: FaceSet) -> FaceSet:
        rng, places = np.random.default_rng(0), np.empty(len(faces.genuine), np.int64)
        for kind in (True, False):
            of_kind = np.flatnonzero(faces.genuine == kind)
            places[of_kind] = rng.permutation(of_kind)
        return with_pairs(faces, faces.left[places], faces.right[places], faces.genuine[places])

    return Change(evaluation=order)


@mutation("the sides of every pair swapped", Side.BOTH, benign=_SAME_PAIRS)
def sides_swapped() -> Change:
    return Change(
        evaluation=lambda faces: with_pairs(faces, faces.right, faces.left, faces.genuine)
    )
