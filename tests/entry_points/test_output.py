"""What is printed reaches any terminal or log, and a printed card is the text of a card."""

import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from team import MODEL, SOURCE, copy_catalog

from suite.entry_points.output import print_anything

ENCODINGS = ["ascii", "cp1252", "cp932", "utf-8"]


def printed(encoding: str, *words: object) -> subprocess.CompletedProcess[bytes]:
    """A command whose standard streams have an encoding and refuse what it lacks."""
    environment = os.environ | {"PYTHONIOENCODING": f"{encoding}:strict"}
    command = [sys.executable, "-m", "suite.entry_points.commands.main", *map(str, words)]
    return subprocess.run(command, capture_output=True, check=False, env=environment)


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_check_says_what_is_wrong_in_any_encoding(tmp_path: Path, encoding: str) -> None:
    catalog = tmp_path / "größe-顔"
    catalog.mkdir()
    copy_catalog(catalog, MODEL)
    card = catalog / "models" / f"{MODEL}.toml"
    card.write_text(card.read_text().replace("[127.5, 127.5, 127.5]", "[0.5, 0.5, 0.5]"))
    result = printed(encoding, "check", f"--catalog={catalog}")
    assert (result.returncode, result.stderr) == (1, b"")
    said = result.stdout.decode(encoding)
    spelt = "makes pixels of 0…255" if encoding != "ascii" else "makes pixels of 0...255"
    assert spelt in said
    assert said.endswith("1 problem\n")
    assert ("größe" if encoding in ("cp1252", "utf-8") else r"gr\xf6") in said


@pytest.mark.parametrize("verb", ["run", "orphans", "weights", "check", "draft", "export", "copy"])
def test_no_commands_output_fails_in_ascii(tmp_path: Path, verb: str) -> None:
    words = {"run": ["--co", "-q"], "orphans": [], "weights": [], "check": []}
    result = printed("ascii", verb, *words.get(verb, ["--help"]))
    assert b"Traceback" not in result.stderr
    assert b"UnicodeEncodeError" not in result.stdout + result.stderr
    assert result.stdout


def test_a_drafted_card_is_utf_8_whatever_the_terminal_is(tmp_path: Path) -> None:
    drafted = printed("cp1252", "draft", SOURCE)
    assert drafted.stderr == b""
    assert "scale / 255 − mean" in drafted.stdout.decode("utf-8")
    assert "preprocess" in tomllib.loads(drafted.stdout.decode("utf-8"))


def test_a_reader_that_has_seen_enough_ends_the_command() -> None:
    command = f"{sys.executable} -m suite.entry_points.commands.main weights | head -n 0"
    result = subprocess.run(["bash", "-c", command], capture_output=True, check=False)
    assert (result.stdout, result.stderr) == (b"", b"")


def test_what_is_read_back_through_the_same_handler_is_spelt_out_too(monkeypatch) -> None:
    monkeypatch.setattr(sys, "stdout", None)
    monkeypatch.setattr(sys, "stderr", None)
    print_anything()
    assert b"caf\xe9 \xe2\x80\xa6".decode(errors="face-quant-gate") == "caf\\xe9 …"
