"""Questions to a fresh process of this suite, which a native crash ends instead of the run's own.

A module that answers has a function of one question, and ends with ``serve`` of it.
"""

import json
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from suite.catalog.builtin import module_command, module_environment
from suite.catalog.errors import SuiteError, reason_of
from suite.runtime.op_libraries import name_op_library, op_library

# A network of 2.3 GiB is loaded and run within two minutes.
_LONGEST_S = 600.0


@dataclass(frozen=True)
class Answer:
    """What the process answered, as JSON has it; or why it could not, in a sentence."""

    value: Any = None
    problem: str | None = None


def ask(module: str, questions: Sequence[object]) -> list[Answer]:
    """Ask a module each question, in one process for as long as none of them crashes it.

    Parameters
    ----------
    module : run as ``python -m``
    questions : as JSON can hold them

    Returns
    -------
    an answer a question, in their order; a question that ended its process has a problem that
    says how.
    """
    answers: list[Answer] = []
    while len(answers) < len(questions):
        rest = questions[len(answers) :]
        found = _ask_one_process(module, rest)
        answers += found
    return answers


def _ask_one_process(module: str, questions: Sequence[object]) -> list[Answer]:
    """The answers up to the question that ended the process, one at least."""
    library = op_library()
    asked = {"op_library": str(library) if library else None, "questions": list(questions)}
    with tempfile.TemporaryDirectory(prefix="face-quant-gate-") as folder:
        # Not on standard output, where libraries print what they like.
        answers = Path(folder) / "answers.jsonl"
        ending = _run(
            module_command(module, str(answers)),
            json.dumps(asked).encode(),
            _LONGEST_S * len(questions),
        )
        lines = answers.read_bytes().splitlines() if answers.exists() else []
    found = [Answer(**json.loads(line)) for line in lines]
    if len(found) < len(questions):
        found.append(Answer(problem=ending))
    return found


def _run(command: Sequence[str], given: bytes, longest_s: float) -> str:
    """Run a process that owes answers; returns how it ended, for where it owes one still."""
    try:
        done = subprocess.run(
            command,
            env=module_environment(),
            input=given,
            capture_output=True,
            check=False,
            timeout=longest_s,
        )
    except subprocess.TimeoutExpired:
        return f"the process did not end in {longest_s:.0f} s and was stopped."
    said = done.stderr.decode(errors="replace").strip().splitlines()
    return _ending(done.returncode, said[-1] if said else "")


def _ending(status: int, said: str) -> str:
    """How a process ended that owed an answer."""
    words = f": {said}" if said else ""
    if status >= 0:
        return f"the process ended with exit status {status}{words}."
    try:
        name = signal.Signals(-status).name
    except ValueError:
        name = f"signal {-status}"
    if name == "SIGKILL":
        return f"the process was killed ({name}), as it is where memory runs out{words}."
    return f"the process crashed ({name}){words}."


def serve(answer: Callable[[Any], object]) -> None:
    """Answer what `ask` wrote to standard input, each into its file as soon as it is known."""
    asked = json.load(sys.stdin.buffer)
    name_op_library(Path(asked["op_library"]) if asked["op_library"] else None)
    with Path(sys.argv[1]).open("w", encoding="utf-8") as stream:
        for question in asked["questions"]:
            stream.write(json.dumps(_answered(answer, question)) + "\n")
            stream.flush()


def _answered(answer: Callable[[Any], object], question: object) -> dict[str, object]:
    try:
        return {"value": answer(question)}
    except SuiteError as error:
        return {"problem": str(error)}
    except Exception as error:  # a library's, of any class
        return {"problem": f"{type(error).__name__}: {reason_of(error)}."}
