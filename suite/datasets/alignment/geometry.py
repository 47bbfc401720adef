"""Cutting a face out of an image: by five points, or by a box with a margin."""

import cv2
import numpy as np
import numpy.typing as npt

Image = npt.NDArray[np.uint8]
Points = npt.NDArray[np.float64]
Box = tuple[float, float, float, float]
# Left eye as one sees it, right eye, nose, left and right corner of the mouth, in pixels of a
# square of 112: ``arcface_dst`` of InsightFace's face_align.py.
TEMPLATE = np.array(
    [
        (38.2946, 51.6963),
        (73.5318, 51.5014),
        (56.0252, 71.7366),
        (41.5493, 92.3655),
        (70.7299, 92.2041),
    ]
)
_TEMPLATE_SIDE = 112


def similarity(source: Points, target: Points) -> Points:
    """The rotation, scale and translation that bring points nearest to others.

    The least-squares solution in closed form. Umeyama (IEEE PAMI 13(4), 1991) gives the same: in
    the plane, with z and w the centred points as complex numbers, w ≈ a z has the solution
    a = Σ z̄ w / Σ |z|², which never mirrors.

    Parameters
    ----------
    source, target : float64 [n, 2], x and y; at least two of ``source`` differ

    Returns
    -------
    float64 [2, 3], the matrix as `cv2.warpAffine` takes it

    Raises
    ------
    ValueError
        where all points of ``source`` are one.
    """
    z, w = (points[:, 0] + 1j * points[:, 1] for points in (source, target))
    middle_z, middle_w = z.mean(), w.mean()
    spread = float((np.abs(z - middle_z) ** 2).sum())
    # Of points that differ by less than the square root of the least number it is nothing too.
    if spread < np.finfo(np.float64).tiny:
        raise ValueError("the points are all one")
    a = (np.conj(z - middle_z) * (w - middle_w)).sum() / spread
    b = middle_w - a * middle_z
    return np.array([[a.real, -a.imag, b.real], [a.imag, a.real, b.imag]])


def warp(image: Image, points: Points, side: int) -> Image:
    """Bring a face's five points onto ArcFace's template.

    Parameters
    ----------
    image : uint8 [h, w, 3]
    points : float64 [5, 2], in pixels of the image, in the order of `TEMPLATE`
    side : the result's side in pixels; the template is scaled by side / 112

    Returns
    -------
    uint8 [side, side, 3], bilinear, black where the image ends, as InsightFace's ``norm_crop``

    Raises
    ------
    ValueError
        where the points are all one.
    """
    matrix = similarity(points, TEMPLATE * (side / _TEMPLATE_SIDE))
    return np.asarray(
        cv2.warpAffine(
            image,
            matrix,
            (side, side),
            flags=cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_CONSTANT,
        ),
        dtype=np.uint8,
    )


def crop(image: Image, box: Box, margin: int, side: int) -> Image:
    """Cut out a box with a margin and resize it, as MTCNN of facenet-pytorch does.

    ``extract_face`` there: the box grows by margin · w / (side − margin) in width, likewise in
    height, so that ``margin`` pixels of the result lie around it; what is outside the image is
    left off, and the rest is resized by averaging, without keeping its proportions.

    Parameters
    ----------
    image : uint8 [h, w, 3]
    box : left, top, width and height of the face in pixels
    margin : pixels of the result, both sides together
    side : the result's side in pixels

    Returns
    -------
    uint8 [side, side, 3]
    """
    left, top, width, height = box
    more_x, more_y = (margin * length / (side - margin) / 2 for length in (width, height))
    rows, columns = image.shape[:2]
    # A detector's box may lie at the image's very edge; a pixel of it is kept.
    x0 = min(int(max(left - more_x, 0)), columns - 1)
    y0 = min(int(max(top - more_y, 0)), rows - 1)
    x1 = max(int(min(left + width + more_x, columns)), x0 + 1)
    y1 = max(int(min(top + height + more_y, rows)), y0 + 1)
    face = image[y0:y1, x0:x1]
    return np.asarray(cv2.resize(face, (side, side), interpolation=cv2.INTER_AREA), dtype=np.uint8)


def centre_box(image: Image, side: int) -> Box:
    """The square of a side in an image's centre: left, top, width, height in pixels."""
    rows, columns = image.shape[:2]
    return (columns - side) / 2, (rows - side) / 2, side, side
