"""Names of images and people in a report: hashes, that only this user's file maps back."""

import json
import re
import stat
from pathlib import Path

import pytest
from records import ENVIRONMENT, measured, record

from suite.catalog.errors import DatasetError, SuiteError
from suite.catalog.gate import Gate
from suite.datasets.images.folder import passed_over
from suite.judging.outcome import Outcome
from suite.judging.record import Record
from suite.report.folder import ReportFolder
from suite.report.names import Names, known_names

ANN = "Ann Dro/Ann Dro 7.jpg"


def named() -> Record:
    flip = {
        **{"pair": 3, "left": ANN, "right": "set.bin[9]", "genuine": True},
        **{"fp32_distance": 1.0, "distance": 1.2, "own": True, "kept": False},
    }
    found = measured(
        Gate.VERIFICATION,
        "d",
        flips=[flip],
        thresholds=[
            {
                **{"pairs": "listed", "far_target": 1e-3, "threshold": 1.0, "impostors": 9},
                **{"genuine": 9, "false_accepts": 0, "false_rejects": 0},
                "set_by": [{"left": ANN, "right": ANN, "distance": 1.0, "accepted": False}],
            }
        ],
        pictures={ANN: "QUJD"},
        remarks=[f"1 of 9 images ({ANN}) has no face: left out"],
        closeness={
            "images": 9,
            "quantile": [0.5],
            "cosine": [0.9],
            "worst": [{"image": ANN, "cosine": 0.5}],
        },
    )
    return record(
        Gate.VERIFICATION,
        Outcome.FAIL,
        f"{ANN}: is no image that can be read",
        mode="int8",
        dataset="d",
        hashes={"dataset": "c" * 64},
        measured=found,
        notes=(f"1 of 9 images ({ANN}) has no face: left out",),
    )


def written(folder: Path, names: Names | None) -> str:
    report = ReportFolder(folder, ENVIRONMENT, require_all=False, names=names)
    report.add(named())
    report.fail_outside(f"the set: {ANN}: cannot be read")
    report.write(complete=True)
    report.close()
    return "\n".join(path.read_text() for path in folder.iterdir() if path.name != "names.json")


def test_no_file_of_a_report_names_anybody_and_one_that_is_not_shared_does(tmp_path: Path) -> None:
    text = written(tmp_path, Names())
    assert "Dro" not in text
    assert "set.bin" not in text
    mapped = json.loads((tmp_path / "names.json").read_text())
    assert set(mapped.values()) == {ANN, "set.bin[9]"}
    assert stat.S_IMODE((tmp_path / "names.json").stat().st_mode) == 0o600
    (image,) = (hidden for hidden in mapped if f'"left":"{hidden}"' in text.replace('": "', '":"'))
    assert mapped[image] == ANN
    assert f"1 of 9 images ({image}) has no face: left out" in text
    assert f"{image}: is no image that can be read" in text


def test_with_names_asked_for_a_report_has_them_and_no_map(tmp_path: Path) -> None:
    text = written(tmp_path, None)
    assert ANN in text
    assert not (tmp_path / "names.json").exists()


def test_a_hash_is_the_same_in_each_run_and_another_in_another_set() -> None:
    assert Names().hide(ANN, "c" * 64) == Names().hide(ANN, "c" * 64)
    assert Names().hide(ANN, "c" * 64) != Names().hide(ANN, "d" * 64)
    assert re.fullmatch(r"name-[0-9a-f]{12}", Names().hide(ANN, ""))
    names = Names()
    # That of a report that is judged again stays.
    assert names.hide(Names().hide(ANN, "c"), "d") == Names().hide(ANN, "c")
    assert names.known == {}


def test_a_completed_report_keeps_the_names_of_the_run_before(tmp_path: Path) -> None:
    written(tmp_path, Names())
    before = known_names(tmp_path)
    later = ReportFolder(tmp_path, ENVIRONMENT, require_all=False, append=True, names=Names(before))
    later.add(record())
    later.write(complete=True)
    later.close()
    assert known_names(tmp_path) == before != {}
    again = ReportFolder(tmp_path, ENVIRONMENT, require_all=False, names=Names())
    again.close()
    assert known_names(tmp_path) == {}


@pytest.mark.parametrize("text", ["[]", "{", "\0"])
def test_a_damaged_map_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "names.json").write_text(text)
    with pytest.raises(SuiteError, match="is no readable list of names"):
        known_names(tmp_path)


