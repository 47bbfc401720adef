"""Which arguments of pytest ask for gates."""

from pathlib import Path

import pytest
from face_quant_gate.arguments import name_gates, reach_gates
from face_quant_gate.location import GATES, ROOT, other_suite


@pytest.mark.parametrize(
    ("argument", "pyargs", "named", "reached"),
    [
        ("suite.gates", True, True, True),
        ("suite.gates.test_artifact::test_artifact", True, True, True),
        ("suite.gates", False, False, False),
        ("suite", True, False, True),
        ("suite.gatesmith", True, False, False),
        (str(GATES / "test_artifact.py::test_artifact"), False, True, True),
        (str(ROOT), False, False, True),
        (str(ROOT / "tests"), False, False, False),
        ("/nowhere", False, False, False),
    ],
)
def test_what_reaches_the_gates(argument: str, pyargs: bool, named: bool, reached: bool) -> None:
    here = Path("/nowhere")
    assert name_gates([argument], here, pyargs=pyargs) is named
    assert reach_gates([argument], here, pyargs=pyargs) is reached


def test_a_link_to_itself_reaches_nothing(tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    assert not reach_gates(["loop"], tmp_path, pyargs=False)


def test_an_environment_below_a_repository_is_not_reached(monkeypatch: pytest.MonkeyPatch) -> None:
    gates = Path("/team/.venv/lib/python3.13/site-packages/suite/gates")
    monkeypatch.setattr("face_quant_gate.arguments.GATES", gates)
    assert not reach_gates(["."], Path("/team"), pyargs=False)
    assert reach_gates([str(gates)], Path("/team"), pyargs=False)


def test_this_suite_is_no_other_one() -> None:
    assert other_suite() is None
