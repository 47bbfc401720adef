"""The catalogue as data."""

import pytest

from tests.mutations.catalogue import MODULES, catalogue
from tests.mutations.mutation import Change, Mutation

EVERY = catalogue()
# What must be there by name: a part of each is enough.
NAMED = (
    "bias overflow",
    "ranges without zero",
    "BatchNorm folded across padding",
    "stale calibration",
    "residual's two inputs swapped",
    "Concat's inputs swapped",
    "rounding half up",
    "head in float16",
    "saturates",
    "EMA",
    "Dropout",
    "transposed",
    "eyes swapped",
    "EXIF",
    "limited range",
    "order of a batch",
    "last batch returned",
    "answer of the run before",
    "all scores higher",
    "hub",
    "cut short",
    "denormal",
    "INT8 detector",
    "one person turned",
    "darkest 5 %",
    "dead channel",
    "wrong axis",
)


def test_more_than_120_kinds_from_every_module() -> None:
    assert len(EVERY) >= 120
    modules = {module.__name__.rpartition(".")[2] for module in MODULES}
    assert {each.module for each in EVERY} == modules


def test_no_kind_has_the_name_of_another() -> None:
    assert len({each.kind for each in EVERY}) == len(EVERY)


@pytest.mark.parametrize("words", NAMED)
def test_what_was_asked_for_is_there(words: str) -> None:
    assert any(words in each.kind for each in EVERY)


@pytest.mark.parametrize("each", EVERY, ids=lambda each: each.kind)
def test_every_dose_changes_something(each: Mutation) -> None:
    assert each.doses
    for dose in each.doses:
        assert each.change(dose) != Change()


def test_what_a_team_may_choose_is_no_mistake() -> None:
    assert not [each.kind for each in EVERY if each.benign and each.harmful]
