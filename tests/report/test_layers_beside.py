"""What layers cost, read from a report's folder: shown, or said to be damaged."""

from pathlib import Path

import pytest
from layers import layer, layers, write_layers
from records import ENVIRONMENT, record

from suite.report.files import write_report
from suite.report.layers import FOLDER, copied, read_layers
from suite.report.verdict import make_report

REPORT = make_report(ENVIRONMENT, [record()], complete=True, require_all=False)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (b"{", "it is not valid JSON"),
        (b"", "it is empty"),
        (b"\xff", "UTF-8"),
        (layers().model_dump_json().replace('"loss":0.001', '"loss":7').encode(), "loss"),
        (layers().model_dump_json().replace('_version":1', '_version":9').encode(), "version"),
    ],
)
def test_a_damaged_file_is_said_in_one_sentence_and_breaks_no_report(
    tmp_path: Path, text: bytes, why: str
) -> None:
    write_layers(tmp_path, layers())
    (tmp_path / FOLDER / "bad.json").write_bytes(text)
    read = read_layers(tmp_path)
    assert read.found == (layers(),)
    (sentence,) = read.unread
    assert sentence.startswith("layers/bad.json cannot be read (") and why in sentence
    assert sentence.endswith("): run face-quant-gate explain again, or delete it")
    write_report(tmp_path, REPORT)
    page = (tmp_path / "report.html").read_text()
    assert "layers/bad.json cannot be read (" in page
    assert "<h3>m int8</h3>" in page


def test_a_folder_in_a_file_s_place_is_said_too(tmp_path: Path) -> None:
    (tmp_path / FOLDER / "m.int8.json").mkdir(parents=True)
    assert len(read_layers(tmp_path).unread) == 1


def test_a_name_that_steers_a_terminal_is_spelt_out(tmp_path: Path) -> None:
    write_layers(tmp_path, layers(layer("\x1b[2Jconv\u202e")))
    (found,) = read_layers(tmp_path).found
    assert found.layers[0].name == "\\x1b[2Jconv\\u202e"


def test_the_page_shows_layers_that_report_json_has_not(tmp_path: Path) -> None:
    write_report(tmp_path, REPORT)
    before = (tmp_path / "report.json").read_text()
    assert 'id="layers"' not in (tmp_path / "report.html").read_text()
    write_layers(tmp_path, layers())
    write_report(tmp_path, REPORT)
    assert 'id="layers"' in (tmp_path / "report.html").read_text()
    assert (tmp_path / "report.json").read_text() == before


def test_several_folders_files_are_kept_each_once(tmp_path: Path) -> None:
    other = layers(profile="cpu-vnni")
    for run, found in (("a", layers()), ("b", layers()), ("c", other), ("d", other)):
        write_layers(tmp_path / run, found)
    write_layers(tmp_path / "d", layers(mode="int8_b"))
    names = copied(tmp_path / run for run in "abcd")
    assert sorted(names) == ["m.int8.1.json", "m.int8.json", "m.int8_b.json"]
    assert names["m.int8.1.json"] == other.model_dump_json()
