"""What a recipe's calibration faces show of networks, kept so that each is run once."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np

from suite.quantization.artifact import Ingredients
from suite.quantization.calibration import face_reader
from suite.quantization.preparation import Prepared
from suite.quantization.ranges.choose import min_max
from suite.quantization.ranges.histogram import (
    BINS,
    Histogram,
    histograms,
    least_error,
    percentile,
    reaches_percentile,
)
from suite.quantization.ranges.kept import Kept
from suite.quantization.ranges.observe import Batch, Observed, observe
from suite.quantization.ranges.range import Range
from suite.quantization.ranges.widen import widened
from suite.quantization.shapes import Shapes
from suite.quantization.steps.net import Array, Net

# The share of one channel that ends clip is told by so many faces, and so is a least error.
_CLIPPED_ON = 32
_ERROR_ON = 64
# A percentile of absolute values is sought among those beyond this share of the largest.
_TAIL = 0.25


@dataclass(frozen=True)
class Calibration:
    """Images for calibrating, and what networks made of them.

    Attributes
    ----------
    faces : batches for a network, of all images or of so many, as often as it is asked
    images : how many there are
    work : a folder for scratch files
    kept : what was shown before; None keeps nothing
    """

    faces: Callable[[Net, int | None], Iterable[Batch]]
    images: int
    work: Path
    kept: Kept | None = None

    @classmethod
    def of(cls, prepared: Prepared, ingredients: Ingredients) -> "Calibration":
        """Of a recipe's calibration faces; of none where it has none."""

        def faces(net: Net, most: int | None) -> Iterable[Batch]:
            return iter(face_reader(net.inputs, ingredients, most).get_next, None)

        given, kept = ingredients.calibration, None
        if given is not None and prepared.statistics is not None:
            images = {
                "calibration_sha256": given.sha256,
                "preprocess": ingredients.preprocess.hashed(),
                "input": ingredients.outputs.input,
            }
            kept = Kept(prepared.statistics, images)
        return cls(faces, len(given.faces) if given else 0, prepared.path.parent, kept)

    def observed(self, net: Net, shapes: Shapes, names: Sequence[str]) -> dict[str, Observed]:
        """The extremes of some tensors: `observe`."""
        if not names:  # onnxruntime runs no network without an output
            return {}

        def make() -> dict[str, Array]:
            faces = self.faces(net, None)
            seen = observe(net, shapes, names, faces, self.images, self.work)
            parts = [field.name for field in fields(Observed)]
            return {
                f"{at}.{part}": np.asarray(getattr(seen[name], part))
                for at, name in enumerate(names)
                for part in parts
            }

        arrays = self._kept(net, names, "extremes", make)
        found: dict[str, Observed] = {}
        for at, name in enumerate(names):
            parts = {field.name: arrays[f"{at}.{field.name}"] for field in fields(Observed)}
            found[name] = Observed(**{**parts, "images": int(parts["images"])})  # type: ignore[arg-type]
        return found

    def ranges(
        self, method: str, net: Net, shapes: Shapes, names: Sequence[str]
    ) -> dict[str, Range]:
        """The ranges of some tensors by a calibration method of `catalog.mode_card`."""
        seen = self.observed(net, shapes, names)
        if method == "TopK":
            return widened(net, seen, self.faces(net, _CLIPPED_ON), self.work)
        if method == "Percentile":
            return percentile(self._tails(net, seen))
        if method == "MSE":
            return least_error(self._histograms(net, seen, method, _ERROR_ON))
        # By entropy, of the 128 bins that onnxruntime counts by default, which are no more than its
        # levels, it tries one range alone: from the least to the greatest.
        return min_max(seen)

    def _tails(self, net: Net, seen: Mapping[str, Observed]) -> dict[str, Histogram]:
        """Histograms that have the percentile in them, of as few values as do."""
        found = self._histograms(net, seen, "Percentile", None, _TAIL)
        whole = [name for name, each in found.items() if not reaches_percentile(each, _TAIL)]
        if not whole:
            return found
        rest = {name: seen[name] for name in whole}
        return {**found, **self._histograms(net, rest, "Percentile", None)}

    def _histograms(
        self,
        net: Net,
        seen: Mapping[str, Observed],
        method: str,
        most: int | None,
        beyond: float = 0.0,
    ) -> dict[str, Histogram]:
        bins = BINS[method]

        def make() -> dict[str, Array]:
            faces = self.faces(net, most)
            found = histograms(net, seen, bins, faces, self.work, beyond)
            return {str(at): found[name].counts for at, name in enumerate(seen)}

        of = f"{bins} bins of {most or 'all'} faces, beyond {beyond}"
        arrays = self._kept(net, list(seen), of, make)
        return {
            name: Histogram.of(np.asarray(arrays[str(at)], np.int64), each)
            for at, (name, each) in enumerate(seen.items())
        }

    def _kept(
        self, net: Net, names: Sequence[str], what: str, make: Callable[[], dict[str, Array]]
    ) -> dict[str, Array]:
        if self.kept is None:
            return make()
        return self.kept.get({"network": net.digest(), "tensors": list(names), "of": what}, make)
