"""The JPEG chart and the one with a border: what only they see, and what they must not."""

from collections.abc import Callable

import cv2
import numpy as np
import pytest
from drawn_jpeg import SIDE, drawn

from suite.catalog.figures import FIGURES
from suite.catalog.preprocess import PreprocessSpec
from suite.datasets import preprocessing
from suite.datasets.images.decoder import decode
from suite.gates import further_charts as module
from suite.gates.charts import charts_for, tensor_samples
from suite.gates.further_charts import further_charts, further_samples
from suite.judging.rows import samples_row

SPEC = PreprocessSpec(
    height=112,
    width=112,
    color_order="RGB",
    scale=255.0,
    mean=(127.5, 127.5, 127.5),
    std=(127.5, 127.5, 127.5),
)
TOLERANCE = FIGURES["further_tensor"].tolerance.fp32
Decode = Callable[[bytes, str], np.ndarray]


def moved(spec: PreprocessSpec = SPEC) -> float:
    """How far the samples lie from those of the untouched pipeline."""
    row = samples_row("further_tensor", further_samples(further_charts(spec), spec), CLEAN, 1.0)
    assert row.difference is not None
    return row.difference


CLEAN = further_samples(further_charts(SPEC), SPEC)


def chroma(image: np.ndarray, change: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
    """An image of the JPEG whose chroma planes became others."""
    planes = cv2.cvtColor(image, cv2.COLOR_BGR2YCrCb)
    planes[..., 1:] = change(planes[..., 1:])
    return cv2.cvtColor(planes, cv2.COLOR_YCrCb2BGR)


def blocky(planes: np.ndarray) -> np.ndarray:
    """Chroma of half the resolution, each value repeated in place of interpolated."""
    half = cv2.resize(planes, (SIDE // 2, SIDE // 2), interpolation=cv2.INTER_AREA)
    return cv2.resize(half, (SIDE, SIDE), interpolation=cv2.INTER_NEAREST)


def limited(image: np.ndarray) -> np.ndarray:
    """The same bytes read as if brightness were kept in 16…235."""
    stretched = (image.astype(float) - 16) * 255 / 219
    return np.clip(np.rint(stretched), 0, 255).astype(np.uint8)


@pytest.mark.parametrize(
    ("words", "change"),
    [
        ("chroma repeated", lambda image: chroma(image, blocky)),
        ("grey", lambda image: chroma(image, lambda planes: np.full_like(planes, 128))),
        ("Cb and Cr swapped", lambda image: chroma(image, lambda planes: planes[..., ::-1])),
        ("limited range", limited),
        ("turned", lambda image: np.ascontiguousarray(np.rot90(image))),
    ],
)
def test_a_jpeg_that_is_decoded_otherwise_is_seen_by_it_alone(
    monkeypatch: pytest.MonkeyPatch, words: str, change: Callable[[np.ndarray], np.ndarray]
) -> None:
    first = tensor_samples(charts_for(SPEC), SPEC)

    def decoded(data: bytes, name: str) -> np.ndarray:
        image = decode(data, name)
        return change(image) if data[:2] == b"\xff\xd8" else image

    monkeypatch.setattr(module, "decode", decoded)
    assert moved() > TOLERANCE, words
    assert tensor_samples(charts_for(SPEC), SPEC) == first


@pytest.mark.parametrize(
    ("words", "resized"),
    [
        ("nearest", lambda image, size: cv2.resize(image, size, interpolation=cv2.INTER_NEAREST)),
        ("area", lambda image, size: cv2.resize(image, size, interpolation=cv2.INTER_AREA)),
        ("cubic", lambda image, size: cv2.resize(image, size, interpolation=cv2.INTER_CUBIC)),
        ("border cut", lambda image, size: cv2.resize(image[1:-1, 1:-1], size)),
        (
            "border added",
            lambda image, size: cv2.resize(
                cv2.copyMakeBorder(image, 1, 1, 1, 1, cv2.BORDER_REPLICATE), size
            ),
        ),
        ("shifted", lambda image, size: np.roll(cv2.resize(image, size), 1, axis=1)),
    ],
)
def test_resizing_and_borders_are_seen(
    monkeypatch: pytest.MonkeyPatch,
    words: str,
    resized: Callable[[np.ndarray, tuple[int, int]], np.ndarray],
) -> None:
    first = tensor_samples(charts_for(SPEC), SPEC)
    monkeypatch.setattr(
        preprocessing, "_resized", lambda image, spec: resized(image, (spec.width, spec.height))
    )
    assert moved() > TOLERANCE, words
    if words in ("nearest", "area", "cubic"):
        assert tensor_samples(charts_for(SPEC), SPEC) == first


def test_a_crop_in_place_of_stretching_is_seen() -> None:
    tall = SPEC.model_copy(update={"width": 96})
    stretched = further_samples(further_charts(tall), tall)
    cut = tall.model_copy(update={"fit": "crop"})
    row = samples_row("further_tensor", further_samples(further_charts(cut), cut), stretched, 1.0)
    assert row.difference is not None
    assert row.difference > TOLERANCE


def test_a_grey_level_that_libraries_round_otherwise_is_tolerated(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rng = np.random.default_rng(0)

    def rounded(data: bytes, name: str) -> np.ndarray:
        image = decode(data, name).astype(int)
        return np.clip(image + rng.integers(-1, 2, image.shape), 0, 255).astype(np.uint8)

    monkeypatch.setattr(module, "decode", rounded)
    assert 0 < moved() < TOLERANCE


def test_the_jpeg_is_what_was_drawn_with_chroma_at_half_the_resolution() -> None:
    jpeg, border = further_charts(SPEC)
    data = jpeg.read()
    # Of its frame header: components 1, 2, 3, and of the first, twice the others' factors.
    start = data.index(b"\xff\xc0")
    assert data[start + 9 : start + 18] == bytes([3, 1, 0x22, 0, 2, 0x11, 1, 3, 0x11])
    image = decode(data, jpeg.name)[..., ::-1].astype(int)
    assert image.shape == (SIDE, SIDE, 3)
    # Patches, without their edges, are the colours that were drawn.
    for row in range(3):
        for column in range(6):
            inside = np.s_[row * 25 + 8 : row * 25 + 17, column * 25 + 8 : column * 25 + 17]
            assert np.abs(image[inside] - drawn()[inside]).mean() < 4
    assert (image.min(), image.max()) == (0, 255)
    assert decode(border.read(), border.name).shape == (141, 150, 3)
    assert len(CLEAN) == 2 * FIGURES["further_tensor"].row
