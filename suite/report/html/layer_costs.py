"""What the layers of a model in a mode cost: those that lose most as bars, and a table of all."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from suite.judging.record import Record
from suite.report.html.axis import Axis
from suite.report.html.plot import Plot
from suite.report.layers import HEADER, LayerCost, Layers, cells, said
from suite.report.reference import by_its_name

# Of many layers those that lose most are drawn: the others lose next to nothing.
BARS = 20
# A bar with its label, and what the axis below takes, in user units.
_ROW, _BELOW = 30, 42
# A name of more letters does not stand on a phone; its end tells more than its beginning.
_NAME = 30
_FREE = "clearly nearer to FP32 in float, and not clearly slower"


@dataclass(frozen=True)
class LayersPart:
    """The layers of a model in a mode.

    Attributes
    ----------
    of : whose they are
    said : where, on what and of which artifact they were weighed, and what that says
    caption : what is drawn
    some_free : whether some of what is drawn would be better in float
    rows : all layers in the order of the network, by `header`
    """

    of: str
    said: tuple[str, ...]
    caption: str
    some_free: bool
    svg: Markup
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def layers_part(layers: Layers, records: Sequence[Record]) -> LayersPart:
    """What layers cost, beside the records of a report, of which theirs are looked for."""
    own = [record for record in records if _is_of(record, layers)]
    shown = layers.by_loss[:BARS]
    more = len(layers.layers) - len(shown)
    words = "1 − cosine to FP32 with one layer alone in 8 bits, the worst first"
    caption = f"{words}{f'; {more} layers that lose less are in the table' if more else ''}."
    source = own[0].precision if own else "float32"
    told = by_its_name([caption, *_where(layers), of_which(layers, own), *said(layers)], source)
    return LayersPart(
        of=f"{layers.model} {layers.mode}",
        said=tuple(told[1:]),
        caption=told[0],
        some_free=any(map(layers.is_better_in_float, shown)),
        svg=Markup(by_its_name([_bars(layers, shown)], source)[0]),
        header=("no.", *HEADER, "in float"),
        rows=tuple(
            (
                str(place),
                *cells(layer),
                "better, not slower" if layers.is_better_in_float(layer) else "",
            )
            for place, layer in enumerate(layers.layers, 1)
        ),
    )


def _is_of(record: Record, layers: Layers) -> bool:
    mine = layers.model, layers.mode, layers.provider, layers.profile
    return (record.model, record.mode, record.provider, record.profile) == mine


def _where(layers: Layers) -> Iterator[str]:
    ranges = (
        f"; its ranges were set by {layers.calibrated_on} others" if layers.calibrated_on else ""
    )
    yield (
        f"Weighed by face-quant-gate explain on {layers.weighed_on} faces{ranges}: "
        f"{layers.provider}, {layers.profile}, {layers.cpu}, onnxruntime {layers.onnxruntime}."
    )


def of_which(layers: Layers, own: Sequence[Record]) -> str:
    """Of which artifact layers are, beside that of a run, whose records of the case these are."""
    mine = f"the artifact with the SHA-256 {layers.artifact_sha256[:12]}…"
    measured = [record.hashes["artifact"] for record in own if "artifact" in record.hashes]
    if not measured:
        return f"Of {mine}; this report has no artifact of this case on that profile."
    if layers.artifact_sha256 in measured:
        return f"Of {mine}, which this run measured."
    if differs := _differs(layers, own):
        return (
            f"Of {mine}, which is of another {differs} than the one that this run measured "
            f"({measured[0][:12]}…): run face-quant-gate explain again."
        )
    if layers.calibrated_on and layers.recipe_sha256:
        return (
            f"Of {mine}. This run measured another ({measured[0][:12]}…), as is expected: explain "
            f"builds one of its own of the same source by the same recipe, of which "
            f"{layers.calibrated_on} faces set the ranges (half of the calibration faces, unless "
            "the card names others to weigh layers on)."
        )
    return (
        f"Of {mine}. This run measured another ({measured[0][:12]}…): run face-quant-gate explain "
        "again."
    )


def _differs(layers: Layers, own: Sequence[Record]) -> str:
    """Of what else than a run's own an artifact was built, where that is known."""
    sources = {record.hashes["source"] for record in own if "source" in record.hashes}
    recipes = {
        str(record.measured.identity["recipe"])
        for record in own
        if record.measured and "recipe" in record.measured.identity
    }
    found = [
        name
        for name, hashed, known in (
            ("source", layers.source_sha256, sources),
            ("recipe", layers.recipe_sha256, recipes),
        )
        if hashed and known and hashed not in known
    ]
    return " and ".join(found)


def _bars(layers: Layers, shown: Sequence[LayerCost]) -> Markup:
    most = max(max(layer.alone for layer in shown), 1e-9)
    unit = f"{most:.0e}".partition("e")[2]
    scale = float(f"1e{unit}")
    plot = Plot(
        f"Layers of {layers.model} {layers.mode} by what each loses alone in 8 bits",
        Axis(0.0, most / scale * 1.02),
        Axis(0.0, float(len(shown))),
        f"1 − cosine, in 1e{int(unit)}",
        "",
        height=len(shown) * _ROW + _BELOW + 4,
        left=8,
        top=4,
        ticks_up=False,
    )
    names = _short([layer.name for layer in shown])
    for place, (name, layer) in enumerate(zip(names, shown, strict=True)):
        free = layers.is_better_in_float(layer)
        plot.bar(
            max(layer.alone, 0.0) / scale,
            len(shown) - place - 0.6,
            "free" if free else "m1",
            f"{name}  {layer.alone:.2e}",
            _told(layer, free=free),
        )
    return plot.svg


def _told(layer: LayerCost, *, free: bool) -> str:
    words = [
        f"{layer.name}: 1 − cosine {layer.alone:.2e} alone in 8 bits",
        f"SQNR {layer.sqnr_db:.1f} dB",
        f"{layer.integer_ms:.3f} ms in 8 bits, {layer.float_ms:.3f} ms in float",
        f"{layer.share:.1%} of the multiply-accumulates",
        *([_FREE] if free else []),
    ]
    return ", ".join(words)


def _short(names: Sequence[str]) -> list[str]:
    """Names as a bar has room for; the parts in which all of them end tell none apart."""
    if max(map(len, names)) > _NAME:
        parts = [name.split("/") for name in names]
        while len(names) > 1 and min(map(len, parts)) > 1 and len({p[-1] for p in parts}) == 1:
            parts = [each[:-1] for each in parts]
        names = ["/".join(each) for each in parts]
    return [name if len(name) <= _NAME else f"…{name[1 - _NAME :]}" for name in names]
