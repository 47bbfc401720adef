"""The command that makes rows of a card from somebody's results."""

import shutil
import tomllib
from pathlib import Path

import pytest
from team import ROOT

from suite.catalog.folder import read_catalog
from suite.entry_points.commands.card_text import quoted
from suite.entry_points.commands.main import main

NOTES = ROOT / "tests" / "reference" / "notes.md"
TABLE = "# FaceNet (LFW)\n\n| Mode | Acc | TAR@FAR=1e-3 |\n|---|---|---|\n| fp32 | 0.95 | 0.8 |\n"


@pytest.fixture
def card(tmp_path: Path) -> Path:
    """A card of a team's catalog with LFW's card beside it."""
    for kind, name in (("models", "facenet-vggface2"), ("datasets", "lfw")):
        (tmp_path / "quant" / kind).mkdir(parents=True)
        shutil.copy(ROOT / "fixtures" / kind / f"{name}.toml", tmp_path / "quant" / kind)
    path = tmp_path / "quant" / "models" / "facenet-vggface2.toml"
    text = path.read_text()
    text = text[: text.index("[[reference]]")].replace('"calibration-faces"', '"lfw"')
    path.write_text(text.replace('"lfw-facenet", ', "").replace("\n[published]", "\n\n[published]"))
    return path


def results(folder: Path, text: str = TABLE) -> str:
    path = folder / "results.md"
    path.write_text(text)
    return str(path)


def test_what_is_printed_is_toml_with_the_doubts(capsys) -> None:
    assert main(["import-results", str(NOTES), "--dataset=lfw", "--table=gpu"]) == 0
    out, err = capsys.readouterr()
    first, second = tomllib.loads(out)["reference"]
    assert (first["mode"], first["dataset"]) == ("fp32", "lfw")
    assert first["title"] == "InsightFace (ArcFace recognition, GPU run)"
    assert (first["tar_at_far_1e-3"], first["latency_ms"]) == (0.624, 42.3)
    assert len(first["doubts"]) == 4
    assert second["doubts"] == [
        "TAR is 0.6260 at FAR=1e-3 and at FAR=1e-4: of 500 impostor pairs both allow none, so both "
        "are TAR at FAR=0"
    ]
    assert "MB was read as 2^20 bytes" in err


def test_a_set_that_nothing_names_is_a_blank(capsys) -> None:
    assert main(["import-results", str(NOTES), "--table=GPU run"]) == 0
    rows = tomllib.loads(capsys.readouterr().out)["reference"]
    assert {row["dataset"] for row in rows} == {"FILL IN: a dataset's id"}


def test_rows_are_added_to_a_card_that_stays_as_it_is(card: Path, tmp_path: Path, capsys) -> None:
    before = card.read_bytes()
    arguments = ["import-results", results(tmp_path), f"--card={card}", "--title=theirs"]
    assert main(arguments) == 0
    assert card.read_bytes().startswith(before.rstrip())
    (row,) = read_catalog(card.parent.parent).models["facenet-vggface2"].reference
    assert (row.mode, row.dataset, row.title) == ("fp32", "lfw", "theirs")
    assert (row.accuracy, row.tar_at_far_1e_3, row.latency_ms) == (0.95, 0.8, None)
    assert row.doubts[0].startswith("accuracy is 0.9500, and 0.9965 is published: ")
    out = capsys.readouterr().out
    assert f"{card}: rows added: 1\n" in out
    assert f"line 5: fp32: {row.doubts[0]}.\n" in out
    assert main(arguments) == 2
    assert "has a row 'fp32' of 'lfw' with the title 'theirs' already" in capsys.readouterr().err


def test_a_cards_line_ends_are_kept(card: Path, tmp_path: Path) -> None:
    card.write_bytes(card.read_bytes().replace(b"\n", b"\r\n"))
    assert main(["import-results", results(tmp_path), f"--card={card}"]) == 0
    assert card.read_bytes().count(b"\n") == card.read_bytes().count(b"\r\n")
    assert len(read_catalog(card.parent.parent).models["facenet-vggface2"].reference) == 1


@pytest.mark.parametrize(
    ("text", "more", "words"),
    [
        (TABLE.replace("0.95", "0.9x"), (), "nothing was added to it; mend the cells above"),
        (TABLE.replace(" (LFW)", ""), (), "says not which set its figures are of"),
        (TABLE + TABLE.replace("FaceNet", "Other"), (), "there are 2; choose one of: FaceNet"),
        (
            TABLE + "| fp32 | 0.94 | 0.7 |\n",
            (),
            "has a row 'fp32' of 'lfw' with the title 'FaceNet",
        ),
        (TABLE, ("--table=arc",), "no table with 'arc' in its heading"),
        (TABLE, ("--dataset=lfv",), "there is no dataset 'lfv'; did you mean 'lfw'?"),
    ],
)
def test_what_cannot_be_added_leaves_the_card_as_it_was(
    card: Path, tmp_path: Path, capsys, text: str, more: tuple[str, ...], words: str
) -> None:
    before = card.read_bytes()
    assert main(["import-results", results(tmp_path, text), f"--card={card}", *more]) == 2
    assert words in capsys.readouterr().err
    assert card.read_bytes() == before


def test_rows_on_one_line_are_said(card: Path, tmp_path: Path, capsys) -> None:
    row = 'reference = [{ mode = "fp32", dataset = "lfw", title = "old", accuracy = 0.5 }]\n'
    card.write_text(row + card.read_text())
    assert main(["import-results", results(tmp_path), f"--card={card}"]) == 2
    assert "write each as a table [[reference]]" in capsys.readouterr().err


def test_a_bad_cell_is_said_and_the_other_rows_are_printed(tmp_path: Path, capsys) -> None:
    text = TABLE + "| fp16 | nope | 0.5 |\n"
    assert main(["import-results", results(tmp_path, text)]) == 1
    out, err = capsys.readouterr()
    assert [row["mode"] for row in tomllib.loads(out)["reference"]] == ["fp32"]
    assert "line 6, column 'Acc': 'nope' is no number; mend it.\n" in err


def test_a_heading_that_begins_with_the_words_comes_first(capsys) -> None:
    assert main(["import-results", str(NOTES), "--dataset=lfw", "--table=arcface"]) == 0
    rows = tomllib.loads(capsys.readouterr().out)["reference"]
    assert {row["title"] for row in rows} == {"ArcFace (LFW, 2026-02-09)"}


def test_what_steers_a_terminal_is_spelt_out_in_a_card() -> None:
    words = "a\x1b[2J\x9b\u202eb\u2028 \x7f"
    written = quoted(words)
    assert tomllib.loads(f"a = {written}") == {"a": words}
    assert written.isprintable() and written.isascii()
