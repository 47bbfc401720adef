"""What is read of an image before it is decoded, and what is refused."""

import struct
import time
import zlib

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from suite.catalog.errors import DatasetError
from suite.datasets.images import decoder
from suite.datasets.images.decoder import decode
from suite.datasets.images.header import inspect
from suite.datasets.images.image_file import Unfit

COLOURS = np.random.default_rng(0).integers(0, 256, (20, 30, 3), dtype=np.uint8)
FACE = cv2.GaussianBlur(
    np.random.default_rng(1).integers(0, 256, (112, 112, 3), np.uint8), (0, 0), 3
)


STARTS = [b"", b"\xff\xd8\xff", b"P5 ", b"BM", b"RIFF", b"II*\0", b"\x89PNG\r\n\x1a\n"]


def encoded(suffix: str, image=COLOURS, *options: int) -> bytes:
    return cv2.imencode(suffix, image, options)[1].tobytes()


def chunk(kind: bytes, content: bytes) -> bytes:
    return (
        struct.pack(">I", len(content))
        + kind
        + content
        + struct.pack(">I", zlib.crc32(kind + content))
    )


def png(width: int, height: int, depth: int, colour: int, rows: bytes, *more: bytes) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    body = b"".join([chunk(b"IHDR", header), *more, chunk(b"IDAT", zlib.compress(rows))])
    return b"\x89PNG\r\n\x1a\n" + body + chunk(b"IEND", b"")


def jpeg_segments(data: bytes):
    """The segments of a plain JPEG: marker and bytes; the last has the picture and its end."""
    place = 2
    while True:
        marker, (length,) = data[place + 1], struct.unpack_from(">H", data, place + 2)
        end = place + 2 + length
        if marker == 0xDA:
            yield marker, data[end:-2]
            return
        yield marker, data[place:end]
        place = end


def cmyk_jpeg(planes) -> bytes:
    """A JPEG of four planes uint8 [h, w], each in a scan of its own, with Adobe's mark of CMYK."""
    greys = [encoded(".jpg", plane, cv2.IMWRITE_JPEG_QUALITY, 100) for plane in planes]
    made = [dict(jpeg_segments(grey)) for grey in greys]
    parts = [b"\xff\xd8", b"\xff\xee\x00\x0eAdobe\x00\x64\x00\x00\x00\x00\x00"]
    data, tables, place = greys[0], b"", 2
    while data[place + 1] != 0xDA:
        (length,) = struct.unpack_from(">H", data, place + 2)
        if data[place + 1] in (0xDB, 0xC4):
            tables += data[place : place + 2 + length]
        place += 2 + length
    height, width = planes[0].shape
    frame = struct.pack(">BHHB", 8, height, width, 4) + b"".join(
        bytes([i, 0x11, 0]) for i in range(1, 5)
    )
    parts += [tables, b"\xff\xc0" + struct.pack(">H", len(frame) + 2) + frame]
    for number, segments in enumerate(made, 1):
        parts.append(b"\xff\xda\x00\x08\x01" + bytes([number, 0, 0, 63, 0]) + segments[0xDA])
    return b"".join(parts) + b"\xff\xd9"


def forbid_decoding(monkeypatch) -> None:
    for module, name in ((cv2, "imdecode"), (decoder, "decode_apart")):
        monkeypatch.setattr(module, name, lambda *_: pytest.fail("it was decoded"))


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".bmp", ".ppm", ".webp"])
def test_the_size_is_read_from_the_header(suffix):
    found = inspect(encoded(suffix))
    assert (found.width, found.height) == (30, 20)


