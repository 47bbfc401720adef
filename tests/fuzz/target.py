"""What is fuzzed: a reader, the files that it is given, and what is right of what it gives."""

import importlib
import pkgutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from tests.fuzz import targets
from tests.fuzz.mutators import GENERIC, Mutator


class Verdict(StrEnum):
    """What an oracle says of a result.

    ``OTHER`` is a result that differs from the whole file's where nothing in the format can show
    that: a pixel of a BMP, a name in a list. It is counted. Anything else that differs is wrong,
    and the oracle raises AssertionError with why.
    """

    SAME = "same"
    OTHER = "other"


@dataclass(frozen=True)
class Mutant:
    """A file that was changed.

    Attributes
    ----------
    whole : the file of the corpus
    data : what it was made
    wanted : what the reader gives of the whole file
    """

    whole: bytes
    data: bytes
    wanted: object


Oracle = Callable[[object, Mutant], Verdict]


def nothing_beside(folder: Path) -> None:
    """Put nothing beside the file."""


def no_error_says_so(result: object, mutant: Mutant) -> Verdict:
    """The laxest oracle: whatever is read without an error may be."""
    return Verdict.SAME if result == mutant.wanted else Verdict.OTHER


@dataclass(frozen=True)
class Target:
    """A reader under fuzzing.

    Its corpus and reader run in a process that is forked after its module was imported: what has
    threads, as OpenCV, must not have been at work by then.

    Attributes
    ----------
    name : what options and counts call it
    file : what the mutated file is called; an error must name it
    corpus : makes the whole files, the same ones each time
    read : reads a file; raises `suite.catalog.errors.SuiteError` where it refuses it
    oracle : what is right of a result, or AssertionError
    beside : puts into a folder what else the reader needs, once
    mutators : what changes a file; one to three of them at a time
    seconds : CPU time that one input may take
    mebibytes : memory that one input may take beyond what was held before it
    """

    name: str
    file: str
    corpus: Callable[[], Sequence[bytes]]
    read: Callable[[Path], object]
    oracle: Oracle = no_error_says_so
    beside: Callable[[Path], None] = nothing_beside
    mutators: Sequence[Mutator] = GENERIC
    seconds: float = 2.0
    mebibytes: int = 256


def all_targets() -> dict[str, Target]:
    """Every target of the modules in ``tests/fuzz/targets``, by its name."""
    names = sorted(found.name for found in pkgutil.iter_modules(targets.__path__))
    modules = [importlib.import_module(f"{targets.__name__}.{name}") for name in names]
    return {target.name: target for module in modules for target in module.TARGETS}
