"""From a dataset's card to its faces."""

import hashlib
import pickle
import unicodedata
from pathlib import Path

import cv2
import numpy as np
import pytest

from suite.catalog.alignment import MarginAlign
from suite.catalog.dataset_card import (
    BinDataset,
    CsvDataset,
    DatasetCard,
    ExpectedCounts,
    FolderDataset,
    LfwDataset,
    PeopleDataset,
)
from suite.catalog.errors import DatasetError, SuiteError
from suite.datasets.face_set import FaceSet, PairList, face_set
from suite.datasets.loader import load_dataset

CARD = Path("datasets/set.toml")
PAIRS = "1 1\nAnn 1 2\nAnn 1 Bob 1\n"


def load(card: DatasetCard, root: Path) -> FaceSet:
    return load_dataset(card, lambda relative: root / relative, root / "aligned")


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


def test_empty_lines_after_the_last_identity_do_not_count(labelled):
    (labelled / "set.txt").write_text("eve\neve\neve\nada\n\n \n")
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


CSV = "left,right,same\nAnn/1.png,Ann/2.png,1\nAnn/1.png,Bob/1.png,0\n"


def csv_card(**keys) -> CsvDataset:
    return CsvDataset(
        id="set",
        kind="csv",
        folder="faces",
        file="pairs.csv",
        card_file=CARD,
        **{"folds": 2, **keys},
    )


def people_card(**keys) -> PeopleDataset:
    return PeopleDataset(
        id="set",
        kind="people",
        folder="faces",
        card_file=CARD,
        **{"folds": 2, "pairs_per_fold": 3, **keys},
    )


@pytest.fixture
def people(tmp_path):
    """Four people with three images each, and pairs of some of them."""
    for number, name in enumerate(("Ann", "Bob", "Cid", "Dee")):
        for image in range(1, 4):
            path = tmp_path / "faces" / name / f"{image}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            cv2.imwrite(str(path), np.full((20, 20, 3), (10 * number + image, 90, 200), np.uint8))
    (tmp_path / "pairs.csv").write_text(CSV)
    return tmp_path


def test_a_csv_becomes_the_faces_and_pairs_that_it_names(people):
    made = load(csv_card(), people)
    assert [face.name for face in made.faces] == ["Ann/1.png", "Ann/2.png", "Bob/1.png"]
    assert (made.left.tolist(), made.right.tolist()) == ([0, 0], [1, 2])
    assert (made.genuine.tolist(), made.folds, made.people) == ([True, False], 2, None)
    assert made.remarks == ()


def test_a_csvs_absent_image_is_named_with_its_line(people):
    (people / "faces/Bob/1.png").unlink()
    with pytest.raises(DatasetError) as caught:
        load(csv_card(), people)
    assert str(caught.value) == (
        f"{people / 'pairs.csv'}: line 3 names 'Bob/1.png', and there is no "
        f"{people / 'faces/Bob/1.png'}; add it, or correct folder in {CARD}."
    )


def test_pairs_of_an_image_that_is_left_out_are_counted(people):
    (people / "pairs.csv").write_text(CSV + "Bob/1.png,Bob/2.png,1\nBob/1.png,Cid/1.png,0\n")
    (people / "faces/Bob/2.png").write_bytes(b"")
    made = load(csv_card(unreadable="skip"), people)
    assert [face.name for face in made.faces] == [
        "Ann/1.png",
        "Ann/2.png",
        "Bob/1.png",
        "Cid/1.png",
    ]
    assert (made.left.tolist(), made.right.tolist()) == ([0, 0, 2], [1, 2, 3])
    assert made.genuine.tolist() == [True, False, False]
    assert made.remarks == (
        "1 of 5 images (Bob/2.png) has no picture that can be decoded: left out",
        "1 of 4 pairs were left out with their images: 1 genuine and 2 impostor pairs remain, "
        "each in its fold",
        "fold 2 has no genuine pair left: there is no VAL",
    )
    assert (made.folds, made.fold_sizes) == (2, ())


FOLDED = "left,right,same,fold\n" + "".join(
    f"{one}/1.png,{one}/2.png,1,{fold}\n{one}/1.png,{two}/1.png,0,{fold}\n"
    f"{one}/1.png,{one}/3.png,1,{fold}\n{one}/3.png,{two}/1.png,0,{fold}\n"
    for fold, (one, two) in enumerate((("Ann", "Bob"), ("Bob", "Cid"), ("Cid", "Dee")), 1)
)


