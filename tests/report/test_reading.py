"""A report is read where it leaves nothing open; what does is refused by its key."""

import json
from pathlib import Path

import pytest
from records import ENVIRONMENT, measured, record, row

from suite.catalog.errors import SuiteError
from suite.catalog.gate import Gate
from suite.report.folder import ReportFolder
from suite.report.reading import read_report

ARTIFACT = "records.0.measured"


@pytest.fixture
def report(tmp_path: Path) -> dict:
    """What a run wrote that ended, as JSON."""
    folder = ReportFolder(tmp_path, ENVIRONMENT, require_all=False)
    sized = measured(Gate.ARTIFACT, figures={"size_bytes": 10.0})
    folder.add(record(measured=sized, rows=(row("size_bytes", reference=11.0, value=10.0),)))
    folder.add(record(Gate.FIDELITY, mode="int8", dataset="lfw", baseline="cpu/m/int8.json"))
    folder.write(complete=True)
    folder.close()
    return json.loads((tmp_path / "report.json").read_text())


def refusal(folder: Path) -> str:
    with pytest.raises(SuiteError) as caught:
        read_report(folder)
    return str(caught.value).removeprefix(f"{folder / 'report.json'}: ")


def damaged(folder: Path, report: dict, keys: str, value: object) -> str:
    *above, last = keys.split(".")
    place = report
    for key in above:
        place = place[int(key) if isinstance(place, list) else key]
    place[int(last) if isinstance(place, list) else last] = value
    (folder / "report.json").write_text(json.dumps(report))
    begin, end = "is not a readable report of this version: ", "; run the whole job again."
    said = refusal(folder)
    assert said.startswith(begin)
    assert said.endswith(end)
    return said.removeprefix(begin).removesuffix(end)


def test_what_a_run_wrote_is_read(report: dict, tmp_path: Path) -> None:
    read = read_report(tmp_path)
    assert [each.gate for each in read.records] == [Gate.ARTIFACT, Gate.FIDELITY]
    assert json.loads(read.model_dump_json()) == report


@pytest.mark.parametrize(
    ("keys", "value", "said"),
    [
        ("complete", "true", "(it is 'true') must be true or false"),
        ("schema_version", 3, "(it is 3) must be 1 or 2"),
        ("environment", None, "must be a table"),
        ("environment.cores", -1, "(it is -1) must be greater than or equal to 0"),
        ("environment.cores", 10**20, "(it is 1e+20) must be a valid integer"),
        ("records", {}, "must be a list"),
        ("records.0", None, "must be a table"),
        ("records.0.outcome", "passed", "(it is 'passed') must be 'pass', 'fail',"),
        ("records.0.model", "../m", "(it is '../m') must be lower-case letters, digits and"),
        ("records.1.baseline", "../a/b.json", "(it is '../a/b.json') must match ^("),
        ("records.1.baseline", "/a/b/c.json", "(it is '/a/b/c.json') must match ^("),
        (f"{ARTIFACT}.identity", [], "must be a table"),
        (f"{ARTIFACT}.section", "x", "(it is 'x') is no section of a baseline"),
        (f"{ARTIFACT}.figures", None, "must be a table"),
        (f"{ARTIFACT}.figures.size_bytes", None, "must be a valid number"),
        (f"{ARTIFACT}.figures.size_bytes", float("nan"), "(it is nan) must be a finite number"),
        (f"{ARTIFACT}.figures.size_bytes", 10**20 * 1e300, "(it is inf) must be a finite number"),
        (f"{ARTIFACT}.figures.size_bytes", -1, "(it is -1.0) must be above 0"),
        (f"{ARTIFACT}.figures.accuracy", 1.4, "(it is 1.4) can never be above 1"),
        (f"{ARTIFACT}.observed.kernels", -2, "(it is -2.0) can never be below 0"),
        (f"{ARTIFACT}.reference.cosine_mean", 3, "(it is 3.0) can never be above 1"),
        (f"{ARTIFACT}.intervals.eer", [0, 2], "(it is 2.0) can never be above 1"),
        (f"{ARTIFACT}.intervals.eer", [0, 0, 1], "needs two numbers"),
        (f"{ARTIFACT}.intervals.eer", [0], "needs two numbers"),
        (f"{ARTIFACT}.figures.acuracy", 1, "(it is 'acuracy') is no figure of this suite"),
        ("records.0.rows.0.metric", "acuracy", "(it is 'acuracy') is no figure of this suite"),
        ("records.0.rows.0.limit", -1, "(it is -1) must be greater than or equal to 0"),
        ("records.0.headline", "\ud800", "is no text in Unicode"),
        ("records.0.unknown", 1, "(it is 1) is unknown"),
    ],
)
def test_what_leaves_something_open_is_refused_by_its_key(
    report: dict, tmp_path: Path, keys: str, value: object, said: str
) -> None:
    assert damaged(tmp_path, report, keys, value).startswith(f"key '{keys}' {said}")


def test_an_impossible_row_is_refused_by_its_figure(report: dict, tmp_path: Path) -> None:
    said = damaged(tmp_path, report, "records.0.rows.0.measured", -1)
    assert said == "key 'records.0.rows.0.measured.size_bytes' (it is -1.0) must be above 0"


def test_a_record_that_passed_with_a_failed_row_is_refused(report: dict, tmp_path: Path) -> None:
    said = damaged(tmp_path, report, "records.0.rows.0.outcome", "fail")
    assert said.startswith("key 'records.0.outcome' (it is 'pass') is not that of its rows")


def test_a_gate_with_two_records_is_refused(report: dict, tmp_path: Path) -> None:
    node = report["records"][0]["node"]
    said = damaged(tmp_path, report, "records.1", report["records"][0])
    assert said == f"key 'records.1.node' (it is {node!r}) is there twice"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "it is empty"),
        (b"\xff", "it is not text in UTF-8"),
        (b"\0", "it is not valid JSON"),
        pytest.param(b"[" * 100_000, "it is nested too deeply", id="deep"),
        (b"{}", "key 'complete' is missing"),
        (b'{"complete": true, "complete": true}', "key 'complete' is there twice"),
    ],
)
def test_what_is_no_report_is_refused(tmp_path: Path, content: bytes, said: str) -> None:
    (tmp_path / "report.json").write_bytes(content)
    assert refusal(tmp_path).startswith(f"is not a readable report of this version: {said}")


def test_what_is_not_there_or_a_folder_is_refused(tmp_path: Path) -> None:
    assert (
        refusal(tmp_path) == "there is no report; run the whole job, or give a run's report folder."
    )
    (tmp_path / "report.json").mkdir()
    assert "version: it is no file; run the whole job again." in refusal(tmp_path)


def test_a_run_that_did_not_end_has_no_verdict(tmp_path: Path) -> None:
    folder = ReportFolder(tmp_path, ENVIRONMENT, require_all=False)
    folder.add(record())
    folder.close()
    said = "the run did not end, so that it has no verdict; run the whole job again."
    assert refusal(tmp_path) == said


def test_a_verdict_without_its_failure_is_refused(report: dict, tmp_path: Path) -> None:
    report["records"][0]["outcome"] = "fail"
    assert "(it is 'pass') is not that of its records (1 fail)" in damaged(
        tmp_path, report, "verdict", "pass"
    )