@pytest.mark.parametrize(
    "text",
    [
        "3 of 90 images (the first Ann Dro/a (2).jpg) have no face: used unaligned",
        "2 photos below its folder (the first Ann Dro/b.heic) left out: nothing here reads .heic",
        "1 file below its folder (Ann Dro/notes.txt) has no image's suffix: passed over",
        "the set: /data/Ann Dro/Ann Dro 7.jpg: this image cannot be read (gone); put it back.",
        "the gate broke: DatasetError: Ann Dro/7.PNG: is damaged",
        "/data/pairs.txt: line 7 names image 3 of 'Ann Dro', and there is no /d/Ann Dro/3.jpg",
        "/data/p.csv: line 7 is labelled as one person and names 'Ann Dro' and \"Bo D'Dro\"; so",
        "/data/p.csv: line 8: 'Ann Dro/1.jpg' shows 'Ann Dro', and 'Bo' on a line before; x",
        "a.bin[3] is said to show 'Ann Dro', and b.bin[4], the same image, 'Cy Dro'; correct",
        "/data/lfw/Ann Dro: this person's folder holds no image (.jpg); put some",
    ],
)
def test_what_readers_of_sets_say_names_nobody(text: str) -> None:
    names = Names()
    hidden = names.hidden_in(text, "c")
    assert "Dro" not in hidden
    assert names.known
    for short, name in names.known.items():
        hidden = hidden.replace(short, name)
    assert hidden.replace("'", "").replace('"', "") == text.replace("'", "").replace('"', "")


def test_what_a_folders_reader_says_names_nobody(tmp_path: Path) -> None:
    for name in ("Ann Dro.heic", "Bo Dro.heic", "Ann Dro.txt"):
        (tmp_path / name).write_text("x")
    said = passed_over(tmp_path)
    assert "Dro" in "".join(said)
    assert "Dro" not in "".join(map(Names().hidden_in, said))
    error = DatasetError(where=tmp_path / "Ann Dro.png", what="this image cannot be read (x).")
    assert "Dro" not in Names().hidden_in(str(error))


@pytest.mark.parametrize(
    "text",
    [
        "accuracy 0.9812 is 0.003 below the accepted 0.9842 (tolerance 0.002)",
        "the card names a set 'd' of 6,000 pairs; accuracy: 0.9 → 0.91",
        "not appended: its source is bbbbbbbbbbbb…, the run before measured aaaaaaaaaaaa…",
    ],
)
def test_what_names_nobody_stays_as_it_is(text: str) -> None:
    names = Names()
    assert names.hidden_in(text) == text
    assert names.known == {}


@pytest.mark.parametrize(
    ("said", "names"),
    [
        (
            r"pairs.txt: line 2, 'Ann Dro\t1\tx', is neither 'name number number'",
            [r"Ann Dro\t1\tx"],
        ),
        (
            "Ann Dro/1 is said to show 'Ann Dro', and B Dro/2, the same image, 'B Dro'; correct",
            ["Ann Dro/1", "Ann Dro", "B Dro/2", "B Dro"],
        ),
        ("points.csv: the points of 'Ann_Dro/1' lie far outside its 9 × 9 pixels", ["Ann_Dro/1"]),
        ("points.csv: left and right of 'Ann_Dro/1' are swapped", ["Ann_Dro/1"]),
        ("a.csv: line 4, \"Ann 'A' Dro\", has no image", ["Ann 'A' Dro"]),
        (r"a.csv: line 4, 'Ann \'A\' \"B\" Dro', has no image", [r"Ann \'A\' \"B\" Dro"]),
    ],
)
def test_names_without_a_suffix_are_hidden_too(said: str, names: list[str]) -> None:
    found = Names()
    hidden = found.hidden_in(said, "c" * 64)
    assert "Dro" not in hidden
    assert set(found.known.values()) == set(names)


@pytest.mark.parametrize("unit", ["/", "a", "images (", "folder (the first ", "'", ": ", ", and "])
@pytest.mark.parametrize("first", ["", "a.png: "])
def test_a_line_without_end_takes_no_endless_time(first: str, unit: str) -> None:
    names = Names()
    line = first + unit * (1_000_000 // len(unit))
    assert names.hidden_in(line)[-500:] == line[-500:]
    assert list(names.known.values()) == ["a.png"] * bool(first)