@pytest.mark.parametrize("quality", [80, 101])  # above 100 is lossless
def test_a_webps_size_is_read_from_either_kind(quality):
    found = inspect(encoded(".webp", COLOURS, cv2.IMWRITE_WEBP_QUALITY, quality))
    assert (found.format, found.width, found.height) == ("WebP", 30, 20)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "face: is empty, a file of no byte; fetch the image again."),
        (b"<html>", "face: its 6 bytes are no image of a kind that is read (JPEG, PNG, WebP, BMP"),
        (b"\xff\xd8\xff", "face: is cut short at 3 bytes; fetch the image again."),
        (encoded(".jpg")[:-40], "face: this JPEG is cut short: libjpeg says 'Corrupt JPEG data"),
        (encoded(".png")[:300], "face: this PNG is cut short; fetch the image again."),
        (encoded(".bmp")[:300], "face: this BMP is cut short; fetch the image again."),
        (encoded(".webp")[:300], "face: this WebP is cut short; fetch the image again."),
        (encoded(".ppm")[:300], "face: this PGM, PPM or PBM is cut short; fetch the image again."),
        (b"P5 x", "face: this PGM, PPM or PBM is damaged in its header; fetch the image again."),
        (b"P5 2 1 100\n\0\1", "face: this PGM or PPM has values up to 100, not 255 or 65535; save"),
        (b"P7\nWIDTH 1\n", "face: this is a PAM; save it as a PNG."),
        (b"P5 0 5 255\n", "face: this PNM says it is 0 × 5 pixels; replace it."),
    ],
)  # fmt: skip
def test_what_is_not_whole_is_refused_in_a_sentence(data, said, capfd):
    with pytest.raises(DatasetError) as caught:
        decode(data, "face")
    assert str(caught.value).startswith(said)
    assert capfd.readouterr().err == ""