def test_each_remaining_pair_stays_in_its_fold(people):
    (people / "pairs.csv").write_text(FOLDED)
    whole = load(csv_card(folds=3), people)
    assert (whole.folds, whole.fold_sizes) == (3, ())
    (people / "faces/Ann/2.png").write_bytes(b"")
    made = load(csv_card(folds=3, unreadable="skip"), people)
    assert (made.folds, made.fold_sizes) == (3, (3, 4, 4))
    assert made.genuine.tolist() == [False, True, False] + [True, False] * 4
    assert made.remarks[1].endswith("5 genuine and 6 impostor pairs remain, each in its fold")
    equal = face_set("set", made.faces, PairList(made.left, made.right, made.genuine, 3, (4, 4, 3)))
    assert equal.fold_sizes == ()
    assert equal.sha256 != made.sha256


def test_a_fold_of_which_nothing_remains_is_left_out(people):
    (people / "pairs.csv").write_text(FOLDED)
    (people / "faces/Bob/1.png").write_bytes(b"")
    (people / "faces/Ann/1.png").write_bytes(b"")
    made = load(csv_card(folds=3, unreadable="skip"), people)
    assert (made.folds, made.fold_sizes) == (2, (1, 4))
    assert made.remarks[2:] == (
        "fold 1 has no pair left and counts no more",
        "fold 2 has no genuine pair left: there is no VAL",
    )
    (people / "pairs.csv").write_text(FOLDED.replace(",1\n", ",17\n").replace(",2\n", ",5\n"))
    again = load(csv_card(folds=3, unreadable="skip"), people)
    assert (again.folds, again.fold_sizes) == (2, (4, 1))
    assert again.remarks[2:] == (
        "fold 17 has no pair left and counts no more",
        "fold 5 has no genuine pair left: there is no VAL",
    )


def test_where_one_fold_remains_the_set_is_refused(people):
    (people / "pairs.csv").write_text(FOLDED)
    for name in ("Ann/1.png", "Ann/3.png", "Bob/1.png", "Bob/3.png"):
        (people / "faces" / name).write_bytes(b"")
    with pytest.raises(DatasetError, match=f"{CARD}: pairs of one fold of 'set' remain, and accur"):
        load(csv_card(folds=3, unreadable="skip"), people)


def test_lfws_pairs_stay_in_their_folds(lfw):
    for number in (3, 4):
        (lfw / f"faces/Bob/Bob_000{number}.jpg").write_bytes(b"%d" % number)
    images = list((lfw / "faces").rglob("*.jpg"))
    for number, path in enumerate(sorted(images)):
        cv2.imwrite(str(path), np.full((9, 9, 3), (number, 90, 200), np.uint8))
    (lfw / "pairs.txt").write_text(
        "2 2\nAnn 1 2\nBob 3 4\nAnn 1 Bob 1\nAnn 1 Bob 3\n"
        "Bob 1 2\nBob 1 3\nAnn 1 Bob 4\nAnn 1 Bob 2\n"
    )
    (lfw / "faces/Ann/Ann_0002.jpg").write_bytes(b"")
    made = load(lfw_card().model_copy(update={"unreadable": "skip"}), lfw)
    assert made.fold_sizes == (3, 4)
    assert made.genuine.tolist() == [True, False, False, True, True, False, False]
    (lfw / "faces/Bob/Bob_0004.jpg").write_bytes(b"")
    made = load(lfw_card().model_copy(update={"unreadable": "skip"}), lfw)
    assert "fold 1 has no genuine pair left: there is no VAL" in made.remarks


def test_where_no_genuine_pair_remains_the_set_is_refused(people):
    (people / "faces/Ann/2.png").write_bytes(b"")
    with pytest.raises(DatasetError) as caught:
        load(csv_card(unreadable="skip"), people)
    assert str(caught.value) == (
        f"{CARD}: no genuine pair of 'set' remains: 1 of 3 images (Ann/2.png) has no picture that "
        "can be decoded: left out; repair the images or change [align]."
    )


