"""Networks tried as ``check`` tries them, each in a forked process of its own.

A new Python for each costs a second; a process that has imported all and never made a session
forks for each at once. ``python -m tests.fuzz.sessions`` is that process: a path a line comes in,
and what is wrong with the network, as JSON, goes out.
"""

import json
import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
_LONGEST_S = 20


class Sessions:
    """A process that tries networks; it ends with the one that holds it."""

    def __init__(self, question: dict[str, Any]) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.fuzz.sessions", json.dumps(question)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )

    def tried(self, path: Path) -> dict[str, Any]:
        """The answer of `suite.runtime.trial` for a network, or how its process ended."""
        assert self._process.stdin and self._process.stdout
        self._process.stdin.write(f"{path}\n".encode())
        self._process.stdin.flush()
        answer: dict[str, Any] = json.loads(self._process.stdout.readline())
        return answer


def _try(question: dict[str, Any], answer: Path) -> None:
    """In the forked process: load and run the network, quietly."""
    from suite.runtime.child import _answered
    from suite.runtime.trial import _try as try_network

    signal.alarm(_LONGEST_S)
    quiet = os.open(os.devnull, os.O_WRONLY)
    os.dup2(quiet, 1)
    os.dup2(quiet, 2)
    answer.write_text(json.dumps(_answered(try_network, question)))


def _ended(status: int) -> str:
    from suite.runtime.child import _ending

    code = os.waitstatus_to_exitcode(status)
    if code == -signal.SIGALRM:
        return f"the process did not end in {_LONGEST_S} s and was stopped."
    return _ending(code, "")


def main(question: dict[str, Any]) -> None:
    """Answer until nobody asks."""
    import suite.runtime.trial  # noqa: F401

    with tempfile.TemporaryDirectory(prefix="fuzz-sessions-") as folder:
        answer = Path(folder) / "answer.json"
        for line in sys.stdin:
            answer.unlink(missing_ok=True)
            child = os.fork()
            if child == 0:
                try:
                    _try({**question, "path": line.rstrip("\n")}, answer)
                finally:
                    os._exit(0)
            _, status = os.waitpid(child, 0)
            said = answer.read_text() if answer.exists() else ""
            print(said or json.dumps({"problem": _ended(status)}), flush=True)


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
