"""The files that a finished run writes beside ``report.json``."""

from collections.abc import Callable, Mapping

from suite.report.markdown import to_markdown
from suite.report.metrics import to_metrics
from suite.report.model import Report
from suite.report.summary import to_summary

# By name, a pure function of the report that gives the text.
FILES: Mapping[str, Callable[[Report], str]] = {
    "report.md": to_markdown,
    "summary.md": to_summary,
    "metrics.json": to_metrics,
}