def test_people_become_all_their_faces_and_drawn_pairs(people):
    made = load(people_card(), people)
    assert (len(made.faces), made.folds) == (12, 2)
    assert made.people.tolist() == [0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3]
    assert made.genuine.tolist() == [True, True, True, False, False, False] * 2
    of_fold = [
        set(made.people[made.left[i : i + 6]]) | set(made.people[made.right[i : i + 6]])
        for i in (0, 6)
    ]
    assert not of_fold[0] & of_fold[1]
    assert made.remarks == ()
    assert load(people_card(seed=1), people).sha256 != made.sha256


def test_people_too_few_for_folds_are_said_to_be_shared(people):
    made = load(people_card(folds=3), people)
    assert made.remarks == ("people are too few for folds of their own: some are in several folds",)


def test_an_image_twice_for_one_person_counts_once(people):
    (people / "faces/Ann/4.png").write_bytes((people / "faces/Ann/1.png").read_bytes())
    made = load(people_card(), people)
    assert (len(made.faces), made.remarks) == (
        12,
        ("1 images are there twice for one person, and count once",),
    )


def test_an_image_of_two_people_is_refused(people):
    (people / "faces/Bob/4.png").write_bytes((people / "faces/Ann/1.png").read_bytes())
    with pytest.raises(
        DatasetError, match=r"Bob/4\.png is said to show 'Bob', and Ann/1\.png, the"
    ):
        load(people_card(), people)


def test_a_loose_image_among_people_is_named(people):
    cv2.imwrite(str(people / "faces/loose.png"), np.zeros((9, 9, 3), np.uint8))
    with pytest.raises(
        DatasetError, match=r"loose\.png: lies beside the people's folders; put it in"
    ):
        load(people_card(), people)


def test_a_person_without_an_image_is_named(people):
    (people / "faces/Eve").mkdir()
    with pytest.raises(
        DatasetError, match=r"Eve: this person's folder holds no image \(\.jpg, \.jp"
    ):
        load(people_card(), people)


def test_people_with_one_image_each_make_no_genuine_pair(people):
    for path in [*people.rglob("2.png"), *people.rglob("3.png")]:
        path.unlink()
    with pytest.raises(DatasetError) as caught:
        load(people_card(), people)
    assert str(caught.value) == (
        f"{CARD}: below {people / 'faces'}, 4 people make 0 genuine pairs, and folds × "
        "pairs_per_fold is 6; lower one of them, or add people or images."
    )


def test_people_are_drawn_of_the_images_that_can_be_read(people):
    (people / "faces/Ann/1.png").write_bytes(b"")
    made = load(people_card(unreadable="skip", pairs_per_fold=2), people)
    assert (len(made.faces), len(made.genuine)) == (11, 8)
    assert made.remarks[1:] == (
        "pairs are drawn without the images left out (1): they are other pairs than those of the "
        "whole folder",
    )


@pytest.mark.parametrize("card", [csv_card, people_card, folder_card])
def test_the_sets_hash_is_the_same_whichever_cache_has_its_faces(people, card):
    align = MarginAlign(method="margin", centre=10, margin=0, size=16)
    aligned = card().model_copy(update={"align": align})
    one = load_dataset(aligned, lambda relative: people / relative, people / "one")
    two = load_dataset(aligned, lambda relative: people / relative, people / "two")
    assert one.sha256 == two.sha256 != load(card(), people).sha256


def test_progress_is_told_for_each_image(people):
    told: list[tuple[int, int]] = []
    card = people_card()
    load_dataset(card, lambda at: people / at, people / "aligned", lambda *now: told.append(now))
    assert told == [(done, 12) for done in range(1, 13)]


def test_lfw_keeps_to_its_folder(lfw):
    card = lfw_card().model_copy(update={"image": "../{person}_{number}.jpg"})
    with pytest.raises(
        DatasetError, match=r"pairs\.txt: line 2 names image 1 of 'Ann', and there is"
    ):
        load(card, lfw)


def test_an_absent_person_is_named_with_the_line(lfw):
    (lfw / "pairs.txt").write_bytes(b"1 1\r\nAnn 1 2\r\nAnn 1 Zoe 1\r\n")
    with pytest.raises(
        DatasetError, match=r"pairs\.txt: line 3 names image 1 of 'Zoe', and there is"
    ):
        load(lfw_card(), lfw)


