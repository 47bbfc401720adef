"""What a gate may conclude: a closed vocabulary that carries its own properties."""

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

    @property
    def skips(self) -> bool:
        """Whether pytest counts the gate as skipped."""
        return self in (Outcome.NOT_APPLICABLE, Outcome.DEFERRED)

    @property
    def measured_something(self) -> bool:
        """Whether a gate came to look at what it is for."""
        return self in (Outcome.PASS, Outcome.FAIL, Outcome.UNDECIDED, Outcome.NOT_COMPARED)

    @property
    def decided_nothing(self) -> bool:
        """Whether the report lists it under what was not decided; what is skipped has its place."""
        return self not in (Outcome.PASS, Outcome.FAIL, Outcome.SKIPPED)

    @property
    def in_a_row(self) -> str:
        """How a table's row says it: what fails stands out."""
        return {Outcome.PASS: "ok", Outcome.FAIL: "FAIL"}.get(self, self.value)
