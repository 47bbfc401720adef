"""A dataset's drafted card is read as it is, and refuses the set once something is missing."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from pydantic import TypeAdapter

from suite.catalog.card_file import read_card
from suite.catalog.dataset_card import DatasetCard
from suite.catalog.errors import DatasetError
from suite.datasets.face_set import FaceSet
from suite.datasets.loader import load_dataset
from suite.entry_points.commands.main import main

BIN = Path(__file__).resolve().parents[3] / "fixtures" / "embedded" / "evaluation.bin"
PEOPLE, EACH = 30, 4
LFW = "2\t1\nAnn\t1\t2\nAnn\t1\tBob\t1\nBob\t1\t2\nAnn\t2\tBob\t2\n"
CSV = """left,right,same,fold
Ann/Ann_0001.jpg,Ann/Ann_0002.jpg,1,1
Ann/Ann_0001.jpg,Bob/Bob_0001.jpg,0,1
Bob/Bob_0001.jpg,Bob/Bob_0002.jpg,1,2
Ann/Ann_0002.jpg,Bob/Bob_0002.jpg,0,2
"""


def image(path: Path, seed: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.random.default_rng(seed).integers(0, 256, (12, 12, 3), dtype=np.uint8)
    path.write_bytes(cv2.imencode(path.suffix, pixels)[1].tobytes())


def catalog(folder: Path) -> Path:
    """A folder of sets."""
    for person in range(PEOPLE):
        for number in range(EACH):
            image(folder / "people" / f"p{person:02d}" / f"{number}.png", person * EACH + number)
    for number in range(5):
        image(folder / "flat" / f"{number}.png", number)
    (folder / "evaluation.bin").write_bytes(BIN.read_bytes())
    return folder


def drafted(folder: Path, name: str) -> tuple[DatasetCard, FaceSet]:
    card = folder / "datasets" / "drafted.toml"
    assert main(["draft", str(folder / name), f"--output={card}"]) == 0
    read = read_card(card, TypeAdapter(DatasetCard))
    return read, load_dataset(read, lambda relative: card.parent / relative)


@pytest.mark.parametrize(
    ("name", "kind", "counts"),
    [
        ("people", "people", (PEOPLE * EACH, PEOPLE, None)),
        ("flat", "folder", (5, None, None)),
        ("evaluation.bin", "bin", (1200, None, 6000)),
    ],
)
def test_a_card_is_drafted_with_the_counts_that_there_are(
    tmp_path: Path, name: str, kind: str, counts: tuple[int | None, ...]
) -> None:
    card, faces = drafted(catalog(tmp_path), name)
    expected = card.expected
    assert card.kind == kind
    assert (expected.images, expected.people, expected.pairs) == counts
    assert len(faces.faces) == counts[0]


@pytest.mark.parametrize(
    ("name", "text", "kind", "keys"),
    [
        ("pairs.csv", CSV, "csv", {"file": "../lists/pairs.csv"}),
        ("pairs.txt", LFW, "lfw", {"pairs": "../lists/pairs.txt"}),
    ],
)
def test_a_list_finds_its_images_beside_it(
    tmp_path: Path, name: str, text: str, kind: str, keys: dict[str, str]
) -> None:
    for place, person in enumerate(("Ann", "Bob")):
        for number in (1, 2):
            file = tmp_path / "lists" / "faces" / person / f"{person}_000{number}.jpg"
            image(file, 10 * place + number)
    (tmp_path / "lists" / name).write_text(text)
    card, _ = drafted(tmp_path, f"lists/{name}")
    assert (card.kind, card.folder) == (kind, "../lists/faces")
    assert {key: getattr(card, key) for key in keys} == keys
    assert (card.expected.images, card.expected.pairs) == (4, 4)


@pytest.mark.parametrize(
    ("listed", "folder", "file"),
    [
        ("faces/pairs.csv", "faces", "faces/pairs.csv"),
        ("pairs.csv", "faces", "pairs.csv"),
    ],
    ids=["among its images", "beside them"],
)
def test_one_folder_holds_a_list_and_its_images_outside_the_catalog(
    tmp_path: Path, listed: str, folder: str, file: str
) -> None:
    data, card = tmp_path / "data", tmp_path / "catalog" / "datasets" / "drafted.toml"
    for place, person in enumerate(("Ann", "Bob")):
        for number in (1, 2):
            image(data / "faces" / person / f"{person}_000{number}.jpg", 10 * place + number)
    (data / listed).write_text(CSV)
    card.parent.mkdir(parents=True)
    assert main(["draft", str(data / listed), f"--output={card}"]) == 0
    read = read_card(card, TypeAdapter(DatasetCard))
    assert (read.folder, read.file) == (folder, file)
    assert len(load_dataset(read, lambda relative: data / relative).faces) == 4
    assert "give its folder with --data-dir" in card.read_text()


def lists_beside(folder: Path, *names: str) -> Path:
    """LFW's list beside folders, of which the named ones have its images."""
    for name in names:
        for number in (1, 2):
            image(folder / name / "Ann" / f"Ann_000{number}.jpg", number)
            image(folder / name / "Bob" / f"Bob_000{number}.jpg", 10 + number)
    image(folder / "calibration" / "Cid" / "Cid_0001.jpg", 5)
    (folder / "pairs.txt").write_text(LFW)
    return folder


