"""Building a quantized ONNX file from a source and a recipe."""

import contextlib
import errno
import io
import logging
import os
import warnings
from collections.abc import Callable, Iterator, Mapping
from itertools import dropwhile
from pathlib import Path

import onnxruntime as ort
from onnxruntime.quantization import quant_pre_process

from suite.catalog.errors import ArtifactError, reason_of
from suite.quantization.artifact import Ingredients
from suite.quantization.methods import dynamic, static_qdq
from suite.quantization.opset import needs_raising, raise_opset

# A new method is a module with a function of this name and signature, and a line here.
_METHODS: Mapping[str, Callable[[Path, Path, Ingredients], None]] = {
    "dynamic": dynamic.quantize,
    "static_qdq": static_qdq.quantize,
}


def build(source: Path, target: Path, ingredients: Ingredients) -> None:
    """Quantize ``source`` as its ingredients say and write it to ``target``.

    Raises
    ------
    ArtifactError
        where onnxruntime cannot quantize the model, or cannot load what it made of it; the message
        carries its reason.
    """
    prepared, raised = target.with_name("prepared.onnx"), target.with_name("raised.onnx")
    recipe, method = ingredients.recipe, ingredients.recipe.method
    try:
        with _quiet():
            if needs_raising(source, recipe):
                raise_opset(source, raised, ingredients.preprocess, ingredients.outputs)
            _preprocess(raised if raised.exists() else source, prepared)
            _METHODS[method](prepared, target, ingredients)
            _require_loadable(target, source)
    except (ArtifactError, OSError):
        raise
    except Exception as error:
        for code in (errno.ENOSPC, errno.EFBIG, errno.EDQUOT):  # from onnxruntime's own writer
            if os.strerror(code) in str(error):
                raise OSError(code, os.strerror(code)) from None
        raise ArtifactError(
            where=source,
            what=f"onnxruntime could not quantize it ({method}): "
            f"{type(error).__name__}: {reason_of(error)}.",
        ) from error
    finally:
        prepared.unlink(missing_ok=True)
        raised.unlink(missing_ok=True)


def _preprocess(source: Path, prepared: Path) -> None:
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
        quant_pre_process(source, prepared, skip_symbolic_shape=True)
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


def _require_loadable(target: Path, source: Path) -> None:
    try:
        ort.InferenceSession(target, _silent(), providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime's own classes derive from Exception alone
        raise ArtifactError(
            where=source,
            what="onnxruntime cannot load what it made of it "
            f"({reason_of(error)}); export the model with a newer opset, or leave the mode out "
            "with --modes.",
        ) from None


def _silent() -> ort.SessionOptions:
    options = ort.SessionOptions()
    options.log_severity_level = 4
    return options


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Keep onnxruntime's advice out of the run's output; its errors still raise."""
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(logging.NOTSET)
