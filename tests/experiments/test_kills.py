"""Two of the kills that ``kills.py`` makes: a plain run, and workers that update."""

import random
from pathlib import Path

from kills import kill_runs


def test_killed_runs_lose_nothing(tmp_path: Path, capsys) -> None:
    small = (("arcface-embedded",), ("fp32", "int8_static_qdq"))
    assert kill_runs(tmp_path, 2, random.Random(1), *small) == 0
    assert "2 of 2 kills lost nothing" in capsys.readouterr().out
