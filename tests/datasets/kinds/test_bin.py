"""Reading InsightFace's .bin: what such files hold is read, all else is refused, nothing runs."""

import copyreg
import hashlib
import os
import pickle
import struct
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from suite.catalog.dataset_card import BinDataset
from suite.catalog.errors import DatasetError
from suite.datasets.face import FilePart
from suite.datasets.kinds.bin import face_set_of, read_bin
from suite.datasets.reading import Reading

IMAGES = [bytes([n]) * 90 + b"\xff\x00\n'\\" for n in range(6)]
ISSAME = [True, False, True]


def written(folder: Path, content: bytes) -> Path:
    path = folder / "faces.bin"
    path.write_bytes(content)
    return path


def refusal(folder: Path, content: bytes) -> str:
    with pytest.raises(DatasetError) as caught:
        read_bin(written(folder, content))
    message = str(caught.value)
    assert message.startswith(f"{folder / 'faces.bin'}: ")
    assert message.endswith(".")
    assert "\n" not in message
    return message


def assert_reads_back(path: Path) -> None:
    images, genuine = read_bin(path)
    assert images == IMAGES
    assert genuine.dtype == np.bool_
    assert genuine.tolist() == ISSAME


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
@pytest.mark.parametrize(
    "issame",
    [ISSAME, [np.bool_(flag) for flag in ISSAME], np.array(ISSAME), [1, 0, 1], tuple(ISSAME)],
    ids=["bools", "numpy-bools", "numpy-array", "ints", "tuple"],
)
@pytest.mark.parametrize(
    "wrap",
    [bytes, bytearray, lambda image: np.frombuffer(image, np.uint8)],
    ids=["bytes", "bytearray", "uint8-array"],
)
def test_every_protocol_and_kind_of_entry_is_read(tmp_path, protocol, issame, wrap):
    content = ([wrap(image) for image in IMAGES], issame)
    assert_reads_back(written(tmp_path, pickle.dumps(content, protocol)))


@pytest.mark.parametrize("shape", [(3,), (3, 1), (1, 3)])
@pytest.mark.parametrize("kind", [np.bool_, np.int64, np.uint8, np.float32])
def test_issame_may_be_a_column_of_any_numbers(tmp_path, kind, shape):
    content = (IMAGES, np.array(ISSAME).astype(kind).reshape(shape))
    assert_reads_back(written(tmp_path, pickle.dumps(content)))


def test_numpy_1_module_names_are_read(tmp_path):
    content = pickle.dumps(([np.frombuffer(i, np.uint8) for i in IMAGES], np.array(ISSAME)), 2)
    old = content.replace(b"numpy._core.multiarray", b"numpy.core.multiarray")
    assert b"cnumpy.core.multiarray" in old
    assert_reads_back(written(tmp_path, old))


def test_python_2_protocol_0_strings_are_bytes(tmp_path):
    # As Python 2's pickle writes it: MARK, LIST, PUT, then STRING (a repr) and APPEND.
    bins = b"".join(
        b"S" + repr(image)[1:].encode() + b"\np%d\na" % n for n, image in enumerate(IMAGES, start=2)
    )
    flags = b"".join(b"I0%d\na" % flag for flag in ISSAME)
    assert_reads_back(written(tmp_path, b"((lp1\n" + bins + b"(lp9\n" + flags + b"tp0\n."))


def test_python_2_protocol_2_strings_are_bytes(tmp_path):
    # As cPickle writes it: BINSTRING and SHORT_BINSTRING, flags as NEWTRUE and NEWFALSE.
    long = b"".join(
        b"T" + struct.pack("<i", len(i)) + i + b"q" + bytes([n])
        for n, i in enumerate(IMAGES[:3], start=3)
    )
    short = b"".join(b"U" + bytes([len(image)]) + image for image in IMAGES[3:])
    flags = b"".join(b"\x88" if flag else b"\x89" for flag in ISSAME)
    content = b"\x80\x02]q\x01(" + long + short + b"e]q\x02(" + flags + b"e\x86q\x00."
    assert_reads_back(written(tmp_path, content))


