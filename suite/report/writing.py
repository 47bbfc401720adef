"""Keeping a run's records and writing its report, whole at every moment."""

import json
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path

from suite.errors import SuiteError
from suite.records import Environment, Outcome, Record
from suite.report.document import make_report, to_markdown

RECORDS = "records.jsonl"
PROPOSED = "proposed-baselines"


class ReportFolder:
    """A run's report folder: records as they come, and the report made of them.

    The report is written anew with each record, so that a killed run leaves a valid one that says
    it did not end.
    """

    def __init__(self, folder: Path, environment: Environment, *, require_all: bool) -> None:
        self.folder = folder
        self._environment = environment
        self._require_all = require_all
        self._records: list[Record] = []
        try:
            folder.mkdir(parents=True, exist_ok=True)
            (folder / RECORDS).write_text("", encoding="utf-8")
        except OSError as error:
            raise SuiteError(
                f"{folder}: cannot write the report there ({error.strerror}); give another folder "
                "with --report-dir."
            ) from None

    @property
    def records(self) -> Sequence[Record]:
        """What has been recorded."""
        return self._records

    def add(self, record: Record) -> None:
        """Append a record and write the report that holds so far."""
        self._records.append(record)
        with (self.folder / RECORDS).open("a", encoding="utf-8") as stream:
            stream.write(record.model_dump_json() + "\n")
        self.write(complete=False)

    def write(self, *, complete: bool) -> Outcome:
        """Write ``report.json`` and ``report.md``; give back the verdict."""
        report = make_report(
            self._environment, self._records, complete=complete, require_all=self._require_all
        )
        document = json.dumps(report.model_dump(mode="json"), indent=2, ensure_ascii=False)
        _replace(self.folder / "report.json", document + "\n")
        _replace(self.folder / "report.md", to_markdown(report))
        return report.verdict


def _replace(path: Path, text: str) -> None:
    handle, name = tempfile.mkstemp(prefix=".", suffix=".tmp", dir=path.parent)
    with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as stream:
        stream.write(text)
    Path(name).chmod(0o644)
    Path(name).replace(path)
