"""The results that a JSON file holds, whatever its nesting."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from suite.catalog.errors import SuiteError
from suite.reference.headers import column_of
from suite.reference.modes import mode_of
from suite.reference.table import MOST_COLUMNS, Known, RawRow, RawTable

# Every level of a file is looked through at once, and what is said above holds for each row.
_MOST_KEYS, _LONGEST_KEY, _MOST_ABOVE = 20_000, 256, 64
_LABELS = ("model", "label", "dataset", "device")


def results_in(content: Any, path: Path, known: Known) -> Iterator[RawTable]:
    """Each group of results: those of one list, of one object by modes, or one alone.

    An object that holds figures is a result, with what objects in it hold; what stands beside an
    object or list of results, as a dataset or a device, holds for all of them.

    Raises
    ------
    SuiteError
        where it has more keys, or longer ones, than results have.
    """
    if words := _enormous(content):
        raise SuiteError(where=path, what=f"{words}; name a file of results.")
    return _walk(content, (), {}, path, known)


def _enormous(content: Any) -> str | None:
    """Why a file is more than results, in words; None where it may be some."""
    count, left = 0, [content]
    while left:
        value = left.pop()
        if isinstance(value, dict):
            count += len(value)
            if any(len(key) > _LONGEST_KEY for key in value):
                return f"has a key of over {_LONGEST_KEY} characters"
            left += value.values()
        elif isinstance(value, list):
            left += value
    return f"has {count:,} keys" if count > _MOST_KEYS else None


def _walk(
    value: Any, keys: tuple[str, ...], above: Mapping[str, str], path: Path, known: Known
) -> Iterator[RawTable]:
    if isinstance(value, list):
        entries = {str(index): each for index, each in enumerate(value)}
    elif isinstance(value, dict):
        entries = value
        if _is_result(value, known):
            yield _table({"": value}, keys, above, path)
            return
        above = dict([*above.items(), *_said(value).items()][:_MOST_ABOVE])
    else:
        return
    results = {key: each for key, each in entries.items() if _is_result(each, known)}
    if results:
        yield _table(results, keys, above, path)
    for key, each in entries.items():
        if key not in results:
            yield from _walk(each, (*keys, key), above, path, known)


def _is_result(value: Any, known: Known) -> bool:
    """Whether an object holds figures: not one whose keys name modes, which holds results."""
    if not isinstance(value, dict):
        return False
    if any(isinstance(each, dict) and mode_of(key, known.modes) for key, each in value.items()):
        return False
    columns = (column_of(key) for key in _flat(value, ()))
    return any(column and column.figure for column in columns)


def _table(
    results: Mapping[str, Any], keys: tuple[str, ...], above: Mapping[str, str], path: Path
) -> RawTable:
    rows = []
    for key, result in results.items():
        place = ".".join(filter(None, (*keys, key)))
        where = f"{path}: key {place!r}" if place else str(path)
        # The nearest name that says something: an index in a list says nothing.
        names = (key, *reversed(keys), path.stem)
        label = next(name for name in names if name and not name.isdigit())
        rows.append(RawRow(where, label, {**above, **dict(_flat(result, ()))}))
    headers = tuple(dict.fromkeys(header for row in rows for header in row.cells))
    if len(headers) > MOST_COLUMNS:
        what = f"has results of {len(headers):,} different keys; name a file of results."
        raise SuiteError(where=path, what=what)
    where = ".".join(keys)
    return RawTable(
        path,
        f"{path}: key {where!r}" if where else str(path),
        "",
        " ".join((*path.parts[-4:], *keys, *above.values())),
        headers,
        tuple(rows),
        drops_zeros=True,
    )


def _said(value: Mapping[str, Any]) -> dict[str, str]:
    """The labels, datasets and devices that an object says of all in it."""
    found = {}
    for key, each in value.items():
        column = column_of(key)
        if isinstance(each, str) and column and column.kind in _LABELS:
            found[key] = each
    return found


def _flat(value: Mapping[str, Any], above: tuple[str, ...]) -> dict[str, str]:
    """The scalars of an object and of those in it, by the keys that lead to them."""
    found: dict[str, str] = {}
    for key, each in value.items():
        if isinstance(each, dict):
            found |= _flat(each, (*above, key))
        elif isinstance(each, str):
            found[" ".join((*above, key))] = each
        elif isinstance(each, int | float) and not isinstance(each, bool):
            found[" ".join((*above, key))] = repr(each)
    return found
