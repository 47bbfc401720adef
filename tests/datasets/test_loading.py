"""From a dataset's card to its faces."""

import hashlib
import pickle
from pathlib import Path

import pytest

from suite.dataset_cards import BinDataset, DatasetCard, FolderDataset, LfwDataset
from suite.datasets.faceset import FaceSet
from suite.datasets.loading import load_dataset
from suite.errors import DatasetError

CARD = Path("datasets/set.toml")
PAIRS = "1 1\nAnn 1 2\nAnn 1 Bob 1\n"


def load(card: DatasetCard, root: Path) -> FaceSet:
    return load_dataset(card, lambda relative: root / relative)


def bin_card(sha256: str | None = None) -> BinDataset:
    return BinDataset(id="set", kind="bin", file="set.bin", folds=2, sha256=sha256, card_file=CARD)


def lfw_card(sha256: str | None = None) -> LfwDataset:
    return LfwDataset(
        id="set", kind="lfw", folder="faces", pairs="pairs.txt", sha256=sha256, card_file=CARD
    )


def folder_card(sha256: str | None = None) -> FolderDataset:
    return FolderDataset(id="set", kind="folder", folder="faces", sha256=sha256, card_file=CARD)


@pytest.fixture
def lfw(tmp_path):
    for name in ("Ann/Ann_0001.jpg", "Ann/Ann_0002.jpg", "Bob/Bob_0001.jpg", "Bob/Bob_0002.jpg"):
        path = tmp_path / "faces" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(name.encode())
    (tmp_path / "pairs.txt").write_text(PAIRS)
    return tmp_path


def test_a_bin_becomes_faces_named_by_entry(tmp_path):
    content = pickle.dumps(([b"a", b"b", b"a", b"c"], [True, False]))
    (tmp_path / "set.bin").write_bytes(content)
    made = load(bin_card(hashlib.sha256(content).hexdigest()), tmp_path)
    assert [face.name for face in made.faces] == ["set.bin[0]", "set.bin[1]", "set.bin[3]"]
    assert (made.left.tolist(), made.right.tolist()) == ([0, 0], [1, 2])
    assert made.genuine.tolist() == [True, False]
    assert made.folds == 2


def test_a_bin_with_another_hash_is_refused_before_it_is_unpickled(tmp_path):
    (tmp_path / "set.bin").write_bytes(b"cos\nsystem\n.")
    with pytest.raises(DatasetError, match=rf"has SHA-256 [0-9a-f]{{64}} and {CARD} says 0000"):
        load(bin_card("0" * 64), tmp_path)


def identities_card() -> BinDataset:
    return bin_card().model_copy(update={"identities": "set.txt"})


@pytest.fixture
def labelled(tmp_path):
    content = pickle.dumps(([b"a", b"b", b"a", b"c"], [True, False]))
    (tmp_path / "set.bin").write_bytes(content)
    (tmp_path / "set.txt").write_text("eve\neve\neve\nada\n")
    return tmp_path


def test_identities_beside_a_bin_say_who_each_face_shows(labelled):
    assert load(identities_card(), labelled).people.tolist() == [0, 0, 1]


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (b"eve\neve\neve\n", r"set\.txt: has 3 lines for the 4 images of set\.bin"),
        (b"eve\n\neve\nada\n", r"set\.txt: line 2 is empty"),
        (b"\xff\n", r"set\.txt: these identities cannot be read"),
        (b"eve\nada\neve\nada\n", r"2 of the 2 pairs of 'set' contradict|1 of the 2 pairs"),
    ],
)
def test_wrong_identities_are_refused_by_name(labelled, lines, message):
    (labelled / "set.txt").write_bytes(lines)
    with pytest.raises(DatasetError, match=message):
        load(identities_card(), labelled)


def test_lfw_reads_the_images_that_pairs_use(lfw):
    made = load(lfw_card(), lfw)
    assert made.people.tolist() == [0, 0, 1]
    assert [face.name for face in made.faces] == [
        "Ann/Ann_0001.jpg", "Ann/Ann_0002.jpg", "Bob/Bob_0001.jpg"
    ]  # fmt: skip
    assert (made.left.tolist(), made.right.tolist()) == ([0, 0], [1, 2])
    assert (made.genuine.tolist(), made.folds) == ([True, False], 1)


def test_lfw_without_an_image_names_person_number_path_and_line(lfw):
    (lfw / "faces/Bob/Bob_0001.jpg").unlink()
    with pytest.raises(DatasetError) as caught:
        load(lfw_card(), lfw)
    message = str(caught.value)
    assert f"{lfw / 'pairs.txt'}: line 3 names image 1 of 'Bob'" in message
    assert f"there is no {lfw / 'faces/Bob/Bob_0001.jpg'}" in message
    assert str(CARD) in message


@pytest.mark.parametrize("card", [lfw_card, folder_card])
def test_the_cards_hash_is_the_sets_content_hash(lfw, card):
    digest = load(card(), lfw).sha256
    assert load(card(digest), lfw).sha256 == digest
    with pytest.raises(DatasetError, match=rf"faces: has SHA-256 {digest} and .* says 1111"):
        load(card("1" * 64), lfw)


def test_a_bin_and_a_folder_of_one_content_have_one_hash(lfw):
    ann, ann2, bob = (
        f"{p}/{p}_000{n}.jpg".encode() for p, n in (("Ann", 1), ("Ann", 2), ("Bob", 1))
    )
    (lfw / "set.bin").write_bytes(pickle.dumps(([ann, ann2, ann, bob], [True, False])))
    (lfw / "pairs.txt").write_text("1 1\nAnn 1 2\nAnn 1 Bob 1\n")
    (lfw / "set.txt").write_text("Ann\nAnn\nAnn\nBob\n")
    card = identities_card().model_copy(update={"folds": 1})
    assert load(card, lfw).sha256 == load(lfw_card(), lfw).sha256


def test_a_folder_is_every_image_below_it_in_order(tmp_path):
    names = ["b.PNG", "a/z.jpeg", "a/y.webp", "c/d/e.pgm", "f.ppm", "g.bmp", "h.jpg"]
    for name in [*names, "notes.txt", "._a.jpg"]:
        path = tmp_path / "faces" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(name.encode())
    made = load(folder_card(), tmp_path)
    assert [face.name for face in made.faces] == [
        "a/y.webp", "a/z.jpeg", "b.PNG", "c/d/e.pgm", "f.ppm", "g.bmp", "h.jpg"
    ]  # fmt: skip
    assert (len(made.left), made.folds) == (0, 0)


def test_an_empty_folder_is_refused(tmp_path):
    (tmp_path / "faces").mkdir()
    with pytest.raises(DatasetError, match="faces: holds no image"):
        load(folder_card(), tmp_path)


@pytest.mark.parametrize("card", [lfw_card(), folder_card()])
def test_an_absent_folder_is_named(tmp_path, card):
    with pytest.raises(DatasetError, match="faces: no such folder"):
        load(card, tmp_path)


@pytest.mark.parametrize("sha256", [None, "0" * 64])
def test_an_absent_bin_is_named(tmp_path, sha256):
    with pytest.raises(DatasetError, match=r"set\.bin: cannot be read"):
        load(bin_card(sha256), tmp_path)
