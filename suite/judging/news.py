"""What an update has to take over, and what it changed."""

import json
from collections.abc import Mapping

from suite.judging.judgement import Judgement
from suite.judging.outcome import Outcome
from suite.judging.record import Row

# Kept limits that are no table of figures.
_LISTED = ("on_interval", "op_types_elsewhere", "nodes_elsewhere", "also_on")


def is_news(judged: Judgement, *, moved: bool) -> bool:
    """Whether an update has something to take over: a gate lets size and speed get better.

    Parameters
    ----------
    moved : whether what is kept beside the figures is another
    """
    return judged.outcome is not Outcome.PASS or moved or any(map(_moved, judged.rows))


def _moved(row: Row) -> bool:
    return row.difference is not None and abs(row.difference) > row.limit


def changes(before: object, after: object) -> tuple[str, ...]:
    """What an accepted section was and is, a line each."""
    if not isinstance(before, Mapping) or not isinstance(after, Mapping):
        return ()
    lines = []
    for part in ("identity", "figures"):
        lines += _changed(before.get(part, {}), after.get(part, {}))
    facts = (each.get("identified", {}) for each in (before, after))
    old_facts, new_facts = facts
    for name in sorted(old_facts.keys() & new_facts.keys()):
        lines += [f"{name}.{line}" for line in _changed(old_facts[name], new_facts[name])]
    if before.get("samples") != after.get("samples"):
        lines.append("samples: changed")
    for key in ("on_request", "mode_on_request"):
        if before.get(key) != after.get(key):
            lines.append(f"{key}: {json.dumps(bool(after.get(key)))} from now on")
    if "limits" not in before:
        return (*lines, "limits: kept from now on")
    for part in ("tolerances", "loss", "floor"):
        old, new = (each["limits"].get(part, {}) for each in (before, after))
        lines += [f"{part} of {line}" for line in _changed(old, new)]
    old, new = (
        {k: v for k, v in each["limits"].items() if k in _LISTED} for each in (before, after)
    )
    return (*lines, *_changed(old, new))


def _changed(old: Mapping[str, object], new: Mapping[str, object]) -> list[str]:
    return [
        f"{key}: {json.dumps(old.get(key))} → {json.dumps(new.get(key))}"
        for key in sorted(set(old) | set(new))
        if old.get(key) != new.get(key)
    ]
