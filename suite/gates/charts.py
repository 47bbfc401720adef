"""The fingerprint: what fixed synthetic inputs become, to catch a wrong pipeline on any faces.

Samples of the preprocessed tensor and of the FP32 embedding are kept, not a digest, which would
change with a library's rounding.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from suite.catalog.preprocess import PreprocessSpec
from suite.datasets.face import Face
from suite.datasets.images.decoder import decode
from suite.datasets.preprocessing import cropped, prepare

_GRID = 4
_EMBEDDING_SAMPLES = 32
# The least change of mean and std, as a share, that moves the tensor by what its gate tolerates.
_SEEN = 1e-3
_FIT_TOLERANCE = 2e-3
_CHANNELS = "RGB"
Samples = tuple[float, ...]


@dataclass(frozen=True)
class Fit:
    """One channel of an accepted tensor, as source channel × slope + intercept."""

    channel: int
    slope: float
    intercept: float


def charts(height: int, width: int) -> tuple[Face, ...]:
    """Four inputs, as PNG files in memory: colour patches, gradients, noise and a drawn face."""
    y, x = np.mgrid[0:height, 0:width]
    row, column = y * _GRID // height, x * _GRID // width
    patch = row * _GRID + column
    colors = np.stack([patch * 61 % 256, patch * 97 % 256, 255 - patch * 37 % 256], axis=-1)
    gradients = np.stack(
        [
            x * 255 // max(1, width - 1),
            y * 255 // max(1, height - 1),
            (x + y) * 127 // (width + height),
        ],
        axis=-1,
    )
    mixed = (x * 7919 + y * 104729 + x * y * 31) % 65521
    noise = np.stack([mixed % 251, mixed * 5 % 253, mixed * 11 % 247], axis=-1)
    images = {"colors": colors, "gradients": gradients, "noise": noise, "face": _face(x, y)}
    return tuple(Face.held(f"fingerprint {name}", _png(image)) for name, image in images.items())


def charts_for(spec: PreprocessSpec) -> tuple[Face, ...]:
    """Charts of the input's size; where an input crops, square ones, which show what it crops."""
    if spec.fit == "crop":
        return charts(*[max(spec.height, spec.width)] * 2)
    return charts(spec.height, spec.width)


def tensor_samples(faces: Sequence[Face], spec: PreprocessSpec) -> Samples:
    """Values of the preprocessed inputs at a grid of points: per chart, point and channel."""
    tensor = prepare([decode(face.read(), face.name) for face in faces], spec)
    if spec.layout == "NCHW":
        tensor = tensor.transpose(0, 2, 3, 1)
    rows, columns = _grid(spec.height), _grid(spec.width)
    return tuple(map(float, tensor[:, rows][:, :, columns].ravel()))


def embedding_samples(embeddings: npt.NDArray[np.floating]) -> Samples:
    """Evenly spaced components of each chart's embedding."""
    places = np.linspace(0, embeddings.shape[1] - 1, _EMBEDDING_SAMPLES).round().astype(int)
    return tuple(map(float, embeddings[:, places].ravel()))


def explain_tensor(accepted: Samples, faces: Sequence[Face], spec: PreprocessSpec) -> list[str]:
    """Say what in the card differs from the pipeline that gave the accepted tensor.

    The accepted values are fitted, channel by channel, as an affine function of each colour of the
    charts; the fit tells colour order, mean and std that were in use.
    """
    images = [cropped(decode(face.read(), face.name), spec) for face in faces]
    rgb = np.stack(images)[..., ::-1]
    if rgb.shape[1:3] != (spec.height, spec.width):
        return []
    pixels = rgb[:, _grid(spec.height)][:, :, _grid(spec.width)].reshape(-1, 3).astype(float)
    if len(accepted) != pixels.size:
        return []
    fits = [_fit(channel, pixels) for channel in np.reshape(accepted, (-1, 3)).T]
    known = [fit for fit in fits if fit is not None]
    if spec.prewhiten and len(known) == 3:
        return ["prewhiten: accepted with one mean and std for all images, the card now says true"]
    if len(known) != 3 and _is_prewhitened(accepted, faces, spec):
        return ["prewhiten: accepted with each image's own mean and std, the card now says false"]
    if len(known) != 3:
        return ["size or resizing: no colour order, mean and std explain the accepted tensor"]
    return _differences(known, spec)


