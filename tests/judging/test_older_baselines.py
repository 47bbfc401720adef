"""What an older suite accepted: new figures are not compared, old ones stay held to it."""

import dataclasses
import json
import shutil
from pathlib import Path

import pytest

from suite.catalog.figures import FIGURES
from suite.catalog.folder import read_catalog
from suite.catalog.limits import Limits, limits_of
from suite.catalog.policy import PolicySpec
from suite.judging import identity
from suite.judging.against_baseline import judge_against_baseline
from suite.judging.against_fp32 import judge_against_fp32
from suite.judging.baselines.entry import entry_document
from suite.judging.baselines.store import all_files, baselines_of, write_section
from suite.judging.identity import IdentityKey
from suite.judging.judgement import FORMAT, Entry
from suite.judging.kept_limits import KeptLimits
from suite.judging.measured import Measured
from suite.judging.outcome import Outcome

# Baselines as the first format has them; they stay what they are and green for ever.
FORMAT_1 = Path(__file__).with_name("format-1")


@pytest.fixture
def new_figure(monkeypatch: pytest.MonkeyPatch) -> str:
    """A figure that comes with format 2."""
    figure = dataclasses.replace(FIGURES["cosine_mean"], name="cosine_p01", since=2)
    monkeypatch.setitem(FIGURES, "cosine_p01", figure)
    return "cosine_p01"


def measured(**figures: float) -> Measured:
    return Measured(section="fidelity.x", identity={"source": "a"}, figures=figures)


def accepted(format: int = 1, **figures: float) -> Entry:
    return Entry({"source": "a"}, figures, {}, format)


def test_a_figure_that_an_older_suite_did_not_know_is_not_compared(new_figure: str) -> None:
    judged = judge_against_baseline(
        measured(cosine_worst=0.99, cosine_p01=0.5),
        accepted(cosine_worst=0.99),
        Limits({"cosine_worst": 0.01, "cosine_p01": 0.001}),
    )
    assert judged.outcome is Outcome.NOT_COMPARED
    assert judged.headline.startswith("accepted before this figure existed: Mean cosine to FP32")
    (row,) = (row for row in judged.rows if row.metric == new_figure)
    assert (row.outcome, row.measured, row.held_to) == (Outcome.NOT_COMPARED, 0.5, None)
    assert not Outcome.NOT_COMPARED.skips
    assert Outcome.NOT_COMPARED.fails_when_all_required


def test_the_figures_that_it_knew_are_still_compared(new_figure: str) -> None:
    judged = judge_against_baseline(
        measured(cosine_worst=0.5, cosine_p01=0.5),
        accepted(cosine_worst=0.99),
        Limits({"cosine_worst": 0.01, "cosine_p01": 0.001}),
    )
    assert judged.outcome is Outcome.FAIL
    assert judged.headline == "not as accepted: Worst cosine to FP32"


def test_limits_are_not_compared_where_none_were_kept() -> None:
    now, limits = measured(cosine_worst=0.99), Limits({"cosine_worst": 0.01})
    judged = judge_against_baseline(now, accepted(cosine_worst=0.99), limits)
    assert judged.outcome is Outcome.NOT_COMPARED
    assert "before limits were kept" in judged.sentence
    assert "accept with --snapshot-update" in judged.sentence
    assert [row.outcome for row in judged.rows] == [Outcome.PASS]
    kept = dataclasses.replace(accepted(cosine_worst=0.99), limits=KeptLimits())
    assert judge_against_baseline(now, kept, limits).outcome is Outcome.PASS
    worse = judge_against_baseline(now, accepted(cosine_worst=1.0), Limits({"cosine_worst": 0.001}))
    assert worse.outcome is Outcome.FAIL


def test_it_is_still_held_against_a_floor(new_figure: str) -> None:
    policy = PolicySpec(floor={new_figure: 0.9})
    assert judge_against_fp32(measured(cosine_p01=0.5), policy).outcome is Outcome.FAIL


def test_a_suite_that_knew_it_must_have_accepted_it(new_figure: str) -> None:
    tolerances = {"cosine_worst": 0.01, "cosine_p01": 0.001}
    now = measured(cosine_worst=0.99, cosine_p01=0.5)
    judged = judge_against_baseline(now, accepted(2, cosine_worst=0.99), Limits(tolerances))
    assert judged.outcome is Outcome.FAIL
    assert "cosine_p01" in judged.headline
    # What format 1 knew is missed in format 1 too.
    judged = judge_against_baseline(now, accepted(cosine_p01=0.5), Limits(tolerances))
    assert judged.outcome is Outcome.FAIL
    assert "cosine_worst" in judged.headline


def test_an_identity_key_that_it_did_not_know_is_not_compared(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    keys = (*identity.IDENTITY_KEYS, IdentityKey("selection", "other selection faces", since=2))
    monkeypatch.setattr(identity, "IDENTITY_KEYS", keys)
    now = Measured(section="fidelity.x", identity={"source": "a", "selection": "b"})
    judged = judge_against_baseline(now, accepted(), Limits({}))
    assert (judged.outcome, "selection" in judged.headline) == (Outcome.NOT_COMPARED, True)
    judged = judge_against_baseline(now, accepted(2), Limits({}))
    assert judged.outcome is Outcome.FAIL
    assert judged.headline.startswith(
        "other selection faces: selection is b, and none was accepted"
    )


def test_an_entry_of_a_later_format_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    document = entry_document(measured(cosine_worst=1.0), KeptLimits(), {})
    assert document["format"] == FORMAT
    monkeypatch.setattr("suite.judging.baselines.entry.FORMAT", 1)
    assert "format" not in entry_document(measured(cosine_worst=1.0), KeptLimits(), {})


def test_baselines_of_format_1_stay_what_they_are() -> None:
    catalog = read_catalog()
    cpu = catalog.providers["cpu"]
    files = list(all_files(FORMAT_1))
    assert {file.profile for file in files} == {"cpu", "cpu-avx2", "cpu-vnni"}
    for file in files:
        limits = limits_of(catalog.models[file.model], catalog.modes[file.mode], cpu)
        for section in file.sections():
            entry = file.entry(section)
            assert entry is not None
            now = Measured(
                section=section,
                identity=dict(entry.identity),
                figures=dict(entry.figures),
                samples=dict(entry.samples),
            )
            judged = judge_against_baseline(now, entry, limits)
            assert judged.outcome in (Outcome.PASS, Outcome.NOT_COMPARED), (file, section)
            assert judge_against_fp32(now, limits.policy).outcome is Outcome.PASS


def test_rewriting_a_section_of_format_1_changes_no_byte(tmp_path: Path) -> None:
    shutil.copytree(FORMAT_1, tmp_path / "copy")
    for file in all_files(tmp_path / "copy"):
        before = file.path.read_bytes()
        for section, data in file.sections().items():
            write_section(file.path, section, json.loads(json.dumps(data)))
        assert file.path.read_bytes() == before


def test_the_baselines_that_come_with_the_suite_have_a_tolerance_for_each_figure() -> None:
    catalog = read_catalog()
    for file in all_files(baselines_of(catalog)):
        model, mode = catalog.models[file.model], catalog.modes[file.mode]
        limits = limits_of(model, mode, catalog.providers["cpu"])
        for section in file.sections():
            entry = file.entry(section)
            assert entry is not None
            assert {*entry.figures, *entry.samples} <= set(limits.tolerances)
