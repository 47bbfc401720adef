"""The hash of a set, recommended and written into its card."""

import hashlib
import pickle
import time
import tomllib
from functools import partial
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from team import MODEL, copy_catalog

from suite.catalog.catalog import Roots
from suite.catalog.errors import CatalogError
from suite.catalog.folder import read_cards
from suite.datasets.loader import load_dataset
from suite.entry_points.commands.check import check_catalog
from suite.entry_points.commands.check_frozen import freeze, with_hash
from suite.entry_points.commands.main import main

DIGEST = "ab" * 32
CARD = """# Faces of the team.
id = "own"  # ours
kind = "folder"
folder = "../../faces"   # beside
expected = {images = 3}

[align]  # ArcFace's
method = "landmarks"
landmarks = "../../points.csv"
"""


@pytest.fixture
def catalog(tmp_path: Path) -> Path:
    """A catalog of a set of three images."""
    faces = tmp_path / "faces"
    faces.mkdir()
    for number in range(3):
        image = np.random.default_rng(number).integers(0, 256, (20, 20, 3), np.uint8)
        cv2.imwrite(str(faces / f"{number}.png"), image)
    copy_catalog(tmp_path / "quant", MODEL)
    card = tmp_path / "quant" / "datasets" / "own.toml"
    card.write_bytes(CARD.partition("\n[align]")[0].encode())
    return tmp_path / "quant"


def card_of(catalog: Path) -> Path:
    return catalog / "datasets" / "own.toml"


def frozen(catalog: Path) -> str:
    cards = read_cards(catalog)
    card = cards.datasets["own"]
    return freeze(cards, card, load_dataset(card, partial(cards.locate, card)))


def test_a_set_without_a_hash_is_recommended_to_be_frozen(catalog):
    found = check_catalog(catalog, Roots())
    (said,) = (note for note in found.notes if "sha256" in note)
    assert said.startswith(f"{card_of(catalog)}: has no sha256, so that other images")
    assert said.endswith("freeze it with face-quant-gate check --freeze.")
    assert "sha256" not in card_of(catalog).read_text()


def test_freezing_writes_one_line_and_other_images_are_refused_then(catalog, capsys):
    before = card_of(catalog).read_text()
    assert main(["check", f"--catalog={catalog}", "--freeze"]) == 0
    assert f"note: {card_of(catalog)}: sha256 = " in capsys.readouterr().out
    lines = card_of(catalog).read_text().splitlines(keepends=True)
    added = [line for line in lines if line.startswith("sha256 = ")]
    assert len(added) == 1
    assert "".join(line for line in lines if line not in added) == before
    assert check_catalog(catalog, Roots()).problems == []
    assert not any("sha256" in note for note in check_catalog(catalog, Roots()).notes)
    (catalog.parent / "faces" / "0.png").write_bytes((catalog.parent / "faces/1.png").read_bytes())
    again = check_catalog(catalog, Roots(), write_hashes=True)
    assert any("has SHA-256 " in problem for problem in again.problems)
    assert card_of(catalog).read_text() == "".join(lines)
    assert {path.suffix for path in (catalog / "datasets").iterdir()} == {".toml"}


def test_a_bins_hash_is_its_files(catalog, tmp_path):
    images = [(tmp_path / "faces" / f"{number}.png").read_bytes() for number in (0, 1, 1, 2)]
    file = tmp_path / "faces.bin"
    file.write_bytes(pickle.dumps((images, [True, False])))
    card_of(catalog).write_text('id = "own"\nkind = "bin"\nfolds = 2\nfile = "../../faces.bin"\n')
    frozen(catalog)
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    assert tomllib.loads(card_of(catalog).read_text())["sha256"] == digest


def test_a_set_in_which_something_is_wrong_is_not_frozen(catalog):
    (catalog.parent / "faces" / "0.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    found = check_catalog(catalog, Roots(), write_hashes=True)
    assert any("0.png: this PNG is cut short" in problem for problem in found.problems)
    assert "sha256" not in card_of(catalog).read_text()


def test_freezing_without_a_catalog_is_refused(capsys):
    assert main(["check", "--freeze"]) != 0
    assert "--freeze writes into a team's cards; name their folder with --catalog." in (
        capsys.readouterr().err
    )


def test_a_card_that_cannot_be_written_is_a_problem(catalog, monkeypatch):
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("suite.entry_points.commands.check_frozen.write_whole", full)
    with pytest.raises(CatalogError, match=r"own.toml: cannot be written \(No space left on dev"):
        frozen(catalog)


def test_a_linked_card_stays_a_link(catalog, tmp_path):
    real = catalog / "datasets" / "real"
    card_of(catalog).rename(real)
    card_of(catalog).symlink_to(real)
    frozen(catalog)
    assert card_of(catalog).is_symlink()
    assert "sha256" in real.read_text()


@pytest.mark.parametrize(
    "text",
    [
        CARD,
        CARD.replace("\n", "\r\n"),
        "\ufeff" + CARD,
        '[align]\nmethod = "x"\n',
        'id = "own"\nkind = "folder"\nfolder = "faces"',
        'title = """\nfolder = \nkind = \n"""\nid = "own"\n[expected]\nimages = 3\n',
        "",
        '"folder" = "x"  # no end',
        "expected.images = 3\n[[x]]\na = 1",
    ],
)
def test_all_other_lines_and_their_ends_stay(text):
    made = with_hash(Path("own.toml"), text, DIGEST)
    plain = text.removeprefix("\ufeff")
    assert tomllib.loads(made.removeprefix("\ufeff")) == tomllib.loads(plain) | {"sha256": DIGEST}
    line = f'sha256 = "{DIGEST}"'
    end = "\r\n" if "\r\n" in text else "\n"
    assert made.replace(line + end, "", 1) in (text, text + end)
    assert made.count("\r") == (made.count("\n") if "\r" in text else 0)


@given(
    st.lists(
        st.sampled_from(["a = 1", 'b = """', '"""', "[t]", "# c", "c = [", "]", ""]), max_size=8
    )
)
def test_a_line_is_put_where_it_is_a_key_or_nowhere(lines):
    text = "\n".join(lines)
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return
    try:
        made = with_hash(Path("own.toml"), text, DIGEST)
    except CatalogError as error:
        assert str(error).startswith("own.toml: has no place for a key; add ")
        return
    assert tomllib.loads(made) == table | {"sha256": DIGEST}


def test_a_card_that_is_a_link_to_elsewhere_stays_as_it_is(catalog: Path, tmp_path: Path) -> None:
    theirs = tmp_path / "elsewhere.toml"
    card_of(catalog).rename(theirs)
    card_of(catalog).symlink_to(theirs)
    before = theirs.read_bytes()
    with pytest.raises(CatalogError, match=r"is a link to .*elsewhere.toml, which is not written"):
        frozen(catalog)
    assert theirs.read_bytes() == before


def test_a_card_of_many_lines_that_look_like_keys_gets_its_hash_soon(tmp_path: Path) -> None:
    text = 'title = """\n' + "file = 1\n" * 20_000 + '"""\nid = "x"\n'
    begun = time.monotonic()
    written = with_hash(tmp_path, text, DIGEST)
    assert tomllib.loads(written) == tomllib.loads(text) | {"sha256": DIGEST}
    assert time.monotonic() - begun < 30
