import json
import tempfile
import threading
from pathlib import Path

import pytest

from suite.catalog.errors import BaselineError, SuiteError
from suite.judging.baselines.store import (
    BaselineFile,
    all_files,
    read_sections,
    remove_sections,
    write_section,
)
from suite.judging.judgement import FORMAT


def entry(value: float) -> dict:
    return {
        "identity": {"source": "a"},
        "figures": {"accuracy": value},
        "samples": {"tensor": [1.5, 2.5]},
        "versions": {},
    }


def test_writing_one_section_leaves_every_other_line(tmp_path: Path) -> None:
    path = tmp_path / "cpu" / "model" / "fp32.json"
    write_section(path, "artifact", entry(1))
    write_section(path, "verification.x", entry(0.5))
    before = path.read_text().splitlines()
    write_section(path, "verification.x", entry(0.25))
    after = path.read_text().splitlines()
    assert [a for a, b in zip(before, after, strict=True) if a != b] == ['        "accuracy": 0.5']
    write_section(path, "verification.x", entry(0.5))
    assert path.read_text().splitlines() == before


def test_a_file_whose_last_section_goes_leaves_no_folder(tmp_path: Path) -> None:
    gone, kept = (tmp_path / profile / "m" / "int8.json" for profile in ("cpu-avx2", "cpu-vnni"))
    for path in (gone, kept):
        write_section(path, "artifact", entry(1))
    write_section(kept.with_name("fp32.json"), "artifact", entry(1))
    for path in (gone, kept):
        remove_sections(path, ["artifact"])
    left = sorted(path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*"))
    assert left == ["cpu-vnni", "cpu-vnni/m", "cpu-vnni/m/fp32.json"]


def test_a_list_of_numbers_stays_on_one_line(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    write_section(path, "fingerprint", entry(1))
    assert '"tensor": [1.5, 2.5]' in path.read_text()


def test_writers_of_one_file_lose_nothing_and_leave_nothing(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    path = tmp_path / "a.json"
    threads = [
        threading.Thread(target=write_section, args=(path, f"section.{i}", entry(i)))
        for i in range(24)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(read_sections(path)) == 24
    assert [p.name for p in tmp_path.iterdir()] == ["a.json"]


@pytest.mark.parametrize("text", ["", "{", "[]", '{"format": 99, "sections": {}}', "\x00"])
def test_a_damaged_baseline_is_named(tmp_path: Path, text: str) -> None:
    path = tmp_path / "a.json"
    path.write_text(text)
    with pytest.raises(BaselineError, match="is not a readable baseline"):
        read_sections(path)


def test_a_damaged_section_is_named(tmp_path: Path) -> None:
    file = BaselineFile(tmp_path, "cpu", "m", "fp32")
    file.path.parent.mkdir(parents=True)
    file.path.write_text(json.dumps({"format": 1, "sections": {"artifact": {"identity": {}}}}))
    with pytest.raises(BaselineError, match="section 'artifact' is damaged"):
        file.entry("artifact")


def test_profiles_that_accepted_a_section_are_found(tmp_path: Path) -> None:
    for profile in ("cpu-vnni", "cpu-avx2"):
        write_section(tmp_path / profile / "m" / "int8.json", "artifact", entry(1))
    file = BaselineFile(tmp_path, "cpu-arm", "m", "int8")
    assert file.profiles_with("artifact") == ["cpu-avx2", "cpu-vnni"]
    assert file.profiles_with("other") == []


def test_a_changed_file_is_read_anew(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    write_section(path, "artifact", entry(1))
    assert read_sections(path)["artifact"]["figures"] == {"accuracy": 1}
    write_section(path, "artifact", entry(2))
    assert read_sections(path)["artifact"]["figures"] == {"accuracy": 2}


def test_what_a_newer_suite_accepted_says_so(tmp_path: Path) -> None:
    file = BaselineFile(tmp_path, "cpu", "m", "fp32")
    write_section(file.path, "artifact", {**entry(1), "format": 99})
    with pytest.raises(BaselineError, match=r"accepted by a newer suite \(format 99"):
        file.entry("artifact")


def test_a_file_is_as_old_as_its_oldest_section(tmp_path: Path) -> None:
    file = BaselineFile(tmp_path, "cpu", "m", "fp32")
    assert file.format == FORMAT
    write_section(file.path, "fidelity.x", {**entry(1), "format": 3})
    assert file.format == 3
    # A suite of format 3 that accepts one gate says nothing of the gates that it did not run.
    write_section(file.path, "artifact", entry(1))
    assert file.format == 1


@pytest.mark.parametrize("refused", ["", "cpu", "cpu/net"])
def test_baselines_that_this_user_may_not_list_are_named(
    tmp_path: Path, forbid, refused: str
) -> None:
    (tmp_path / "cpu" / "net").mkdir(parents=True)
    (tmp_path / "cpu" / "net" / "fp32.json").touch()
    (found,) = all_files(tmp_path)
    assert (found.profile, found.model, found.mode) == ("cpu", "net", "fp32")
    forbid(tmp_path / refused)
    with pytest.raises(SuiteError, match=r"the system refuses it \(Permission denied\)"):
        list(all_files(tmp_path))