def test_python_2_numpy_scalars_are_read(tmp_path):
    minus_one = b"J\xff\xff\xff\xff"
    state = b"(K\x03U\x01|NNN" + 2 * minus_one + b"K\x00tb"
    dtype = b"cnumpy\ndtype\nU\x02b1K\x00K\x01\x87R" + state
    scalars = b"".join(
        b"cnumpy.core.multiarray\nscalar\n" + dtype + b"U\x01" + bytes([flag]) + b"\x86R"
        for flag in ISSAME
    )
    bins = b"".join(b"U" + bytes([len(image)]) + image for image in IMAGES)
    assert_reads_back(written(tmp_path, b"\x80\x02](" + bins + b"e](" + scalars + b"e\x86."))


def test_an_image_that_is_pickled_once_and_used_twice_is_two_entries(tmp_path):
    content = pickle.dumps(([IMAGES[0], IMAGES[0]], [True]))
    assert read_bin(written(tmp_path, content))[0] == [IMAGES[0], IMAGES[0]]


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.binary(min_size=1), st.binary(min_size=1), st.booleans()), min_size=1),
    st.integers(0, pickle.HIGHEST_PROTOCOL),
)
def test_what_pickle_writes_is_read_back(tmp_path_factory, pairs, protocol):
    images = [image for left, right, _ in pairs for image in (left, right)]
    issame = [flag for *_, flag in pairs]
    path = written(tmp_path_factory.mktemp("bin"), pickle.dumps((images, issame), protocol))
    read, genuine = read_bin(path)
    assert read == images
    assert genuine.tolist() == issame


class Command:
    """An object whose pickle runs a command."""

    def __init__(self, marker: Path) -> None:
        self.marker = marker

    def __reduce__(self):
        return os.system, (f"touch {self.marker}",)


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_a_bin_that_would_run_a_command_is_refused_by_name_and_does_not_run(tmp_path, protocol):
    marker = tmp_path / "ran"
    content = pickle.dumps(([*IMAGES[:5], Command(marker)], ISSAME), protocol)
    message = refusal(tmp_path, content)
    assert "would call posix.system when unpickled" in message
    assert "an InsightFace .bin holds lists, bytes, bools and numpy arrays only" in message
    assert not marker.exists()


@pytest.mark.parametrize(
    ("content", "named"),
    [
        (b"cbuiltins\neval\n(V1\ntR.", "would call builtins.eval"),
        (b"(V1\nios\nsystem\n.", "would call os.system"),
        (b"ccopy_reg\n_reconstructor\n(tR.", "would call copy_reg._reconstructor"),
        (b"cnumpy\nload\n.", "would call numpy.load"),
        (b"cnumpy\nndarray.tofile\n.", "would call numpy.ndarray.tofile"),
        (b"c_codecs\nencode\n(Vabc\nVbz2_codec\ntR.", "would make bytes of a str"),
        (b"cbuiltins\nbytes\n(I999999999999\ntR.", "would make bytes of a int"),
        (b"c_codecs\nencode\n(lb.", "would change a function"),
        (b"}.", "holds what pickle's EMPTY_DICT makes"),
        (b"Pos.system\n.", "holds what pickle's PERSID makes"),
        (b"\x82\x01.", "holds what pickle's EXT1 makes"),
        (b"\x97.", "holds what pickle's NEXT_BUFFER makes"),
    ],
)
def test_anything_else_is_refused_by_name(tmp_path, content, named):
    assert named in refusal(tmp_path, content)


def test_a_registered_extension_is_refused(tmp_path):
    copyreg.add_extension("os", "system", 7)
    try:
        assert "EXT1" in refusal(tmp_path, b"\x80\x02\x82\x07.")
    finally:
        copyreg.remove_extension("os", "system", 7)


def test_an_object_array_is_refused(tmp_path):
    array = np.array(IMAGES, dtype=object)
    assert "dtype 'O8'" in refusal(tmp_path, pickle.dumps((array, ISSAME)))


def test_an_array_that_claims_more_values_than_it_has_is_refused(tmp_path):
    content = pickle.dumps(([np.zeros(77, np.uint8)], []), 2).replace(
        b"K\x4d\x85", b"\x8a\x06" + (10**12).to_bytes(6, "little") + b"\x85"
    )
    assert "shape does not fit its 77 bytes" in refusal(tmp_path, content)


