"""Rows of records as aligned text and Markdown."""

from collections.abc import Mapping, Sequence

from suite.catalog.figures import FIGURES
from suite.judging.record import Against, Row

ROW_HEADER = ("metric", "against", "reference", "measured", "difference", "allowed", "")


def row_cells(row: Row) -> tuple[str, ...]:
    """A row as the cells of a table."""
    figure = FIGURES[row.metric]
    digits = max(figure.digits, 0)
    of_accepted = row.against is Against.BASELINE
    share = figure.relative and of_accepted

    def moved(value: float) -> str:
        return f"{value:+.2%}" if share else signed(value, digits)

    difference = "" if row.difference is None else moved(row.difference)
    if row.interval:
        low, high = map(moved, row.interval)
        difference += f" ({low} … {high})"
    allowed = row.against.allowed(f"{row.limit:.2%}" if share else f"{row.limit:g}")
    if figure.only_worse_fails and of_accepted:
        allowed = allowed.replace("±", "−" if figure.worse == "lower" else "+")
    return (
        figure.label,
        row.against.label,
        "" if row.held_to is None else f"{row.held_to:.{digits}f}",
        "" if row.measured is None else f"{row.measured:.{digits}f}",
        difference,
        allowed,
        row.outcome.in_a_row,
    )


def figure_text(values: Mapping[str, float], name: str) -> str:
    """A figure in its digits; a dash where it is not among these."""
    return f"{values[name]:.{FIGURES[name].digits}f}" if name in values else "–"


def signed(value: float, digits: int) -> str:
    """A difference with its sign; one that rounds to nothing is +0, never −0."""
    return f"{round(value, digits) + 0.0:+.{digits}f}"


def aligned(
    header: Sequence[str], rows: Sequence[Sequence[str]], *, words_last: bool = False
) -> list[str]:
    """Plain text columns, the first two to the left and the others to the right.

    The last one is to the left too where it has words.
    """
    table = [header, *rows]
    left = {0, 1, *([len(header) - 1] if words_last else [])}
    widths = [max(len(row[i]) for row in table) for i in range(len(header))]
    return [
        "  ".join(
            cell.ljust(width) if i in left else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in table
    ]


def markdown(header: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """A Markdown table, numbers to the right; cells are as long as what they hold."""
    rule = ["---" if i == 0 else "---:" for i in range(len(header))]
    return [f"| {' | '.join(map(_in_cell, row))} |" for row in (header, rule, *rows)]


def _in_cell(words: str) -> str:
    """Words that end neither their cell nor its line."""
    return " ".join(words.replace("|", "\\|").split())
