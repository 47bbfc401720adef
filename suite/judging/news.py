"""What an update has to take over, and what it changed."""

import json
from collections.abc import Mapping

from suite.judging.judgement import Judgement
from suite.judging.outcome import Outcome
from suite.judging.record import Row


def is_news(judged: Judgement) -> bool:
    """Whether an update has something to take over: a gate lets size and speed get better."""
    return judged.outcome is not Outcome.PASS or any(map(_moved, judged.rows))


def _moved(row: Row) -> bool:
    return row.difference is not None and abs(row.difference) > row.limit


def changes(before: object, after: object) -> tuple[str, ...]:
    """What an accepted section was and is, a line each."""
    if not isinstance(before, Mapping) or not isinstance(after, Mapping):
        return ()
    lines = []
    for part in ("identity", "figures"):
        old, new = before.get(part, {}), after.get(part, {})
        for key in sorted(set(old) | set(new)):
            if old.get(key) != new.get(key):
                lines.append(f"{key}: {json.dumps(old.get(key))} → {json.dumps(new.get(key))}")
    if before.get("samples") != after.get("samples"):
        lines.append("samples: changed")
    return tuple(lines)