def test_a_list_beside_several_folders_finds_the_one_with_its_images(tmp_path: Path) -> None:
    card, faces = drafted(lists_beside(tmp_path, "lfw"), "pairs.txt")
    assert (card.folder, len(faces.faces)) == ("../lfw", 4)


@pytest.mark.parametrize(
    ("names", "said"),
    [
        ((), "'Ann/Ann_0001.jpg', lies neither in the list's folder nor in one beside it; put"),
        (("aligned", "raw"), "lies in several folders beside it: aligned, raw; put the list into"),
    ],
)
def test_a_list_whose_folder_is_not_plain_says_so(
    tmp_path: Path, names: tuple[str, ...], said: str, capsys
) -> None:
    assert main(["draft", str(lists_beside(tmp_path, *names) / "pairs.txt")]) == 2
    assert said in capsys.readouterr().err


def test_the_advice_for_calibration_gives_a_card_that_is_read(tmp_path: Path) -> None:
    card, _ = drafted(catalog(tmp_path), "people")
    text = card.card_file.read_text()
    assert f"# expected = {{images = {PEOPLE * EACH}}}." in text
    kept = [line for line in text.splitlines() if not line.startswith(("expected", "pairs_per"))]
    advised = "\n".join(kept).replace('kind = "people"', 'kind = "folder"')
    card.card_file.write_text(f"{advised}\nexpected = {{images = {PEOPLE * EACH}}}\n")
    read = read_card(card.card_file, TypeAdapter(DatasetCard))
    faces = load_dataset(read, lambda relative: card.card_file.parent / relative)
    assert (read.kind, len(faces.faces)) == ("folder", PEOPLE * EACH)


def test_a_set_that_lost_images_since_is_refused(tmp_path: Path) -> None:
    card, _ = drafted(catalog(tmp_path), "flat")
    (tmp_path / "flat" / "3.png").unlink()
    with pytest.raises(DatasetError, match=r"expected\.images = 5, and there are 4"):
        load_dataset(card, lambda relative: card.card_file.parent / relative)


def test_what_is_no_dataset_is_said(tmp_path: Path, capsys) -> None:
    (tmp_path / "x.txt").write_bytes(b"\xff\xfe\x00")
    assert main(["draft", str(tmp_path / "x.txt")]) == 2
    said = "is no ONNX file, no .bin, no list of pairs in UTF-8 and no folder"
    assert said in capsys.readouterr().err
