"""What a section keeps of each image lies beside it: written, read and removed with it."""

from pathlib import Path

import pytest

from suite.catalog.errors import BaselineError
from suite.entry_points.commands import git_revision
from suite.judging.baselines import store
from suite.judging.baselines.entry import entry_document
from suite.judging.baselines.side_file import SUFFIX
from suite.judging.baselines.store import (
    BaselineFile,
    remove_sections,
    side_files_alone,
    write_section,
)
from suite.judging.image_angles import ImageAngles
from suite.judging.kept_limits import KeptLimits
from suite.judging.measured import Measured

TOLERANCES = dict.fromkeys(("angle_change_mean", "angle_change_worst", "angle_change_person"), 1.0)
FILE = BaselineFile(Path(), "cpu-x", "m", "int8")


def kept(root: Path, *degrees: float, section: str = "fidelity.lfw") -> BaselineFile:
    angles = ImageAngles.of(degrees)
    measured = Measured(section=section, identity={}, angles=angles)
    document = entry_document(measured, KeptLimits(tolerances=TOLERANCES), {})
    file = BaselineFile(root, "cpu-x", "m", "int8")
    write_section(file.path, section, document, angles.data)
    return file


def beside(file: BaselineFile) -> list[Path]:
    return sorted(file.path.parent.glob(f"*{SUFFIX}"))


def test_it_is_read_with_its_section_and_the_json_has_its_hash_alone(tmp_path: Path) -> None:
    file = kept(tmp_path, 1.0, 2.0, 3.0)
    (path,) = beside(file)
    assert path.name.startswith("int8@lfw.")
    # 16 bits an image, after a header.
    assert path.stat().st_size == 8 + 6
    entry = file.entry("fidelity.lfw")
    assert entry is not None
    assert entry.angles is not None
    assert entry.angles.degrees == pytest.approx([1.0, 2.0, 3.0], abs=0.002)
    assert set(file.sections()["fidelity.lfw"]["angles"]) == {"images", "sha256"}


def test_another_takes_its_place_and_other_sections_keep_theirs(tmp_path: Path) -> None:
    file = kept(tmp_path, 1.0)
    kept(tmp_path, 5.0, section="fidelity.cfp")
    other = BaselineFile(tmp_path, "cpu-x", "m", "int8.x")
    other.path.with_name("int8.x@lfw.0.angles").write_bytes(b"")
    first = beside(file)
    kept(tmp_path, 2.0)
    now = beside(file)
    assert len(now) == 3
    assert len(set(first) - set(now)) == 1
    for section, degrees in (("fidelity.lfw", 2.0), ("fidelity.cfp", 5.0)):
        entry = file.entry(section)
        assert entry is not None
        assert entry.angles is not None
        assert entry.angles.degrees == pytest.approx([degrees], abs=0.002)


def test_what_cannot_be_written_leaves_the_accepted_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = kept(tmp_path, 1.0)
    before = file.path.read_bytes()

    def full(path: Path, content: object, **_: object) -> None:
        raise OSError(28, "No space left on device", str(path))

    with monkeypatch.context() as patch:
        patch.setattr(store, "write_whole", full)
        with pytest.raises(BaselineError, match="cannot write the baseline"):
            kept(tmp_path, 2.0)
    assert file.path.read_bytes() == before
    entry = file.entry("fidelity.lfw")
    assert entry is not None
    assert entry.angles is not None
    assert entry.angles.degrees == pytest.approx([1.0], abs=0.002)
    # What was written for nothing is found, and goes with the next that is accepted.
    assert len(beside(file)) == 2
    assert [path for path, _ in side_files_alone(tmp_path)] == [file.path]
    kept(tmp_path, 2.0)
    assert len(beside(file)) == 1


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda path: path.unlink(), "is missing"),
        (lambda path: path.write_bytes(b"\x00\x00"), "is not the 1 angles that were accepted"),
        (lambda path: path.write_bytes(b""), "is not the 1 angles that were accepted"),
    ],
)
def test_a_lost_or_changed_one_is_refused_by_name(tmp_path: Path, damage, said: str) -> None:
    file = kept(tmp_path, 1.0)
    (path,) = beside(file)
    damage(path)
    with pytest.raises(BaselineError) as refused:
        file.entry("fidelity.lfw")
    assert said in str(refused.value)
    assert path.name in str(refused.value)
    assert "restore it from version control together with int8.json" in str(refused.value)


def test_it_goes_with_its_section_and_with_the_file(tmp_path: Path) -> None:
    file = kept(tmp_path, 1.0)
    kept(tmp_path, 5.0, section="fidelity.cfp")
    remove_sections(file.path, ["fidelity.lfw"])
    (path,) = beside(file)
    assert path.name.startswith("int8@cfp.")
    remove_sections(file.path, ["fidelity.cfp"])
    assert list(tmp_path.iterdir()) == []


def test_one_whose_baseline_is_gone_is_found_and_removed(tmp_path: Path) -> None:
    file = kept(tmp_path, 1.0)
    file.path.unlink()
    ((path, names),) = side_files_alone(tmp_path)
    assert (path, len(names)) == (file.path, 1)
    remove_sections(path, names)
    assert list(side_files_alone(tmp_path)) == []
    assert beside(file) == []


def test_a_revision_is_read_with_them() -> None:
    assert "int8@lfw.0.angles".endswith(git_revision._READ)