def test_a_damaged_png_is_refused_by_its_checksum(capfd):
    data = bytearray(encoded(".png"))
    data[len(data) // 2] ^= 0xFF
    with pytest.raises(DatasetError, match="face: this PNG is damaged: a checksum is wrong"):
        decode(bytes(data), "face")
    assert capfd.readouterr().err == ""


def huge(kind: str) -> bytes:
    if kind == "png":
        return png(20_000, 20_000, 8, 2, b"\0" * 100)
    if kind == "jpeg":
        data = bytearray(encoded(".jpg"))
        frame = data.index(b"\xff\xc0")
        data[frame + 5 : frame + 9] = struct.pack(">HH", 65_000, 65_000)
        return bytes(data)
    if kind == "bmp":
        data = bytearray(encoded(".bmp"))
        data[18:26] = struct.pack("<ii", 30_000, -30_000)
        data[30:34] = struct.pack("<I", 1)
        return bytes(data)
    raise ValueError(kind)


@pytest.mark.parametrize("kind", ["png", "jpeg", "bmp"])
def test_an_enormous_image_is_refused_before_it_is_decoded(kind, monkeypatch):
    forbid_decoding(monkeypatch)
    with pytest.raises(DatasetError, match=r"face: this \w+ says it is [\d,]+ × [\d,]+ pixels"):
        decode(huge(kind), "face")


@pytest.mark.parametrize(
    ("share", "progressive"), [(0.3, 0), (0.6, 0), (0.8, 0), (0.3, 1), (0.6, 1)]
)
def test_a_jpeg_cut_short_and_given_an_end_is_refused(share, progressive):
    data = encoded(".jpg", FACE, cv2.IMWRITE_JPEG_PROGRESSIVE, progressive)
    with pytest.raises(DatasetError, match="face: this JPEG is"):
        decode(data[: int(len(data) * share)] + b"\xff\xd9", "face")


@pytest.mark.parametrize("progressive", [0, 1])
def test_a_whole_jpeg_with_grey_corners_is_read(progressive, capfd):
    image = np.full((96, 96, 3), 128, np.uint8)
    image[20:70, 20:70] = FACE[:50, :50]
    data = encoded(".jpg", image, cv2.IMWRITE_JPEG_PROGRESSIVE, progressive)
    assert decode(data, "face").shape == (96, 96, 3)
    assert decode(data + b"trailing", "face").shape == (96, 96, 3)
    assert capfd.readouterr().err == ""


def test_restart_markers_and_stuffed_bytes_are_no_end():
    data = encoded(".jpg", COLOURS.repeat(8, 0).repeat(8, 1), cv2.IMWRITE_JPEG_RST_INTERVAL, 2)
    assert b"\xff\xd0" in data
    assert decode(data, "face").shape == (160, 240, 3)


def test_a_cmyk_jpeg_is_decoded_to_its_colours():
    ink = {"red": (255, 0, 0), "green": (0, 255, 0), "blue": (0, 0, 255)}
    for rgb in ink.values():
        # Adobe writes inks inverted: 255 is none of it; black is none everywhere.
        planes = [np.full((16, 16), value, np.uint8) for value in (*rgb, 255)]
        image = decode(cmyk_jpeg(planes), "face")
        assert np.abs(image[8, 8, ::-1].astype(int) - rgb).max() <= 3


def test_of_sixteen_bits_the_upper_eight_are_taken():
    deep = np.random.default_rng(0).integers(0, 65536, (20, 30, 3), dtype=np.uint16)
    np.testing.assert_array_equal(decode(encoded(".png", deep), "face"), deep >> 8)


def test_transparency_is_dropped_and_colours_stay():
    alpha = np.dstack([COLOURS, np.arange(600, dtype=np.uint16).reshape(20, 30) % 256]).astype(
        np.uint8
    )
    np.testing.assert_array_equal(decode(encoded(".png", alpha), "face"), COLOURS)


def test_a_palettes_colours_are_looked_up():
    palette = chunk(b"PLTE", bytes([10, 20, 30, 200, 100, 50]))
    image = decode(png(2, 1, 8, 3, b"\0\1\0", palette), "face")
    assert image.tolist() == [[[50, 100, 200], [30, 20, 10]]]


def test_an_odd_colour_profile_makes_no_noise(capfd):
    profile = chunk(b"iCCP", b"odd\0\0" + zlib.compress(b"no profile at all" * 20))
    image = decode(png(2, 1, 8, 2, b"\0" + bytes(range(6)), profile), "face")
    assert image.tolist() == [[[2, 1, 0], [5, 4, 3]]]
    assert capfd.readouterr().err == ""


def test_the_content_says_the_format_whatever_the_name():
    np.testing.assert_array_equal(decode(encoded(".png"), "face.jpg"), COLOURS)


@settings(max_examples=200)
@given(st.sampled_from([".jpg", ".png", ".bmp", ".ppm", ".webp"]), st.data())
def test_any_bytes_are_read_or_refused(suffix, draw):
    data = bytearray(encoded(suffix))
    for place in draw.draw(st.lists(st.integers(0, min(60, len(data) - 1)), max_size=4)):
        data[place] = draw.draw(st.integers(0, 255))
    data = data[: draw.draw(st.integers(0, len(data)))]
    try:
        found = inspect(bytes(data))
    except Unfit as reason:
        assert str(reason)
        return
    assert found.width * found.height <= 64_000_000


@settings(max_examples=200)
@given(
    st.binary(max_size=40),
    st.sampled_from([b"", b"\xff\xd8\xff", b"P5 ", b"BM", b"RIFF", b"\x89PNG\r\n\x1a\n"]),
)
def test_what_begins_like_an_image_is_read_or_refused(tail, head):
    try:
        inspect(head + tail)
    except Unfit as reason:
        assert str(reason)


def test_exif_turns_a_picture():
    tiff = b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0"
    body = b"Exif\0\0" + tiff
    data = encoded(".jpg")
    app1 = b"\xff\xe1" + struct.pack(">H", len(body) + 2) + body
    assert decode(data[:2] + app1 + data[2:], "face").shape == (30, 20, 3)


@pytest.mark.parametrize("comment", [b"P5\n# made by\n2 1\n255\n\0\1", b"P5 2 1 # x\n255\n\0\1"])
def test_comments_in_a_pgms_header_are_passed(comment):
    assert decode(comment, "face")[0, :, 0].tolist() == [0, 1]


def interleaved_jpeg(transform: int, blocks: int = 12) -> bytes:
    """A JPEG of four components in one scan, of flat blocks, as T.81 codes them.

    ``transform`` is Adobe's: 0 for CMYK, 2 for YCCK.
    """
    rng, bits, before = np.random.default_rng(3), "", [0] * 4
    for _ in range(blocks * blocks):
        for component in range(4):
            level = int(rng.integers(-60, 60))
            change, before[component] = level - before[component], level
            length = abs(change).bit_length()
            low = change if change >= 0 else change + 2**length - 1
            # A code of four bits for each length, and a bit that ends the block.
            bits += f"{length:04b}" + (f"{low:0{length}b}" if length else "") + "0"
    bits += "1" * (-len(bits) % 8)
    scan = int(bits, 2).to_bytes(len(bits) // 8, "big").replace(b"\xff", b"\xff\0")
    four = b"".join(bytes([number, 0x11, 0]) for number in range(1, 5))
    parts = (
        (0xEE, b"Adobe\0\x64\0\0\0\0" + bytes([transform])),
        (0xDB, b"\0" + b"\x10" * 64),
        (0xC0, struct.pack(">BHHB", 8, 8 * blocks, 8 * blocks, 4) + four),
        (0xC4, b"\0" + bytes([0, 0, 0, 12] + [0] * 12) + bytes(range(12))),
        (0xC4, b"\x10" + bytes([1] + [0] * 15) + b"\0"),
        (0xDA, b"\x04" + b"".join(bytes([number, 0]) for number in range(1, 5)) + b"\0\x3f\0"),
    )
    made = b"".join(
        bytes([0xFF, marker]) + struct.pack(">H", len(content) + 2) + content
        for marker, content in parts
    )
    return b"\xff\xd8" + made + scan + b"\xff\xd9"


@pytest.mark.parametrize("transform", [0, 2], ids=["cmyk", "ycck"])
def test_a_cmyk_jpeg_that_was_cut_and_given_an_end_is_refused(transform, capfd):
    whole = interleaved_jpeg(transform)
    assert decode(whole, "face").std() > 20
    assert capfd.readouterr().err == ""
    for share in (0.3, 0.6, 0.9):
        cut = whole[: int(len(whole) * share)].rstrip(b"\xff") + b"\xff\xd9"
        with pytest.raises(DatasetError, match=r"face: this JPEG is cut short: libjpeg says"):
            decode(cut, "face")


@pytest.mark.parametrize("progressive", [0, 1])
@pytest.mark.parametrize("tail", [b"", b"\xff"], ids=["no-end", "half-an-end"])
def test_a_whole_jpeg_without_its_end_is_read(tail, progressive):
    data = encoded(".jpg", FACE, cv2.IMWRITE_JPEG_PROGRESSIVE, progressive)
    np.testing.assert_array_equal(decode(data[:-2] + tail, "face"), decode(data, "face"))


@pytest.mark.parametrize("progressive", [0, 1])
def test_a_jpeg_without_its_end_that_lacks_data_is_cut_short(progressive):
    data = encoded(".jpg", FACE, cv2.IMWRITE_JPEG_PROGRESSIVE, progressive)
    for cut in (5, 9, 30, 100, len(data) // 3, len(data) // 2):
        with pytest.raises(DatasetError, match=r"face: (this JPEG )?is cut short"):
            decode(data[:-cut], "face")


@pytest.mark.parametrize("progressive", [0, 1])
def test_bytes_between_a_jpegs_segments_are_passed_over(progressive, capfd):
    data = encoded(".jpg", FACE, cv2.IMWRITE_JPEG_PROGRESSIVE, progressive)
    tables, frame = data.index(b"\xff\xdb"), data.index(b"\xff\xc2" if progressive else b"\xff\xc0")
    odd = data[:tables] + b"abc\0\xff\0" + data[tables:frame] + b"\0" + data[frame:]
    np.testing.assert_array_equal(decode(odd, "face"), decode(data, "face"))
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize(
    ("data", "pixels"),
    [
        (b"P2\n2 1\n255\n1 2", [[1] * 3, [2] * 3]),
        (b"P3\n1 1\n255\n1 2 3", [[3, 2, 1]]),
        (b"P1\n2 1\n1 0", [[0] * 3, [255] * 3]),
    ],
)
def test_a_number_may_end_an_ascii_file(data, pixels):
    assert decode(data, "face").tolist() == [pixels]


@pytest.mark.parametrize("kind", [np.uint8, np.uint16])
def test_a_tiff_is_read(kind):
    image = COLOURS.astype(np.int64) * np.iinfo(kind).max // 255
    data = encoded(".tif", image.astype(kind))
    assert (inspect(data).format, inspect(data).width, inspect(data).height) == ("TIFF", 30, 20)
    np.testing.assert_array_equal(decode(data, "face"), COLOURS)


def little_tiff(width: int, height: int, *, bits: int = 8, pixels: int = 6) -> bytes:
    """A grey TIFF of little-endian order with its directory first."""
    entries = (
        *((256, 4, width), (257, 4, height), (258, 3, bits), (259, 3, 1), (262, 3, 1)),
        *((273, 4, 122), (277, 3, 1), (278, 4, height), (279, 4, pixels)),
    )
    tags = b"".join(struct.pack("<HHII", tag, kind, 1, value) for tag, kind, value in entries)
    return b"II*\0" + struct.pack("<IH", 8, len(entries)) + tags + bytes(4) + bytes(range(pixels))


def test_a_tiffs_size_and_end_are_held_to_its_bytes(monkeypatch):
    assert decode(little_tiff(3, 2), "face")[..., 0].tolist() == [[0, 1, 2], [3, 4, 5]]
    forbid_decoding(monkeypatch)
    for data, said in (
        (little_tiff(60_000, 60_000), "this TIFF says it is 60,000 × 60,000 pixels, and more"),
        (little_tiff(3, 2)[:-1], "this TIFF is cut short; fetch the image again"),
        (little_tiff(3, 2)[:50], "is cut short at 50 bytes; fetch the image again"),
        (little_tiff(3, 2, bits=32), "this TIFF has samples of 32 bits, not whole numbers of up"),
        (little_tiff(3, 0), "this TIFF says it is 3 × 0 pixels; replace it"),
    ):
        with pytest.raises(DatasetError, match=f"face: {said}"):
            decode(data, "face")


def test_a_tiff_of_whose_damage_libtiff_speaks_is_refused(capfd):
    if not cv2.__version__.startswith("5."):
        pytest.skip("OpenCV 4 keeps libtiff quiet")
    data = encoded(".tif", FACE, cv2.IMWRITE_TIFF_COMPRESSION, 5)  # LZW
    refused = 0
    for place in range(200, 5000, 150):
        hole = data[:place] + bytes(40) + data[place + 40 :]
        try:
            decode(hole, "face")
        except DatasetError as error:
            refused += "libtiff says" in str(error)
    assert refused > 10
    assert capfd.readouterr().err == ""


def many_tags(count: int) -> bytes:
    """A TIFF whose directory names one long list of strips again and again."""
    entry = struct.pack("<HHII", 273, 4, 200_000, 8)
    return (
        b"II*\0"
        + struct.pack("<I", 8 + 800_000)
        + bytes(800_000)
        + struct.pack("<H", count)
        + entry * count
        + bytes(4)
    )


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"P2 8000 8000 255\n1 2 3", "this PGM, PPM or PBM is cut short"),
        (b"P1 8000 8000 1", "this PGM, PPM or PBM is cut short"),
        (b"BM" + struct.pack("<4I4H", 0, 0, 26, 12, 8000, 8000, 1, 24), "this BMP is cut short"),
        (many_tags(60_000), "this TIFF has no picture in it|this TIFF says it is 0"),
        (b"P5" + b"#\n" * 2_000_000, "this PGM, PPM or PBM is damaged in its header"),
    ],
    ids=["pgm", "pbm", "bmp", "tiff", "comments"],
)  # fmt: skip
def test_a_small_file_of_an_enormous_picture_costs_nothing(data, said, monkeypatch):
    forbid_decoding(monkeypatch)
    begun = time.process_time()
    with pytest.raises(DatasetError, match=f"face: ({said})"):
        decode(data, "face")
    assert time.process_time() - begun < 2


def test_a_small_jpeg_of_an_enormous_picture_costs_nothing(monkeypatch):
    forbid_decoding(monkeypatch)
    data = bytearray(encoded(".jpg"))
    frame = data.index(b"\xff\xc0")
    data[frame + 5 : frame + 9] = struct.pack(">HH", 8000, 8000)
    with pytest.raises(DatasetError, match="face: this JPEG is cut short"):
        decode(bytes(data), "face")


@pytest.mark.parametrize("quality", [1, 95])
def test_a_flat_picture_takes_as_few_bytes_as_there_may_be(quality):
    for passes in (0, 1):
        flat = np.full((2000, 2000), 7, np.uint8)
        how = (cv2.IMWRITE_JPEG_QUALITY, quality, cv2.IMWRITE_JPEG_PROGRESSIVE, passes)
        data = encoded(".jpg", flat, *how, cv2.IMWRITE_JPEG_OPTIMIZE, 1)
        assert decode(data, "face").shape == (2000, 2000, 3)
