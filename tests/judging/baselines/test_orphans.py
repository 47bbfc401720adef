"""What is accepted and has no gate: every way in which coverage vanishes, by its reason."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from records import ENVIRONMENT, record
from team import ROOT, copy_catalog

from suite.catalog.folder import read_catalog
from suite.catalog.selection import Options, select
from suite.entry_points.plugin.environment import to_be_judged
from suite.judging.baselines.orphans import find_orphans, unjudged
from suite.judging.outcome import Outcome
from suite.report.verdict import make_report

MODEL, OTHER = "arcface-embedded", "facenet-embedded"
PROFILE = "cpu-vnni"
STATIC = f"{PROFILE}/{OTHER}/int8_static_qdq.json"


@pytest.fixture
def catalog(tmp_path: Path) -> Path:
    """A team's catalog with two models and what the repository accepted of them in its modes."""
    others = shutil.ignore_patterns("int8_static_tuned*")
    copy_catalog(tmp_path, MODEL, OTHER)
    for profile in ("cpu", PROFILE, "openvino-cpu-vnni"):
        for model in (MODEL, OTHER):
            source = ROOT / "baselines" / profile / model
            target = tmp_path / "baselines" / profile / model
            shutil.copytree(source, target, ignore=others)
    return tmp_path


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def found(folder: Path, **options) -> dict[str, str]:
    """Each baseline that is not judged, with its sections and the reason."""
    lost = unjudged(read_catalog(folder), PROFILE, Options(catalog=folder, **options))
    root = folder / "baselines"
    return {str(Path(u.file).relative_to(root)): f"{u.sections}: {u.reason}" for u in lost}


def delete_card(folder: Path) -> None:
    (folder / "models" / f"{OTHER}.toml").unlink()


def take_off_dataset(folder: Path) -> None:
    card = folder / "models" / f"{OTHER}.toml"
    evaluation = (folder / "datasets" / "embedded-evaluation.toml").read_text()
    another = evaluation.replace('id = "embedded-evaluation"', 'id = "another"')
    (folder / "datasets" / "another.toml").write_text(another)
    edit(card, '"embedded-evaluation"', '"another"')


def take_recipe(folder: Path) -> None:
    (folder / "modes").mkdir()
    (folder / "modes" / "static.toml").write_text('id = "int8_static_qdq"\n')


def make_on_request(folder: Path) -> None:
    edit(folder / "models" / f"{OTHER}.toml", "\n\n[source]", "\non_request = true\n\n[source]")


def make_mode_on_request(folder: Path) -> None:
    """The mode runs on request; one model has it as a further mode, which the other has not."""
    (folder / "modes").mkdir()
    text = (ROOT / "fixtures" / "modes" / "int8_static_qdq.toml").read_text()
    (folder / "modes" / "static.toml").write_text(f"on_request = true\n{text}")
    further = '\nfurther_modes = ["int8_static_qdq"]\n\n[source]'
    edit(folder / "models" / f"{MODEL}.toml", "\n\n[source]", further)


def make_not_applicable(folder: Path) -> None:
    (folder / "providers").mkdir()
    text = (ROOT / "fixtures" / "providers" / "cpu.toml").read_text()
    text += '\n[not_applicable]\nint8_static_qdq = "too slow"\n'
    (folder / "providers" / "cpu.toml").write_text(text)


def take_off_calibration(folder: Path) -> None:
    edit(folder / "models" / f"{OTHER}.toml", 'calibration = "embedded-calibration"\n', "")


def time_at_another_batch(folder: Path) -> None:
    path = folder / "baselines" / STATIC
    document = json.loads(path.read_text())
    sections = document["sections"]
    for name in ("1.32.batch4", "1.24.batch8"):
        sections[f"latency.some-cpu.onnxruntime-{name}"] = sections["placement.onnxruntime-1.32"]
    path.write_text(json.dumps(document))


def rename_section(folder: Path) -> None:
    edit(folder / "baselines" / STATIC, '"artifact"', '"artefact"')


WAYS = {
    "card deleted": (delete_card, "no card of a model 'facenet-embedded'"),
    "dataset off a card": (take_off_dataset, "'embedded-evaluation' is no evaluation set of"),
    "mode without recipe": (take_recipe, "the mode 'int8_static_qdq' has no recipe"),
    "on request": (make_on_request, "has on_request = true, and it was accepted to be judged"),
    "mode on request": (make_mode_on_request, "has on_request = true and is no further mode of"),
    "not applicable": (make_not_applicable, "has int8_static_qdq not applicable (too slow)"),
    "calibration off": (take_off_calibration, "int8_static_qdq needs calibration faces"),
    "another batch": (time_at_another_batch, "speed is measured at the batches 1, 8 alone"),
    "section renamed": (rename_section, "('artefact',): no gate compares with it"),
}


def test_what_is_accepted_and_judged_is_no_orphan(catalog: Path) -> None:
    assert found(catalog) == {}
    assert list(find_orphans(read_catalog(catalog))) == []


@pytest.mark.parametrize(("change", "said"), WAYS.values(), ids=WAYS)
def test_coverage_that_vanishes_is_named(
    catalog: Path, change: Callable[[Path], None], said: str
) -> None:
    change(catalog)
    lost = found(catalog)
    assert STATIC in lost or f"cpu/{OTHER}/fp32.json" in lost
    assert all(said in words and OTHER in file for file, words in lost.items() if OTHER in file)
    # The command that is the way out knows the same.
    assert any(said in orphan.reason for orphan in find_orphans(read_catalog(catalog))) or (
        "artefact" in said
    )


