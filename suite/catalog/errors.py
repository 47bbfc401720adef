"""What the user got wrong, a class for each kind.

Each message is one sentence that says what is wrong, where, and what to do.
"""

import difflib
import errno
import os
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import PurePath

_ADVICE = {
    errno.EACCES: "let this user read it and the folders above it",
    errno.EPERM: "let this user read it and the folders above it",
    errno.ENAMETOOLONG: "give it a shorter name",
    errno.ELOOP: "remove the link that leads to itself",
    errno.ENOSPC: "free some space",
    errno.EROFS: "write to another folder",
}
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT)
# Something else lies where a file or folder is to be.
_IN_THE_WAY = (errno.EEXIST, errno.EISDIR, errno.ENOTDIR, errno.ELOOP, errno.ENOTEMPTY, errno.ENXIO)
# Control characters of C0 and C1, Unicode's line ends, embeddings, overrides and isolates.
STEERING = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]|\r(?!\n)")
_ENDS = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}
# Of a name so much is shown: those that the system refuses may fill a screen.
_SHOWN = 200
# Of known names so many are named, and of more the nearest.
_NAMED, _NEAR = 40, 10
# A message above the first is cut in its longest words, above the second at its end.
_LONG, _LONGEST = 800, 3000
_WORD = re.compile(r"\S{201,}")


def spelt_out(text: str) -> str:
    """A text that any record can hold: bytes of a path that are no UTF-8 are spelt out.

    >>> spelt_out("caf\\udce9/größe")
    'caf\\\\udce9/größe'
    """
    return text.encode("utf-8", "backslashreplace").decode()


def visible(text: str) -> str:
    """A text as a terminal and a page may show it: what would steer them is spelt out as well.

    That are control characters but tabs and ends of lines, and what turns the direction of letters
    or ends a line unseen.

    >>> visible("\\x1b[2Jgreen \\u202egnp.exe")
    '\\\\x1b[2Jgreen \\\\u202egnp.exe'
    """
    return STEERING.sub(lambda found: ascii(found[0])[1:-1], spelt_out(text))


def shortened(text: str, longest: int = _SHOWN) -> str:
    """A text as it is, or the beginning of a longer one with a sign that it goes on.

    >>> shortened("ab", 3), shortened("abcd", 3)
    ('ab', 'abc…')
    """
    return text if len(text) <= longest else f"{text[:longest]}…"


def one_line(text: str) -> str:
    """A text that takes one line and no more of a screen than a message may.

    >>> one_line("a name\\nof two lines")
    'a name\\\\nof two lines'
    """
    plain = "".join(_ENDS.get(each, each) for each in visible(text))
    if len(plain) > _LONG:
        plain = _WORD.sub(lambda found: f"{found[0][:_SHOWN]}…{found[0][-3:]}", plain)
    return shortened(plain, _LONGEST)


class SuiteError(Exception):
    """Something the user can mend; its message is shown without a traceback.

    Attributes
    ----------
    what : what is wrong and what to do
    where : the file, with which the message begins; empty where none is to blame
    """

    def __init__(self, what: str, *, where: object = "") -> None:
        self.what = one_line(what)
        self.where = one_line(str(where))
        super().__init__(f"{self.where}: {self.what}" if self.where else self.what)

    def beyond(self, where: object) -> str:
        """What is said after that place is named: the whole message, where it is another one."""
        return self.what if self.where == one_line(str(where)) else str(self)


class CatalogError(SuiteError):
    """A card that cannot be read or contradicts another one."""


class DatasetError(SuiteError):
    """Faces or pairs that cannot be read."""


class ModelError(SuiteError):
    """An ONNX file that is not what its card says."""


class ArtifactError(SuiteError):
    """An artifact that cannot be built, brought or kept."""


class ProviderError(SuiteError):
    """An execution provider that cannot run here."""


class BaselineError(SuiteError):
    """An accepted baseline that cannot be read or written."""


