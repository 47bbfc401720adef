"""A report whose names were hidden has them again, where the file that its run wrote has them."""

from pathlib import Path

import pytest
from records import ENVIRONMENT, measured, record

from suite.catalog.errors import SuiteError
from suite.catalog.gate import Gate
from suite.report.folder import ReportFolder
from suite.report.named import named
from suite.report.names import NAMES, Names, known_names
from suite.report.reading import read_report

WORST = ({"image": 'ann "x"/1.jpg', "cosine": 0.5}, {"image": "böb\\2.jpg", "cosine": 0.6})
CLOSE = {"images": 2, "quantile": (0.5,), "cosine": (0.55,), "worst": WORST}
RECORD = record(
    Gate.FIDELITY,
    mode="int8",
    dataset="faces",
    headline="ann/1.jpg: is small",
    hashes={"dataset": "d" * 64},
    measured=measured(Gate.FIDELITY, "faces", closeness=CLOSE, remarks=("1 image (a.png) has x",)),
)


@pytest.fixture
def hidden(tmp_path: Path) -> Path:
    """The folder of a run whose report hides the names of `RECORD`."""
    run = ReportFolder(tmp_path, ENVIRONMENT, require_all=False, names=Names())
    run.add(RECORD)
    run.fail_outside("shows 'Carla'")
    run.write(complete=True)
    run.close()
    assert read_report(tmp_path).records != (RECORD,)
    return tmp_path


def test_every_name_comes_back_as_it_was(hidden: Path) -> None:
    report = named(read_report(hidden), hidden)
    assert report.records == (RECORD,)
    assert report.outside == ("shows Carla",)


def test_a_report_that_hides_nothing_needs_no_file(tmp_path: Path) -> None:
    run = ReportFolder(tmp_path, ENVIRONMENT, require_all=False)
    run.add(RECORD)
    run.write(complete=True)
    run.close()
    assert named(read_report(tmp_path), tmp_path).records == (RECORD,)


@pytest.mark.parametrize("is_there", [True, False])
def test_a_name_that_nobody_kept_is_one_sentence(hidden: Path, is_there: bool) -> None:
    names = Names()
    if is_there:
        names.known = {k: v for k, v in known_names(hidden).items() if v != "a.png"}
        names.write(hidden)
    else:
        (hidden / NAMES).unlink()
    said = r"names.json: --report-names needs the names that the report hides, and name-\w+ is not"
    with pytest.raises(SuiteError, match=said):
        named(read_report(hidden), hidden)


def test_a_run_that_completes_a_report_shows_the_names_of_both(hidden: Path) -> None:
    run = ReportFolder(hidden, ENVIRONMENT, require_all=False, append=True)
    assert run.records == (RECORD,)
    run.close()
