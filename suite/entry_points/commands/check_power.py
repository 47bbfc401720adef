"""What an evaluation set can show, said before anything of it is measured."""

from collections import Counter

from suite.datasets.face_set import FaceSet
from suite.judging.power import planned_loss


def shown_by(faces: FaceSet) -> str:
    """The losses of TAR that a set sees, in a sentence; of all its genuine pairs where it is known
    who is who, else of those that it lists.
    """
    if faces.people is None:
        pairs = int(faces.genuine.sum())
        (best, _), who = planned_loss([1] * pairs), "nobody says of whom"
    else:
        images = Counter(faces.people.tolist()).values()
        counts = [count * (count - 1) // 2 for count in images]
        pairs = sum(counts)
        (best, worst), who = planned_loss(counts), f"of {len(images):,} people"
    said = (
        f"with {pairs:,} genuine pairs, {who}, a loss of TAR under {_points(best)} points is not "
        "seen even where pairs are lost one by one"
    )
    if faces.people is None:
        return f"{said}; identities say how much more it takes where a person's are lost together"
    return f"{said}, nor one under {_points(worst)} where all of a person are lost together"


def _points(share: float) -> str:
    return f"{100 * share:.2g}"
