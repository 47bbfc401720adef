"""``face-quant-gate merge``: its files, its exit status, and what it refuses in a sentence."""

import json
import shutil
from pathlib import Path

import pytest
from layers import layers, write_layers
from records import ENVIRONMENT, measured
from shards import gates, record_of

from suite.catalog.errors import SuiteError
from suite.catalog.gate import Gate
from suite.entry_points.commands.main import main
from suite.judging.coverage import Coverage
from suite.judging.outcome import Outcome
from suite.judging.record import Record
from suite.report.files import FILES
from suite.report.folder import ReportFolder
from suite.report.history import read_history
from suite.report.layers import FOLDER, read_layers
from suite.report.names import Names
from suite.report.reading import read_one_backend, read_report

VERSIONS = Path(__file__).parents[2] / "report" / "versions"
WHOLE = tuple(gates("mn"))


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def write(
    name: str,
    models: str,
    outcome: Outcome = Outcome.PASS,
    *,
    names: Names | None = None,
    headline: str = "as accepted",
    complete: bool = True,
    **environment: object,
) -> str:
    """The report of a run on some of the models."""
    where = ENVIRONMENT.model_copy(update={"started": f"2026-01-02 {name}", **environment})
    mine = tuple(gates(models))
    folder = ReportFolder(
        Path(name), where, require_all=False, coverage=Coverage(WHOLE, mine), names=names
    )
    of = {"provider": where.provider, "profile": where.profile, "headline": headline}
    found = [_sized(record_of(gate, outcome)).model_copy(update=of) for gate in mine]
    folder.plan([each.node for each in found])
    for each in found:
        folder.add(each)
    if complete:
        folder.write(complete=True)
    folder.close()
    return name


def _sized(of: Record) -> Record:
    if of.gate is not Gate.ARTIFACT or not of.measured:
        return of
    return of.model_copy(update={"measured": measured(of.gate, figures={"size_bytes": 10.0})})


