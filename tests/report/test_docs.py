"""The lines of the docs that read a report, run on one."""

import re
from pathlib import Path

import pytest
from records import ENVIRONMENT, measured, record

from suite.catalog.gate import Gate
from suite.report.folder import ReportFolder
from suite.report.history_line import append_run, past_runs

DOCS = Path(__file__).resolve().parents[2] / "docs"
CURVE = {
    "genuine": 10,
    "impostors": 20,
    "threshold": [0.5, 1.0],
    "fmr": [0.0, 0.1],
    "fnmr": [0.3, 0.2],
    "false_accepts": [0, 2],
    "false_rejects": [3, 2],
}


@pytest.fixture
def report(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = ReportFolder(tmp_path / "face-quant-report", ENVIRONMENT, require_all=False)
    for mode in ("fp32", "int8"):
        found = measured(
            Gate.VERIFICATION, "d", figures={"accuracy": 0.9}, curves={"listed": CURVE}
        )
        folder.add(record(Gate.VERIFICATION, mode=mode, dataset="d", measured=found))
    folder.write(complete=True)
    folder.close()
    append_run(tmp_path / "history.jsonl", *past_runs(folder.report))
    monkeypatch.chdir(tmp_path)


@pytest.mark.usefixtures("report")
def test_the_lines_of_pandas_give_curves_and_a_table() -> None:
    pandas = pytest.importorskip("pandas")
    blocks = re.findall(r"```python\n(.*?)```", (DOCS / "report.md").read_text(), re.S)
    known: dict[str, object] = {}
    for block in blocks:
        exec(block, known)  # our own documentation
    det, table, lines = (known[name] for name in ("det", "table", "lines"))
    assert list(det.case.unique()) == ["m fp32 d", "m int8 d"]
    assert det.fnmr.tolist() == [0.3, 0.2] * 2
    assert lines.loc[0.1].tolist() == [0.2, 0.2]
    assert table.loc[("m", "int8", "d"), "accuracy"] == 0.9
    assert known["cases"]["figures.accuracy"].tolist() == [0.9, 0.9]
    assert isinstance(table, pandas.DataFrame)
