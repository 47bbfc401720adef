"""What is wrong in a card, a sentence each that names the file, the key and what is allowed."""

import difflib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter
from pydantic_core import ErrorDetails

from suite.catalog.alignment import METHODS
from suite.catalog.dataset_card import KINDS
from suite.catalog.errors import nearest, one_of, shortened
from suite.catalog.table import BLANK

Location = tuple[int | str, ...]
_UNKNOWN = "extra_forbidden"
# Pydantic's words, and ours.
_WORDS = {
    "Input should be a valid array": "must be a list",
    "Input should be a valid boolean": "must be true or false",
    "Input should be an object": "must be a table",
    "Field required": "is missing",
    "Extra inputs are not permitted": "is unknown",
    "Unexpected keyword argument": "is unknown",
}
# Of a value and of a key so much is shown, and of a card's mistakes so many of a kind.
_SHOWN, _MOST = 100, 50
# With more digits an integer is no count, size or version of anything.
MOST_DIGITS = 18
_PATTERNS = {
    "^[0-9a-f]{64}$": "must be 64 lower-case hexadecimal digits",
    "^[a-z0-9][a-z0-9_.-]*$": (
        "must be lower-case letters, digits and . _ -, beginning with a letter or digit"
    ),
    "^[a-z]+$": "must be lower-case letters",
    r"^https?://\S+$": "must begin with http:// or https:// and have no space",
    r"^(https?|hf)://\S+$": "must begin with http://, https:// or hf:// and have no space",
}


def sentences(
    path: Path,
    adapter: TypeAdapter[Any],
    mistakes: Sequence[ErrorDetails],
    blanks: Mapping[Location, str],
) -> list[str]:
    """Every mistake in a card, that which explains most first.

    Parameters
    ----------
    path : the card's file
    adapter : what the card was read by
    mistakes : what it found, if anything
    blanks : the blanks left in the card, as `blanks_in` finds them
    """
    left = {_names(location) for location in blanks}
    schema = adapter.json_schema() if mistakes else {}
    tagged = "discriminator" in schema
    # A misspelt key is unknown and its right name missing: the unknown one says both.
    unknown = [each for each in mistakes if each["type"] == _UNKNOWN][:_MOST]
    known = [each for each in mistakes if each["type"] != _UNKNOWN][:_MOST]
    others = [
        each
        for each in known
        if _names(_keys_of(each, tagged=tagged)) not in left
        and not any(_is_right_name(each["loc"], other["loc"]) for other in unknown)
    ]
    found = [_unknown(path, schema, each["loc"], tagged=tagged) for each in unknown]
    found += [
        f"{path}: key {_dotted(location)!r} is still blank ({words!r}); fill it in."
        for location, words in blanks.items()
    ]
    for each in others:
        words = words_of(each, tagged=tagged)
        found.append(f"{path}: {words}{'; add it' if words.endswith(' is missing') else ''}.")
    return list(dict.fromkeys(found))


def blanks_in(table: object) -> Iterator[tuple[Location, str]]:
    """Each string of a card in which a drafted blank is left, with the keys that lead to it."""
    return (each for each in _strings_in(table, ()) if BLANK in each[1])


def nulls_in(table: object) -> Iterator[str]:
    """Each string of a card that has a null character, which no path may have, in words."""
    for keys, text in _strings_in(table, ()):
        if "\0" in text:
            yield said_of(keys, text, "must have no null character")


def longs_in(table: object) -> Iterator[str]:
    """Each integer of a card that counts nothing, with too many digits, in words."""
    for keys, value in _values_in(table, ()):
        if isinstance(value, int) and abs(value) >= 10**MOST_DIGITS:
            yield said_of(keys, value, f"must have at most {MOST_DIGITS} digits")


def _strings_in(table: object, above: Location) -> Iterator[tuple[Location, str]]:
    return ((keys, each) for keys, each in _values_in(table, above) if isinstance(each, str))


def _values_in(table: object, above: Location) -> Iterator[tuple[Location, object]]:
    if isinstance(table, Mapping):
        for key, value in table.items():
            yield from _values_in(value, (*above, key))
    elif isinstance(table, Sequence) and not isinstance(table, str):
        for index, value in enumerate(table):
            yield from _values_in(value, (*above, index))
    else:
        yield above, table


def _unknown(path: Path, schema: dict[str, Any], location: Location, *, tagged: bool) -> str:
    keys = _keys(location, tagged=tagged)
    allowed = _allowed_keys(schema, location)
    return f"{path}: unknown key {_dotted(keys)!r}; {nearest(str(keys[-1]), allowed)}."


