"""A picture of a person as a recogniser gets it: turned, lit, aligned to the ArcFace template."""

import cv2
import numpy as np
import numpy.typing as npt

from suite.training.canvas import CANVAS_PX, PX_PER_UNIT
from suite.training.drawing import draw, landmarks
from suite.training.people import Identity, Nuisance

SIZE_PX = 112
# InsightFace's five points for a 112 x 112 crop: eyes, nose, corners of the mouth.
ARCFACE_TEMPLATE = np.array(
    [
        [38.2946, 51.6963],
        [73.5318, 51.5014],
        [56.0252, 71.7366],
        [41.5493, 92.3655],
        [70.7299, 92.2041],
    ],
    np.float32,
)

_SEMI_AXES = np.array([1.15, 1.45, 1.1], np.float32)
_OVERSAMPLING = 2
_NODE_PX = 8

Floats = npt.NDArray[np.float32]


def render(who: Identity, how: Nuisance) -> npt.NDArray[np.uint8]:
    """The aligned picture before compression, uint8 [112, 112, 3], RGB."""
    canvas = draw(who, how)
    rotation = _rotation(how)
    to_picture = _alignment(_project(landmarks(who), rotation), how)
    x, y, normals = _surface(to_picture, rotation)
    face = _warp(np.dstack([canvas.colour, canvas.alpha]), x, y)
    picture = face[..., :3] * _lighting(normals, how)
    share = face[..., 3:] / np.float32(255)
    return _photograph(picture * share + _background(how) * (1 - share), how)


def encode(picture: npt.NDArray[np.uint8], quality: int) -> bytes:
    """JPEG bytes of an RGB picture."""
    done, data = cv2.imencode(
        ".jpg", cv2.cvtColor(picture, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, quality]
    )
    if not done:
        raise RuntimeError("OpenCV could not encode a JPEG: is its JPEG codec missing?")
    return data.tobytes()


def _rotation(how: Nuisance) -> Floats:
    cy, sy = np.cos(how.yaw), np.sin(how.yaw)
    cp, sp = np.cos(how.pitch), np.sin(how.pitch)
    yaw = np.array([[cy, 0, sy], [0, 1, 0], [-sy, 0, cy]])
    pitch = np.array([[1, 0, 0], [0, cp, -sp], [0, sp, cp]])
    turned: Floats = (pitch @ yaw).astype(np.float32)
    return turned


def _project(points: Floats, rotation: Floats) -> Floats:
    """Points of the frontal drawing, raised onto the head and turned; [n, 2] to [n, 2]."""
    inside = np.clip(1 - ((points / _SEMI_AXES[:2]) ** 2).sum(axis=1), 0, None)
    depth = _SEMI_AXES[2] * np.sqrt(inside) + _nose_height(points[:, 0], points[:, 1])
    return (np.column_stack([points, depth]) @ rotation.T)[:, :2]


def _nose_height(x: Floats, y: Floats) -> Floats:
    bump: Floats = np.float32(0.28) * np.exp(
        -((x / np.float32(0.2)) ** 2) - ((y - np.float32(0.24)) / np.float32(0.28)) ** 2
    )
    return bump


def _alignment(points: Floats, how: Nuisance) -> Floats:
    """The similarity [2, 3] from face units to pixels that a detector and aligner would choose.

    Least squares onto the template (Umeyama 1991 without reflection), then the picture's jitter.
    """
    source, target = points - points.mean(axis=0), ARCFACE_TEMPLATE - ARCFACE_TEMPLATE.mean(axis=0)
    norm = (source**2).sum()
    a = (source * target).sum() / norm
    b = (source[:, 0] * target[:, 1] - source[:, 1] * target[:, 0]).sum() / norm
    scale, angle = np.exp(how.log_scale), how.roll
    c, s = np.cos(angle) * scale, np.sin(angle) * scale
    turn = np.array([[a * c - b * s, -(a * s + b * c)], [a * s + b * c, a * c - b * s]])
    centre = ARCFACE_TEMPLATE.mean(axis=0) + np.asarray(how.shift)
    return np.column_stack([turn, centre - turn @ points.mean(axis=0)]).astype(np.float32)


