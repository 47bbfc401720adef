"""A few inputs of every target, always the same ones; ``tox -e fuzz`` has the many."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.fuzz.campaign import Counts, kept
from tests.fuzz.target import all_targets

ROOT = Path(__file__).parents[2]
SEED, INPUTS = 1, 60


@pytest.fixture(scope="module")
def counted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of counts, made by a process that has no threads and so may be forked."""
    folder = tmp_path_factory.mktemp("counts")
    given = (f"--seed={SEED}", f"--inputs={INPUTS}", f"--counts={folder}")
    subprocess.run([sys.executable, "-m", "tests.fuzz", *given], cwd=ROOT, check=False)
    return folder


@pytest.mark.parametrize("name", all_targets())
def test_a_few_damaged_files_are_read_rightly_or_refused_in_a_sentence(name: str, counted: Path):
    counts: Counts = kept(counted, name, SEED)
    assert counts.inputs == INPUTS
    assert [f"{each.index}: {each.why}" for each in counts.failures] == []
    assert sum(counts.kinds.values()) == INPUTS
