"""What one model's embeddings say of one dataset."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from suite.verification.curves import ErrorCurve, Errors, ScoreHistogram
from suite.verification.roc import TarAtFar

Floats = NDArray[np.float64]

# Of the pairs accepted at a threshold, so many of the last.
SETTING = 5


@dataclass(frozen=True)
class PairAt:
    """An impostor pair next to a threshold.

    Attributes
    ----------
    left, right : its images, as indices into those of the set
    distance : squared
    accepted : whether it lies below the threshold, and so is a false accept
    """

    left: int
    right: int
    distance: float
    accepted: bool


@dataclass(frozen=True, eq=False)
class Operating:
    """A threshold at a FAR, as a deployment configures it.

    Attributes
    ----------
    point : the threshold with the counts behind it
    resampled : float64 [resamples], the threshold of each
    kept : the errors at FP32's threshold for the same FAR; None of FP32 itself
    accepted : the errors at the accepted threshold for the same FAR; None where none is accepted
    people_pairs : how many distinct pairs of people its false accepts show; None where they are too
        many to be kept
    set_by : the impostor pairs that set it: the first one rejected, then those accepted last
    """

    point: TarAtFar
    resampled: Floats
    kept: Errors | None = None
    accepted: Errors | None = None
    people_pairs: int | None = None
    set_by: tuple[PairAt, ...] = ()


@dataclass(frozen=True, eq=False)
class Evidence:
    """What one model's embeddings say of one dataset.

    Attributes
    ----------
    figures : by metric
    points : each TAR@FAR with the counts behind it, by metric
    resampled : float64 [resamples] by metric, for the metrics that have an interval; the same
        draws for every model on the dataset, so that differences are paired
    quanta : by metric, the step that a share takes with one pair
    at_threshold : float64 [resamples], ``tar`` and ``far`` at the threshold of TAR@FAR=1e-3 of the
        listed pairs, which a deployment keeps
    distances : float64 [n], of the listed pairs
    operating : the thresholds of a deployment by metric: those of ``points``, and of lower FARs
        that the pairs resolve
    curves, scores : what a report draws, of the ``listed`` pairs and of ``all``
    left_out : a sentence for each thing that the set is too large for
    """

    figures: Mapping[str, float]
    points: Mapping[str, TarAtFar]
    resampled: Mapping[str, Floats]
    distances: Floats
    at_threshold: Mapping[str, Floats] = field(default_factory=dict)
    operating: Mapping[str, Operating] = field(default_factory=dict)
    quanta: Mapping[str, float] = field(default_factory=dict)
    curves: Mapping[str, ErrorCurve] = field(default_factory=dict)
    scores: Mapping[str, ScoreHistogram] = field(default_factory=dict)
    left_out: tuple[str, ...] = ()

    @property
    def kept_thresholds(self) -> dict[str, float]:
        """The threshold at each FAR, by metric: what a deployment of this model keeps."""
        return {name: each.point.threshold for name, each in self.operating.items()}

    def joined(self, more: "Evidence") -> "Evidence":
        """This evidence with further figures of the same model on the same listed pairs."""
        return replace(
            self,
            figures={**self.figures, **more.figures},
            points={**self.points, **more.points},
            resampled={**self.resampled, **more.resampled},
            operating={**self.operating, **more.operating},
            quanta={**self.quanta, **more.quanta},
            curves={**self.curves, **more.curves},
            scores={**self.scores, **more.scores},
            left_out=(*self.left_out, *more.left_out),
        )

    def as_deployed(self) -> "Evidence":
        """FP32's own figures under the names of a candidate's in FP32's deployment."""
        tar, far = "tar_at_far_1e-3", self.points["tar_at_far_1e-3"].far
        fixed = {"tar": self.at_threshold["tar"], "far": self.at_threshold["far"]}
        figures, resampled = dict(self.figures), dict(self.resampled)
        for side in ("kept", "mixed"):
            figures |= {f"{side}_tar_1e-3": self.figures[tar], f"{side}_far_1e-3": far}
            resampled |= {f"{side}_{name}_1e-3": values for name, values in fixed.items()}
        figures["mixed_tar_at_far_1e-3"] = self.figures[tar]
        resampled["mixed_tar_at_far_1e-3"] = self.resampled[tar]
        return replace(self, figures=figures, resampled=resampled)
