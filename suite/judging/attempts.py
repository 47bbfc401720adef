"""Several attempts of one gate, as a plugin that retries makes them: one record."""

from collections.abc import Sequence

from suite.judging.outcome import Outcome
from suite.judging.record import Record

_ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth")


def merged(attempts: Sequence[Record]) -> Record:
    """The record of the last attempt, which says what the earlier ones concluded.

    What an earlier attempt wrote into the baseline stays accepted.
    """
    *earlier, last = attempts
    if not earlier:
        return last
    before = dict.fromkeys(f"{each.outcome}: {each.headline}" for each in earlier)
    accepting = [each for each in attempts if each.accepted]
    notes = [*(accepting[-1].notes if accepting else last.notes), _said(last, len(attempts))]
    notes += [f"an earlier attempt: {words}" for words in before]
    return last.model_copy(
        update={
            "attempts": len(attempts),
            "notes": tuple(notes),
            "accepted": bool(accepting),
            "unacceptable": any(each.unacceptable for each in attempts),
        }
    )


def _said(last: Record, count: int) -> str:
    verbs = {Outcome.PASS: "passed", Outcome.FAIL: "failed", Outcome.SKIPPED: "skipped"}
    ordinal = _ORDINALS[count - 1] if count <= len(_ORDINALS) else f"{count}th"
    return f"{verbs.get(last.outcome, str(last.outcome))} at the {ordinal} attempt"
