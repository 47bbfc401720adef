"""What is printed, on whatever a terminal or a log takes."""

import codecs
import io
import sys

# How the signs in our sentences are spelt where an encoding has none of them.
_SPELT = {
    "…": "...",
    "×": "x",
    "−": "-",
    "–": "-",
    "±": "+-",
    "≤": "<=",
    "≥": ">=",
    "→": "->",
    "·": "*",
}
_ERRORS = "face-quant-gate"


def print_anything() -> None:
    """Let the standard streams take every letter: what their encoding lacks is spelt out."""
    codecs.register_error(_ERRORS, _spelt)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors=_ERRORS)


def print_file(text: str) -> None:
    """Print what is a file's content, in UTF-8 where it goes into one."""
    if isinstance(sys.stdout, io.TextIOWrapper) and not sys.stdout.isatty():
        sys.stdout.reconfigure(encoding="utf-8")
    print(text, end="")


def _spelt(error: UnicodeError) -> tuple[str, int]:
    # pytest reads what it captured through the same stream, whatever bytes a process wrote there.
    if isinstance(error, UnicodeDecodeError):
        spelt, end = codecs.backslashreplace_errors(error)
        assert isinstance(spelt, str)
        return spelt, end
    assert isinstance(error, UnicodeEncodeError)
    letters = error.object[error.start : error.end]
    return "".join(map(_letter, letters)), error.end


def _letter(letter: str) -> str:
    return _SPELT.get(letter) or letter.encode("ascii", "backslashreplace").decode()