@contextmanager
def placed(where: object) -> Iterator[None]:
    """Give a model's mistake that names no place this one."""
    try:
        yield
    except ModelError as error:
        raise error if error.where else ModelError(where=where, what=error.what) from None


def reason_of(error: BaseException) -> str:
    """A library's whole reason on one line, without its last full stop.

    >>> reason_of(ValueError("no such op:\\n  Quant, in\\nnode 'a'."))
    "no such op: Quant, in node 'a'"
    """
    return " ".join(str(error).split()).rstrip(".") or type(error).__name__


def refused(error: OSError) -> SuiteError:
    """What the system refuses, as a look at a file that another user keeps to herself."""
    shown = shortened(str(error.filename or ""))
    said = error.strerror or type(error).__name__
    advice = _ADVICE.get(error.errno or 0, "look at the disk")
    return SuiteError(f"the system refuses it ({said}); {advice}.", where=shown)


@contextmanager
def writing(where: object, what: str, otherwise: str, kind: type[SuiteError]) -> Iterator[None]:
    """Say what the system does not let be written meanwhile, why not, and what to do.

    Parameters
    ----------
    where : the file or folder that is named
    what : what fails, as "cannot write the card"
    otherwise : what helps whatever the reason is, as to give another folder
    kind : what the mistake is raised as
    """
    try:
        yield
    except OSError as error:
        raise kind(where=where, what=not_written(what, error, otherwise)) from None


def not_written(what: str, error: OSError, otherwise: str) -> str:
    """What the system does not let be written, why not, and what to do, as in ``writing``.

    >>> taken = IsADirectoryError(errno.EISDIR, "Is a directory", ".tmp", None, "report.md")
    >>> not_written("cannot write there", taken, "give another folder")
    "cannot write there (Is a directory); move 'report.md' out of the way, or give another folder."
    """
    return f"{what} ({error.strerror or reason_of(error)}); {_way_out(error, otherwise)}."


def _way_out(error: OSError, otherwise: str) -> str:
    place = error.filename if error.filename2 is None else error.filename2
    if error.errno in _NO_ROOM:
        return f"free some space, or {otherwise}"
    if isinstance(place, str | bytes):
        path = PurePath(os.fsdecode(place))
        if error.errno in _IN_THE_WAY:
            if error.errno in (errno.ENOTDIR, errno.ELOOP):  # it may be any above it
                path = next((each for each in (path, *path.parents) if os.path.lexists(each)), path)
            return f"move {str(path)!r} out of the way, or {otherwise}"
        if error.errno == errno.ENAMETOOLONG:
            return f"give {shortened(path.name)!r} a shorter name"
    return otherwise


@contextmanager
def refusals_said() -> Iterator[None]:
    """Turn what the system refuses meanwhile into a SuiteError."""
    try:
        yield
    except OSError as error:
        raise refused(error) from None


def nearest(name: str, known: Iterable[str]) -> str:
    """A hint for a misspelt name: the nearest known one, and all of them, of many some."""
    name, known = shortened(name), sorted(known)
    reordered = [each for each in known if _words(each) == _words(name)]
    close = reordered or difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    hint = f"did you mean {close[0]!r}? " if close else ""
    if len(known) > _NAMED:
        near = sorted(difflib.get_close_matches(name, known, n=_NEAR, cutoff=0.0))
        return f"{hint}known: {', '.join(near)} and {len(known) - len(near)} more"
    return f"{hint}known: {', '.join(known) or 'none'}"


def _words(name: str) -> list[str]:
    """The words of a name, so that ``mean_cosine`` is near to ``cosine_mean``."""
    return sorted(name.lower().replace("-", "_").split("_"))


def one_of(names: Iterable[str]) -> str:
    """Names to choose from, in their order.

    >>> one_of(["bin", "lfw", "csv"])
    "'bin', 'lfw' or 'csv'"
    """
    *most, last = map(repr, names)
    return f"{', '.join(most)} or {last}" if most else last
