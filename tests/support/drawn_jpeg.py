"""Draws the JPEG of the fingerprint's charts: ``python tests/support/drawn_jpeg.py chart.jpg``."""

import sys
from pathlib import Path

import cv2
import numpy as np

SIDE = 150


def drawn() -> np.ndarray:
    """Pure colours in patches that fit no block of 16 pixels, grey from black to white, stripes.

    uint8 [SIDE, SIDE, 3], RGB. Its stripes of red and blue, and of green and magenta, have about
    the same brightness, so that they are in the chroma alone.
    """
    y, x = np.mgrid[0:SIDE, 0:SIDE]
    patch = y // 25 * 6 + x // 25
    image = np.stack([patch % 2, patch // 2 % 2, patch // 4 % 2], axis=-1) * 255
    grey = (x * 255 // (SIDE - 1))[..., None]
    image = np.where((y >= 75)[..., None] & (y < 100)[..., None], grey, image)
    red_blue = np.where((x // 3 % 2 == 0)[..., None], (180, 20, 20), (20, 60, 255))
    image = np.where((y >= 100)[..., None] & (y < 125)[..., None], red_blue, image)
    green = np.where((y // 2 % 2 == 0)[..., None], (0, 150, 0), (200, 0, 200))
    return np.where((y >= 125)[..., None], green, image).astype(np.uint8)


if __name__ == "__main__":
    how = [cv2.IMWRITE_JPEG_QUALITY, 90]
    Path(sys.argv[1]).write_bytes(bytes(cv2.imencode(".jpg", drawn()[..., ::-1], how)[1]))