def refusal(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main(["merge", *arguments]) == 2
    said = capsys.readouterr().err
    assert "Traceback" not in said
    (line,) = said.splitlines()
    return line


def test_shards_become_one_report_with_all_its_files(capsys) -> None:
    runs = [write("a", "m"), write("b", "n")]
    assert main(["merge", *runs]) == 0
    verdict, place = capsys.readouterr().out.splitlines()
    assert verdict == f"PASS: {len(WHOLE)} pass"
    assert place == "report: face-quant-merged/report.md and report.html"
    written = {path.name for path in Path("face-quant-merged").iterdir()}
    assert written == {"report.json", *FILES}
    report = read_report(Path("face-quant-merged"))
    assert (report.left_out, len(report.records)) == ((), len(WHOLE))
    assert [run.environment.started for run in report.runs] == ["2026-01-02 a", "2026-01-02 b"]


@pytest.mark.parametrize(
    ("outcome", "options", "status"),
    [
        (Outcome.FAIL, (), 1),
        (Outcome.NOT_COMPARED, (), 0),
        (Outcome.NOT_COMPARED, ("--require-all",), 1),
    ],
)
def test_the_exit_status_is_that_of_a_run_with_this_verdict(outcome, options, status) -> None:
    assert main(["merge", write("a", "m"), write("b", "n", outcome), *options]) == status


def test_a_killed_run_is_merged_from_its_records_and_red(capsys) -> None:
    runs = [write("a", "m"), write("b", "n", complete=False)]
    with (Path("b") / "records.jsonl").open("a") as stream:
        stream.write('{"gate": ')
    assert main(["merge", *runs]) == 1
    note, verdict, _ = capsys.readouterr().out.splitlines()
    assert note.endswith("the last line was cut short and is left out")
    assert verdict.startswith("FAIL: 1 of 2 runs did not end (")
    assert len(json.loads(Path("face-quant-merged/report.json").read_text())["records"]) == 36


def test_a_report_is_written_anew_in_the_place_of_an_earlier_one() -> None:
    runs = [write("a", "m"), write("b", "n")]
    target = Path(write("target", "m", names=Names({"name-0123456789ab": "old.png"})))
    (target / "proposed-baselines").mkdir()
    assert main(["merge", *runs, f"--report-dir={target}"]) == 0
    assert {path.name for path in target.iterdir()} == {"report.json", *FILES}


def test_what_layers_cost_is_taken_along_from_each_run() -> None:
    runs = [write("a", "m"), write("b", "n")]
    write_layers(Path("a"), layers(model="m"))
    write_layers(Path("b"), layers(model="n"), layers(model="m", profile="cpu-vnni"))
    target = Path(write("target", "m"))
    write_layers(target, layers(model="old"))
    assert main(["merge", *runs, f"--report-dir={target}"]) == 0
    found = read_layers(target).found
    assert sorted((each.model, each.profile) for each in found) == [
        ("m", "cpu-avx2"),
        ("m", "cpu-vnni"),
        ("n", "cpu-avx2"),
    ]
    page = (target / "report.html").read_text()
    assert "<h3>n int8</h3>" in page and "<h3>old int8</h3>" not in page


def test_nothing_is_written_or_removed_where_a_planted_link_leads() -> None:
    runs = [write("a", "m"), write("b", "n")]
    write_layers(Path("a"), layers(model="m"))
    target = Path(write("target", "m"))
    Path("theirs").mkdir()
    Path("theirs/kept").touch()
    for name in (FOLDER, "proposed-baselines"):
        (target / name).symlink_to(Path("theirs").absolute())
    assert main(["merge", *runs, f"--report-dir={target}"]) == 0
    assert [path.name for path in Path("theirs").iterdir()] == ["kept"]
    assert [each.model for each in read_layers(target).found] == ["m"]


def test_links_that_lead_to_themselves_are_one_sentence(capsys) -> None:
    run = write("a", "m")
    Path("loop").symlink_to("loop")
    assert main(["merge", run, "--report-dir=loop"]) == 2
    assert "loop: cannot write the report there (" in capsys.readouterr().err
    assert main(["merge", "loop"]) == 2
    assert capsys.readouterr().err.startswith("loop")


def test_names_that_the_runs_hid_are_put_together_for_this_user_alone() -> None:
    runs = [
        write(name, models, names=Names(), headline=f"{name}.png: damaged")
        for name, models in (("a", "m"), ("b", "n"))
    ]
    assert main(["merge", *runs]) == 0
    kept = Path("face-quant-merged/names.json")
    assert set(json.loads(kept.read_text()).values()) == {"a.png", "b.png"}
    assert kept.stat().st_mode & 0o777 == 0o600
    assert "a.png" not in Path("face-quant-merged/report.json").read_text()


def test_the_folder_of_a_run_is_not_written_over(capsys) -> None:
    runs = [write("a", "m"), write("b", "n")]
    before = (Path("a") / "report.json").read_bytes()
    said = refusal(capsys, *runs, "--report-dir=./a")
    assert said == "--report-dir: a is the report of a run; give another folder."
    assert (Path("a") / "report.json").read_bytes() == before


def test_a_folder_into_which_a_run_writes_is_left_to_it(capsys) -> None:
    other = ReportFolder(Path("busy"), ENVIRONMENT, require_all=False)
    said = refusal(capsys, write("a", "m"), "--report-dir=busy")
    assert said.startswith("busy: another run writes its report there")
    other.close()


def test_what_is_no_run_is_refused(capsys) -> None:
    run = write("a", "m")
    assert "none: there is no such folder" in refusal(capsys, run, "none")
    Path("empty").mkdir()
    assert "empty/report.json: there is no report" in refusal(capsys, run, "empty")
    assert main(["merge", run, "--report-dir=merged"]) == 0
    capsys.readouterr()
    said = refusal(capsys, run, "merged")
    assert said == "merged: is merged of several runs itself; give those that it is merged of."


def test_a_run_of_an_older_suite_is_refused_and_can_be_read(capsys) -> None:
    Path("old").mkdir()
    shutil.copy(VERSIONS / "report-1.json", "old/report.json")
    assert read_report(Path("old")).scope is None
    said = refusal(capsys, write("a", "m"), "old")
    assert said.startswith("old: was written by an older suite, which did not keep what there was")


def test_runs_that_contradict_each_other_write_nothing(capsys) -> None:
    runs = [write("a", "m"), write("b", "n", suite="9.9.9")]
    assert "suite was '0.1.0', is '9.9.9'" in refusal(capsys, *runs)
    assert not Path("face-quant-merged").exists()


@pytest.mark.parametrize("complete", [True, False])
def test_a_merged_report_is_rebuilt_as_it_was(complete: bool) -> None:
    elsewhere = {"provider": "openvino", "profile": "openvino-avx2"}
    runs = [write("a", "m"), write("b", "m", complete=complete, **elsewhere)]
    status = 0 if complete else 1
    assert main(["merge", *runs]) == status
    target = Path("face-quant-merged")
    before = {path.name: path.read_text() for path in target.iterdir()}
    for name in FILES:
        (target / name).unlink()
    assert main(["report", str(target)]) == status
    assert {path.name: path.read_text() for path in target.iterdir()} == before


def test_providers_are_read_one_by_one_where_gates_are_told_by_name(capsys) -> None:
    runs = [write("a", "m"), write("b", "m", provider="openvino", profile="openvino-avx2")]
    assert main(["merge", *runs]) == 0
    with pytest.raises(SuiteError, match="several providers or profiles; give one of these runs"):
        read_one_backend(Path("face-quant-merged"))
    assert main(["diff", "a", "face-quant-merged"]) == 2
    assert main(["merge", "a", "--report-dir=alone"]) == 0
    assert main(["diff", "a", "alone"]) == 0


def test_a_merged_report_is_not_appended_to() -> None:
    assert main(["merge", write("a", "m"), "--report-dir=merged"]) == 0
    with pytest.raises(SuiteError, match="is merged of several runs; complete one of these"):
        ReportFolder(Path("merged"), ENVIRONMENT, require_all=False, append=True)
    assert read_report(Path("merged")).runs


def test_a_gate_of_one_node_on_two_providers_is_no_repetition() -> None:
    runs = [write("a", "m"), write("b", "m", provider="openvino", profile="openvino-avx2")]
    assert main(["merge", *runs]) == 0
    report = json.loads(Path("face-quant-merged/report.json").read_text())
    assert len(read_report(Path("face-quant-merged")).records) == 36
    report["records"].append(report["records"][0])
    Path("face-quant-merged/report.json").write_text(json.dumps(report))
    with pytest.raises(SuiteError, match="is there twice"):
        read_report(Path("face-quant-merged"))


def test_one_run_alone_is_as_it_was() -> None:
    run = write("a", "mn")
    assert main(["merge", run]) == 0
    one, merged = (read_report(Path(name)) for name in (run, "face-quant-merged"))
    assert merged.records == one.records
    assert (merged.verdict, merged.summary) == (one.verdict, one.summary)
    assert len(merged.runs) == 1


def test_the_summary_is_appended_to_the_step_s_where_github_runs_it(monkeypatch) -> None:
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", "step.md")
    assert main(["merge", write("a", "m"), write("b", "n", Outcome.FAIL)]) == 1
    text = Path("step.md").read_text()
    assert text.startswith(f"## FAIL: {len(gates('n'))} of {len(WHOLE)} gates failed")
    assert "Full report: `face-quant-merged/report.md`." in text


def test_a_merge_is_added_to_a_history_once_and_shows_the_runs_before(capsys) -> None:
    elsewhere = {"provider": "openvino", "profile": "openvino-cpu-avx2"}
    old = [write("a", "m"), write("b", "n")]
    assert main(["merge", *old, "--history=kept/runs.jsonl"]) == 0
    assert "history: kept/runs.jsonl, 1 run\n" in capsys.readouterr().out
    new = [write("c", "m"), write("d", "n"), write("e", "mn", **elsewhere)]
    for _ in range(2):
        assert main(["merge", *new, "--history=kept/runs.jsonl"]) == 0
        assert "history: kept/runs.jsonl, 3 runs\n" in capsys.readouterr().out
    runs = read_history(Path("kept/runs.jsonl")).runs
    assert [(run.started, run.provider) for run in runs] == [
        *(("2026-01-02 a", "cpu"), ("2026-01-02 c", "cpu")),
        ("2026-01-02 e", "openvino"),
    ]
    models = [{case.model for case in run.cases} for run in runs]
    assert models == [{"m", "n"}] * 3
    assert "2 runs, the last to the right" in Path("face-quant-merged/report.html").read_text()


def test_shards_in_the_same_history_are_not_shown_beside_their_merge() -> None:
    runs = [write("a", "m"), write("b", "n")]
    for run in runs:
        assert main(["report", run, "--history=runs.jsonl"]) == 0
    assert main(["merge", *runs, "--history=runs.jsonl"]) == 0
    assert len(read_history(Path("runs.jsonl")).runs) == 3
    assert "to the right" not in Path("face-quant-merged/report.html").read_text()


def test_a_merge_of_a_killed_run_is_no_part_of_a_history(capsys) -> None:
    runs = [write("a", "m"), write("b", "n", complete=False)]
    assert main(["merge", *runs, "--history=runs.jsonl"]) == 1
    assert read_history(Path("runs.jsonl")).runs == ()
    assert "0 runs; a run that did not end is none" in capsys.readouterr().out
