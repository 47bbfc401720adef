"""``report.html``: a report as one page that needs no network."""

import base64
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from markupsafe import Markup

from suite.judging.shipping.recommendation import Recommendation
from suite.report.branch import Entry
from suite.report.cases import rows
from suite.report.causes import Cause, causes
from suite.report.html.kinds import styles
from suite.report.html.matrix import matrix
from suite.report.html.parts import (
    Fitted,
    course_parts,
    fitted,
    fitted_models,
    layer_parts,
    limit_rows,
    model_parts,
    red_gates,
    table_rows,
    template,
)
from suite.report.model import Report
from suite.report.open_reasons import OpenReason, open_reasons
from suite.report.reference import by_its_name
from suite.report.sections.changed import IDENTITY_OF, SINCE, foremost, green_identities
from suite.report.sections.environment import RUNS_HEADER, fact_tables, hash_rows, run_rows
from suite.report.sections.findings import findings_of
from suite.report.sections.on_top import HOLDS_FACES, elsewhere
from suite.report.sections.providers import LEGEND, provider_table
from suite.report.sections.shipping import recommended
from suite.report.tables import ROW_HEADER

LIMIT_BYTES = 2 * 2**20
_WITH_FACES = 16 * 2**20
# What parts of the page may take, in bytes; what does not fit is counted, and is in report.json.
_RED_GATES = 250_000
_PROVIDERS = 250_000
_COURSES = 250_000
_LAYERS = 250_000
_ROWS = 600_000
_HASHES = 100_000
_SAYINGS = 40
_MODELS = 250
_HERE = Path(__file__).parent


@dataclass(frozen=True)
class FirstScreen:
    """What a reader has to see at once, the gravest first."""

    causes: tuple[Cause, ...]
    elsewhere: tuple[str, ...]
    findings: tuple[str, ...]
    changed: tuple[Entry, ...]
    open: tuple[OpenReason, ...]
    shipping: tuple[tuple[Recommendation, str], ...]


def to_html(report: Report) -> str:
    """The page: a pure function of the report, at most ``LIMIT_BYTES`` without faces."""
    style, script = (_HERE.joinpath(n).read_text("utf-8") for n in ("page.css", "tables.js"))
    kinds = styles(report.records)
    cases = rows(report.records)
    models = model_parts(report, cases, kinds)
    provider_header, providers = provider_table(report)
    named = list(dict.fromkeys((case.model, case.on) for case in cases))
    shown_models = set(named[:_MODELS])
    page = partial(
        template("page.html").render,
        policy=_policy(style, script),
        style=Markup(style),
        script=Markup(script),
        report=report,
        places=_places(report),
        identities=", ".join(green_identities(report)),
        identity_of=IDENTITY_OF,
        since=SINCE,
        first=_first_screen(report),
        said=_SAYINGS,
        holds_faces=HOLDS_FACES if report.holds_faces else "",
        matrix=matrix([case for case in cases if (case.model, case.on) in shown_models], kinds),
        models_left_out=len(named) - len(shown_models),
        providers=fitted(table_rows("provider_row", providers), _PROVIDERS),
        provider_header=provider_header,
        provider_legend=LEGEND,
        red_gates=fitted(red_gates(report.records), _RED_GATES),
        courses=fitted(course_parts(report), _COURSES),
        layers=fitted(layer_parts(report), _LAYERS),
        layers_unread=report.layers.unread,
        runs=run_rows(report),
        runs_header=RUNS_HEADER,
        fact_tables=fact_tables(report),
        hashes=fitted(table_rows("hash_row", hash_rows(report)), _HASHES),
        row_header=("model", "mode", "set", "gate", *ROW_HEADER[:-1], "outcome"),
        rows=fitted(limit_rows(report.records), _ROWS),
    )
    without = page(models=Fitted((), len(models)), linked=models)
    limit = _WITH_FACES if report.holds_faces else LIMIT_BYTES
    shown = fitted_models(list(models.values()), limit - len(without.encode()))
    return page(models=shown, linked=list(models)[: len(shown.shown)])


def _policy(style: str, script: str) -> str:
    """A content security policy that lets this style and script work, and nothing be fetched."""

    def source(text: str) -> str:
        return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"

    return (
        f"default-src 'none'; style-src {source(style)}; script-src {source(script)}; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )


def _places(report: Report) -> list[str]:
    if not report.runs:
        return [f"{report.environment.place}; {report.environment.started}"]
    places = dict.fromkeys(each.place for each in report.environments)
    return [f"merged of {len(report.runs)} runs, on", *places]


def _first_screen(report: Report) -> FirstScreen:
    return FirstScreen(
        causes=tuple(causes(report.records)),
        elsewhere=tuple(elsewhere(report)),
        findings=tuple(findings_of(report.records)),
        changed=tuple(foremost(report)),
        open=tuple(open_reasons(report)),
        shipping=tuple(_shipping(report)),
    )


def _shipping(report: Report) -> Iterator[tuple[Recommendation, str]]:
    """Each recommendation in the words of its model, with what its backend is called."""
    for each, on in recommended(report):
        (said,) = by_its_name([each.headline], each.precision)
        yield each.model_copy(update={"headline": said}), on
