"""JSON that leaves nothing open: whole text, every key once, finite numbers."""

import hashlib
import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from suite.catalog.errors import SuiteError, spelt_out
from suite.catalog.files import is_file, read_file
from suite.catalog.mistakes import MOST_DIGITS, said_of, words_of

T = TypeVar("T")
Keys = Sequence[str | int]

# Deeper than anything that the suite writes; Python's own bound differs between versions.
_DEEPEST = 32
# A report of a hundred gates with all that is drawn has some 30 MiB.
LARGEST = 512 << 20
# What the value of a key becomes that is there twice.
_TWICE = object()


def json_sha256(data: object) -> str:
    """The SHA-256 of what is written as JSON, whatever the order of its names."""
    return hashlib.sha256(json.dumps(data, sort_keys=True).encode()).hexdigest()


class UnreadableError(ValueError):
    """Why a file cannot be read, in words."""


def read_json(path: Path) -> Any:
    """What a JSON file holds.

    Raises
    ------
    UnreadableError
        where it is no file, or no such JSON as `parse_json` takes.
    OSError
        where the system refuses it.
    """
    return parse_json(text_of(path))


def parse_json(text: str) -> Any:
    """What a JSON text holds.

    Raises
    ------
    UnreadableError
        where it is none; where a key is there twice, a number is not finite, or a text is no
        Unicode; by its key.
    """
    return _parsed(text)[0]


def _parsed(text: str) -> tuple[Any, bool]:
    """What a text holds, and whether an integer of it has more digits than any that is taken."""
    if not text.strip():
        raise UnreadableError("it is empty")
    is_long = False

    def integer(digits: str) -> int | float:
        nonlocal is_long
        if len(digits) <= MOST_DIGITS:
            return int(digits)
        is_long = True
        return float(digits)

    try:
        value = json.loads(text, object_pairs_hook=_object, parse_int=integer)
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise UnreadableError(f"it is not valid JSON ({error.msg}, {place})") from None
    except RecursionError:
        raise UnreadableError("it is nested too deeply") from None
    _refuse_what_is_open(value, ())
    return value, is_long


def read_as(adapter: TypeAdapter[T], value: Any, below: Keys = ()) -> T:
    """What `read_json` gave as a type, which converts nothing in silence.

    Parameters
    ----------
    below : the keys that lead to the value in its file

    Raises
    ------
    UnreadableError
        where it has another shape; by its key.
    """
    # As JSON, because pydantic's strict mode refuses a list for a tuple except in that.
    return _as(adapter, json.dumps(value), below)


def _as(adapter: TypeAdapter[T], text: str, below: Keys) -> T:
    try:
        return adapter.validate_json(text, strict=True)
    except ValidationError as error:
        mistake = error.errors()[0]
        words = words_of(mistake, below)
        raise UnreadableError(words if below or mistake["loc"] else f"it {words}") from None


def read_file_as(adapter: TypeAdapter[T], path: Path) -> T:
    """`read_as` of what `read_json` gives, which is never in memory beside what is made of it."""
    return read_text_as(adapter, text_of(path))


def read_text_as(adapter: TypeAdapter[T], text: str) -> T:
    """`read_file_as` of a file's text."""
    value, is_long = _parsed(text)
    if is_long:
        return read_as(adapter, value)
    del value
    return _as(adapter, text, ())


def text_of(path: Path) -> str:
    """A JSON file's text.

    Raises
    ------
    UnreadableError
        where there is no file, or it is too large or not in UTF-8.
    """
    try:
        is_there = is_file(path)
    except SuiteError as error:
        raise UnreadableError(error.what.rstrip(".")) from None
    if not is_there:
        raise UnreadableError("it is no file")
    try:
        return read_file(path, LARGEST).decode("utf-8-sig")
    except SuiteError as error:
        raise UnreadableError(f"it {error.what.rstrip('.')}") from None
    except UnicodeDecodeError:
        raise UnreadableError("it is not text in UTF-8") from None


def mistaken(keys: Keys, given: object, message: str) -> UnreadableError:
    """That the value of a key is wrong."""
    return UnreadableError(said_of(keys, given, message) if keys else f"it {message}")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        found[key] = _TWICE if key in found else value
    return found


def _refuse_what_is_open(value: Any, keys: tuple[str | int, ...]) -> None:
    if len(keys) > _DEEPEST:
        raise UnreadableError("it is nested too deeply")
    if value is _TWICE:
        raise mistaken(keys, None, "is there twice")
    if isinstance(value, float) and not math.isfinite(value):
        raise mistaken(keys, value, "must be a finite number")
    if isinstance(value, str) and value != spelt_out(value):
        raise mistaken(keys, None, "is no text in Unicode")
    if isinstance(value, list):
        if set(map(type, value)) <= {int, float} and all(map(math.isfinite, value)):
            return  # at once: a report has millions
        for index, each in enumerate(value):
            _refuse_what_is_open(each, (*keys, index))
    elif isinstance(value, dict):
        for key, each in value.items():
            _refuse_what_is_open(key, keys)
            _refuse_what_is_open(each, (*keys, key))
