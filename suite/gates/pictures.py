"""Faces for a report that is to show them: small pictures of those that it names."""

import base64
from collections.abc import Iterator

import cv2

from suite.datasets.face import Face
from suite.datasets.face_set import FaceSet
from suite.datasets.images.decoder import decode
from suite.judging.measured import Measured

# The longer side, in pixels, and the quality of the JPEG.
_SIDE = 72
_QUALITY = 80
# Of a mode's flipped pairs, those that moved farthest.
FLIPS = 12


def pictured(measured: Measured, faces: FaceSet) -> Measured:
    """A measurement with pictures of the faces that it names: flipped, farthest, at a threshold."""
    by_name = {face.name: face for face in reversed(faces.faces)}
    named = dict.fromkeys(name for name in _named(measured) if name in by_name)
    pictures = {name: _picture(by_name[name]) for name in named}
    return measured.model_copy(update={"pictures": pictures})


def _named(measured: Measured) -> Iterator[str]:
    for flip in measured.flips[:FLIPS]:
        yield from (flip.left, flip.right)
    for point in measured.thresholds:
        for pair in point.set_by:
            yield from (pair.left, pair.right)
    if measured.closeness:
        yield from (each.image for each in measured.closeness.worst)


def _picture(face: Face) -> str:
    """A face as a small JPEG in base64, without what its file says beside the pixels."""
    image = decode(face.read(), face.name)
    share = min(_SIDE / max(image.shape[:2]), 1.0)
    size = [max(round(side * share), 1) for side in image.shape[1::-1]]
    small = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    _, data = cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
    return base64.b64encode(data.tobytes()).decode()
