"""Questions to a process of its own: what crashes there is an answer."""

from pathlib import Path

import pytest

from suite.runtime.child import Answer, ask

ANSWERS = """
import os, signal, sys, time
from suite.catalog.errors import ModelError
from suite.runtime.child import serve

def answer(question):
    print("noise on standard output")
    if question == "crash":
        os.kill(os.getpid(), signal.SIGSEGV)
    if question == "for ever":
        time.sleep(600)
    if question == "no memory":
        os.kill(os.getpid(), signal.SIGKILL)
    if question == "leave":
        print("why it leaves", file=sys.stderr)
        os._exit(3)
    if question == "mistake":
        raise ModelError("is no network.", where="m.onnx")
    if question == "bug":
        raise ValueError("over\\ntwo lines.")
    return question * 2

serve(answer)
"""


@pytest.fixture(autouse=True)
def _module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "answers.py").write_text(ANSWERS)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))


def test_a_crash_costs_one_answer_and_no_more() -> None:
    assert ask("answers", [1, "crash", "no memory", "leave", 4]) == [
        Answer(2),
        Answer(problem="the process crashed (SIGSEGV)."),
        Answer(problem="the process was killed (SIGKILL), as it is where memory runs out."),
        Answer(problem="the process ended with exit status 3: why it leaves."),
        Answer(8),
    ]


def test_what_goes_wrong_is_a_sentence() -> None:
    assert ask("answers", ["mistake", "bug"]) == [
        Answer(problem="m.onnx: is no network."),
        Answer(problem="ValueError: over two lines."),
    ]


def test_nothing_is_asked_of_nobody() -> None:
    assert ask("no_such_module", []) == []


def test_what_does_not_end_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("suite.runtime.child._LONGEST_S", 3.0)
    assert ask("answers", [1, "for ever"]) == [
        Answer(2),
        Answer(problem="the process did not end in 6 s and was stopped."),
    ]
