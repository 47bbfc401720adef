"""What one state of a gate has that another has not."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from team import plain

from suite.catalog.folder import read_cards, read_catalog
from suite.judging.baselines.entry import entry_document
from suite.judging.baselines.store import write_section
from suite.judging.changes.change import Change, Kind
from suite.judging.changes.compare import compare
from suite.judging.changes.state import GateState, state_of_catalog, state_of_records
from suite.judging.judgement import FORMAT
from suite.judging.kept_limits import KeptLimits
from suite.judging.measured import Measured
from suite.judging.record import Record
from suite.report.changes import to_markdown, to_text

FIXTURES = Path(__file__).resolve().parents[3] / "fixtures"
MODEL = "arcface-embedded"
CARD, BASELINE = f"models/{MODEL}.toml", f"baselines/cpu/{MODEL}/fp32.json"
VERIFICATION = Measured(
    section="verification.embedded-evaluation",
    identity={"source": "a"},
    identified={"dataset": {"images": 1200}},
    figures={"accuracy": 0.977, "accuracy_threshold": 1.1},
)
FINGERPRINT = Measured(section="fingerprint", identity={"source": "a"}, samples={"tensor": (1.0,)})


def catalog(folder: Path) -> Path:
    """A catalog of one model, with two accepted sections of its FP32."""
    for kind in ("models", "datasets", "modes", "providers"):
        (folder / kind).mkdir(parents=True)
    (folder / CARD).write_text(plain((FIXTURES / CARD).read_text()))
    for card in (FIXTURES / "datasets").glob("embedded-*.toml"):
        (folder / "datasets" / card.name).write_text(card.read_text())
    accept(folder, VERIFICATION)
    accept(folder, FINGERPRINT)
    return folder


def accept(folder: Path, measured: Measured, limits: KeptLimits | None = None) -> None:
    tolerances = dict.fromkeys((*measured.figures, *measured.samples), 0.001)
    entry = entry_document(measured, limits or KeptLimits(tolerances=tolerances), {})
    write_section(folder / BASELINE, measured.section, entry)


def edit(folder: Path, old: str, new: str, name: str = CARD) -> None:
    text = (folder / name).read_text()
    assert old in text
    (folder / name).write_text(text.replace(old, new, 1))


def state(folder: Path) -> GateState:
    return state_of_catalog("x", read_catalog(folder), folder / "baselines")


def changed(folder: Path, change: Callable[[Path], None]) -> list[Change]:
    before = state(catalog(folder))
    change(folder)
    return compare(before, state(folder))


def test_the_same_state_has_no_difference(tmp_path: Path) -> None:
    assert changed(tmp_path, lambda folder: None) == []


def test_an_accepted_mistake_is_named_with_its_loss_its_cause_and_its_file(tmp_path: Path) -> None:
    def bgr(folder: Path) -> None:
        edit(folder, 'color_order = "RGB"', 'color_order = "BGR"')
        figures = {"accuracy": 0.894, "accuracy_threshold": 1.0}
        accept(folder, VERIFICATION.model_copy(update={"figures": figures}))
        accept(folder, FINGERPRINT.model_copy(update={"samples": {"tensor": (2.0,)}}))

    card, fingerprint, accuracy, threshold = changed(tmp_path, bgr)
    cause = f'preprocess.color_order "RGB" → "BGR" in {CARD}'
    assert (card.kind, card.harmful, card.where) == (Kind.IDENTITY, True, CARD)
    assert card.sentence == 'preprocess.color_order "RGB" → "BGR"'
    assert (fingerprint.kind, fingerprint.harmful) == (Kind.IDENTITY, True)
    assert (fingerprint.sentence, fingerprint.cause) == ("Preprocessed tensor is another", cause)
    assert (accuracy.kind, accuracy.harmful, accuracy.where) == (Kind.FIGURE, True, BASELINE)
    assert (accuracy.sentence, accuracy.cause) == ("Accuracy 0.977000 → 0.894000", cause)
    # A threshold is neither better nor worse.
    assert (threshold.kind, threshold.harmful, threshold.cause) == (Kind.FIGURE, False, "")


def test_a_better_figure_is_no_harm(tmp_path: Path) -> None:
    better = VERIFICATION.model_copy(update={"figures": {**VERIFICATION.figures, "accuracy": 0.99}})
    (found,) = changed(tmp_path, lambda folder: accept(folder, better))
    assert (found.harmful, found.sentence) == (False, "Accuracy 0.977000 → 0.990000")


def _of_other_weights(folder: Path) -> None:
    accept(folder, VERIFICATION.model_copy(update={"identity": {"source": "b"}}))


def _without_model(folder: Path) -> None:
    (folder / CARD).unlink()
    (folder / "models" / "other.toml").write_text(
        (FIXTURES / CARD).read_text().replace(MODEL, "other")
    )


def _wider_accepted(folder: Path) -> None:
    accept(
        folder, VERIFICATION, KeptLimits(tolerances={"accuracy": 0.1, "accuracy_threshold": 0.001})
    )


def _without_section(folder: Path) -> None:
    (folder / BASELINE).unlink()
    accept(folder, FINGERPRINT)


def _ease_mode(folder: Path) -> None:
    text = (FIXTURES / "modes" / "int8_dynamic.toml").read_text()
    (folder / "modes" / "own.toml").write_text(
        text.replace("cosine_mean = 0.99", "cosine_mean = 0")
    )


def edit_sections(folder: Path, change: Callable[[dict], object]) -> None:
    document = json.loads((folder / BASELINE).read_text())
    for section in document["sections"].values():
        change(section)
    (folder / BASELINE).write_text(json.dumps(document))


def _forget_limits(folder: Path) -> None:
    edit_sections(folder, lambda section: (section.pop("limits"), section.pop("format")))


def _on_request_in_the_entry(folder: Path) -> None:
    edit_sections(folder, lambda section: section.update(on_request=True))


def _other_facts(folder: Path) -> None:
    facts = {"dataset": {"images": 7}}
    accept(folder, VERIFICATION.model_copy(update={"identified": facts}))


HARM: dict[str, tuple[Callable[[Path], None], Kind, str]] = {
    "weights": (_of_other_weights, Kind.IDENTITY, "source a → b"),
    "model": (_without_model, Kind.COVERAGE, "is gated no more"),
    "section": (_without_section, Kind.COVERAGE, "is accepted no more"),
    "request": (
        lambda f: edit(f, 'flip = "add"', 'flip = "add"\non_request = true'),
        Kind.COVERAGE,
        "runs on request alone now",
    ),
    "calibration": (
        lambda f: edit(f, 'calibration = "embedded-calibration"\n', ""),
        Kind.COVERAGE,
        "is gated no more",
    ),
    "limits": (_forget_limits, Kind.LIMIT, "limits are kept no more"),
    "format": (_forget_limits, Kind.LIMIT, f"format {FORMAT} → 1, which compares less"),
    "entry": (_on_request_in_the_entry, Kind.LIMIT, "accepted as of a model on request"),
    "facts": (_other_facts, Kind.IDENTITY, "dataset.images 1200 → 7"),
    "precision": (
        lambda f: edit(f, "[source]", '[source]\nprecision = "float16"'),
        Kind.COVERAGE,
        "is gated no more",
    ),
    "accepted": (_wider_accepted, Kind.LIMIT, "accepted tolerance of Accuracy 0.001 → 0.1"),
    "tolerance": (
        lambda f: edit(f, "size_bytes = 0.02", "size_bytes = 0.2"),
        Kind.LIMIT,
        "tolerance of Size (bytes) 0.02 → 0.2",
    ),
    "interval": (
        lambda f: edit(
            f,
            "[source]",
            '[modes.int8_dynamic.policy]\non_interval = ["accuracy"]\n\n[source]',
        ),
        Kind.LIMIT,
        "judging the interval, not the figure, of the loss of Accuracy none → 1",
    ),
    "floor": (_ease_mode, Kind.LIMIT, "floor of Mean cosine to FP32 0.99 → 0"),
    "flip": (lambda f: edit(f, '"add"', '"none"'), Kind.IDENTITY, 'flip "add" → "none"'),
    "dataset": (
        lambda f: edit(f, "evaluation.bin", "calibration.bin", "datasets/embedded-evaluation.toml"),
        Kind.IDENTITY,
        'file "../embedded/evaluation.bin" → "../embedded/calibration.bin"',
    ),
}


@pytest.mark.parametrize("name", HARM)
def test_harm_comes_first(tmp_path: Path, name: str) -> None:
    change, kind, sentence = HARM[name]
    found = changed(tmp_path, change)
    assert found[0].harmful
    assert [each.harmful for each in found] == sorted((c.harmful for c in found), reverse=True)
    assert (kind, sentence) in [(each.kind, each.sentence) for each in found if each.harmful]


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ('licence = "Apache-2.0"', 'licence = "ours"', 'licence "Apache-2.0" → "ours"'),
        ("size_bytes = 0.02", "size_bytes = 0.002", "tolerance of Size (bytes) 0.02 → 0.002"),
    ],
)
def test_what_says_nothing_and_what_is_tighter_is_no_harm(
    tmp_path: Path, old: str, new: str, sentence: str
) -> None:
    (found,) = changed(tmp_path, lambda folder: edit(folder, old, new))
    assert (found.harmful, found.sentence) == (False, sentence)


def test_a_limit_that_moved_in_many_cases_is_one_change(tmp_path: Path) -> None:
    (found,) = [c for c in changed(tmp_path, _ease_mode) if c.kind is Kind.LIMIT]
    assert found.of == f"{MODEL} int8_dynamic on embedded-evaluation"


def test_two_runs_are_compared_by_what_they_measured() -> None:
    def run(accuracy: float) -> GateState:
        figures = {**VERIFICATION.figures, "accuracy": accuracy}
        record = Record(
            gate="verification",
            node="x",
            model=MODEL,
            family="arcface",
            mode="fp32",
            provider="cpu",
            profile="cpu",
            outcome="pass",
            headline="",
            measured=VERIFICATION.model_copy(update={"figures": figures}),
        )
        return state_of_records("run", [record])

    (found,) = compare(run(0.977), run(0.9))
    assert (found.harmful, found.sentence) == (True, "Accuracy 0.977000 → 0.900000")


def test_it_reads_by_file_harm_first(tmp_path: Path) -> None:
    found = changed(tmp_path, lambda folder: edit(folder, '"add"', '"none"'))
    assert to_text(found, "main", "here").splitlines() == [
        "1 harmful and 0 other changes from main to here",
        "",
        "harmful:",
        f"  {CARD}: model {MODEL}",
        '    flip "add" → "none"',
    ]
    assert re.search(r"### Harmful\n\n\| Kind ", to_markdown(found, "main", "here"))
    assert to_text([], "main", "here") == (
        "nothing that the gate holds changed from main to here\n"
    )


def test_a_card_that_cannot_be_read_is_harm(tmp_path: Path) -> None:
    before = state(catalog(tmp_path))
    (tmp_path / "providers" / "cpu.toml").write_text("id = \n")
    after = state_of_catalog("x", read_cards(tmp_path, pass_over=True), tmp_path / "baselines")
    found = compare(before, after)
    assert found[0].harmful
    assert "cannot be read" in found[0].sentence


def test_a_further_mode_taken_off_is_gated_no_more(tmp_path: Path) -> None:
    """Beside it the same mode's limits are compared, which it runs in where it is named."""
    folder = catalog(tmp_path)
    text = (FIXTURES / "modes" / "int8_dynamic.toml").read_text()
    (folder / "modes" / "own.toml").write_text(f"on_request = true\n{text}")
    edit(folder, "[source]", 'further_modes = ["int8_dynamic"]\n\n[source]')
    before = state(folder)
    edit(folder, 'further_modes = ["int8_dynamic"]\n', "")
    edit(folder, "cosine_mean = 0.99", "cosine_mean = 0", "modes/own.toml")
    coverage, limit = compare(before, state(folder))
    assert (coverage.kind, coverage.harmful, coverage.where) == (Kind.COVERAGE, True, CARD)
    assert (coverage.of, coverage.what) == (f"{MODEL} int8_dynamic", "is gated no more")
    assert (limit.harmful, limit.sentence) == (True, "floor of Mean cosine to FP32 0.99 → 0")


def test_a_set_in_another_s_place_is_coverage_and_no_limit_that_was_eased(tmp_path: Path) -> None:
    def exchange(folder: Path) -> None:
        text = (folder / "datasets" / "embedded-evaluation.toml").read_text()
        other = text.replace('id = "embedded-evaluation"', 'id = "other"')
        (folder / "datasets" / "other.toml").write_text(other)
        edit(folder, 'evaluation = ["embedded-evaluation"]', 'evaluation = ["other"]')

    found = changed(tmp_path, exchange)
    assert Kind.LIMIT not in {change.kind for change in found}
    assert {change.what for change in found if change.harmful} == {"on embedded-evaluation no more"}


def test_what_was_accepted_of_a_mode_and_is_now_as_of_one_on_request_is_harm(
    tmp_path: Path,
) -> None:
    def of_mode(folder: Path) -> None:
        edit_sections(folder, lambda section: section.update(mode_on_request=True))

    found = changed(tmp_path, of_mode)
    assert {(each.harmful, each.sentence) for each in found} == {
        (True, "accepted as of a mode on request")
    }