@pytest.mark.parametrize(
    "content",
    [
        b"\x80\x02Nr\xff\xff\xff\xff.",  # memo index: C's unpickler makes room for all below it
        b"\x80\x04\x8e" + struct.pack("<Q", 2**40),  # BINBYTES8 of a tebibyte
        b"\x80\x05\x96" + struct.pack("<Q", 2**40),  # BYTEARRAY8
        b"\x80\x04\x95" + struct.pack("<Q", 2**40),  # FRAME
        b"\x80\x04" + b"X\xf0\xff\xff\xff",
        b"(" * 100_000,
        b"\x80\x02N" + b"\x85" * 100_000 + b".",  # a tuple in a tuple in a tuple
        b"\x80\x02]" + b"]" * 100_000 + b"a" * 100_000 + b".",
    ],
)
def test_a_small_file_makes_no_large_thing(tmp_path, content):
    path = written(tmp_path, content)
    tracemalloc.start()
    try:
        with pytest.raises(DatasetError):
            read_bin(path)
        assert tracemalloc.get_traced_memory()[1] < 64 << 20
    finally:
        tracemalloc.stop()


def test_a_file_that_copies_itself_over_and_over_is_refused(tmp_path):
    text = b"X" + struct.pack("<I", 10_000) + b"a" * 10_000
    copy = b"h\x01h\x00X\x06\x00\x00\x00latin1\x86R"
    content = b"\x80\x02" + text + b"q\x00c_codecs\nencode\nq\x01(" + copy * 1000 + b"l."
    assert "unpacks to more bytes than the file has" in refusal(tmp_path, content)


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
@pytest.mark.parametrize("wrap", [bytes, lambda image: np.frombuffer(image, np.uint8)])
def test_truncated_bin_names_the_entry(tmp_path, protocol, wrap):
    content = pickle.dumps(([wrap(image) for image in IMAGES], ISSAME), protocol)
    cut = content.index(IMAGES[3][:50]) + 40
    message = refusal(tmp_path, content[:cut])
    assert f"is cut short in faces.bin[3] at {cut:,} bytes; fetch the file again." in message


def test_truncated_in_issame_says_so(tmp_path):
    content = pickle.dumps((IMAGES, ISSAME), 2)
    assert "is cut short after its images, in issame," in refusal(tmp_path, content[:-6])


@settings(deadline=None)
@given(st.data())
def test_a_cut_or_garbled_bin_is_a_dataset_error(tmp_path_factory, data):
    folder = tmp_path_factory.getbasetemp()
    protocol = data.draw(st.integers(0, pickle.HIGHEST_PROTOCOL))
    content = bytearray(pickle.dumps((IMAGES, np.array(ISSAME)), protocol))
    for place in data.draw(st.lists(st.integers(0, len(content) - 1), max_size=4)):
        content[place] = data.draw(st.integers(0, 255))
    path = written(folder, bytes(content[: data.draw(st.integers(0, len(content)))]))
    try:
        images, genuine = read_bin(path)
    except DatasetError as error:
        assert str(path) in str(error)
    else:
        assert len(images) == 2 * len(genuine)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ([], "holds a list where InsightFace's format has two lists"),
        ({1: 2}, "holds what pickle's EMPTY_DICT makes"),
        (5, "holds a int where"),
        (([], []), "holds no pair"),
        ((IMAGES[:5], ISSAME), "has 5 images for 3 pairs"),
        (([*IMAGES[:2], b"", *IMAGES[3:]], ISSAME), "faces.bin[2] is empty"),
        (([*IMAGES[:2], "text", *IMAGES[3:]], ISSAME), "faces.bin[2] is a str"),
        (([np.zeros((4, 4), np.uint8), b"x"], [True]), "faces.bin[0] is a uint8 array of shape"),
        ((b"abc", ISSAME), "its first part is a bytes"),
        ((IMAGES, None), "its second part, issame, must be a list"),
        ((IMAGES, [True, 2, False]), "issame[1] is 2"),
        ((IMAGES, [True, False, None]), "issame[2] is a NoneType"),
        ((IMAGES, [True, False, "same"]), "issame[2] is the text 'same', and must be True or Fal"),
        (
            (IMAGES, np.array([1.0, 0.0, -1.0])),
            "issame[2] is -1.0, and must be True or False (1 or",
        ),
        ((IMAGES, np.zeros((3, 2))), "its second part, issame, must be a list or an array with"),
    ],
)
def test_what_is_not_images_and_issame_is_named(tmp_path, content, said):
    assert said in refusal(tmp_path, pickle.dumps(content))


