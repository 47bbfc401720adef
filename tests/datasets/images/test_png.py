"""A PNG's chunks, its picture's bytes, and what libpng never gets to see."""

import struct
import time
import tracemalloc
import zlib

import cv2
import numpy as np
import pytest

from suite.catalog.errors import DatasetError
from suite.datasets.images.decoder import decode

START = b"\x89PNG\r\n\x1a\n"
COLOURS = np.random.default_rng(0).integers(0, 256, (20, 30, 3), dtype=np.uint8)


def chunk(kind: bytes, content: bytes) -> bytes:
    check = zlib.crc32(kind + content)
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", check)


def png(
    *chunks: bytes, size=(4, 4), depth=8, colour=2, lacing=0, rows: bytes | None = None
) -> bytes:
    """A PNG with more chunks before its picture, which is black."""
    rows = bytes(size[1] * (1 + size[0] * 3)) if rows is None else rows
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", *size, depth, colour, 0, 0, lacing))
    picture = chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    return START + header + b"".join(chunks) + picture


def refusal(data: bytes, capfd) -> str:
    with pytest.raises(DatasetError) as caught:
        decode(data, "face")
    assert capfd.readouterr().err == ""
    return str(caught.value)


@pytest.mark.parametrize(
    "bomb",
    [
        *(chunk(kind, b"odd\0" + tail) for kind, tail in ((b"zTXt", b"\0"), (b"iCCP", b"\0"))),
        chunk(b"iTXt", b"odd\0\1\0\0\0"),
    ],
    ids=["zTXt", "iCCP", "iTXt"],
)
def test_packed_texts_and_profiles_cost_nothing(bomb, capfd):
    kind, content = bomb[4:8], bomb[8:-4]
    packed = chunk(kind, content + zlib.compress(bytes(20_000_000), 1))
    data = png(*[packed] * 40)
    begun = time.process_time()
    tracemalloc.start()
    assert decode(data, "face").shape == (4, 4, 3)
    assert tracemalloc.get_traced_memory()[1] < 4 * len(data)
    tracemalloc.stop()
    assert time.process_time() - begun < 1
    assert capfd.readouterr().err == ""


def test_a_picture_that_unpacks_to_more_than_its_size_is_refused_before_it_is_unpacked(capfd):
    data = png(rows=bytes(60_000_000))
    tracemalloc.start()
    said = refusal(data, capfd)
    assert tracemalloc.get_traced_memory()[1] < 2_000_000
    tracemalloc.stop()
    assert said == (
        "face: this PNG is damaged: it has more rows than its header says; fetch the image again."
    )


ROWS = bytes(4 * 13)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (png(rows=ROWS[:-1]), "rows of its picture are missing"),
        (png(rows=b"\5" + ROWS[1:]), "a row is packed in a way that no PNG has"),
        (png(colour=5), "its header says what no PNG has"),
        (png(depth=3), "its header says what no PNG has"),
        (png(lacing=2), "its header says what no PNG has"),
        (png(colour=3, rows=bytes(20)), "it has no palette, or one that is none"),
        (png(rows=ROWS).replace(chunk(b"IDAT", zlib.compress(ROWS)), b""), "it has no picture in"),
        (
            png().replace(
                chunk(b"IDAT", zlib.compress(ROWS)), chunk(b"IDAT", zlib.compress(ROWS)[:-4])
            ),
            "the end of its picture is missing",
        ),
        (
            png().replace(
                chunk(b"IDAT", zlib.compress(ROWS)),
                chunk(b"IDAT", zlib.compress(ROWS)[:-1] + b"\xff"),
            ),
            "its picture cannot be unpacked",
        ),
    ],
)
def test_damage_behind_right_checksums_is_refused(data, said, capfd):
    assert refusal(data, capfd).startswith(f"face: this PNG is damaged: {said}")


@pytest.mark.parametrize("lacing", [0, 1], ids=["plain", "interlaced"])
@pytest.mark.parametrize("size", [(1, 1), (3, 2), (5, 9), (8, 8), (17, 4)])
@pytest.mark.parametrize(("colour", "depth"), [(0, 1), (0, 8), (2, 8), (4, 8), (6, 16), (3, 4)])
def test_every_kind_of_picture_is_measured_as_libpng_does(lacing, size, colour, depth, capfd):
    samples = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[colour]
    steps = [(0, 0, 1, 1)]
    if lacing:
        steps = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4)]
        steps += [(1, 0, 2, 2), (0, 1, 1, 2)]
    rows = b""
    for x, y, across, down in steps:
        columns, lines = len(range(x, size[0], across)), len(range(y, size[1], down))
        if columns:
            rows += lines * (b"\0" + b"\xff" * -(-columns * samples * depth // 8))
    palette = [chunk(b"PLTE", b"\0\0\0" * 15 + b"\xff" * 3)] if colour == 3 else []
    data = png(*palette, size=size, depth=depth, colour=colour, lacing=lacing, rows=rows)
    image = decode(data, "face")
    assert image.shape == (size[1], size[0], 3)
    assert (image == 255).all()
    assert capfd.readouterr().err == ""
    short = png(*palette, size=size, depth=depth, colour=colour, lacing=lacing, rows=rows[:-1])
    assert "rows of its picture are missing" in refusal(short, capfd)


def test_what_says_nothing_of_pixels_makes_no_noise(capfd):
    kinds = (
        b"tRNS",
        b"bKGD",
        b"sPLT",
        b"hIST",
        b"tIME",
        b"eXIf",
        b"cICP",
        b"acTL",
        b"fcTL",
        b"xxXX",
    )
    data = png(*(chunk(kind, b"odd") for kind in kinds), chunk(b"tEXt", b"\0" * 9))
    assert decode(data, "face").max() == 0
    assert capfd.readouterr().err == ""


def test_bytes_behind_the_picture_are_passed_over(capfd):
    rows = zlib.compress(bytes(13 * 4))
    data = png().replace(chunk(b"IDAT", rows), chunk(b"IDAT", rows + b"more"))
    assert decode(data, "face").max() == 0
    assert capfd.readouterr().err == ""


def test_a_picture_in_many_pieces_is_whole(capfd):
    large = np.random.default_rng(1).integers(0, 256, (900, 1200, 3), dtype=np.uint8)
    data = bytes(cv2.imencode(".png", large, [cv2.IMWRITE_PNG_COMPRESSION, 0])[1])
    np.testing.assert_array_equal(decode(data, "face"), large)
    small = bytes(cv2.imencode(".png", COLOURS)[1])
    (length,) = struct.unpack_from(">I", small, 33)
    stream = small[41 : 41 + length]
    pieces = b"".join(chunk(b"IDAT", stream[place : place + 1]) for place in range(length))
    whole = small[:33] + pieces + chunk(b"IEND", b"")
    np.testing.assert_array_equal(decode(whole, "face"), COLOURS)
    assert capfd.readouterr().err == ""
