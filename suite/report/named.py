"""A report whose names were hidden, with the names of images and people in it again."""

import json
from pathlib import Path

from suite.catalog.errors import SuiteError
from suite.report.model import Report
from suite.report.names import HIDDEN, NAMES, known_names


def named(report: Report, folder: Path) -> Report:
    """A folder's report with its names as its ``names.json`` has them.

    Raises
    ------
    SuiteError
        where a name is hidden that the file does not have, or there is none, or it is damaged.
    """
    text = report.model_dump_json()
    hidden = dict.fromkeys(HIDDEN.findall(text))
    if not hidden:
        return report
    known = known_names(folder)
    lacking = [each for each in hidden if each not in known]
    if lacking:
        raise SuiteError(
            where=folder / NAMES,
            what=f"--report-names needs the names that the report hides, and {lacking[0]} is not "
            "in this file, which its run wrote; put it there, or leave the option out.",
        )
    spelt = {each: json.dumps(known[each], ensure_ascii=False)[1:-1] for each in hidden}
    return Report.model_validate_json(HIDDEN.sub(lambda found: spelt[found[0]], text))
