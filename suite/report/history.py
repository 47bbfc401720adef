"""A file of runs, a JSON line each: what it holds, how it is read, and how a figure went.

What a later suite writes into a line and this one does not know is passed over.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from suite.catalog.errors import refused
from suite.catalog.figures import FIGURES
from suite.catalog.files import is_there, read_file
from suite.catalog.json_file import LARGEST, UnreadableError, parse_json, read_as
from suite.judging.outcome import Outcome


class _Part(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class PastCase(_Part):
    """The figures of a model in a mode, on an evaluation set or of the file itself.

    Attributes
    ----------
    dataset : the evaluation set; None for what is of none, as the size and the speed-up
    figures : by their name in the registry of figures
    intervals : 95 % intervals of those that one run measures otherwise than the next, as times
    is_fp32 : whether the mode is FP32; None in the lines of a suite that did not say so
    """

    model: str
    mode: str
    dataset: str | None = None
    is_fp32: bool | None = None
    figures: dict[str, float] = {}
    intervals: dict[str, tuple[float, float]] = {}


class PastRun(_Part):
    """A run that ended.

    Attributes
    ----------
    started : when, in ISO 8601 with its offset
    commit, branch : of the team's git repository; empty where there is none
    device : what figures of speed depend on
    versions : of libraries by their name
    """

    version: Annotated[int, Field(ge=1)] = 1
    started: str
    commit: str = ""
    branch: str = ""
    suite: str
    provider: str
    profile: str
    cpu: str = ""
    device: str
    versions: dict[str, str] = {}
    verdict: Outcome
    cases: tuple[PastCase, ...] = ()

    def is_line_of(self, other: "PastRun") -> bool:
        """Whether both are of one report: of the same start and place, with the same figures."""
        return self._what == other._what

    @property
    def _what(self) -> tuple[object, ...]:
        figures = {(c.model, c.mode, c.dataset, name) for c in self.cases for name in c.figures}
        return self.started, self.provider, self.profile, figures


@dataclass(frozen=True)
class History:
    """The runs of a file, the oldest first, and in words what of it could not be read."""

    runs: tuple[PastRun, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Point:
    """A figure in one run; ``interval`` is None where it has none, ``is_fp32`` as of its case."""

    run: PastRun
    value: float
    interval: tuple[float, float] | None = None
    is_fp32: bool | None = None


@dataclass(frozen=True)
class Series:
    """One figure over the runs that measured it on one provider and profile, the oldest first."""

    provider: str
    profile: str
    model: str
    mode: str
    dataset: str | None
    figure: str
    points: tuple[Point, ...]

    @property
    def is_fp32(self) -> bool:
        """Whether the mode is FP32, as the last run says that does; else by its usual name."""
        said = [point.is_fp32 for point in self.points if point.is_fp32 is not None]
        return said[-1] if said else self.mode == "fp32"

    @property
    def moves(self) -> tuple[int, ...]:
        """The indices of the points that lie apart from the one before.

        They do where the intervals of both do not meet, or where there are none, by more than the
        figure's default tolerance; where it has none either, by a unit of its last printed digit.
        """
        return tuple(
            index
            for index in range(1, len(self.points))
            if _moved(self.figure, self.is_fp32, self.points[index - 1], self.points[index])
        )


def read_history(path: Path) -> History:
    """The runs of a file; none where it is not there yet.

    A line that is damaged is passed over, and said in the notes.

    Raises
    ------
    SuiteError
        where the system does not let this user read it.
    """
    try:
        lines = read_file(path, LARGEST).splitlines() if is_there(path) else []
    except OSError as error:
        raise refused(error) from None
    runs: list[PastRun] = []
    notes: list[str] = []
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            runs.append(read_as(_RUN, parse_json(line.decode())))
        except (UnreadableError, UnicodeDecodeError) as error:
            why = "it is not text in UTF-8" if isinstance(error, UnicodeDecodeError) else error
            notes.append(f"{path}: line {number} is damaged and passed over: {why}")
    return History(tuple(runs), tuple(notes))


def series_of(runs: Sequence[PastRun]) -> tuple[Series, ...]:
    """Each figure of each case over the runs, in the order in which they first come."""
    found: dict[tuple[str, str, str, str, str | None, str], list[Point]] = {}
    for run in runs:
        for case in run.cases:
            for name, value in case.figures.items():
                of_it = (run.provider, run.profile, case.model, case.mode, case.dataset, name)
                point = Point(run, value, case.intervals.get(name), case.is_fp32)
                found.setdefault(of_it, []).append(point)
    return tuple(Series(*of_it, tuple(points)) for of_it, points in found.items())


def _moved(name: str, is_fp32: bool, before: Point, now: Point) -> bool:
    if before.interval and now.interval:
        return before.interval[1] < now.interval[0] or now.interval[1] < before.interval[0]
    figure = FIGURES.get(name)
    if figure is None:
        return before.value != now.value
    if figure.tolerance is None:
        return abs(now.value - before.value) > 10.0**-figure.digits
    tolerance = figure.tolerance.fp32 if is_fp32 else figure.tolerance.quantized
    allowed = tolerance * abs(before.value) if figure.relative else tolerance
    return abs(now.value - before.value) > allowed


_RUN = TypeAdapter(PastRun)
