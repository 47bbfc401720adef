"""Building a quantized ONNX file from a source and a recipe."""

import contextlib
import errno
import io
import logging
import os
import shutil
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import onnxruntime as ort

from suite.catalog.errors import ArtifactError, SuiteError, reason_of
from suite.quantization.advance import Advance, unseen
from suite.quantization.artifact import Ingredients, StepDone
from suite.quantization.methods import dynamic, fp16, static_qdq, steps
from suite.quantization.preparation import Prepared, prepare

# A new method is a module with a function of this name and signature, and a line here.
_METHODS: Mapping[str, Callable[[Prepared, Path, Ingredients], tuple[StepDone, ...]]] = {
    "dynamic": dynamic.quantize,
    "static_qdq": static_qdq.quantize,
    "static_qoperator": static_qdq.quantize,
    "fp16": fp16.quantize,
    "steps": steps.quantize,
}


def build(
    source: Path,
    target: Path,
    ingredients: Ingredients,
    statistics: Path | None = None,
    advance: Advance = unseen,
) -> tuple[StepDone, ...]:
    """Quantize ``source`` as its ingredients say and write it to ``target``.

    Parameters
    ----------
    statistics : the folder where what calibration shows is kept; None keeps nothing
    advance : told how far it has come, where that takes long

    Returns
    -------
    what each step of the recipe did; nothing where its method has none

    Raises
    ------
    ArtifactError
        where onnxruntime cannot quantize the model, or not load what came of it; the message
        carries its reason.
    """
    work = target.with_name("preparing")
    method = ingredients.recipe.method
    try:
        work.mkdir()
        with _quiet():
            prepared = replace(
                prepare(source, work, ingredients), statistics=statistics, advance=advance
            )
            done = _METHODS[method](prepared, target, ingredients)
            shutil.rmtree(work)
            _load(target)
            return done
    except ArtifactError as error:
        raise error if error.where else ArtifactError(where=source, what=error.what) from None
    except (SuiteError, OSError):
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
        shutil.rmtree(work, ignore_errors=True)


def _load(target: Path) -> None:
    """Load an artifact once, because onnxruntime writes some that it cannot load."""
    options = ort.SessionOptions()
    options.log_severity_level = 4
    try:
        ort.InferenceSession(target, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime's own classes derive from Exception alone
        raise ArtifactError(
            f"onnxruntime cannot load what it was quantized to: {reason_of(error)}; change the "
            "mode's recipe, or export the source with another opset."
        ) from None


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
