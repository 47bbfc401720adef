"""One model's part of the page: its tables, charts, flipped pairs and farthest images."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from markupsafe import Markup

from suite.catalog.gate import Gate
from suite.catalog.source import Precision
from suite.judging.drawn import OperatingPoint, PairKind
from suite.judging.measured import Flip
from suite.judging.record import Record
from suite.judging.shipping.recommendation import Recommendation
from suite.report.cases import CaseRow, rows
from suite.report.html.axis import Scale
from suite.report.html.closeness import cosines
from suite.report.html.det import det, pair_kind
from suite.report.html.scores import histogram
from suite.report.html.tradeoff import tradeoff
from suite.report.reference import by_its_name
from suite.report.sections.beside import beside_doubts
from suite.report.sections.certainty import can_show
from suite.report.sections.model_table import set_table
from suite.report.sections.steps import traces

# Of a mode's flipped pairs, those that moved farthest.
SHOWN_FLIPS = 12


@dataclass(frozen=True)
class Flips:
    """The pairs that one mode decides otherwise than FP32: how many, and those that moved most."""

    mode: str
    count: int
    shown: tuple[Flip, ...]


@dataclass(frozen=True)
class Setting:
    """A threshold of one mode, and the impostor pairs that set it."""

    mode: str
    point: OperatingPoint


@dataclass(frozen=True)
class SetPart:
    """One model on one evaluation set.

    Attributes
    ----------
    header, rows : the figures, a row a mode
    described : what was measured, in words
    notes : what there is to say of the figures, with whose they are
    det, log_det : DET curves on axes of normal deviates and of logarithms
    histograms : scores of each mode beside FP32's
    cosines : 1 - cosine to FP32 by image
    setting : the thresholds of each mode with the impostor pairs that set them
    worst : of each mode the images farthest from FP32, with their cosines
    pictures : faces by name, JPEG in base64, where they were asked for
    """

    dataset: str
    pairs: PairKind
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    described: tuple[str, ...]
    notes: tuple[tuple[str, str], ...]
    det: Markup | None
    log_det: Markup | None
    histograms: tuple[tuple[str, Markup], ...]
    cosines: Markup | None
    flips: tuple[Flips, ...]
    setting: tuple[Setting, ...]
    worst: tuple[tuple[str, tuple[tuple[str, str], ...]], ...]
    pictures: Mapping[str, str]


@dataclass(frozen=True)
class ModelPart:
    """One model: what to ship of it and why, its modes against each other, and its sets.

    ``on`` is what its backend is called among others; empty where there is but one. ``traces`` say
    how steps of recipes came to what they chose.
    """

    name: str
    on: str
    family: str
    headline: str
    reasons: tuple[str, ...]
    tradeoff: Markup | None
    tradeoff_set: str
    traces: tuple[tuple[str, tuple[str, ...]], ...]
    sets: tuple[SetPart, ...]


def sets_of(records: Sequence[Record], cases: Sequence[CaseRow]) -> list[str]:
    """The evaluation sets of a model, those first on which one of its cases is worst."""
    found = dict.fromkeys(r.dataset for r in records if r.gate is Gate.VERIFICATION and r.dataset)
    worst = [case.dataset for case in cases if case.dataset in found]
    return [name for name in dict.fromkeys([*worst, *found]) if name]


def model_part(
    records: Sequence[Record],
    recommended: Recommendation | None,
    cases: Sequence[CaseRow],
    kinds: Mapping[str, str],
    sets: Sequence[SetPart],
) -> ModelPart:
    """The part of the model whose records and cases these are, on one backend, with some sets."""
    precision = records[0].precision
    named = partial(by_its_name, precision=precision)
    worst = next((case.dataset for case in cases if case.dataset), None)
    return ModelPart(
        name=records[0].model,
        on=cases[0].on,
        family=records[0].family,
        headline=named([recommended.headline])[0] if recommended else "",
        reasons=tuple(named(recommended.reasons)) if recommended else (),
        tradeoff=_named(tradeoff(_on_one_set(records, worst), kinds, precision), precision),
        tradeoff_set=worst or "",
        traces=tuple((whose, tuple(named(said))) for whose, said in traces(records)),
        sets=tuple(sets),
    )


def _on_one_set(records: Sequence[Record], dataset: str | None) -> list[CaseRow]:
    """The cases by what was measured on one set, so that modes can be held against each other."""
    return rows([record for record in records if record.dataset in (None, dataset)])


def set_part(dataset: str, records: Sequence[Record], kinds: Mapping[str, str]) -> SetPart:
    """The part of a model's set."""
    verified = [r for r in records if r.gate is Gate.VERIFICATION and r.dataset == dataset]
    close = [r for r in records if r.gate is Gate.FIDELITY and r.dataset == dataset]
    fp32 = next((record for record in verified if kinds[record.mode] == "m0"), None)
    pairs = pair_kind(verified)
    header, rows = set_table(dataset, records)
    precision = records[0].precision
    drawn = ((r.mode, histogram(r, fp32, pairs, kinds[r.mode])) for r in verified if r is not fp32)
    return SetPart(
        dataset=dataset,
        pairs=pairs,
        header=header,
        rows=tuple(tuple(by_its_name(row, precision)) for row in rows),
        described=tuple(
            dict.fromkeys(words for r in verified if r.measured for words in r.measured.described)
        ),
        notes=(*_can_show(verified), *_remarks(verified), *beside_doubts(verified)),
        det=_named(det(verified, pairs, kinds, Scale.DEVIATE), precision),
        log_det=_named(det(verified, pairs, kinds, Scale.LOG), precision),
        histograms=tuple((mode, svg) for mode, chart in drawn if (svg := _named(chart, precision))),
        cosines=_named(cosines(close, kinds), precision),
        flips=tuple(_flips(verified)),
        setting=tuple(_setting(verified)),
        worst=tuple(_worst(close)),
        pictures={
            name: picture
            for record in (*verified, *close)
            if record.measured
            for name, picture in record.measured.pictures.items()
        },
    )


def _named(chart: Markup | None, precision: Precision) -> Markup | None:
    """A chart whose words call the source what it is; nothing else in one says FP32."""
    return Markup(by_its_name([chart], precision)[0]) if chart else None


def _can_show(verified: Sequence[Record]) -> Iterator[tuple[str, str]]:
    if said := can_show(verified):
        yield "what this set can show", said


def _remarks(verified: Sequence[Record]) -> Iterator[tuple[str, str]]:
    for record in verified:
        said = record.measured.said if record.measured else ()
        mode, *named = by_its_name([record.mode, *said], record.precision)
        yield from ((mode, words) for words in named)


def _flips(verified: Sequence[Record]) -> Iterator[Flips]:
    for record in verified:
        if record.measured and record.measured.flips:
            found = record.measured.flips
            yield Flips(record.mode, len(found), found[:SHOWN_FLIPS])


def _setting(verified: Sequence[Record]) -> Iterator[Setting]:
    """The thresholds of which it is known what set them."""
    for record in verified:
        (mode,) = by_its_name([record.mode], record.precision)
        for point in record.measured.thresholds if record.measured else ():
            if point.set_by:
                yield Setting(mode, point)


def _worst(close: Sequence[Record]) -> Iterator[tuple[str, tuple[tuple[str, str], ...]]]:
    for record in close:
        if record.measured and record.measured.closeness:
            found = record.measured.closeness.worst
            yield record.mode, tuple((each.image, f"{each.cosine:.5f}") for each in found)
