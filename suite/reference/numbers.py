"""Numbers as people write them into tables."""

import math
import re
import unicodedata
from dataclasses import dataclass

# A cell that says nothing.
_NOTHING = frozenset({"", "-", "--", "n/a", "na", "none", "null", "нет", "н/д", "?"})
_NUMBER = re.compile(
    r"(?P<number>[+-]?(?:\d{1,3}(?: \d{3})+|\d+)(?:[.,]\d+)*(?:e[+-]?\d{1,3})?)"
    r"\s*(?P<unit>[^\W\d_]+|%|×)?(?:\s*(?:±|\+-|\+/-)\s*[\d.,]+\s*%?)?"
)


@dataclass(frozen=True)
class Number:
    """A number and how it was given.

    Attributes
    ----------
    decimals : digits after the point
    unit : the word or the percent sign that stands behind it, in lower case
    """

    value: float
    decimals: int
    unit: str = ""


def is_nothing(cell: str) -> bool:
    """Whether a cell is empty, or a dash."""
    return _plain(cell) in _NOTHING


def number(cell: str) -> Number:
    """The number in a cell, with a decimal point or comma.

    A comma is a decimal one unless a point or a second comma follows it; blanks part thousands.
    What stands behind a ± is left out.

    Raises
    ------
    ValueError
        where the cell is no number.

    >>> number("96,83 %")
    Number(value=96.83, decimals=2, unit='%')
    >>> number("**0.9683** ± 0.004").value, number("1,234.5").value, number("1 234,5 мс").unit
    (0.9683, 1234.5, 'мс')
    """
    found = _NUMBER.fullmatch(_plain(cell))
    if found is None:
        raise ValueError("is no number")
    digits = found["number"].replace(" ", "")
    if "." in digits or digits.count(",") > 1:
        if re.search(r"\..*,", digits):
            raise ValueError("has a point before a comma, which is no number in any notation")
        digits = digits.replace(",", "")
    digits = digits.replace(",", ".")
    try:
        value = float(digits)
    except ValueError:
        raise ValueError("is no number") from None
    if not math.isfinite(value):
        raise ValueError("is too large a number")
    mantissa, _, exponent = digits.partition("e")
    places = len(mantissa.partition(".")[2]) - int(exponent or 0)
    return Number(value, max(0, places), found["unit"] or "")


def _plain(cell: str) -> str:
    text = unicodedata.normalize("NFKC", cell).lower()
    text = re.sub(r"[*`]", "", text).replace("−", "-").replace("–", "-").replace("—", "-")
    return re.sub(r"\s+", " ", text).strip(" ~≈")