def test_no_pickle_at_all_says_so(tmp_path):
    assert "is no pickle" in refusal(tmp_path, b"\xff\xd8\xff\xe0 a JPEG")


def test_an_absent_file_is_named(tmp_path):
    with pytest.raises(DatasetError, match=r"absent\.bin: cannot be read \(No such file"):
        read_bin(tmp_path / "absent.bin")


LONG = [bytes([n]) * (300 + n) for n in range(8)]


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
@pytest.mark.parametrize("as_array", [False, True])
def test_long_images_stay_in_the_file_where_its_format_lets_them(
    tmp_path: Path, protocol: int, as_array: bool
) -> None:
    held = [np.frombuffer(image, np.uint8) for image in LONG] if as_array else LONG
    path = tmp_path / "long.bin"
    path.write_bytes(pickle.dumps((held, [True, False] * 2), protocol=protocol))
    images, _ = read_bin(path)
    assert [image.read() if isinstance(image, FilePart) else image for image in images] == LONG
    # Before protocol 3 bytes are written as text, and have to be made.
    assert all(isinstance(image, FilePart) for image in images) == (protocol >= 3)


def test_a_large_file_is_read_in_little_memory(tmp_path: Path) -> None:
    path = tmp_path / "large.bin"
    image = bytes(1_000_000)
    path.write_bytes(pickle.dumps(([bytes([n]) + image for n in range(60)], [True] * 30)))
    tracemalloc.start()
    reading = Reading(lambda relative: tmp_path / relative, tmp_path / "aligned")
    faces = face_set_of(
        BinDataset(id="d", kind="bin", file="large.bin", card_file=tmp_path / "d.toml"), reading
    )
    held, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(faces.faces) == 60
    assert held < 3_000_000 and peak < 6_000_000
    assert faces.faces[7].read() == bytes([7]) + image
    assert faces.faces[7].sha256 == hashlib.sha256(bytes([7]) + image).hexdigest()


def test_a_file_that_becomes_shorter_is_said_so(tmp_path: Path) -> None:
    path = tmp_path / "long.bin"
    path.write_bytes(pickle.dumps((LONG, [True] * 4)))
    images, _ = read_bin(path)
    path.write_bytes(path.read_bytes()[:500])
    with pytest.raises(DatasetError, match=r"long\.bin: became shorter while it was in use"):
        images[-1].read()


def test_a_long_image_that_is_cut_is_named(tmp_path: Path) -> None:
    path = tmp_path / "long.bin"
    whole = pickle.dumps((LONG, [True] * 4))
    path.write_bytes(whole[: whole.index(LONG[3]) + 100])
    with pytest.raises(DatasetError, match=r"is cut short in long\.bin\[3\] at"):
        read_bin(path)


def test_a_string_of_python_2_with_a_negative_length_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "odd.bin"
    path.write_bytes(b"\x80\x02](T\xff\xff\xff\xff" + b"x" * 400)
    with pytest.raises(DatasetError, match="holds bytes of a negative length"):
        read_bin(path)


def test_an_image_that_is_named_often_is_read_once(tmp_path, monkeypatch):
    image = bytes(range(256)) * 4000
    path = written(tmp_path, pickle.dumps(([image] * 40_000, [1] * 20_000)))
    assert path.stat().st_size < 2_000_000
    read: list[FilePart] = []
    once = FilePart.read
    monkeypatch.setattr(FilePart, "read", lambda part: read.append(part) or once(part))
    card = BinDataset(id="b", card_file=path, kind="bin", file=path.name, folds=2)
    tracemalloc.start()
    found = face_set_of(card, Reading(lambda file: tmp_path / file, tmp_path))
    assert tracemalloc.get_traced_memory()[1] < 60_000_000
    tracemalloc.stop()
    assert len(read) == 1
    assert (len(found.faces), len(found.left)) == (1, 20_000)


@pytest.mark.parametrize(
    ("flag", "said"),
    [
        (1 << 200_000, "an enormous number"),
        (-(10**40), "an enormous number"),
        (b"x" * 300, "300 byt"),
    ],
    ids=["large", "small", "bytes"],
)
def test_a_flag_that_cannot_be_shown_is_described(tmp_path, flag, said):
    message = refusal(tmp_path, pickle.dumps((IMAGES, [True, flag, False]), 4))
    assert f"issame[1] is {said}" in message
