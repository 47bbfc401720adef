"""The library of ops that a command line names: native code, which no card may name."""

from contextlib import suppress
from pathlib import Path

import onnxruntime as ort

from suite.catalog.errors import ProviderError, reason_of
from suite.catalog.files import open_file, real_path

_named: list[Path] = []


def name_op_library(path: Path | None) -> None:
    """Have every session of this process, and of those that it asks, know a library's ops.

    Raises
    ------
    ProviderError
        where onnxruntime cannot load it as such.
    SuiteError
        where it is a pipe or a device.
    """
    _named.clear()
    if path is None:
        return
    with suppress(OSError):  # onnxruntime says what cannot be opened; a pipe it would wait for
        open_file(path).close()
    try:
        ort.SessionOptions().register_custom_ops_library(str(path))
    except Exception as error:  # onnxruntime's own classes derive from Exception alone
        raise ProviderError(
            where=f"--op-library={path}",
            what=f"is no library of ops that onnxruntime can load: {reason_of(error)}.",
        ) from None
    _named.append(real_path(path))


def op_library() -> Path | None:
    """The library that was named."""
    return _named[0] if _named else None


def register_ops(options: ort.SessionOptions) -> None:
    """Let a session know the ops of the library that was named."""
    for path in _named:
        options.register_custom_ops_library(str(path))
