"""Some of the kills that ``kills.py`` makes: workers that accept, an append, a download."""

import random
from pathlib import Path

from kills import kill_downloads, kill_runs


def test_killed_runs_lose_nothing(tmp_path: Path, capsys) -> None:
    kinds = ["cold, accepting, workers", "appending"]
    assert kill_runs(tmp_path, kinds, random.Random(1)) == 0
    assert capsys.readouterr().out.count("nothing lost, rerun green") == 2


def test_a_killed_download_loses_nothing(tmp_path: Path) -> None:
    assert kill_downloads(tmp_path, 1, random.Random(1)) == 0
