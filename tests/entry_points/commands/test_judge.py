"""Judging again: where its report goes."""

from argparse import Namespace
from pathlib import Path

import pytest

from suite.catalog.errors import SuiteError
from suite.entry_points.commands.judge import judged


def test_nothing_is_written_through_a_link_in_the_place_of_its_report(tmp_path: Path) -> None:
    (tmp_path / "report").mkdir()
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "report" / "judged").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(SuiteError, match="judged"):
        judged(Namespace(report=tmp_path / "report", rest=[]))
    assert not list((tmp_path / "elsewhere").iterdir())