def _surface(to_picture: Floats, rotation: Floats) -> tuple[Floats, Floats, Floats]:
    """For a coarse grid of the picture: where it meets the drawing, and which way the head faces.

    A ray is cut with the rotated ellipsoid; beside the silhouette the point nearest to it is taken,
    so that hair and ears go on without a seam.
    """
    nodes = SIZE_PX * _OVERSAMPLING // _NODE_PX + 1
    at = (np.arange(nodes, dtype=np.float32) * _NODE_PX) / _OVERSAMPLING
    px, py = np.meshgrid(at, at)
    back = np.linalg.inv(to_picture[:, :2].astype(np.float64)).astype(np.float32)
    u, v = np.tensordot(back, np.stack([px, py]) - to_picture[:, 2, None, None], axes=1)
    origin = np.stack([u, v, np.zeros_like(u)], axis=-1) @ rotation
    direction = rotation[2]
    o, d = origin / _SEMI_AXES, direction / _SEMI_AXES
    along, square = o @ d, float(d @ d)
    beside = along**2 - square * ((o**2).sum(axis=-1) - 1)
    depth = (-along + np.sqrt(np.clip(beside, 0, None))) / np.float32(square)
    point = origin + depth[..., None] * direction
    x, y = point[..., 0], point[..., 1]
    lean = direction[:2] / max(float(direction[2]), 0.5)
    height = _nose_height(x, y)
    normals = (point / _SEMI_AXES**2) @ rotation.T
    normals /= np.linalg.norm(normals, axis=-1, keepdims=True) + np.float32(1e-6)
    return x - height * lean[0], y - height * lean[1], normals


def _enlarge(coarse: Floats, size: int) -> Floats:
    """Bilinear, from nodes on the edges of a picture to the centres of its pixels."""
    # Rounded, because CPUs differ in the last bit of what the nodes hold.
    nodes: Floats = (np.rint(coarse * 4096) / 4096).astype(np.float32)
    place = (np.arange(size, dtype=np.float32) + 0.5) * (len(nodes) - 1) / size
    low = np.minimum(place.astype(np.int64), len(nodes) - 2)
    share = (place - low).astype(np.float32)
    rows = nodes[low] * (1 - share)[:, None] + nodes[low + 1] * share[:, None]
    fine: Floats = rows[:, low] * (1 - share) + rows[:, low + 1] * share
    return fine


def _warp(drawing: npt.NDArray[np.uint8], x: Floats, y: Floats) -> Floats:
    size = SIZE_PX * _OVERSAMPLING
    centre = np.float32((CANVAS_PX - 1) / 2)
    # Fixed-point maps come out the same from OpenCV 4.10 to 5.0, float maps do not.
    fixed = cv2.convertMaps(
        _enlarge(x, size) * np.float32(PX_PER_UNIT) + centre,
        _enlarge(y, size) * np.float32(PX_PER_UNIT) + centre,
        cv2.CV_16SC2,
    )
    large = cv2.remap(drawing, *fixed, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return cv2.resize(large, (SIZE_PX, SIZE_PX), interpolation=cv2.INTER_AREA).astype(np.float32)


def _lighting(normals: Floats, how: Nuisance) -> Floats:
    azimuth, elevation = how.light_azimuth, how.light_elevation
    light = np.array(
        [
            np.sin(azimuth) * np.cos(elevation),
            -np.sin(elevation),
            np.cos(azimuth) * np.cos(elevation),
        ],
        np.float32,
    )
    lambert = normals @ light
    gain = np.maximum(1 + np.float32(how.light_strength) * (lambert - np.float32(0.6)), 0.3)
    return _enlarge(gain.astype(np.float32), SIZE_PX)[..., None]


def _background(how: Nuisance) -> Floats:
    one, other = np.asarray(how.background, np.float32)
    at = (np.arange(SIZE_PX, dtype=np.float32) - SIZE_PX / 2) / SIZE_PX
    c, s = np.float32(np.cos(how.background_angle)), np.float32(np.sin(how.background_angle))
    share = np.clip(c * at[None, :] + s * at[:, None] + np.float32(0.5), 0, 1)[..., None]
    blend: Floats = one * (1 - share) + other * share
    return blend


def _photograph(picture: Floats, how: Nuisance) -> npt.NDArray[np.uint8]:
    gain = np.float32(1 + how.brightness) * (1 + np.asarray(how.cast, np.float32))
    picture = picture * gain
    red, green, blue = (picture[..., channel, None] for channel in range(3))
    grey = np.float32(0.299) * red + np.float32(0.587) * green + np.float32(0.114) * blue
    picture = grey + (picture - grey) * np.float32(1 + how.saturation)
    picture = (picture - 118) * np.float32(1 + how.contrast) + 118
    picture = np.clip(picture, 0, 255)
    if how.blur_px > 0.2:
        picture = cv2.GaussianBlur(picture, (0, 0), how.blur_px).astype(np.float32)
    if how.noise > 0:
        rng = np.random.default_rng(how.noise_seed)
        grain = rng.standard_normal(picture.shape, dtype=np.float32)
        picture = picture + np.float32(how.noise) * grain
    return np.clip(np.rint(picture), 0, 255).astype(np.uint8)