@pytest.mark.parametrize("strict", [False, True], ids=["plain", "require all"])
@pytest.mark.parametrize("change", [way[0] for way in WAYS.values()], ids=WAYS)
def test_coverage_that_vanishes_makes_a_run_red_in_which_every_gate_passed(
    catalog: Path, change: Callable[[Path], None], strict: bool
) -> None:
    change(catalog)
    options = Options(catalog=catalog)
    selection = select(options)
    coverage = to_be_judged(selection, PROFILE, options)
    records = [
        record(gate.gate, model=gate.model, mode=gate.mode, dataset=gate.dataset, load=gate.load)
        for gate in coverage.whole
    ]
    made = make_report(ENVIRONMENT, records, complete=True, require_all=strict, coverage=coverage)
    assert made.verdict is Outcome.FAIL
    assert "accepted and not judged" in made.summary
    assert not made.left_out


def test_a_run_of_named_models_modes_or_datasets_asks_for_these_alone(catalog: Path) -> None:
    take_off_dataset(catalog)
    assert found(catalog, models=(MODEL,)) == {}
    assert list(found(catalog, modes=("fp32",))) == [f"cpu/{OTHER}/fp32.json"]
    assert found(catalog, datasets=("another",)) == {}
    assert len(found(catalog, models=(OTHER,))) == 3


def test_other_hardware_is_no_matter_of_a_run(catalog: Path) -> None:
    shutil.copytree(catalog / "baselines" / PROFILE, catalog / "baselines" / "cpu-other")
    delete_card(catalog)
    assert not [file for file in found(catalog) if file.startswith(("cpu-other", "openvino"))]


def test_kernels_and_speed_of_other_versions_and_devices_are_no_orphans(catalog: Path) -> None:
    time_at_another_batch(catalog)
    path = catalog / "baselines" / STATIC
    document = json.loads(path.read_text())
    sections = document["sections"]
    sections["placement.onnxruntime-1.99"] = sections["placement.onnxruntime-1.32"]
    path.write_text(json.dumps(document))
    (words,) = found(catalog).values()
    assert words.startswith("('latency.some-cpu.onnxruntime-1.32.batch4',)")


def test_a_model_accepted_on_request_is_owed_to_no_run_that_does_not_name_it(catalog: Path) -> None:
    make_on_request(catalog)
    for path in (catalog / "baselines").rglob("*.json"):
        document = json.loads(path.read_text())
        for section in document["sections"].values():
            section["on_request"] = True
        path.write_text(json.dumps(document))
    assert found(catalog) == {}
    assert list(find_orphans(read_catalog(catalog))) == []


def test_a_named_model_on_request_is_judged(catalog: Path) -> None:
    make_on_request(catalog)
    assert found(catalog, models=(OTHER,)) == {}


@pytest.mark.parametrize("key", ["on_request", "mode_on_request"])
def test_a_mode_accepted_on_request_is_owed_to_no_run_that_does_not_name_it(
    catalog: Path, key: str
) -> None:
    make_mode_on_request(catalog)
    for path in (catalog / "baselines").rglob(f"{OTHER}/int8_static_qdq.json"):
        document = json.loads(path.read_text())
        for section in document["sections"].values():
            section[key] = True
        path.write_text(json.dumps(document))
    # That the model was on request says nothing of the mode.
    assert (STATIC in found(catalog)) is (key == "on_request")
    assert found(catalog, modes=("int8_static_qdq",)) == {}


def test_a_brought_artifact_keeps_a_mode_on_request_judged(catalog: Path) -> None:
    make_mode_on_request(catalog)
    card = catalog / "models" / f"{OTHER}.toml"
    brought = f'\n[artifacts.int8_static_qdq]\nfile = "x.onnx"\nsha256 = "{"0" * 64}"\n'
    card.write_text(card.read_text() + brought)
    assert found(catalog) == {}


def test_a_provider_on_the_same_kernels_may_leave_a_mode_to_another(catalog: Path) -> None:
    make_not_applicable(catalog)
    card = catalog / "providers" / "cpu.toml"
    edit(card, 'id = "cpu"', 'id = "cpu-quick"')
    assert found(catalog) == {}


def test_a_damaged_file_without_a_card_is_named(catalog: Path) -> None:
    delete_card(catalog)
    (catalog / "baselines" / STATIC).write_text("{")
    assert "is not a readable baseline" in found(catalog)[STATIC]


def test_int8_in_the_parent_profile_and_fp32_in_another_have_no_gate(catalog: Path) -> None:
    root = catalog / "baselines"
    shutil.copy(root / STATIC, root / "cpu" / OTHER)
    shutil.copy(root / "cpu" / OTHER / "fp32.json", root / PROFILE / OTHER)
    lost = found(catalog)
    assert "FP32 alone is held to cpu" in lost[f"cpu/{OTHER}/int8_static_qdq.json"]
    assert "FP32 is held to cpu alone" in lost[f"{PROFILE}/{OTHER}/fp32.json"]


def test_the_way_out_names_the_catalog(catalog: Path) -> None:
    delete_card(catalog)
    lost = unjudged(read_catalog(catalog), PROFILE, Options(catalog=catalog))
    assert {u.remove for u in lost} == {f"face-quant-gate orphans --catalog={catalog} --remove"}


def test_what_serves_a_kin_is_its_matter_too(catalog: Path) -> None:
    delete_card(catalog)
    card = read_catalog(catalog)
    held_to = {u.file for u in unjudged(card, PROFILE, Options(catalog=catalog))}
    assert {u.file for u in unjudged(card, "cpu-amx", Options(catalog=catalog))} == held_to
    of_avx2 = {u.file for u in unjudged(card, "cpu-avx2", Options(catalog=catalog))}
    assert str(catalog / "baselines" / STATIC) in held_to - of_avx2
