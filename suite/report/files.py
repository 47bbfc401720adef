"""The files that a finished run writes beside ``report.json``."""

from collections.abc import Callable, Mapping

from suite.report.markdown import to_markdown
from suite.report.model import Report

# By name, a pure function of the report that gives the text.
FILES: Mapping[str, Callable[[Report], str]] = {
    "report.md": to_markdown,
}
