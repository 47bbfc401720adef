"""What inputs get that are no faces: black, white, noisy and saturated ones."""

import numpy as np
import numpy.typing as npt

from suite.catalog.errors import placed
from suite.datasets.preprocessing import prepare
from suite.gates.case_work import CaseWork
from suite.runtime.embedding import run_network
from suite.runtime.network import check_network

# Of FP32's own length: an artifact below has lost the signal. INT8 of eight networks kept 0.6 and
# more of it on each of these inputs.
_COLLAPSED = 0.1
# Of the mean length over these inputs: an FP32 below gives no direction.
_NOTHING = 1e-6


def extremes(height: int, width: int) -> dict[str, npt.NDArray[np.uint8]]:
    """Images by name: uint8 [height, width, 3], BGR."""
    y, x = np.mgrid[0:height, 0:width]
    shape = (height, width, 3)
    noise = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
    squares = np.where((y // 8 + x // 8) % 2 == 0, 255, 0).astype(np.uint8)
    return {
        "black": np.zeros(shape, np.uint8),
        "white": np.full(shape, 255, np.uint8),
        "noise": noise,
        "saturated": np.stack([squares, 255 - squares, squares], axis=-1),
    }


def fault_on_extremes(work: CaseWork) -> tuple[str | None, tuple[str, ...]]:
    """What is wrong with what a case gives for such images, and what is to be doubted.

    NaN, infinity, and a length that collapsed beside FP32's are wrong. FP32 that gives a vector of
    length 0 is doubted: the cosine of such an image to any other is no number.
    """
    lengths = _lengths(work)
    broken = [name for name, length in lengths.items() if not np.isfinite(length)]
    if broken:
        return f"NaN or infinity in the embedding of {_listed(broken)}", ()
    if work.mode.is_fp32:
        least = _NOTHING * float(np.mean(list(lengths.values())))
        empty = [name for name, length in lengths.items() if length <= least]
        said = "the embedding of {} has length 0, so that no score of it means anything"
        return None, (said.format(_listed(empty)),) if empty else ()
    for name, of_fp32 in _lengths(work.fp32).items():
        if lengths[name] < _COLLAPSED * of_fp32:
            return (
                f"the embedding of {_listed([name])} has length {lengths[name]:.3g}, and "
                f"{of_fp32:.3g} in FP32: it collapsed",
                (),
            )
    return None, ()


def _lengths(work: CaseWork) -> dict[str, float]:
    """The length of the embedding of each image, before it is normalised."""
    spec, outputs = work.feeding.spec, work.feeding.outputs
    network = check_network(work.session, spec, outputs, work.model.flip)
    images = extremes(spec.height, spec.width)
    with placed(work.artifact.file.path):
        return {
            name: float(np.linalg.norm(run_network(network, prepare([image], spec))[0]))
            for name, image in images.items()
        }


def _listed(names: list[str]) -> str:
    *first, last = names
    return f"{', '.join(first)} and {last} images" if first else f"a {last} image"
