"""A file of results, read."""

from collections.abc import Iterable
from pathlib import Path

from suite.catalog.errors import SuiteError
from suite.catalog.files import is_file, read_file
from suite.catalog.json_file import UnreadableError, parse_json
from suite.catalog.text import with_plain_ends
from suite.reference.claim import Reading
from suite.reference.json_results import results_in
from suite.reference.markdown_tables import tables_in
from suite.reference.table import Known, RawTable, claims_of

# A file of results is small; one that is not is something else.
_LARGEST = 4 << 20
_MOST_ROWS = 2_000


def read_results(path: Path, known: Known) -> Reading:
    """The rows of a file: of its JSON, where its text begins as such, else of its Markdown tables.

    Raises
    ------
    SuiteError
        where the file cannot be read or holds no results.
    """
    text = _text(path)
    reading = Reading()
    rows = 0
    for table in _tables(text, path, known):
        rows += len(table.rows)
        if rows > _MOST_ROWS:
            what = f"has over {_MOST_ROWS:,} rows; name a file of results."
            raise SuiteError(where=path, what=what)
        reading += claims_of(table, known)
    if not (reading.claims or reading.mistakes):
        raise SuiteError(
            where=path,
            what="holds no results: neither a Markdown table with a column of accuracy, TAR, ROC "
            "AUC, size or latency, nor JSON with such keys.",
        )
    return reading


def _tables(text: str, path: Path, known: Known) -> Iterable[RawTable]:
    if not text.lstrip().startswith(("{", "[")) or path.suffix.lower() == ".md":
        return tables_in(text, path)
    try:
        return results_in(parse_json(text), path, known)
    except UnreadableError as error:
        raise SuiteError(where=path, what=f"cannot be read: {error}; mend it.") from None


def _text(path: Path) -> str:
    if not is_file(path):
        raise SuiteError(where=path, what="there is no such file; name a file of results.")
    try:
        return with_plain_ends(read_file(path, _LARGEST).decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise SuiteError(where=path, what="is not text in UTF-8; save it as such.") from None
