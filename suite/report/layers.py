"""What the layers of a quantized network cost: as JSON, and as a table to read."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, TypeAdapter

from suite.catalog.errors import visible
from suite.catalog.json_file import UnreadableError, read_file_as, read_text_as, text_of
from suite.judging.part import Count, Frozen, Rate
from suite.report.tables import aligned

FOLDER = "layers"
HEADER = (
    "layer",
    "MACs",
    "SQNR dB",
    "alone in 8 bits",
    "of it by kernel",
    "alone in float",
    "8 bits ms",
    "float ms",
)
Milliseconds = Annotated[float, Field(ge=0)]
# So many standard errors are no chance among some hundred layers, and so much more time is none.
_ERRORS, _SLOWER = 3.0, 1.1
# 1 − a cosine.
Loss = Annotated[float, Field(ge=-1e-6, le=2 + 1e-6)]


class LayerCost(Frozen):
    """What one layer with its activation costs, as `quantization.sensitivity.costs.UnitCost`."""

    name: str
    share: Rate
    sqnr_db: float
    alone: Loss
    alone_as_run: Loss
    in_float: Loss
    # None in files of before it was kept, and where one face shows none.
    gain_error: Annotated[float, Field(ge=0)] | None = None
    integer_ms: Milliseconds
    float_ms: Milliseconds


class Layers(Frozen):
    """What the layers of one model in one mode cost, and where and on what that was measured.

    Losses are 1 − the mean cosine to FP32. ``layers`` lie in the order of the network,
    ``kept_in_float`` are those that are in float, ``untold`` those of which it cannot be told what
    they are. ``calibrated_on`` is None of an artifact that was brought, and of one that needs no
    calibration; the hashes of source and recipe say what one that is built was built of, and are
    empty where they were not kept.
    """

    schema_version: Literal[1] = 1
    model: str
    mode: str
    provider: str
    profile: str
    cpu: str
    onnxruntime: str
    artifact_sha256: str
    source_sha256: str = ""
    recipe_sha256: str = ""
    calibrated_on: Count | None
    weighed_on: Count
    loss: Loss
    layers: Annotated[tuple[LayerCost, ...], Field(min_length=1)]
    kept_in_float: tuple[str, ...] = ()
    untold: tuple[str, ...] = ()

    @property
    def by_loss(self) -> list[LayerCost]:
        """The layers, those that lose most alone first."""
        return sorted(self.layers, key=lambda layer: (-layer.alone, layer.name))

    @property
    def better_in_float(self) -> list[LayerCost]:
        """The layers that are better in float, the most gain first."""
        free = [layer for layer in self.layers if self.is_better_in_float(layer)]
        return sorted(free, key=lambda layer: (layer.in_float, layer.name))

    def is_better_in_float(self, layer: LayerCost) -> bool:
        """Whether the network clearly loses less with a layer in float, not clearly slower there.

        Clear is what is above chance: of faces, and of times that are taken once.
        """
        gain = self.loss - layer.in_float
        is_nearer = layer.gain_error is not None and gain > _ERRORS * layer.gain_error
        return is_nearer and layer.float_ms <= _SLOWER * layer.integer_ms


class WeighedLayers(Frozen):
    """What a report's folder holds of layers, and in words which of its files cannot be read."""

    found: tuple[Layers, ...] = ()
    unread: tuple[str, ...] = ()


_LAYERS = TypeAdapter(Layers)


def file_name(model: str, mode: str) -> str:
    """The name of the JSON file of a model in a mode, below the folder `FOLDER`."""
    return f"{model}.{mode}.json"


def read_layers(report: Path) -> WeighedLayers:
    """What a report's folder holds of layers, by the files' names.

    A file that is damaged is passed over, and said in words.
    """
    found: list[Layers] = []
    unread: list[str] = []
    for file in sorted((report / FOLDER).glob("*.json")):
        try:
            found.append(read_file_as(_LAYERS, file).shown())
        except (UnreadableError, OSError) as error:
            why = error.strerror if isinstance(error, OSError) else error
            unread.append(
                visible(
                    f"{FOLDER}/{file.name} cannot be read ({why}): run face-quant-gate explain "
                    "again, or delete it"
                )
            )
    return WeighedLayers(found=tuple(found), unread=tuple(unread))


def copied(runs: Iterable[Path]) -> dict[str, str]:
    """The files of several reports' folders by the names that they get in one, each text once.

    What is no file of layers is left: a link may lead to any file of this user's.
    """
    found: dict[str, str] = {}
    for run in runs:
        for file in sorted((run / FOLDER).glob("*.json")):
            try:
                text = text_of(file)
                read_text_as(_LAYERS, text)
            except (UnreadableError, OSError):
                continue
            if text not in found.values():
                name = file.name if file.name not in found else f"{file.stem}.{len(found)}.json"
                found[name] = text
    return found


def table(layers: Layers, most: int | None = None) -> Iterator[str]:
    """The layers as a table for a terminal, with what it says in words.

    Parameters
    ----------
    most : how many layers are shown; None is all
    """
    shown = layers.by_loss[:most]
    yield from aligned(HEADER, [cells(layer) for layer in shown])
    if len(shown) < len(layers.layers):
        yield f"… and {len(layers.layers) - len(shown)} layers that lose less alone"
    yield ""
    yield from said(layers)


def said(layers: Layers) -> Iterator[str]:
    """What the table says, in sentences."""
    alone = sum(layer.alone for layer in layers.layers)
    yield (
        f"1 − cosine of the whole is {layers.loss:.2e} on {layers.weighed_on} faces; its "
        f"{len(layers.layers)} layers in 8 bits, each alone, add up to {alone:.2e}."
    )
    first = layers.by_loss[0]
    if alone > 0 and first.alone > alone / 4:
        yield f"{first.name} alone is {first.alone / alone:.0%} of that sum."
    if layers.kept_in_float:
        yield f"In float already: {', '.join(layers.kept_in_float)}."
    if layers.untold:
        yield (f"Not told from the network in float, and not weighed: {', '.join(layers.untold)}.")
    free = layers.better_in_float
    if free:
        names = ", ".join(layer.name for layer in free[:3])
        more = f" and {len(free) - 3} more" if len(free) > 3 else ""
        yield f"Clearly nearer to FP32 in float, and not clearly slower: {names}{more}."


def cells(layer: LayerCost) -> tuple[str, ...]:
    """A layer as the cells of a table, by `HEADER`."""
    kernel = layer.alone_as_run - layer.alone
    return (
        layer.name,
        f"{layer.share:.1%}",
        f"{layer.sqnr_db:.1f}",
        f"{layer.alone:.2e}",
        f"{kernel:+.0e}" if abs(kernel) > max(1e-7, layer.alone / 100) else "–",
        f"{layer.in_float:.2e}",
        f"{layer.integer_ms:.3f}",
        f"{layer.float_ms:.3f}",
    )
