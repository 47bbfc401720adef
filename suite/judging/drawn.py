"""What a record holds for a report to draw; of it, gates judge errors at thresholds kept alone."""

from typing import Literal, Self

from pydantic import model_validator

from suite.judging.part import Cosine, Count, Distance, Frozen, Rate

# The pairs that a set lists, or every pair of its images.
PairKind = Literal["listed", "all"]


class ErrorCurve(Frozen):
    """Both error rates at thresholds: the points of a DET curve, columns of one length.

    ``threshold`` is the squared distance below which a pair is accepted, ascending; ``fmr`` and
    ``fnmr`` are shares of ``impostors`` and ``genuine``, with the pairs behind them.
    """

    genuine: Count
    impostors: Count
    threshold: tuple[Distance, ...]
    fmr: tuple[Rate, ...]
    fnmr: tuple[Rate, ...]
    false_accepts: tuple[Count, ...]
    false_rejects: tuple[Count, ...]

    @model_validator(mode="after")
    def _of_one_length(self) -> Self:
        columns = (self.threshold, self.fmr, self.fnmr, self.false_accepts, self.false_rejects)
        if len(set(map(len, columns))) != 1:
            raise ValueError("must have columns of one length")
        return self


class ScoreHistogram(Frozen):
    """How many pairs of each class lie between two squared distances next to one another.

    There is one edge more than there are bins; a bin has its lower edge.
    """

    edges: tuple[Distance, ...]
    genuine: tuple[Count, ...]
    impostors: tuple[Count, ...]

    @model_validator(mode="after")
    def _of_one_length(self) -> Self:
        if not len(self.edges) - 1 == len(self.genuine) == len(self.impostors):
            raise ValueError("must have one edge more than bins, of both classes alike")
        return self


class KeptThreshold(Frozen):
    """What a model makes of a set's pairs at a threshold that a deployment keeps."""

    threshold: Distance
    false_accepts: Count
    false_rejects: Count


class SettingPair(Frozen):
    """An impostor pair next to a threshold, a squared ``distance`` apart."""

    left: str
    right: str
    distance: Distance
    accepted: bool


class OperatingPoint(Frozen):
    """The largest threshold whose FMR is within a target, on the pairs of one kind.

    ``threshold`` and its 95 % ``interval`` are squared distances. ``kept`` is what FP32's threshold
    for the same target makes of the mode; None of FP32 itself. ``accepted`` is what the threshold
    makes of it that lies in the baseline; None where there is none. ``set_by`` are the impostor
    pairs that set it: the nearest that is rejected, then those accepted last.
    """

    pairs: PairKind
    far_target: Rate
    threshold: Distance
    interval: tuple[Distance, Distance] | None = None
    impostors: Count
    genuine: Count
    false_accepts: Count
    false_rejects: Count
    kept: KeptThreshold | None = None
    accepted: KeptThreshold | None = None
    set_by: tuple[SettingPair, ...] = ()


class DistantImage(Frozen):
    """An image and its cosine to FP32."""

    image: str
    cosine: Cosine


class Closeness(Frozen):
    """The cosines of a mode's embeddings to FP32's, image by image.

    ``cosine`` are the quantiles at the shares in ``quantile``, interpolated; ``worst`` the images
    farthest from FP32, the farthest first.
    """

    images: Count
    quantile: tuple[Rate, ...]
    cosine: tuple[Cosine, ...]
    worst: tuple[DistantImage, ...]

    @model_validator(mode="after")
    def _of_one_length(self) -> Self:
        if len(self.quantile) != len(self.cosine):
            raise ValueError("must have a cosine for each quantile")
        return self
