"""What fuzzing must notice, shown by readers that do each of it."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest

from suite.catalog.errors import DatasetError
from tests.fuzz.campaign import run
from tests.fuzz.mutators import GENERIC, TEXT
from tests.fuzz.target import Mutant, Target, Verdict
from tests.fuzz.worker import Inputs, wrong_message

WHOLE = b"whole " * 20


def of(reader: Callable[[Path, bytes], object], **more: object) -> Target:
    """A target whose reader is well until a file was changed."""

    def read(path: Path) -> object:
        data = path.read_bytes()
        return data if data == WHOLE else reader(path, data)

    return Target("made", "made.txt", lambda: [WHOLE], read, **more)  # type: ignore[arg-type]


def refuse(path: Path, data: bytes) -> object:
    raise DatasetError(where=path, what="is damaged; fetch it again.")


def refuse_in_two_lines(path: Path, data: bytes) -> object:
    error = DatasetError(where=path, what="is damaged; fetch it again.")
    error.args = (f"{path}: is damaged;\nfetch it again.",)
    raise error


def raise_another_error(path: Path, data: bytes) -> object:
    raise KeyError("key")


def print_in_c(path: Path, data: bytes) -> object:
    os.write(2, b"libfoo: warning\n")
    return refuse(path, data)


def spend_time(path: Path, data: bytes) -> object:
    end = time.process_time() + 0.3
    while time.process_time() < end:
        pass
    return refuse(path, data)


def spend_memory(path: Path, data: bytes) -> object:
    assert len(b"x" * 80_000_000)
    return refuse(path, data)


def write_elsewhere(path: Path, data: bytes) -> object:
    with Path(os.devnull).open("w"):
        return refuse(path, data)


def start_a_program(path: Path, data: bytes) -> object:
    subprocess.run([sys.executable, "-c", "0"], check=True)
    return refuse(path, data)


def run_a_text(path: Path, data: bytes) -> object:
    eval("0")
    return refuse(path, data)


def raise_where_long(path: Path, data: bytes) -> object:
    if len(data) > len(WHOLE):
        raise ValueError("long")
    return refuse(path, data)


def die(path: Path, data: bytes) -> object:
    os._exit(3)


@pytest.mark.parametrize(
    ("reader", "why"),
    [
        (refuse_in_two_lines, "the message cannot be printed: "),
        (raise_another_error, "KeyError in test_frame.py: 'key'"),
        (print_in_c, r"printed 'libfoo: warning\n'"),
        (spend_time, "took 0.3 s"),
        (spend_memory, "took 76 MiB"),
        (write_elsewhere, "did open ("),
        (start_a_program, "did subprocess.Popen"),
        (run_a_text, "did compile"),
        (die, "ended the process (3)"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_misbehaviour_is_a_failure_with_its_reason(reader, why, tmp_path):
    counts = run(of(reader, seconds=0.2, mebibytes=50), 0, 4, tmp_path)
    assert counts.kinds.get("failed", 0) == len(counts.failures) > 0
    assert all(failure.why.startswith(why) for failure in counts.failures)


def test_a_hanging_reader_is_killed(tmp_path):
    hanging = of(lambda path, data: time.sleep(60))
    counts = run(hanging, 0, 1, tmp_path, patience=1)
    assert [failure.why for failure in counts.failures] == ["was killed after 1 s"]


def test_the_oracle_tells_a_wrong_result_from_another(tmp_path):
    def oracle(result: object, mutant: Mutant) -> Verdict:
        if len(mutant.data) == len(mutant.whole):
            raise AssertionError("of the same length")
        return Verdict.OTHER

    counts = run(of(lambda path, data: data, oracle=oracle), 0, 40, tmp_path)
    assert counts.kinds["other"] + counts.kinds["failed"] == counts.inputs == 40
    assert {failure.why for failure in counts.failures} == {"wrong result: of the same length"}


def test_a_campaign_goes_on_where_it_stopped(tmp_path):
    target = of(refuse)
    first = run(target, 0, 10, tmp_path)
    assert first.kinds == {"refused": first.inputs} == {"refused": 10}
    assert run(target, 0, 30, tmp_path).kinds["refused"] == 30
    assert run(target, 1, 5, tmp_path).inputs == 5


def test_a_number_of_a_seed_is_always_the_same_file():
    once, again = (Inputs(of(refuse), 7) for _ in range(2))
    made = [once.numbered(index) for index in range(50)]
    assert made == [again.numbered(index) for index in range(50)]
    assert len({data for _, data in made}) > 40


def test_a_file_that_fails_is_made_small():
    """In a process of its own, for what watches a process stays in it."""
    program = (
        "from tests.fuzz.smallest import smallest_failing\n"
        "from tests.fuzz.test_frame import WHOLE, of, raise_where_long, refuse\n"
        "data, why = smallest_failing(of(raise_where_long), 0, 500)\n"
        "assert why == 'ValueError in test_frame.py: long', why\n"
        "assert len(data) == len(WHOLE) + 1, data\n"
        "assert smallest_failing(of(refuse), 0, 50) is None\n"
    )
    root = Path(__file__).parents[2]
    result = subprocess.run(
        [sys.executable, "-c", program], cwd=root, capture_output=True, text=True, check=False
    )
    assert (result.returncode, result.stderr) == (0, "")


def test_a_corpus_that_is_refused_is_no_campaign(tmp_path):
    target = Target("made", "made.txt", lambda: [b""], lambda path: refuse(path, b""))
    with pytest.raises(AssertionError, match="before its first input"):
        run(target, 0, 1, tmp_path)


# No set: two workers must collect the same tests in the same order.
@pytest.mark.parametrize(
    "mutator", dict.fromkeys((*GENERIC, *TEXT)), ids=lambda mutator: mutator.__name__
)
def test_a_mutator_takes_any_file(mutator):
    for size in (0, 1, 2, 3, 200):
        for number in range(30):
            assert isinstance(mutator(Random(number), b"1, 2\n" * size), bytes)


@pytest.mark.parametrize(
    ("message", "lacks"),
    [
        ("made.txt: is damaged; fetch it again.", ""),
        ("it is damaged.", "does not name made.txt"),
        ("made.txt: no-break space \xa0 and zero-width joiner \u200d.", ""),
        ("made.txt: \x1b[2J.", "cannot be printed"),
        ("made.txt: \u202egnp.", "cannot be printed"),
        ("made.txt: is damaged", "is no sentence"),
        (f"made.txt: {'x' * 4000}.", "has 4011 characters"),
    ],
)
def test_a_message_is_one_printable_sentence_that_names_the_file(message, lacks):
    assert lacks in wrong_message(message, "made.txt")
    assert bool(lacks) == bool(wrong_message(message, "made.txt"))
