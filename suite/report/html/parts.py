"""Parts of the page that there may be any number of: each is made where it fits, else counted."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from markupsafe import Markup

from suite.judging.outcome import Outcome
from suite.judging.record import Record, Row
from suite.judging.shipping.recommendation import Recommendation
from suite.report.backend import Backend, Backends
from suite.report.cases import SEVERITY, CaseRow
from suite.report.fitting import shortened
from suite.report.history import Series
from suite.report.html.kinds import in_order
from suite.report.html.layer_costs import layers_part
from suite.report.html.model_part import model_part, set_part, sets_of
from suite.report.html.over_runs import course, series
from suite.report.layers import Layers
from suite.report.model import Report
from suite.report.reference import by_its_name, called
from suite.report.sections.certainty import flags
from suite.report.tables import ROW_HEADER, row_cells

# Of a sentence on the first screen, in bytes.
_SAYING = 1_000
# Makes a part of the page.
Part = Callable[[], str]


@dataclass(frozen=True)
class Fitted:
    """The first parts that fit, and how many others there are."""

    shown: tuple[Markup, ...]
    more: int


def fitted(parts: Sequence[Part], most: int) -> Fitted:
    """The first parts that fit into so many bytes of UTF-8; none is made after one that did not."""
    shown: list[Markup] = []
    for part in parts:
        text = part()
        most -= len(text.encode())
        if most < 0:
            break
        shown.append(Markup(text))
    return Fitted(tuple(shown), len(parts) - len(shown))


def red_gates(records: Sequence[Record]) -> list[Part]:
    """Each red gate with its cause, the rows that failed, and the command."""
    backends = Backends(records)
    failed = [record for record in records if record.outcome is Outcome.FAIL]
    return [partial(_red_gate, record, backends.on(record)) for record in failed]


def limit_rows(records: Sequence[Record]) -> list[Part]:
    """Every figure held against a limit, what is red first, then what is not decided."""
    backends = Backends(records)
    held = [(record, row) for record in records for row in record.rows]
    held.sort(key=lambda each: SEVERITY.index(each[1].outcome))
    return [partial(_limit_row, record, row, backends) for record, row in held]


@dataclass(frozen=True)
class Model:
    """A model on a backend: how many sets it has, and its part with the worst so many of them."""

    sets: int
    part: Callable[[int], str]


def fitted_models(models: Sequence[Model], most: int) -> Fitted:
    """The first models that fit with their worst set; where all do, with as many more as fit."""
    shown: list[Markup] = []
    for count in range(1, 1 + max([1, *(model.sets for model in models)])):
        for index, model in enumerate(models):
            if 1 < count > model.sets:
                continue
            text = model.part(count)
            before = shown[index] if index < len(shown) else ""
            most -= len(text.encode()) - len(before.encode())
            if most < 0:
                return Fitted(tuple(shown), len(models) - len(shown))
            shown[index : index + 1] = [Markup(text)]
    return Fitted(tuple(shown), 0)


def model_parts(
    report: Report, cases: Sequence[CaseRow], kinds: Mapping[str, str]
) -> dict[tuple[str, str], Model]:
    """Each model on each backend, in the order of its worst case."""
    backends = Backends(report.records)
    records: dict[tuple[str, Backend], list[Record]] = {}
    for record in report.records:
        records.setdefault((record.model, backends.of(record)), []).append(record)
    by_model: dict[tuple[str, Backend], list[CaseRow]] = {}
    for case in cases:
        by_model.setdefault((case.model, case.backend), []).append(case)
    recommended = {(r.model, Backend(r.provider, r.profile)): r for r in report.recommended}
    return {
        (of[0], mine[0].on): _model(records[of], recommended.get(of), mine, kinds)
        for of, mine in by_model.items()
    }


def _model(
    records: Sequence[Record],
    recommended: Recommendation | None,
    cases: Sequence[CaseRow],
    kinds: Mapping[str, str],
) -> Model:
    sets = sets_of(records, cases)
    of_set = cache(partial(set_part, records=records, kinds=kinds))
    modes = {case.mode for case in cases}
    found = [each for each in in_order(kinds) if each[0] in modes]
    precision = records[0].precision
    names = by_its_name([mode for mode, _ in found], precision)
    legend = [(name, kind) for name, (_, kind) in zip(names, found, strict=True)]

    def made(count: int) -> str:
        part = model_part(records, recommended, cases, kinds, list(map(of_set, sets[:count])))
        left_out = len(sets) - len(part.sets)
        return macro("model_part")(part, legend, called(precision), left_out)

    return Model(len(sets), made)


def table_rows(kind: str, rows: Iterable[Sequence[str]]) -> list[Part]:
    """Rows of a table, each made by a macro."""
    return [partial(macro(kind), row) for row in rows]


def course_parts(report: Report) -> list[Part]:
    """Each figure over runs."""
    return [partial(_course, each) for each in series(report)]


def layer_parts(report: Report) -> list[Part]:
    """What layers cost in each mode of each model, the mode that loses most first."""
    weighed = sorted(report.layers.found, key=lambda layers: -layers.loss)
    return [partial(_layers, each, report.records) for each in weighed]


def template(name: str) -> Template:
    """A template of the page."""
    return _environment().get_template(name)


def macro(name: str) -> Callable[..., str]:
    """A macro that makes a part."""
    found: Callable[..., str] = getattr(template("parts.html").module, name)
    return found


@cache
def _environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    made.filters["short"] = partial(shortened, most=_SAYING)
    return made


def _red_gate(record: Record, on: str) -> str:
    notes = by_its_name([*record.notes, *flags(record.measured)], record.precision)
    (headline,) = by_its_name([record.headline], record.precision)
    failed = [row for row in record.rows if row.outcome is Outcome.FAIL]
    cells = [by_its_name(row_cells(row)[:-1], record.precision) for row in failed]
    return macro("red_gate")(record, on, headline, notes, ROW_HEADER[:-1], cells)


def _limit_row(record: Record, row: Row, backends: Backends) -> str:
    cells = by_its_name(row_cells(row)[:-1], record.precision)
    return macro("limit_row")(record, backends.on(record), cells, row.outcome)


def _course(of: Series) -> str:
    return macro("course")(course(of))


def _layers(weighed: Layers, records: Sequence[Record]) -> str:
    return macro("layers_part")(layers_part(weighed, records))
