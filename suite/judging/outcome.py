"""What a gate may conclude."""

from enum import StrEnum


class Outcome(StrEnum):
    """What a gate concluded."""

    PASS = "pass"
    FAIL = "fail"
    UNDECIDED = "undecided"
    NOT_COMPARED = "not compared"
    NOT_APPLICABLE = "not applicable"
    DEFERRED = "deferred"
    SKIPPED = "skipped"

    @property
    def fails_when_all_required(self) -> bool:
        """Whether ``--require-all`` makes it a failure."""
        return self not in (Outcome.PASS, Outcome.NOT_APPLICABLE)