@pytest.mark.parametrize("card", [lfw_card, people_card, folder_card])
def test_files_that_are_no_images_are_counted(lfw, card):
    for name in ("Bob_0003.jpg", "Bob_0004.jpg"):
        (lfw / "faces/Bob" / name).write_bytes(name.encode())
    given = card() if card is not people_card else people_card(pairs_per_fold=1)
    whole = load(given, lfw)
    (lfw / "faces/Bob/Bob_0005.doc").touch()
    (lfw / "faces/Bob/Bob_0006.jpg").symlink_to(lfw / "nowhere.jpg")
    made = load(given, lfw)
    assert made.sha256 == whole.sha256
    assert made.remarks == (
        *whole.remarks,
        "2 files below its folder (the first Bob/Bob_0005.doc) have no image's suffix or are links "
        "to no file: passed over",
    )


def test_a_systems_own_folder_is_no_person(people):
    (people / "faces/@eaDir").mkdir()
    assert load(people_card(), people).remarks == ()


@pytest.mark.parametrize("kind", ["lfw", "csv"])
def test_an_image_with_too_long_a_name_is_not_there(lfw, kind):
    name = "A" * 300
    (lfw / "pairs.txt").write_text(PAIRS.replace("Bob", name))
    (lfw / "pairs.csv").write_text(
        f"left,right,same\nAnn/Ann_0001.jpg,Ann/Ann_0002.jpg,1\nAnn/Ann_0001.jpg,{name}.jpg,0\n"
    )
    csv = CsvDataset(id="c", kind="csv", folder="faces", file="pairs.csv", folds=2, card_file=CARD)
    with pytest.raises(DatasetError, match=r"pairs\.(txt|csv): line \d names .*and there is no"):
        load({"lfw": lfw_card(), "csv": csv}[kind], lfw)


def test_a_file_that_this_user_may_not_look_at_is_named(lfw, forbid):
    forbid(lfw / "faces" / "Bob" / "Bob_0001.jpg")
    with pytest.raises(SuiteError, match=r"Bob_0001\.jpg: the system refuses it \(Permission"):
        load(lfw_card(), lfw)


def test_identities_with_a_mark_blanks_and_letters_apart_are_the_same_people(labelled):
    plain = load(identities_card(), labelled)
    lines = (labelled / "set.txt").read_text().splitlines()
    apart = unicodedata.normalize("NFD", "Jos\u00e9")
    named = [line.replace(lines[0], "Jos\u00e9") for line in lines]
    forms = [name if n % 2 else name.replace("Jos\u00e9", apart) for n, name in enumerate(named)]
    text = "".join(f"{name} \t\r\n" for name in forms)
    (labelled / "set.txt").write_bytes(f"\ufeff{text}".encode())
    again = load(identities_card(), labelled)
    assert again.people.tolist() == plain.people.tolist()
    assert again.sha256 == plain.sha256


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_a_list_may_name_files_in_another_unicode_form(lfw, form):
    other = {"NFC": "NFD", "NFD": "NFC"}[form]
    on_disk, listed = (unicodedata.normalize(f, "Jos\u00e9") for f in (form, other))
    (lfw / "faces/Ann").rename(lfw / "faces" / on_disk)
    for image in (lfw / "faces" / on_disk).iterdir():
        image.rename(image.with_name(image.name.replace("Ann", on_disk)))
    (lfw / "pairs.txt").write_text(PAIRS.replace("Ann", listed))
    assert len(load(lfw_card(), lfw).genuine) == 2


@pytest.mark.parametrize(
    ("expected", "message"),
    [
        ({"images": 4}, r"set\.toml: expected\.images = 4, and there are 3; bring"),
        ({"people": 3}, r"expected\.people = 3, and there are 2; bring"),
        ({"pairs": 40}, r"expected\.pairs = 40, and there are 2; bring"),
    ],
)
def test_a_set_of_other_counts_than_expected_is_refused(lfw, expected, message):
    card = lfw_card().model_copy(update={"expected": ExpectedCounts(**expected)})
    with pytest.raises(DatasetError, match=message):
        load(card, lfw)


def test_a_set_of_the_expected_counts_is_taken(lfw):
    counts = ExpectedCounts(images=3, people=2, pairs=2)
    assert load(lfw_card().model_copy(update={"expected": counts}), lfw)


def test_people_are_expected_where_nobody_says_who_is_who(labelled):
    card = bin_card().model_copy(update={"expected": ExpectedCounts(people=2)})
    with pytest.raises(DatasetError, match=r"people = 2, .* of kind 'bin'; take people out of"):
        load(card, labelled)
