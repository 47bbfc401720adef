"""From encoded images to a network's input."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from suite.catalog.errors import DatasetError
from suite.catalog.preprocess import PreprocessSpec
from suite.datasets.alignment.geometry import TEMPLATE, similarity, warp
from suite.datasets.images.decoder import decode
from suite.datasets.preprocessing import cropped, mirror, prepare

COLOURS = np.random.default_rng(0).integers(0, 256, (20, 30, 3), dtype=np.uint8)


def encoded(suffix: str, image=COLOURS) -> bytes:
    return cv2.imencode(suffix, image)[1].tobytes()


def spec(**changes) -> PreprocessSpec:
    plain = {
        "height": 4,
        "width": 3,
        "color_order": "RGB",
        "mean": (0.485, 0.456, 0.406),
        "std": (0.229, 0.224, 0.225),
        "scale": 1.0,
    }
    return PreprocessSpec.model_validate({**plain, **changes})


@pytest.mark.parametrize("suffix", [".png", ".bmp", ".ppm"])
def test_a_lossless_image_is_decoded_as_bgr(suffix):
    np.testing.assert_array_equal(decode(encoded(suffix), "face"), COLOURS)


@pytest.mark.parametrize("suffix", [".pgm", ".png", ".jpg"])
def test_a_grey_image_has_three_equal_channels(suffix):
    image = decode(encoded(suffix, COLOURS[..., 0]), "face")
    assert image.shape == (20, 30, 3)
    assert (image == image[..., :1]).all()


@pytest.mark.parametrize("data", [b"", b"no image", b"\xff\xd8\xff"])
def test_what_is_no_image_is_named(data):
    with pytest.raises(DatasetError, match=r"orl\.bin\[17\]: "):
        decode(data, "orl.bin[17]")


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".bmp", ".ppm", ".webp"])
@pytest.mark.parametrize("share", [0.3, 0.7, 0.95])
def test_an_image_that_is_cut_short_is_named(suffix, share):
    data = encoded(suffix)
    with pytest.raises(DatasetError, match=r"orl\.bin\[17\]: "):
        decode(data[: int(len(data) * share)], "orl.bin[17]")


def test_a_cut_jpeg_with_a_whole_thumbnail_is_cut_short():
    thumbnail = encoded(".jpg", COLOURS[:8, :8])
    app1 = b"\xff\xe1" + (len(thumbnail) + 2).to_bytes(2, "big") + thumbnail
    whole = encoded(".jpg")
    with_thumbnail = whole[:2] + app1 + whole[2:]
    np.testing.assert_array_equal(decode(with_thumbnail, "face"), decode(whole, "face"))
    with pytest.raises(DatasetError, match="face: this JPEG is cut short"):
        decode(with_thumbnail[:-12], "face")


def test_bytes_after_a_jpegs_end_do_no_harm():
    assert decode(encoded(".jpg") + b"\0\0\n", "face").shape == (20, 30, 3)


def by_pixel(image, wanted: PreprocessSpec):
    """The formula of a card, a value at a time, in float64, height × width × channel."""
    made = np.empty((wanted.height, wanted.width, 3))
    for channel in range(3):
        place = 2 - channel if wanted.color_order == "RGB" else channel
        for row in range(wanted.height):
            for column in range(wanted.width):
                value = float(image[row, column, place]) * wanted.scale / 255
                made[row, column, channel] = (value - wanted.mean[channel]) / wanted.std[channel]
    return made


@given(
    images=st.lists(arrays.arrays(np.uint8, (4, 3, 3)), min_size=1, max_size=3),
    layout=st.sampled_from(["NCHW", "NHWC"]),
    order=st.sampled_from(["RGB", "BGR"]),
    unit=st.sampled_from([1.0, 255.0]),
    mean=st.tuples(*[st.floats(0, 1)] * 3),
    std=st.tuples(*[st.floats(0.1, 2)] * 3),
)
def test_prepare_is_the_formula_of_each_pixel(images, layout, order, unit, mean, std):
    wanted = spec(
        layout=layout,
        color_order=order,
        scale=unit,
        mean=tuple(unit * value for value in mean),
        std=tuple(unit * value for value in std),
    )
    tensor = prepare(images, wanted)
    assert tensor.dtype == np.float32
    assert tensor.flags.c_contiguous
    expected = np.stack([by_pixel(image, wanted) for image in images])
    if layout == "NCHW":
        expected = expected.transpose(0, 3, 1, 2)
    np.testing.assert_allclose(tensor, expected, rtol=1e-6, atol=4e-6)


def test_prepare_resizes_only_what_has_another_size():
    wanted = spec(height=20, width=30, mean=(0.0, 0.0, 0.0), std=(1.0, 1.0, 1.0), scale=255.0)
    larger = cv2.resize(COLOURS, (61, 43))
    tensor = prepare([COLOURS, larger], wanted)
    assert tensor.shape == (2, 3, 20, 30)
    np.testing.assert_array_equal(tensor[0], COLOURS[..., ::-1].transpose(2, 0, 1))
    resized = cv2.resize(larger, (30, 20), interpolation=cv2.INTER_LINEAR)
    np.testing.assert_array_equal(tensor[1], resized[..., ::-1].transpose(2, 0, 1))


@settings(max_examples=30)
@given(arrays.arrays(np.float32, arrays.array_shapes(min_dims=4, max_dims=4)))
def test_mirror_twice_is_the_same(tensor):
    for layout in ("NCHW", "NHWC"):
        np.testing.assert_array_equal(mirror(mirror(tensor, layout), layout), tensor)


def test_mirror_turns_columns_and_nothing_else():
    image = np.arange(24, dtype=np.float32).reshape(1, 3, 2, 4)
    mirrored = mirror(image, "NCHW")
    np.testing.assert_array_equal(mirrored[0, 0], [[3, 2, 1, 0], [7, 6, 5, 4]])
    assert mirrored.flags.c_contiguous
    as_nhwc = mirror(np.ascontiguousarray(image.transpose(0, 2, 3, 1)), "NHWC")
    np.testing.assert_array_equal(as_nhwc, mirrored.transpose(0, 2, 3, 1))


@pytest.mark.parametrize(
    ("kind", "zero_point", "wanted"), [("uint8", 127.5, (0, 255)), ("int8", 0.0, (-127, 127))]
)
def test_a_quantized_input_is_whole_numbers_within_its_type(kind, zero_point, wanted):
    how = {"type": kind, "scale": 1 / 127.5, "zero_point": zero_point}
    ends = np.array([[[0] * 3, [255] * 3]], np.uint8)
    changes = {"height": 1, "width": 2, "mean": (127.5,) * 3, "std": (127.5,) * 3, "scale": 255.0}
    made = prepare([ends], spec(**changes, layout="NHWC", quantized=how))
    low, high = np.rint(np.float32(wanted))
    np.testing.assert_array_less(np.abs(made[0, 0, 0] - low), 1.5)
    np.testing.assert_array_less(np.abs(made[0, 0, 1] - high), 1.5)
    assert np.array_equal(made, np.rint(made))
    wide = prepare([ends], spec(**changes, quantized={**how, "scale": 1e-4}))
    assert (wide.min(), wide.max()) == (np.iinfo(kind).min, np.iinfo(kind).max)


def test_bytes_taken_as_pixels_are_stay_so():
    how = {"type": "uint8", "scale": 1 / 127.5, "zero_point": 127.5}
    changes = {"mean": (127.5,) * 3, "std": (127.5,) * 3, "scale": 255.0, "color_order": "BGR"}
    pixels = np.arange(12 * 3, dtype=np.uint8).reshape(4, 3, 3) * 7
    made = prepare([pixels], spec(**changes, layout="NHWC", quantized=how))
    np.testing.assert_array_equal(made[0], pixels)


def test_no_hash_changes_by_an_input_that_is_not_quantized():
    assert "quantized" not in spec().hashed()


@pytest.mark.parametrize("layout", ["NCHW", "NHWC"])
def test_prewhitening_is_facenets(layout):
    own = {"mean": (0.0,) * 3, "std": (1.0,) * 3, "prewhiten": True, "layout": layout}
    flat = np.full((20, 30, 3), 7, np.uint8)
    made = prepare([COLOURS, flat], spec(height=20, width=30, **own))
    if layout == "NCHW":
        made = made.transpose(0, 2, 3, 1)
    x = COLOURS[..., ::-1].astype(np.float64)
    expected = (x - x.mean()) / max(x.std(), 1 / np.sqrt(x.size))
    np.testing.assert_allclose(made[0], expected, atol=1e-5)
    np.testing.assert_allclose(made[1], 0, atol=1e-3)


def test_prewhitening_takes_no_other_mean():
    with pytest.raises(ValueError, match=r"prewhiten = true, which takes each image's own mean"):
        spec(prewhiten=True)


def test_a_crop_is_the_template_for_a_rectangular_network():
    image = np.random.default_rng(1).integers(0, 256, (250, 250, 3), dtype=np.uint8)
    image = cv2.GaussianBlur(image, (0, 0), 2)
    points = TEMPLATE * 1.1 + 40
    given = spec(height=112, width=96, fit="crop", scale=255.0, mean=(0.0,) * 3, std=(1.0,) * 3)
    made = prepare([warp(image, points, 112)], given)[0].transpose(1, 2, 0)[..., ::-1]
    # SphereFace's and CosFace's points for 96 x 112: ArcFace's, 8 pixels less in x.
    matrix = similarity(points, TEMPLATE - (8, 0))
    expected = cv2.warpAffine(image, matrix, (96, 112), flags=cv2.INTER_LINEAR)
    assert np.abs(made - expected.astype(np.float64)).max() <= 1


@pytest.mark.parametrize(
    ("shape", "fed", "kept"),
    [
        ((112, 112), (112, 96), (slice(0, 112), slice(8, 104))),
        ((112, 96), (112, 112), (slice(8, 104), slice(0, 96))),
        ((224, 224), (112, 96), (slice(0, 224), slice(16, 208))),
        ((112, 96), (112, 96), (slice(0, 112), slice(0, 96))),
        ((1, 50), (100, 1), (slice(0, 1), slice(24, 25))),
    ],
)
def test_the_middle_of_the_inputs_aspect_is_kept(shape, fed, kept):
    image = np.random.default_rng(2).integers(0, 256, (*shape, 3), dtype=np.uint8)
    given = spec(height=fed[0], width=fed[1], fit="crop")
    np.testing.assert_array_equal(cropped(image, given), image[kept])
    assert cropped(image, given.model_copy(update={"fit": "stretch"})) is image


def test_how_faces_fit_changes_no_hash_by_default():
    assert {"fit", "prewhiten"}.isdisjoint(spec().hashed())
    assert spec(fit="crop").hashed()["fit"] == "crop"
