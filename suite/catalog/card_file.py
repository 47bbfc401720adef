"""One card, read from its file."""

import json
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from suite.catalog.errors import CatalogError, SuiteError, one_line, spelt_out
from suite.catalog.files import read_file
from suite.catalog.mistakes import blanks_in, longs_in, nulls_in, sentences
from suite.catalog.table import Card
from suite.catalog.text import with_plain_ends

C = TypeVar("C", bound=Card)
# Those that come with the suite have 6 KiB at most.
_LARGEST = 512 << 10
# tomllib takes time by the square of a key's parts. Two lines of lists of three numbers have eight
# points; those of a card have to stay below the square of a thousand.
_MOST_WORK = 1_000_000
_TOO_DEEP = "nests tables or lists too deeply; mend it"
_TOO_LONG = "has a number of thousands of digits; mend it"


class BrokenCardError(CatalogError):
    """A card that cannot be read.

    Attributes
    ----------
    sentences : all its mistakes; the message is the first
    card_id : its id, or its file's name where it says none
    """

    def __init__(self, sentences: Sequence[str], card_id: str) -> None:
        super().__init__(sentences[0])
        self.sentences = tuple(map(one_line, sentences))
        self.card_id = card_id


def read_card(path: Path, adapter: TypeAdapter[C]) -> C:
    """Read a card.

    Raises
    ------
    BrokenCardError
        where it cannot be read, says what it may not, or has a drafted blank left.
    """
    if spelt_out(str(path)) != str(path):
        raise _broken(path, "its path is not text in UTF-8; rename it, or set LC_ALL=C.UTF-8")
    table = _table(path)
    if "card_file" in table:
        raise _broken(path, "unknown key 'card_file'; remove it")
    given = table.get("id")
    card_id = given if isinstance(given, str) else path.stem
    try:
        blanks = dict(blanks_in(table))
        nulls = list(nulls_in(table))
        # JSON, because pydantic's strict mode refuses a list for a tuple except when reading JSON.
        text = json.dumps({**table, "card_file": str(path.absolute())}, default=str)
    except RecursionError:
        raise _broken(path, _TOO_DEEP) from None
    except ValueError:  # Python writes no integer of more digits
        raise _broken(path, _TOO_LONG) from None
    if nulls:
        raise BrokenCardError([f"{path}: {words}." for words in nulls], card_id)
    try:
        card = adapter.validate_json(text)
    except ValidationError as error:
        mistakes = error.errors(include_url=False)
        if mistakes[0]["type"] == "json_invalid":  # which bounds how deep tables may nest
            raise _broken(path, _TOO_DEEP) from None
        raise BrokenCardError(sentences(path, adapter, mistakes, blanks), card_id) from None
    if blanks:
        raise BrokenCardError(sentences(path, adapter, [], blanks), card_id)
    if longs := list(longs_in(table)):
        raise BrokenCardError([f"{path}: {words}." for words in longs], card_id)
    return card


def id_in(path: Path) -> str | None:
    """The id that a card gives, whatever else is wrong in it; None of what cannot be read."""
    try:
        return str(_table(path).get("id"))
    except BrokenCardError:
        return None


def _table(path: Path) -> dict[str, Any]:
    try:
        text = with_plain_ends(read_file(path, _LARGEST).decode("utf-8-sig"))
        if sum(line.count(".") ** 2 for line in text.split("\n")) > _MOST_WORK:
            raise _broken(path, _TOO_DEEP)
        return tomllib.loads(text)
    except BrokenCardError:
        raise
    except SuiteError as error:
        raise BrokenCardError([str(error)], path.stem) from None
    except OSError as error:
        raise _broken(path, f"cannot be read ({error.strerror}); mend it") from None
    except UnicodeDecodeError:
        raise _broken(path, "is not text in UTF-8; save it as such") from None
    except tomllib.TOMLDecodeError as error:
        raise _broken(path, f"is not valid TOML: {error}") from None
    except ValueError:  # Python reads no integer of more digits
        raise _broken(path, _TOO_LONG) from None
    except RecursionError:
        raise _broken(path, _TOO_DEEP) from None


def _broken(path: Path, what: str) -> BrokenCardError:
    return BrokenCardError([spelt_out(f"{path}: {what}.")], path.stem)
