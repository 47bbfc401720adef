"""Reports of older schema versions, as suites of those days wrote them: never changed."""

import json
import shutil
from pathlib import Path

import pytest
from records import ENVIRONMENT, record

from suite.catalog.gate import Gate
from suite.report.folder import ReportFolder
from suite.report.model import SCHEMA_VERSION
from suite.report.reading import read_report

VERSIONS = Path(__file__).parent / "versions"


@pytest.fixture
def first(tmp_path: Path) -> Path:
    shutil.copy(VERSIONS / "report-1.json", tmp_path / "report.json")
    return tmp_path


def test_the_first_version_is_read_with_all_that_it_says(first: Path) -> None:
    report = read_report(first)
    assert report.schema_version == 1
    written = json.loads((first / "report.json").read_text())
    read = json.loads(report.model_dump_json())

    def holds(mine: object, theirs: object) -> bool:
        if isinstance(theirs, dict):
            return all(holds(mine[key], value) for key, value in theirs.items())
        if isinstance(theirs, list):
            return len(mine) == len(theirs) and all(map(holds, mine, theirs))
        return mine == theirs

    assert holds(read, written)
    assert report.records[1].measured.curves == {}
    assert report.records[2].measured.closeness is None


def test_the_first_version_is_appended_to_and_becomes_the_newest(first: Path) -> None:
    folder = ReportFolder(first, ENVIRONMENT, require_all=False, append=True)
    folder.add(record(Gate.LATENCY, mode="int8", hashes={"source": "a" * 64}))
    folder.write(complete=True)
    folder.close()
    report = read_report(first)
    assert (report.schema_version, len(report.records)) == (SCHEMA_VERSION, 4)
