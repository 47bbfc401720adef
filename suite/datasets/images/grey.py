"""Whether a set can show a wrong colour order."""

from collections.abc import Sequence

import numpy as np

from suite.catalog.errors import DatasetError
from suite.datasets.face import Face
from suite.datasets.images.decoder import decode

_SAMPLE = 30


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
        if (image != image[..., :1]).any():
            return ()
    if not places:
        return ()
    sampled = "" if len(places) == len(faces) else "sampled "
    return (
        f"all {len(places)} {sampled}images are grey: a wrong colour order cannot show on this set",
    )
