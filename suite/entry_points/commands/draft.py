"""A card, drafted from what a file says; what an ONNX file cannot say is a marked blank."""

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import onnx

from suite.catalog.errors import ModelError, SuiteError, one_line, writing
from suite.catalog.files import is_file, is_there
from suite.catalog.source import Precision
from suite.catalog.table import BLANK
from suite.entry_points.commands.card_text import CardPlace, id_from, plain, quoted
from suite.entry_points.commands.draft_dataset import draft_dataset, is_dataset
from suite.entry_points.output import print_file
from suite.models.onnx_file import load_graph, read_onnx_file
from suite.models.precision import precision_of

_IMAGE_TYPES: dict[int, str] = {
    onnx.TensorProto.FLOAT: "float32",
    onnx.TensorProto.FLOAT16: "float16",
    onnx.TensorProto.UINT8: "uint8",
}
_BYTES = (
    "# The network takes bytes: it must do its own normalisation.",
    "scale = 255.0",
    "mean = [0.0, 0.0, 0.0]",
    "std = [1.0, 1.0, 1.0]",
)
_FLOATS = (
    "# (pixel · scale / 255 − mean) / std: InsightFace and AdaFace have 255, 127.5, 127.5,",
    "# FaceNet 255, 127.5, 128, networks trained with torchvision often 1, 0.485, 0.229.",
    f'scale = "{BLANK}: 255.0 or 1.0"',
    f'mean = ["{BLANK}", "{BLANK}", "{BLANK}"]',
    f'std = ["{BLANK}", "{BLANK}", "{BLANK}"]',
)
_FLOOR = (
    "# Of no FP32 below this anything is accepted, on any of its sets. Made weights have no such",
    "# figure: leave the table out then, and write untrained = true above [source].",
    "[modes.fp32.policy.floor]",
    f'accuracy = "{BLANK}: a share, as 0.99 on LFW"',
)


