"""The report folder: whole at every moment, completed by a later run, or refused."""

import json
import re
from itertools import pairwise
from pathlib import Path

import pytest
from records import ENVIRONMENT, measured, record

from suite.catalog.errors import SuiteError
from suite.catalog.gate import Gate
from suite.judging.changes.change import Change, Kind
from suite.judging.changes.compared import Compared
from suite.judging.coverage import Coverage, Unjudged
from suite.judging.outcome import Outcome
from suite.judging.record import Record
from suite.report.files import FILES
from suite.report.folder import PROPOSED, ReportFolder
from suite.report.names import Names, known_names
from suite.report.reading import read_report
from suite.report.rebuilding import rebuild
from suite.report.schema import schema_text
from suite.report.terminal import summary_lines, table_lines, verdict_lines

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The time in seconds, which passes only where a test says so."""
    now = [1000.0]
    monkeypatch.setattr("suite.report.folder.time.monotonic", lambda: now[0])
    return now


def opened(folder: Path, *, append: bool = False, **other: object) -> ReportFolder:
    environment = ENVIRONMENT.model_copy(update=other)
    return ReportFolder(folder, environment, require_all=False, append=append)


def ended(folder: ReportFolder, *, complete: bool = True) -> None:
    folder.write(complete=complete)
    folder.close()


def read(folder: Path) -> dict:
    return json.loads((folder / "report.json").read_text())


def bytes_in(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def passed(folder: Path) -> None:
    """What a run leaves that passed and proposes a baseline."""
    first = opened(folder)
    first.add(record())
    proposed = folder / PROPOSED / "cpu" / "m" / "int8.json"
    proposed.parent.mkdir(parents=True)
    proposed.write_text("{}")
    ended(first)
    assert (folder / "report.md").read_text().splitlines()[2] == "**PASS**: 1 pass"


@pytest.mark.parametrize("append", [False, True])
def test_nothing_of_the_run_before_stands_before_the_first_gate(
    tmp_path: Path, append: bool
) -> None:
    passed(tmp_path)
    folder = opened(tmp_path, append=append)
    folder.plan(["first", "second"])
    kept = "1 pass" if append else "no records"
    nothing = "" if append else "nothing was gated; "
    said = f"the run did not end; {nothing}2 of {2 + append} gates did not run ({kept})"
    assert (read(tmp_path)["complete"], read(tmp_path)["verdict"]) == (False, "fail")
    assert read(tmp_path)["summary"] == said
    left = sorted(path.name for path in tmp_path.iterdir())
    assert left == [".lock", "records.jsonl", "report.json"]


@pytest.mark.parametrize("append", [False, True])
def test_two_runs_at_once_write_into_no_one_folder(tmp_path: Path, append: bool) -> None:
    first = opened(tmp_path)
    first.add(record())
    before = bytes_in(tmp_path)
    with pytest.raises(SuiteError, match="another run writes its report there"):
        opened(tmp_path, append=append)
    assert bytes_in(tmp_path) == before
    ended(first)
    second = opened(tmp_path, append=append)
    assert len(second.records) == append


def test_a_place_that_cannot_be_written_is_said_before_the_first_gate(tmp_path: Path) -> None:
    (tmp_path / "report.md").mkdir()
    words = r"cannot write the report there \(Is a directory\); move '.*/report.md' out of the way"
    with pytest.raises(SuiteError, match=words):
        opened(tmp_path)
    assert not (tmp_path / ".lock").exists()


def numbered(count: int) -> list[Record]:
    return [record().model_copy(update={"node": f"node {number}"}) for number in range(count)]


def test_the_report_is_written_from_time_to_time_and_says_that_the_run_did_not_end(
    tmp_path: Path, clock: list[float]
) -> None:
    folder = opened(tmp_path)
    folder.plan(["node 0", "node 1", "other"])
    folder.add(numbered(2)[0])
    assert read(tmp_path)["summary"].endswith("3 of 3 gates did not run (no records)")
    clock[0] += 5
    folder.add(numbered(2)[1])
    assert read(tmp_path)["summary"] == "the run did not end; 1 of 3 gates did not run (2 pass)"
    assert not (tmp_path / "report.md").exists()
    assert list(folder.not_run) == ["other"]
    folder.add(record(Gate.FIDELITY).model_copy(update={"node": "other"}))
    assert folder.write(complete=True) is Outcome.PASS
    assert (read(tmp_path)["complete"], folder.report.concluded) == (True, "PASS: 3 pass")
    folder.close()
    assert len((tmp_path / "records.jsonl").read_text().splitlines()) == 3
    left = sorted(path.name for path in tmp_path.iterdir())
    assert left == sorted(["records.jsonl", "report.json", *FILES])


def test_nothing_is_written_where_planted_links_lead(tmp_path: Path) -> None:
    theirs = tmp_path / "theirs"
    theirs.mkdir()
    (theirs / "file").write_text("theirs")
    folder = tmp_path / "report"
    folder.mkdir()
    names = ["records.jsonl", "report.json", "names.json", *FILES]
    for name in (*names, *(f".{name}.tmp" for name in names)):
        (folder / name).symlink_to(theirs / "file")
    (folder / PROPOSED).symlink_to(theirs)
    run = opened(folder, names=Names())
    run.add(record())
    ended(run)
    assert bytes_in(theirs) == {"file": b"theirs"}
    assert not [name for name in names if (folder / name).is_symlink()]
    assert not (folder / PROPOSED).exists()


def test_a_record_is_not_added_where_a_link_leads(tmp_path: Path) -> None:
    run = opened(tmp_path / "report")
    (tmp_path / "theirs").write_text("theirs")
    (tmp_path / "report" / "records.jsonl").unlink()
    (tmp_path / "report" / "records.jsonl").symlink_to(tmp_path / "theirs")
    with pytest.raises(SuiteError, match=r"move '.*/records.jsonl' out of the way"):
        run.add(record())
    assert (tmp_path / "theirs").read_text() == "theirs"


def test_each_record_is_kept_at_once(tmp_path: Path, clock: list[float]) -> None:
    folder = opened(tmp_path)
    for count, each in enumerate(numbered(3), start=1):
        folder.add(each)
        lines = (tmp_path / "records.jsonl").read_text().splitlines()
        assert [json.loads(line)["node"] for line in lines] == [
            f"node {number}" for number in range(count)
        ]


def test_a_long_run_writes_its_report_at_most_every_five_seconds(
    tmp_path: Path, clock: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[float] = []
    monkeypatch.setattr("suite.report.folder.write_json", lambda *_: written.append(clock[0]))
    folder = opened(tmp_path)
    for each in numbered(600):
        clock[0] += 0.1
        folder.add(each)
    apart = [later - earlier for earlier, later in pairwise(written)]
    assert len(written) == 12
    assert min(apart) >= 5


def test_a_report_that_takes_long_to_write_is_written_more_rarely(
    tmp_path: Path, clock: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[float] = []

    def slowly(*_: object) -> None:
        written.append(clock[0])
        clock[0] += 3

    monkeypatch.setattr("suite.report.folder.write_json", slowly)
    folder = opened(tmp_path)
    for each in numbered(600):
        clock[0] += 1
        folder.add(each)
    assert 3 * len(written) <= clock[0] / 20 + 3


def test_a_gate_that_ran_again_has_one_line_in_the_end(tmp_path: Path) -> None:
    folder = opened(tmp_path)
    folder.add(record(outcome=Outcome.FAIL, headline="shaken"))
    folder.add(record())
    ended(folder)
    (line,) = (tmp_path / "records.jsonl").read_text().splitlines()
    assert json.loads(line)["outcome"] == "pass"


def test_a_gate_whose_worker_died_stays_failed(tmp_path: Path) -> None:
    folder = opened(tmp_path)
    folder.add(record(outcome=Outcome.FAIL, headline="worker crashed"), worker_died=True)
    folder.add(record())
    (kept,) = folder.records
    assert (kept.outcome, kept.headline) == (Outcome.FAIL, "worker crashed")
    assert kept.notes == ("run again on another worker: pass, as accepted",)


def test_a_later_run_completes_the_report(tmp_path: Path) -> None:
    first = opened(tmp_path)
    first.add(record(hashes={"source": "a"}))
    first.add(record(Gate.LATENCY, Outcome.DEFERRED, "later", mode="int8"))
    ended(first)
    second = opened(tmp_path, append=True, command="pytest -m latency")
    second.add(record(Gate.LATENCY, mode="int8", hashes={"source": "a"}))
    second.write(complete=True)
    assert [r["outcome"] for r in read(tmp_path)["records"]] == ["pass", "pass"]
    assert [run["command"] for run in read(tmp_path)["appended"]] == ["pytest -m latency"]


def test_a_later_run_of_other_weights_is_refused(tmp_path: Path) -> None:
    first = opened(tmp_path)
    first.add(record(hashes={"source": "a" * 64}))
    ended(first)
    second = opened(tmp_path, append=True)
    second.add(record(Gate.LATENCY, hashes={"source": "b" * 64}))
    refused = second.records[-1]
    assert refused.outcome is Outcome.FAIL
    assert refused.headline.startswith("not appended: its source is bbbbbbbbbbbb…")


@pytest.mark.parametrize(
    ("complete", "other", "said"),
    [
        (False, {}, "the run did not end, so that it has no verdict"),
        (True, {"cpu": "Another CPU"}, "is of another environment"),
    ],
)
def test_what_cannot_be_completed_says_why(tmp_path: Path, complete, other, said: str) -> None:
    first = opened(tmp_path)
    first.add(record())
    ended(first, complete=complete)
    before = bytes_in(tmp_path)
    with pytest.raises(SuiteError, match=said):
        opened(tmp_path, append=True, **other)
    assert bytes_in(tmp_path) == before


@pytest.mark.parametrize("text", [None, "{}", "\x00"])
def test_a_report_that_is_none_is_not_appended_to(tmp_path: Path, text: str | None) -> None:
    if text is not None:
        (tmp_path / "report.json").write_text(text)
    with pytest.raises(SuiteError, match="--report-append: "):
        opened(tmp_path, append=True)


def test_the_terminal_says_what_was_accepted_and_left_open(tmp_path: Path) -> None:
    folder = opened(tmp_path)
    folder.plan(["lost"])
    folder.add(record(accepted=True, headline="accepted", notes=("accuracy: 0.9 → 0.91",)))
    folder.add(record(Gate.FIDELITY, Outcome.UNDECIDED, "too near", mode="int8", dataset="lfw"))
    folder.add(record(Gate.PLACEMENT, Outcome.SKIPPED, "weights are absent"))
    folder.write(complete=True)
    assert summary_lines(folder) == [
        "accepted artifact: m fp32",
        "  accuracy: 0.9 → 0.91",
        "skipped: weights are absent",
        "undecided: fidelity m int8 on lfw: too near",
        "not run: lost",
        "without latency: no gate of it was selected, so no speed was judged or accepted",
    ]
    assert verdict_lines(folder.report, folder.folder) == [
        "FAIL: 1 of 1 gates did not run (1 pass, 1 undecided, 1 skipped)",
        f"report: {tmp_path / 'report.md'} and report.html",
    ]


def test_a_folders_name_steers_no_terminal(tmp_path: Path) -> None:
    folder = ReportFolder(tmp_path / "a\x1b[31mb\nc", ENVIRONMENT, require_all=False)
    folder.write(complete=True)
    *_, report = verdict_lines(folder.report, folder.folder)
    assert report.isprintable()


def test_the_terminal_ends_with_what_is_red_the_verdict_and_the_files(tmp_path: Path) -> None:
    folder = ReportFolder(tmp_path, ENVIRONMENT, require_all=False, names=Names())
    for number in range(7):
        said = f"faces/ann {number}.jpg: is empty"
        folder.add(record(outcome=Outcome.FAIL, headline=said, model=f"m{number}"))
    folder.fail_outside("test_other.py::test_a: assert 1 == 2")
    ended(folder)
    *red, verdict, report, names = verdict_lines(folder.report, folder.folder)
    assert len(red) == 5 + 1 + 1
    hidden = next(hidden for hidden, name in known_names(tmp_path).items() if "ann 0" in name)
    assert red[0] == f"red: m0 fp32, artifact: {hidden}: is empty"
    assert red[-2:] == [
        "red: 2 other causes, see report.md",
        "red: test_other.py::test_a: assert 1 == 2",
    ]
    assert verdict.startswith("FAIL: 7 of 7 gates failed")
    assert report.startswith("report: ")
    assert names.startswith(f"names: {tmp_path / 'names.json'} has ")


def test_the_terminal_says_that_nobody_has_proved_the_profile(tmp_path: Path) -> None:
    words = "nobody has proved the profile cpu-amx: nothing was accepted on it so far"
    environment = ENVIRONMENT.model_copy(update={"profile": "cpu-amx", "unproved": words})
    folder = ReportFolder(tmp_path, environment, require_all=False)
    folder.add(record())
    folder.write(complete=True)
    assert words in summary_lines(folder)
    assert words in (tmp_path / "report.md").read_text()
    assert json.loads((tmp_path / "report.json").read_text())["environment"]["unproved"] == words


def test_a_run_that_gated_nothing_says_so(tmp_path: Path) -> None:
    folder = opened(tmp_path)
    folder.write(complete=True)
    assert any(line.startswith("NOTHING WAS GATED") for line in summary_lines(folder))


def test_the_schema_in_the_docs_is_the_reports() -> None:
    assert (ROOT / "docs" / "report.schema.json").read_text() == schema_text()


def test_an_acceptance_that_had_nothing_to_accept_is_told(tmp_path: Path) -> None:
    folder = opened(tmp_path / "report")
    folder.add(record(Gate.BEHAVIOUR))
    said = [line for line in summary_lines(folder, accepts=True) if "ACCEPTED" in line]
    assert said == [
        "NOTHING WAS ACCEPTED: none of the gates that ran keeps a baseline; select others, or "
        "leave -k and -m out."
    ]
    assert not any("ACCEPTED" in line for line in summary_lines(folder))
    folder.add(record(Gate.ARTIFACT, baseline="cpu/m/fp32.json"))
    assert not any("ACCEPTED" in line for line in summary_lines(folder, accepts=True))
    ended(folder)


def test_why_gates_were_not_compared_is_said_once_a_reason(tmp_path: Path) -> None:
    folder = opened(tmp_path / "report")
    for mode in ("int8_a", "int8_b"):
        words = "no speed-up is accepted as latency.x"
        folder.add(record(Gate.LATENCY, Outcome.NOT_COMPARED, words, mode=mode))
    folder.add(
        record(Gate.ARTIFACT, Outcome.NOT_COMPARED, "accepted on cpu-avx2, this is cpu-vnni")
    )
    assert [line for line in summary_lines(folder) if line.startswith("not compared")] == [
        "not compared, 2 gates: no speed-up is accepted as latency.x",
        "not compared, 1 gate: accepted on cpu-avx2, this is cpu-vnni",
    ]
    ended(folder)


def test_every_file_is_written_of_names_that_are_no_utf8(tmp_path: Path) -> None:
    odd, spelt = "caf\udce9.png", "caf\\udce9.png"
    unjudged = Unjudged(file=odd, sections=(odd,), reason=odd, remove=odd)
    folder = ReportFolder(
        tmp_path,
        ENVIRONMENT.model_copy(update={"branch": odd, "commit": "a" * 40}),
        require_all=False,
        coverage=Coverage(unjudged=(unjudged,)),
        compare=lambda: Compared(base=odd, why_not=odd),
        names=Names(),
    )
    folder.plan([odd])
    folder.fail_outside(f"{odd}: was not found")
    folder.add(record(outcome=Outcome.FAIL, headline=f"{odd}: is empty").shown())
    ended(folder)
    assert folder.records_of([odd]) == []
    assert read(tmp_path)["not_run"] == [spelt]
    report = read_report(tmp_path)
    assert report.environment.branch == report.compared.base == spelt
    assert report.unjudged[0].sections == (spelt,)
    ((hidden, name),) = known_names(tmp_path).items()
    assert name == spelt
    assert report.outside == (f"{hidden}: was not found",)
    for name in FILES:
        assert (tmp_path / name).read_text()


STEERING = "a\x1b[2J\u202eb\x9b\r"
SPELT = "a\\x1b[2J\\u202eb\\x9b\\r"


def test_nothing_that_steers_a_terminal_or_a_page_is_in_any_file_or_line(tmp_path: Path) -> None:
    flip = {
        **{"pair": 0, "left": f"{STEERING}.png", "right": "b.png", "genuine": True},
        **{"fp32_distance": 1.0, "distance": 1.5, "own": True, "kept": True},
    }
    found = measured(Gate.VERIFICATION, "d", flips=(flip,), remarks=(STEERING,))
    change = Change(
        kind=Kind.CARD, harmful=True, where="m.toml", of="model m", what="title", after=STEERING
    )
    folder = ReportFolder(
        tmp_path,
        ENVIRONMENT.model_copy(update={"branch": STEERING, "commit": "a" * 40}),
        require_all=False,
        compare=lambda: Compared(base=STEERING, commit="b" * 40, changes=(change,)),
    )
    folder.plan([STEERING])
    folder.fail_outside(f"{STEERING}: broke")
    red = record(Gate.VERIFICATION, Outcome.FAIL, STEERING, dataset="d", measured=found)
    folder.add(red.shown())
    ended(folder)
    assert folder.records_of([STEERING]) == []
    printed = [
        *summary_lines(folder),
        *table_lines(folder),
        *verdict_lines(folder.report, tmp_path),
    ]
    written = {name: (tmp_path / name).read_text() for name in ("report.json", *FILES)}
    for text in (*printed, *written.values()):
        assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e]", text.replace("\n", ""))
    for name in ("report.md", "report.html"):
        assert written[name].count(SPELT) > 4
    assert any(SPELT in line for line in printed)


def test_what_an_older_suite_wrote_is_spelt_out_as_it_is_written_anew(tmp_path: Path) -> None:
    folder = ReportFolder(tmp_path, ENVIRONMENT, require_all=False)
    folder.add(record(outcome=Outcome.FAIL, headline=STEERING))
    ended(folder)
    assert rebuild(tmp_path).report.records[0].headline == SPELT
    path = tmp_path / "report.json"
    path.write_text(path.read_text().replace('"complete": true', '"complete": false'))
    assert rebuild(tmp_path).report.records[0].headline == SPELT


def failed_and_passed(folder: Path) -> None:
    """A run of two gates of which one failed."""
    first = opened(folder)
    both = record(), record(Gate.FIDELITY, Outcome.FAIL, "too far", mode="int8", dataset="d")
    first.plan(each.node for each in both)
    for each in both:
        first.add(each)
    ended(first)
    assert read(folder)["verdict"] == "fail"


def without_failed(report: dict) -> dict:
    return {**report, "records": [r for r in report["records"] if r["outcome"] != "fail"]}


def appended(folder: Path) -> str:
    """The verdict with its reasons after a run that adds a passing gate."""
    second = opened(folder, append=True)
    second.add(record(Gate.LATENCY, mode="int8"))
    ended(second)
    return f"{read(folder)['verdict']}: {read(folder)['summary']}"


@pytest.mark.parametrize("verdict", ["fail", "pass"])
def test_a_failed_record_that_was_lost_did_not_run(tmp_path: Path, verdict: str) -> None:
    failed_and_passed(tmp_path)
    (tmp_path / "records.jsonl").unlink()
    damaged = {**without_failed(read(tmp_path)), "verdict": verdict}
    (tmp_path / "report.json").write_text(json.dumps(damaged))
    assert appended(tmp_path) == "fail: 1 of 2 gates did not run (2 pass)"


def test_a_failed_record_that_the_records_have_did_not_run(tmp_path: Path) -> None:
    """Whoever took it out of the plan as well forgot the file beside it."""
    failed_and_passed(tmp_path)
    damaged = {**without_failed(read(tmp_path)), "verdict": "pass", "planned": []}
    (tmp_path / "report.json").write_text(json.dumps(damaged))
    assert appended(tmp_path) == "fail: 1 of 2 gates did not run (2 pass)"


def test_a_report_that_failed_without_a_reason_is_damaged(tmp_path: Path) -> None:
    failed_and_passed(tmp_path)
    (tmp_path / "records.jsonl").unlink()
    damaged = {**without_failed(read(tmp_path)), "planned": []}
    (tmp_path / "report.json").write_text(json.dumps(damaged))
    with pytest.raises(
        SuiteError, match=r"key 'verdict' \(it is 'fail'\) is not that of its records"
    ):
        appended(tmp_path)


def test_an_outcome_that_was_made_a_pass_is_noticed(tmp_path: Path) -> None:
    failed_and_passed(tmp_path)
    report = read(tmp_path)
    for each in report["records"]:
        each["outcome"] = "pass"
    (tmp_path / "report.json").write_text(json.dumps({**report, "verdict": "pass"}))
    with pytest.raises(
        SuiteError, match=r"says pass of .*, which failed by records\.jsonl beside it"
    ):
        appended(tmp_path)


def test_a_failed_line_that_was_lost_is_still_in_the_report(tmp_path: Path) -> None:
    failed_and_passed(tmp_path)
    lines = (tmp_path / "records.jsonl").read_text().splitlines(keepends=True)
    (tmp_path / "records.jsonl").write_text("".join(lines[:1]))
    assert appended(tmp_path).startswith("fail: 1 of 3 gates failed")


def test_damaged_records_are_not_appended_to(tmp_path: Path) -> None:
    failed_and_passed(tmp_path)
    lines = (tmp_path / "records.jsonl").read_text().splitlines(keepends=True)
    (tmp_path / "records.jsonl").write_text("".join(["{\n", *lines[1:]]))
    with pytest.raises(SuiteError, match=r"--report-append: .*line 1 is not a readable record"):
        appended(tmp_path)


def test_a_lost_gate_that_is_run_again_completes_the_report(tmp_path: Path) -> None:
    failed_and_passed(tmp_path)
    (tmp_path / "report.json").write_text(json.dumps(without_failed(read(tmp_path))))
    second = opened(tmp_path, append=True)
    second.add(record(Gate.FIDELITY, mode="int8", dataset="d"))
    ended(second)
    assert read(tmp_path)["summary"] == "2 pass"
