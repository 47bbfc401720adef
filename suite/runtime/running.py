"""A network that fails while it runs: what it was given, and onnxruntime's whole reason."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from suite.catalog.errors import ModelError, SuiteError, reason_of


@contextmanager
def running(shape: Sequence[int], where: object = "") -> Iterator[None]:
    """Run a network in here: what goes wrong is one sentence.

    Parameters
    ----------
    shape : of the input, batch first
    where : the network's file; empty where the caller names it

    Raises
    ------
    CannotRunError
        where the network cannot run on this input.
    """
    try:
        yield
    except SuiteError:
        raise
    except Exception as error:  # onnxruntime's exceptions have no class in common
        raise cannot_run(shape, error, where) from None


class CannotRunError(ModelError):
    """A network that cannot run on an input; ``reason`` is onnxruntime's."""

    def __init__(self, shape: Sequence[int], reason: str, where: object = "") -> None:
        self.reason = reason
        super().__init__(
            f"the network cannot run on an input of shape {list(shape)}: {reason}; give a graph "
            "that takes this batch and size.",
            where=where,
        )


def cannot_run(shape: Sequence[int], error: Exception, where: object = "") -> CannotRunError:
    """That a network cannot run on an input of this shape, and why."""
    return CannotRunError(shape, reason_of(error), where)