@dataclass(frozen=True)
class _Image:
    """The inputs that could be the image, and what the first of them says; None: it does not."""

    names: tuple[str, ...]
    kind: int
    layout: str | None
    height: int | None
    width: int | None


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The ONNX file or the dataset, and the card to write."""
    parser.add_argument(
        "path",
        metavar="PATH",
        type=Path,
        help="a model's ONNX file; or a dataset: a .bin, a list of pairs, a folder of faces",
    )
    parser.add_argument("--output", metavar="CARD.toml", type=Path, help="default: standard output")


def run(chosen: argparse.Namespace) -> int:
    """Print the card, or write it where nothing is yet."""
    output: Path | None = chosen.output
    beside = output.parent if output else None
    path: Path = chosen.path
    draft = draft_dataset if is_dataset(path) else draft_card
    text = draft(path, beside)
    if output is None:
        print_file(text)
        return 0
    if is_there(output):
        raise SuiteError(
            where=output, what="is there already; remove it or choose another --output."
        )
    with writing(output, "cannot write the card", "choose another --output", SuiteError):
        output.parent.mkdir(parents=True, exist_ok=True)
        with output.open("x", encoding="utf-8") as stream:
            stream.write(text)
    fill_in = "fill in what is marked, then" if BLANK in text else "read it over, and"
    print(f"{one_line(str(output))}: {fill_in} run face-quant-gate check")
    return 0


def draft_card(path: Path, beside: Path | None) -> str:
    """The card as TOML.

    Parameters
    ----------
    path : the ONNX file
    beside : the folder that the card will lie in, which its paths are relative to; None where it
        is not known, and the current folder is taken

    Raises
    ------
    ModelError
        where the file is no ONNX model or no float network, has no input that could be an image
        or no output, or has a name that no card can hold.
    """
    if not is_file(path):
        raise ModelError(where=path, what="there is no such file; give the path of an ONNX file.")
    place = CardPlace(beside, "models")
    relative, precision = place.path_of(path), precision_of(path)
    file, graph = read_onnx_file(path), load_graph(path).graph
    weights = {tensor.name for tensor in graph.initializer}
    inputs = [port for port in graph.input if port.name not in weights]
    image = _image(path, inputs)
    if not graph.output:
        raise ModelError(
            where=path, what="has no output that could be an embedding; export it with one."
        )
    lines = [
        *_opening(path, inputs, graph.output),
        *("", "[source]", *place.said_of(path)),
        f"file = {quoted(relative)}",
        f'sha256 = "{file.sha256}"',
        *(_half(precision) if precision != "float32" else ()),
        *("", "[preprocess]", *_preprocess(image)),
        *("", "[outputs]"),
        *([f"input = {_chosen(image.names)}"] if len(inputs) > 1 else []),
        *_outputs([(port.name, _flat(_shape(port))) for port in graph.output]),
        *("", *_FLOOR),
    ]
    return "\n".join(lines) + "\n"


def _half(precision: Precision) -> Iterator[str]:
    yield "# The weights are no float32: the report says so, and INT8 is compared with these."
    yield f'precision = "{precision}"'


def _opening(
    path: Path, inputs: Sequence[onnx.ValueInfoProto], outputs: Sequence[onnx.ValueInfoProto]
) -> Iterator[str]:
    """What the file has, and the keys that it says nothing of."""
    model_id = id_from(path, "model")
    yield f"# Drafted from {plain(path.name)}. Each {BLANK} is for you: the file does not say it."
    yield f"# inputs: {', '.join(map(_described, inputs))}"
    yield f"# outputs: {', '.join(map(_described, outputs))}"
    yield f'id = "{model_id}"'
    yield f'family = "{BLANK}: facenet, arcface, insightface, adaface or a word of your own"'
    yield f"licence = \"{BLANK}: your own words, as 'ours'\""
    yield f'flip = "{BLANK}: none, add, concat or norm_weighted"'
    yield f'calibration = "{BLANK}: the id of a dataset; without static INT8 leave the key out"'
    yield f'evaluation = ["{BLANK}: the ids of datasets with pairs"]'
    yield 'further_modes = ["int8_static_tuned"]'


def _preprocess(image: _Image) -> Iterator[str]:
    for key, side in (("height", image.height), ("width", image.width)):
        yield f"{key} = {side}" if side else f'{key} = "{BLANK}: pixels"'
    yield f'layout = "{image.layout or f"{BLANK}: NCHW or NHWC"}"'
    yield f'color_order = "{BLANK}: RGB or BGR"'
    yield from _BYTES if image.kind == onnx.TensorProto.UINT8 else _FLOATS


def _image(path: Path, inputs: Sequence[onnx.ValueInfoProto]) -> _Image:
    """The inputs of three channels; where none has them, of a number that the file leaves open."""
    four = [
        port
        for port in inputs
        if port.type.tensor_type.elem_type in _IMAGE_TYPES and len(_shape(port)) == 4
    ]
    sure = [port for port in four if 3 in (_shape(port)[1], _shape(port)[3])]
    open_ = [port for port in four if None in (_side(_shape(port)[1]), _side(_shape(port)[3]))]
    found = sure or open_
    if not found:
        raise ModelError(
            where=path,
            what=f"has no input of four dimensions, three channels among them, that could be an "
            f"image; it has {', '.join(map(_described, inputs)) or 'none'}; export it with one.",
        )
    _, second, third, fourth = shape = _shape(found[0])
    kind = found[0].type.tensor_type.elem_type
    names = tuple(port.name for port in found)
    channels_first = second == 3 or (3 not in shape and _side(second) is None)
    channels_last = second != 3 and (fourth == 3 or _side(fourth) is None)
    if channels_first and channels_last:
        return _Image(names, kind, None, None, None)
    if channels_last:
        return _Image(names, kind, "NHWC", _side(second), _side(third))
    return _Image(names, kind, "NCHW", _side(third), _side(fourth))


def _flat(shape: Sequence[int | str]) -> list[int | str]:
    """[n, d] of [n, d, 1, 1] and the like, which are taken as that."""
    wide = [size for size in shape[1:] if size != 1]
    return [shape[0], *(wide or [1])] if len(shape) > 2 and len(wide) < 2 else list(shape)


def _outputs(outputs: Sequence[tuple[str, list[int | str]]]) -> Iterator[str]:
    """The lines of the table ``outputs``: an embedding has two dimensions, a norm [n, 1]."""
    tables = [(name, shape[1]) for name, shape in outputs if len(shape) == 2]
    norms = [name for name, width in tables if width == 1]
    wide = [(name, width) for name, width in tables if isinstance(width, int) and width > 1]
    candidates = [name for name, _ in wide] or [name for name, width in tables if width != 1]
    if len(outputs) > 1:
        names = candidates or [name for name, _ in outputs]
        # One alone is only chosen where it can be one: of two dimensions.
        yield f"embedding = {_chosen(names, sure=bool(candidates))}"
        if len(norms) == 1:
            yield f"norm = {quoted(norms[0])}"
        elif norms:
            yield f"# norm = {_chosen(norms)}, where the flip is norm_weighted"
    known = wide[0][1] if len(wide) == 1 else None
    yield f"embedding_dim = {known}" if known else f'embedding_dim = "{BLANK}: a number"'


def _chosen(names: Sequence[str], *, sure: bool = True) -> str:
    """The only name, or a blank with all of them."""
    if len(names) == 1 and sure:
        return quoted(names[0])
    return quoted(f"{BLANK}: one of {', '.join(names)}")


def _side(size: int | str) -> int | None:
    return size if isinstance(size, int) else None


def _shape(port: onnx.ValueInfoProto) -> list[int | str]:
    """The dimensions: a number where the file fixes it, else its name or ``?``."""
    return [
        dim.dim_value if dim.dim_value > 0 else dim.dim_param or "?"
        for dim in port.type.tensor_type.shape.dim
    ]


def _described(port: onnx.ValueInfoProto) -> str:
    number = port.type.tensor_type.elem_type
    known = number in onnx.TensorProto.DataType.values()
    named = onnx.TensorProto.DataType.Name(number).lower() if known else f"type {number}"
    kind = _IMAGE_TYPES.get(number) or named
    shape = ", ".join(plain(str(size)) for size in _shape(port))
    return f"{plain(port.name)} {kind} [{shape}]"
