"""What is missing from a baseline is red where its profile is accepted, else not compared."""

from pathlib import Path

from suite.catalog.gate import Gate
from suite.judging.baselines.absent import nothing_accepted
from suite.judging.baselines.entry import entry_document
from suite.judging.baselines.store import BaselineFile, write_section
from suite.judging.kept_limits import KeptLimits
from suite.judging.measured import Measured
from suite.judging.outcome import Outcome


def file(root: Path, profile: str = "cpu-vnni", model: str = "m", mode: str = "int8"):
    return BaselineFile(root, profile, model, mode)


def accept(of: BaselineFile, *sections: str) -> None:
    for section in sections:
        kept = entry_document(Measured(section=section, identity={}), KeptLimits(), {})
        write_section(of.path, section, kept)


def concluded(root: Path, section: str = "artifact"):
    gate = Gate(section.partition(".")[0])
    return nothing_accepted(file(root), gate, section)


def test_a_profile_without_a_folder_is_not_compared_where_another_is_accepted(tmp_path) -> None:
    accept(file(tmp_path, "cpu-avx2"), "artifact")
    judged = concluded(tmp_path)
    assert judged.outcome is Outcome.NOT_COMPARED
    assert judged.headline == "accepted on cpu-avx2, this is cpu-vnni"


def test_a_file_missing_beside_another_mode_or_model_is_red(tmp_path: Path) -> None:
    accept(file(tmp_path, "cpu-avx2"), "artifact")
    for there in (file(tmp_path, mode="other"), file(tmp_path, model="n")):
        accept(there, "artifact")
        judged = concluded(tmp_path)
        assert judged.outcome is Outcome.FAIL
        assert judged.headline.startswith("nothing accepted: a baseline")
        there.path.unlink()
    assert concluded(tmp_path).outcome is Outcome.NOT_COMPARED


def test_a_section_missing_from_a_file_is_red_though_another_profile_has_it(tmp_path) -> None:
    accept(file(tmp_path, "cpu-avx2"), "artifact", "verification.lfw")
    accept(file(tmp_path), "artifact")
    judged = concluded(tmp_path, "verification.lfw")
    assert judged.outcome is Outcome.FAIL
    assert "section 'verification.lfw' of baseline" in judged.headline


def test_a_profile_of_which_speed_alone_is_accepted_is_not_compared(tmp_path: Path) -> None:
    accept(file(tmp_path, "cpu-avx2"), "artifact")
    accept(file(tmp_path), "latency.some.onnxruntime-1.32.batch1", "placement.onnxruntime-1.32")
    assert concluded(tmp_path).outcome is Outcome.NOT_COMPARED


def test_a_damaged_neighbour_counts_as_accepted(tmp_path: Path) -> None:
    accept(file(tmp_path, "cpu-avx2"), "artifact")
    neighbour = file(tmp_path, model="n").path
    neighbour.parent.mkdir(parents=True)
    neighbour.write_text("{")
    assert concluded(tmp_path).outcome is Outcome.FAIL


def test_kernels_of_another_version_are_not_compared(tmp_path: Path) -> None:
    accept(file(tmp_path), "artifact", "placement.onnxruntime-1.24")
    judged = concluded(tmp_path, "placement.onnxruntime-1.32")
    assert judged.outcome is Outcome.NOT_COMPARED


def test_what_is_missing_where_its_kin_is_accepted_is_red(tmp_path: Path) -> None:
    accept(file(tmp_path, "cpu-avx2"), "artifact")
    accept(file(tmp_path, "cpu-vnni", mode="other"), "artifact")
    judged = nothing_accepted(file(tmp_path, "cpu-amx"), Gate.ARTIFACT, "artifact")
    assert judged.outcome is Outcome.FAIL
    assert "is missing" in judged.headline
