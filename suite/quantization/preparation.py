"""A source made ready for quantizing: whole where it can be, of a high enough opset, optimised."""

import logging
import shutil
from dataclasses import dataclass
from itertools import dropwhile
from pathlib import Path

import onnx
from onnxruntime.quantization import quant_pre_process

from suite.catalog.errors import ArtifactError
from suite.models.external_data import find_data
from suite.models.onnx_file import LARGEST_MESSAGE, load_graph, load_whole
from suite.quantization.advance import Advance, unseen
from suite.quantization.artifact import Ingredients
from suite.quantization.opset import PER_CHANNEL, needs_raising, raise_opset

# What optimising and quantizing add to a file that has to stay below protobuf's limit.
_ROOM = 256 << 20


@dataclass(frozen=True)
class Prepared:
    """An ONNX file to quantize.

    Attributes
    ----------
    path : the file
    large : whether it only fits with its weights outside
    statistics : the folder where what calibration shows of it is kept; None keeps nothing
    advance : told how far quantizing it has come, where that takes long
    """

    path: Path
    large: bool
    statistics: Path | None = None
    advance: Advance = unseen


def prepare(source: Path, work: Path, ingredients: Ingredients) -> Prepared:
    """Write a source that is ready for a method into the empty folder ``work``.

    Weights that lie beside the source are taken into the file, so that it gives the artifact that
    the same network gives in one file. Where they are too many for one, they stay outside.

    Raises
    ------
    ArtifactError
        where its opset is too low and it cannot be converted.
    """
    data = [file.path for file in find_data(load_graph(source), source)]
    large = sum(path.stat().st_size for path in [source, *data]) + _ROOM > LARGEST_MESSAGE
    if data and large and any(path.is_symlink() for path in [source, *data]):
        source = _copied(source, work / "copied")
    elif data and not large:
        onnx.save(load_whole(source), work / "whole.onnx")
        source = work / "whole.onnx"
    if needs_raising(source, ingredients.recipe):
        _refuse_large(large)
        raise_opset(source, work / "raised.onnx", ingredients)
        source = work / "raised.onnx"
    prepared = work / "prepared.onnx"
    _optimise(source, prepared, large=large)
    return Prepared(prepared, large)


def _refuse_large(large: bool) -> None:
    if large:
        raise ArtifactError(
            "its opset is too low to be quantized so, and onnx converts no network of 2 GiB; "
            f"export it with opset {PER_CHANNEL} or newer."
        )


def _copied(source: Path, folder: Path) -> Path:
    """The same files without links, which onnx refuses to follow."""
    folder.mkdir()
    for file in find_data(load_graph(source), source):
        target = folder / file.name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file.path, target)
    return Path(shutil.copyfile(source, folder / "model.onnx"))


def _optimise(source: Path, prepared: Path, *, large: bool) -> None:
    """Optimise and infer shapes; an optimiser that fails is an error, not another artifact.

    onnxruntime 1.32 only logs that failure, and goes on with the graph as it was.
    """
    logger = logging.getLogger("onnxruntime.quantization.shape_inference")
    said: list[str] = []

    def note(record: logging.LogRecord) -> bool:
        if record.levelno >= logging.ERROR:
            said.append(record.getMessage().strip())
        return False

    logger.addFilter(note)
    try:
        # Shapes by onnx: symbolic inference is for transformers and would need sympy.
        quant_pre_process(
            source,
            prepared,
            skip_symbolic_shape=True,
            save_as_external_data=large,
            all_tensors_to_one_file=large,
            external_data_location=f"{prepared.name}.data" if large else None,
        )
    finally:
        logger.removeFilter(note)
    if said:
        raise RuntimeError(_reason_in(said[-1]))


def _reason_in(said: str) -> str:
    """The exception at the end of a logged traceback, whose message may span lines."""
    *frames, last = said.split('\n  File "')
    lines = last.splitlines()
    return "\n".join(dropwhile(_is_code, lines[1:]) if frames else lines)


def _is_code(line: str) -> bool:
    return line.startswith("    ")
