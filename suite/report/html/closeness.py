"""How far each image's embedding lies from FP32's, mode by mode."""

from collections.abc import Mapping, Sequence

from markupsafe import Markup

from suite.judging.drawn import Closeness
from suite.judging.record import Record
from suite.report.html.axis import Axis, Scale
from suite.report.html.plot import Plot

# Nearer than float32 tells apart.
_NEAREST = 1e-7


def cosines(records: Sequence[Record], kinds: Mapping[str, str]) -> Markup | None:
    """The quantiles of 1 - cosine over the images of a set, the farthest to the left.

    ``records`` are of fidelity, one a mode. None where none of them has quantiles.
    """
    drawn = [
        (record.mode, record.measured.closeness)
        for record in records
        if record.measured and record.measured.closeness
    ]
    lost = [_lost(value) for _, close in drawn for value in close.cosine]
    images = min((close.images for _, close in drawn), default=0)
    if images < 2 or not lost:
        return None
    plot = Plot(
        "Cosine to FP32 by image",
        Axis(0.5 / images, 1.0, Scale.LOG),
        Axis(min(lost) / 1.5, max(lost) * 1.5, Scale.LOG),
        "share of the images that are as far or farther",
        "1 − cosine to FP32",
    )
    for mode, close in drawn:
        _draw(plot, mode, close, kinds[mode])
    return plot.svg


def _draw(plot: Plot, mode: str, close: Closeness, style: str) -> None:
    """A line through the farthest images and, beyond them, through the quantiles."""
    far = [(place / close.images, _lost(each.cosine)) for place, each in enumerate(close.worst, 1)]
    rest = [
        (share, _lost(cosine))
        for share, cosine in zip(close.quantile, close.cosine, strict=True)
        if share > len(close.worst) / close.images
    ]
    plot.line([*far, *rest], style, f"{mode}: {close.images:,} images")
    for place, ((x, y), each) in enumerate(zip(far, close.worst, strict=True), 1):
        said = f"{mode}: {each.image}, cosine {each.cosine:.5f}, number {place} from the end"
        plot.point(x, y, style, said, radius=2.5)


def _lost(cosine: float) -> float:
    return max(1 - cosine, _NEAREST)
