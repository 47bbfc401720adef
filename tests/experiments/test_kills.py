"""Four kills of the twenty that ``kills.py`` makes, two of them while updating."""

import random
from pathlib import Path

from kills import kill_runs


def test_killed_runs_lose_nothing(tmp_path: Path, capsys) -> None:
    assert kill_runs(tmp_path, 4, random.Random(1)) == 0
    assert "4 of 4 kills lost nothing" in capsys.readouterr().out
