"""What onnxruntime logs: why it left a provider out it says nowhere else.

A provider whose library, device or option fails is dropped from the session with a line on the
process's standard error, and Python learns of it by its absence alone.
"""

import contextlib
import os
import re
import tempfile
from collections.abc import Iterator
from typing import IO

_STDERR = 2
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
# As "2026-11-26 12:05:56.089913898 [E:onnxruntime:Default, provider_bridge_ort.cc:2310 Create] ".
_HEAD = re.compile(r"^\d{4}-\d\d-\d\d [\d:.]+ \[([VIWEF]):[^\]]*\] ", re.MULTILINE)
# Where in onnxruntime's sources: a file, its line and the function's signature.
_PLACE = re.compile(
    r"\S+\.(?:cc|cpp|cu|h):\d+ [^()\n]*\((?:[^()\n]|\([^()\n]*\))*\)(?: const)?"
    r"(?:::<lambda\([^()\n]*\)>)?(?: \[with [^\]\n]*\])? "
)
_STATUS = re.compile(r"\[ONNXRuntimeError\] : \d+ : [A-Z_]+ : ")


@contextlib.contextmanager
def captured_stderr() -> Iterator[IO[bytes]]:
    """A file with what the process writes to its standard error meanwhile, native code included.

    It stays empty where the process has no standard error.
    """
    with tempfile.TemporaryFile() as file:
        try:
            kept = os.dup(_STDERR)
        except OSError:
            yield file
            return
        try:
            os.dup2(file.fileno(), _STDERR)
            yield file
        finally:
            os.dup2(kept, _STDERR)
            os.close(kept)


def logged_reasons(file: IO[bytes]) -> list[str]:
    """The errors in what `captured_stderr` took, a line each; without any, the warnings.

    The last may be followed by what is no log.
    """
    file.seek(0)
    text = _COLOUR.sub("", file.read().decode(errors="replace"))
    _, *parts = _HEAD.split(text)
    entries = list(zip(parts[::2], parts[1::2], strict=True))
    errors = [said for severity, said in entries if severity in "EF"]
    warnings = [said for severity, said in entries if severity == "W"]
    return list(dict.fromkeys(plain_reason(said) for said in errors or warnings))


def plain_reason(said: str) -> str:
    """What onnxruntime says on one line, without where in its sources, or its last full stop.

    >>> plain_reason("/src/a.cc:7 void f(const std::string&, int) Invalid option: x\\n")
    'Invalid option: x'
    """
    return " ".join(_STATUS.sub("", _PLACE.sub("", said)).split()).rstrip(".")
