"""One input after another, in a process of its own that may be killed."""

import os
import traceback
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from random import Random

from suite.catalog.errors import SuiteError
from tests.fuzz.target import Mutant, Target, Verdict
from tests.fuzz.watch import Seen, Watch, limit_memory

# More is killed, not measured; libraries reserve what they never touch.
_ROOM_MIB = 4096
_LONGEST_MESSAGE = 3500


@dataclass(frozen=True)
class Outcome:
    """What an input came to.

    Attributes
    ----------
    index : the input's number
    kind : ``refused``, ``same``, ``other``, or ``failed``; ``ready`` before the first
    why : what failed, in a line; empty where nothing did
    """

    index: int
    kind: str
    why: str = ""


class Inputs:
    """A target's inputs by their numbers: the same number of the same seed gives the same bytes."""

    def __init__(self, target: Target, seed: int) -> None:
        self._target, self._seed = target, seed
        self.corpus = target.corpus()

    def numbered(self, index: int) -> tuple[int, bytes]:
        """The place of its whole file in the corpus, and the changed file."""
        return self.made(Random(f"{self._seed} {self._target.name} {index}"))

    def made(self, rng: Random) -> tuple[int, bytes]:
        """Likewise, of any source of chance."""
        place = rng.randrange(len(self.corpus))
        data = self.corpus[place]
        for _ in range(rng.choice((1, 1, 1, 2, 2, 3))):
            data = rng.choice(self._target.mutators)(rng, data)
        return place, data


class Trial:
    """Gives a target its inputs and judges what comes of them.

    Raises
    ------
    AssertionError
        where the target does not read a file of its corpus.
    """

    def __init__(self, target: Target, seed: int, folder: Path) -> None:
        self._target = target
        self.inputs = Inputs(target, seed)
        self._file = folder / target.file
        target.beside(folder)
        self._wanted = [self._whole(data) for data in self.inputs.corpus]
        self._watch = Watch(folder)

    def _whole(self, data: bytes) -> object:
        self._file.write_bytes(data)
        try:
            return self._target.read(self._file)
        except SuiteError as error:
            raise AssertionError(
                f"the corpus of {self._target.name} has a file that is refused: {error}"
            ) from error

    def of(self, index: int) -> Outcome:
        """What an input comes to."""
        return self.judge(index, *self.inputs.numbered(index))

    def judge(self, index: int, place: int, data: bytes) -> Outcome:
        """What a changed file comes to, with the place of its whole file in the corpus."""
        self._file.write_bytes(data)
        mutant = Mutant(self.inputs.corpus[place], data, self._wanted[place])
        with self._watch.over() as seen:
            kind, why = self._judged(mutant)
        why = why or self._misbehaviour(seen)
        return Outcome(index, "failed" if why else kind, why)

    def _judged(self, mutant: Mutant) -> tuple[str, str]:
        try:
            result = self._target.read(self._file)
        except SuiteError as error:
            return "refused", wrong_message(str(error), self._target.file)
        except BaseException as error:  # whatever a reader lets through
            last = traceback.extract_tb(error.__traceback__)[-1]
            return "failed", f"{type(error).__name__} in {Path(last.filename).name}: {error}"[:300]
        try:
            verdict = self._target.oracle(result, mutant)
        except AssertionError as wrong:
            return "failed", f"wrong result: {wrong}"[:300]
        except Exception as error:
            return "failed", f"the oracle cannot judge: {type(error).__name__}: {error}"[:300]
        return Verdict(verdict).value, ""

    def _misbehaviour(self, seen: Seen) -> str:
        if seen.events:
            return f"did {seen.events[0]}"
        if seen.noise:
            return f"printed {seen.noise[:200]!r}"
        if seen.cpu_seconds > self._target.seconds:
            return f"took {seen.cpu_seconds:.1f} s"
        if seen.mebibytes > self._target.mebibytes:
            return f"took {seen.mebibytes:,.0f} MiB"
        return ""


def wrong_message(message: str, file: str) -> str:
    """What a message lacks to be one printable sentence that names the file; empty: nothing."""
    if file not in message:
        return f"the message does not name {file}: {message!r}"[:300]
    if any(map(_steers, message)):
        return f"the message cannot be printed: {message!r}"[:300]
    if not message.endswith("."):
        return f"the message is no sentence: {message!r}"[:300]
    if len(message) > _LONGEST_MESSAGE:
        return f"the message has {len(message)} characters: {message!r}"[:300]
    return ""


def _steers(character: str) -> bool:
    """Whether a terminal does something else with a character than to show it."""
    turns = character in "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
    return turns or unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp")


def serve(target: Target, seed: int, folder: Path, indices: Iterable[int], out: Connection) -> None:
    """Send the outcome of each input; the process's end is that of the inputs."""
    os.environ["OMP_NUM_THREADS"] = "1"
    trial = Trial(target, seed, folder)
    limit_memory(_ROOM_MIB)
    out.send(Outcome(-1, "ready"))
    for index in indices:
        out.send(trial.of(index))
    out.close()