def _is_prewhitened(accepted: Samples, faces: Sequence[Face], spec: PreprocessSpec) -> bool:
    """Whether accepted values are of a pipeline that is the card's but for prewhitening."""
    other = spec.model_copy(update={"prewhiten": True})
    of_it = tensor_samples(faces, other)
    return not spec.prewhiten and np.allclose(accepted, of_it, rtol=0, atol=_FIT_TOLERANCE)


def _differences(fits: Sequence[Fit], spec: PreprocessSpec) -> list[str]:
    causes = []
    accepted_order = "".join(_CHANNELS[fit.channel] for fit in fits)
    if accepted_order != spec.color_order:
        causes.append(
            f"colour order: the accepted pipeline feeds {accepted_order}, the card now says "
            f"{spec.color_order}"
        )
    slopes = np.array([fit.slope for fit in fits])
    now_slopes = spec.scale / 255 / np.array(spec.std)
    scale = spec.scale / 255
    std = scale / slopes
    mean = -np.array([fit.intercept for fit in fits]) * std
    ratio = now_slopes / slopes
    std_differs = not np.allclose(std, spec.std, rtol=_SEEN)
    if std_differs and (np.all(ratio > 30) or np.all(ratio < 1 / 30)):
        causes.append(
            f"range: inputs are now {ratio.mean():.3g} × as large as accepted; check scale, mean "
            "and std"
        )
    elif std_differs:
        causes.append(f"std: accepted {_vector(std)}, the card now says {_vector(spec.std)}")
    if not np.allclose(mean, spec.mean, atol=_SEEN * spec.scale):
        causes.append(
            f"mean: accepted {_vector(mean)} on 0…{spec.scale:g}, the card now says "
            f"{_vector(spec.mean)}"
        )
    return causes


def _fit(values: npt.NDArray[np.float64], pixels: npt.NDArray[np.float64]) -> Fit | None:
    for channel in range(3):
        design = np.stack([pixels[:, channel], np.ones(len(pixels))], axis=1)
        solution = np.linalg.lstsq(design, values, rcond=None)[0]
        worst = np.abs(design @ solution - values).max()
        if worst <= _FIT_TOLERANCE * max(1.0, np.abs(values).max()):
            return Fit(channel, float(solution[0]), float(solution[1]))
    return None


def _face(x: npt.NDArray[np.int_], y: npt.NDArray[np.int_]) -> npt.NDArray[np.int_]:
    # Integer arithmetic alone, so that every machine draws the same pixels.
    height, width = x.shape
    dx, dy = (2 * x - width) * 1000 // width, (2 * y - height) * 1000 // height
    image = np.stack([60 + x % 8, 80 + y % 8, 100 + (x + y) % 8], axis=-1)
    image[dx * dx * 16 + dy * dy * 9 < 5_760_000] = (205, 160, 130)
    for eye in (-260, 260):
        image[(dx - eye) ** 2 + (dy + 100) ** 2 * 3 < 10_000] = (40, 30, 30)
    image[(dx**2 + (dy - 450) ** 2 * 9) < 60_000] = (170, 70, 75)
    return image


def _png(rgb: npt.NDArray[np.int_]) -> bytes:
    return bytes(cv2.imencode(".png", rgb[..., ::-1].astype(np.uint8))[1])


def _grid(length: int) -> npt.NDArray[np.int_]:
    return (np.arange(_GRID) * 2 + 1) * length // (2 * _GRID)


def _vector(values: Sequence[float] | npt.NDArray[np.float64]) -> str:
    return "[" + ", ".join(f"{value:.4g}" for value in values) + "]"
