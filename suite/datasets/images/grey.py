"""Whether a set can show a wrong colour order."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from suite.catalog.errors import DatasetError
from suite.datasets.face import Face
from suite.datasets.images.decoder import decode

_SAMPLE = 30


def is_grey(image: npt.NDArray[np.uint8]) -> bool:
    """Whether an image, [h, w, 3], has no colour, so that its channels' order cannot matter."""
    return bool((image == image[..., :1]).all())


def grey_remark(faces: Sequence[Face]) -> tuple[str, ...]:
    """What a report says of a set of grey images, or nothing.

    At most thirty faces spread over the set are decoded, none after the first that has colours or
    cannot be read: of the latter a gate will speak.
    """
    places = np.linspace(0, len(faces) - 1, min(_SAMPLE, len(faces))).round().astype(int).tolist()
    for place in places:
        try:
            image = decode(faces[place].read(), faces[place].name)
        except DatasetError:
            return ()
        if not is_grey(image):
            return ()
    if not places:
        return ()
    sampled = "" if len(places) == len(faces) else "sampled "
    return (
        f"all {len(places)} {sampled}images are grey: a wrong colour order cannot show on this set",
    )
