"""Whether a mutation harms: a rule that asks no gate, on faces that no gate sees."""

from dataclasses import dataclass

import numpy as np
from pydantic import BaseModel, ConfigDict

from suite.datasets.face_set import FaceSet
from suite.gates.case_work import CaseWork
from suite.runtime import embedding
from suite.runtime.network import check_network
from tests.mutations.mutation import Floats

FAR = 1e-3
# The rule: more than one of these is lost, gained or turned.
TAR_LOST = 0.005
FAR_TIMES = 1.5
TURNED_SHARE, TURNED_DEGREES = 0.01, 8.0
NORM_CHANGE = 0.05
SLOWER = 1.15
# Images whose raw outputs are looked at.
_NORMS = 48


class Harm(BaseModel):
    """How a mutated case lies beside the clean one, on the independent faces.

    Attributes
    ----------
    tar_lost : TAR@FAR=1e-3 over all pairs, clean less mutated
    far_times : FAR at the clean threshold over 1e-3
    turned : the share of images whose embedding is turned by more than 8 degrees
    degrees : by how much the farthest one is turned
    norm_change : median of how far the length of a raw output is from the clean one, as a share
    same : whether every embedding and raw output has the same bits
    """

    model_config = ConfigDict(frozen=True)

    tar_lost: float = 0.0
    far_times: float = 1.0
    turned: float = 0.0
    degrees: float = 0.0
    norm_change: float = 0.0
    same: bool = False
    unusable: bool = False

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why it harms, in words; none where it does not."""
        found = []
        if self.unusable:
            found.append("no usable embedding")
        if self.tar_lost >= TAR_LOST:
            found.append(f"TAR −{self.tar_lost * 100:.1f} points")
        if self.far_times >= FAR_TIMES:
            found.append(f"FAR × {self.far_times:.1f}")
        if self.turned >= TURNED_SHARE:
            found.append(f"{self.turned:.0%} turned over {TURNED_DEGREES:g}°")
        if self.norm_change >= NORM_CHANGE:
            found.append(f"norms by {self.norm_change:.0%}")
        return tuple(found)


@dataclass(frozen=True, eq=False)
class Seen:
    """What a case makes of the independent faces: unit embeddings, and lengths of raw outputs."""

    rows: Floats
    lengths: Floats


def seen(work: CaseWork, faces: FaceSet) -> Seen:
    """Embed the independent faces, and look at the raw outputs of some."""
    rows = work.embed(faces.faces, "independent faces")
    spec, outputs = work.feeding.spec, work.feeding.outputs
    network = check_network(work.session, spec, outputs, work.model.flip)
    lengths = []
    for start in range(0, min(_NORMS, len(faces.faces)), work.batch):
        some = faces.faces[start : start + work.batch]
        # By their modules' names, so that what is interposed is run.
        tensor = embedding.prepare([embedding.decode(f.read(), f.name) for f in some], spec)
        raw = embedding.run_network(network, tensor)
        lengths.append(np.stack([np.linalg.norm(each, axis=1) for each in raw], axis=1))
    return Seen(rows, np.concatenate(lengths))


def harm_between(clean: Seen, mutated: Seen, people: np.ndarray) -> Harm:
    """How far a case lies from the clean one.

    Parameters
    ----------
    people : int [n], who each image shows
    """
    if not np.isfinite(mutated.rows).all() or not np.isfinite(mutated.lengths).all():
        return Harm(unusable=True)
    before, after = (_scores(each.rows, people) for each in (clean, mutated))
    kept = _threshold(before[1])
    tar_before = float((before[0] > kept).mean())
    tar_after = float((after[0] > _threshold(after[1])).mean())
    cosines = np.einsum("ij,ij->i", clean.rows.astype(float), mutated.rows.astype(float))
    degrees = np.degrees(np.arccos(np.clip(cosines, -1, 1)))
    ratios = mutated.lengths / np.maximum(clean.lengths, 1e-12)
    same_rows = np.array_equal(clean.rows, mutated.rows)
    return Harm(
        tar_lost=tar_before - tar_after,
        far_times=float((after[1] > kept).mean()) / FAR,
        turned=float((degrees > TURNED_DEGREES).mean()),
        degrees=float(degrees.max()),
        norm_change=float(np.abs(np.median(ratios, axis=0) - 1).max()),
        same=same_rows and np.array_equal(clean.lengths, mutated.lengths),
    )


def _scores(rows: Floats, people: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The cosines of genuine and of impostor pairs, of all images."""
    one, other = np.triu_indices(len(rows), 1)
    scores = (rows @ rows.T)[one, other]
    genuine = people[one] == people[other]
    return scores[genuine], scores[~genuine]


def _threshold(impostors: np.ndarray) -> float:
    """The cosine that a share of FAR of the impostors lies above."""
    above = int(FAR * len(impostors))
    return float(-np.partition(-impostors, above)[above])
