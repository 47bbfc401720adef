import json
import threading
from pathlib import Path

import pytest

from suite.catalog.errors import BaselineError
from suite.judging.baselines.store import (
    accepted_profiles,
    read_entry,
    read_sections,
    write_section,
)


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


def test_a_list_of_numbers_stays_on_one_line(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    write_section(path, "fingerprint", entry(1))
    assert '"tensor": [1.5, 2.5]' in path.read_text()


def test_writers_of_one_file_lose_nothing(tmp_path: Path) -> None:
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
    path = tmp_path / "a.json"
    path.write_text(json.dumps({"format": 1, "sections": {"artifact": {"identity": {}}}}))
    with pytest.raises(BaselineError, match="section 'artifact' is damaged"):
        read_entry(path, "artifact")


def test_profiles_that_accepted_a_section_are_found(tmp_path: Path) -> None:
    for profile in ("cpu-vnni", "cpu-avx2"):
        write_section(tmp_path / profile / "m" / "int8.json", "artifact", entry(1))
    assert accepted_profiles(tmp_path, "m", "int8", "artifact") == ["cpu-avx2", "cpu-vnni"]
    assert accepted_profiles(tmp_path, "m", "int8", "other") == []
