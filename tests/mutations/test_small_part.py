"""A small part of the catalogue on an embedded family: each caught by the gate that is for it."""

from copy import copy
from pathlib import Path

import pytest

from suite.catalog.folder import read_catalog
from tests.mutations.catalogue import catalogue
from tests.mutations.cell import Bench, cell
from tests.mutations.clean import Clean, Subject
from tests.mutations.independent import rendered
from tests.mutations.mutation import Change, Mutation, Side

# Kind, dose, code, gate.
CAUGHT = (
    ("RGB and BGR confused", "", "B", "fingerprint of FP32"),
    ("mean off by grey levels", "0.5", "B", "fingerprint of FP32"),
    ("faces turned", "15°", "B", "fidelity"),
    ("one layer zeroed", "", "B", "fingerprint of FP32"),
    ("calibrated on noise", "", "B", "fingerprint"),
    ("every range smaller", "x0.5", "B", "fingerprint"),
    ("the darkest 5 % turned", "60°", "P", "fidelity"),
    ("NaN on black images", "", "P", "behaviour"),
    ("not the same twice", "1e-6", "P", "behaviour"),
    ("labels of pairs wrong", "two", "E", "building"),
    ("a set taken out of the card, its section left", "", "E", "coverage"),
    ("a floor lowered", "", "E", "fidelity"),
)


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory, cache: Path) -> Bench:
    faces = rendered(tmp_path_factory.mktemp("faces"), people=8, pictures=4)
    subject = Subject(read_catalog(), "insightface-embedded", "int8_static_qdq", faces, folds=1)
    return Bench(Clean(subject, tmp_path_factory.mktemp("clean"), cache))


@pytest.mark.parametrize(("kind", "dose", "code", "gate"), CAUGHT)
def test_caught_by_its_gate(bench: Bench, kind: str, dose: str, code: str, gate: str) -> None:
    found = cell(bench, next(each for each in catalogue() if each.kind == kind), dose)
    assert (found.code, found.verdict.strongest and found.verdict.strongest.gate) == (code, gate)


def test_no_change_is_no_catch(bench: Bench) -> None:
    nothing = Mutation("nothing", "graph", Side.BOTH, Change)
    found = cell(bench, nothing, "")
    assert (found.code, found.verdict.catches, found.harm.same) == ("=", (), True)


def test_a_side_that_is_not_touched_stays(bench: Bench) -> None:
    """A mean that is off for INT8 alone leaves FP32's fingerprint as it is."""
    off = next(each for each in catalogue() if each.kind == "std off, INT8 alone")
    every = copy(bench)
    every.every_gate = True
    found = cell(every, off, "30 %")
    assert found.code in "PB"
    assert not [each for each in found.verdict.catches if each.gate.endswith("of FP32")]