def words_of(
    mistake: ErrorDetails, below: Sequence[str | int] = (), *, tagged: bool = False
) -> str:
    """A mistake in words that follow the name of its file.

    Parameters
    ----------
    below : the keys that lead to what was read
    tagged : whether it was read as one of several kinds, as a dataset's card is
    """
    keys = (*below, *_keys_of(mistake, tagged=tagged))
    kind, message = mistake["type"], mistake["msg"]
    too_short = kind == "missing" and isinstance(mistake["loc"][-1], int)
    if too_short or kind == "too_long":
        needs = "three numbers, one a channel" if "preprocess" in keys else "two numbers"
        return said_of(keys[:-1] if too_short else keys, None, f"needs {needs}")
    if kind.startswith("union_tag"):
        known = METHODS if "align" in keys else KINDS
        return f"key {_dotted(keys)!r} must be {one_of(known)}"
    if kind == "too_short":
        message = "must have at least one entry"
    elif kind == "string_pattern_mismatch":
        pattern = mistake.get("ctx", {}).get("pattern", "")
        message = _PATTERNS.get(pattern, f"must match {pattern}")
    elif kind == "value_error":
        message = str(mistake["ctx"]["error"])
    elif message in _WORDS:
        message = _WORDS[message]
    else:
        message = message.replace("Input should ", "must ", 1).replace("String should ", "must ", 1)
    return said_of(keys, mistake["input"], message)


def said_of(keys: Sequence[str | int], given: object, message: str) -> str:
    """What is wrong with the value of a key, which is shown where it is no table or list."""
    value = repr(given) if isinstance(given, str | int | float | bool) else ""
    shown = f" (it is {shortened(value, _SHOWN)})" if value else ""
    return f"key {_dotted(keys)!r}{shown} {message}" if keys else message


def _is_right_name(missing: Location, unknown: Location) -> bool:
    """Whether an unknown key may be a missing one of its table, misspelt."""
    beside = missing[:-1] == unknown[:-1] and bool(missing)
    return beside and bool(difflib.get_close_matches(str(unknown[-1]), [str(missing[-1])], n=1))


def _keys_of(mistake: ErrorDetails, *, tagged: bool) -> Location:
    keys = _keys(mistake["loc"], tagged=tagged)
    # That a key of a table, and no value, is wrong; a key may be called so itself.
    if keys[-1:] == ("[key]",) and mistake["type"] != _UNKNOWN:
        keys = keys[:-1]
    if mistake["type"].startswith("union_tag"):
        return (*keys, "method" if keys else "kind")
    return keys


def _names(keys: Location) -> Location:
    """Keys without the places in lists: a list with a blank is wrong in every place."""
    return tuple(key for key in keys if not isinstance(key, int))


def _dotted(keys: Sequence[str | int]) -> str:
    return shortened(".".join(map(str, keys)), _SHOWN)


def _keys(location: Location, *, tagged: bool) -> Location:
    """The keys of a card that lead to a mistake: a tagged union's tag is none."""
    keys = list(location)
    if tagged and keys and keys[0] in KINDS:
        keys = keys[1:]
    if keys[:1] == ["align"] and keys[1:2] and keys[1] in METHODS:
        del keys[1]
    return tuple(keys)


def _allowed_keys(schema: dict[str, Any], location: Location) -> set[str]:
    """The keys allowed where an unknown one was met, from the card's JSON schema."""
    definitions = schema.get("$defs", {})
    nodes: list[Any] = [schema]
    for part in location[:-1]:
        nodes = [
            _below(resolved, part) for node in nodes for resolved in _resolve(node, definitions)
        ]
    nodes = [resolved for node in nodes for resolved in _resolve(node, definitions)]
    keys = {key for node in nodes for key in node.get("properties", {})}
    return keys - {"card_file"}


def _below(node: dict[str, Any], part: int | str) -> Any:
    """The schema of a key, or of a tagged union's tag."""
    tags = node.get("discriminator", {}).get("mapping", {})
    if part in tags:
        return {"$ref": tags[part]}
    return node.get("properties", {}).get(part, node.get("additionalProperties", node))


def _resolve(node: Any, definitions: dict[str, Any]) -> list[dict[str, Any]]:
    if not isinstance(node, dict):
        return []
    if "$ref" in node:
        return _resolve(definitions[node["$ref"].rsplit("/", 1)[-1]], definitions)
    if "discriminator" in node:
        return [node]
    branches = [*node.get("anyOf", []), *node.get("oneOf", [])]
    return [r for branch in branches for r in _resolve(branch, definitions)] or [node]
