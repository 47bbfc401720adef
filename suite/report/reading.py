"""Reading the report of a finished run."""

from pathlib import Path

from pydantic import ValidationError

from suite.catalog.errors import SuiteError
from suite.report.model import Report


def read_report(folder: Path) -> Report:
    """The report in a run's folder.

    Raises
    ------
    SuiteError
        where there is none, it is of another version, or its run did not end.
    """
    path = folder / "report.json"
    try:
        report = Report.model_validate_json(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SuiteError(
            where=path, what=f"cannot be read ({error.strerror}); give a run's report folder."
        ) from None
    except (ValidationError, UnicodeDecodeError):
        raise SuiteError(
            where=path, what="is not a report of this version; run the job again."
        ) from None
    if not report.complete:
        raise SuiteError(where=path, what="is of a run that did not end; run the job again.")
    return report
