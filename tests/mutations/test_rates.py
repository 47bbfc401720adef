"""Rates by kind, worked by hand."""

import pytest
from scipy.stats import binomtest

from tests.mutations.cell import Cell
from tests.mutations.harm import Harm
from tests.mutations.rates import rate
from tests.mutations.verdict import Verdict


def a_cell(kind: str, code: str, **rest: object) -> Cell:
    """A cell of a kind that harms."""
    told = {"module": "graph", "side": "both", "dose": "", "model": "m", "mode": "q"}
    blank = {"harm": Harm(), "verdict": Verdict(code=code), "harmful": ("TAR",)}
    return Cell.model_validate({**told, **blank, "kind": kind, "code": code, **rest})


def is_caught(cell: Cell) -> bool:
    return cell.is_caught


def test_a_kind_counts_once_however_many_cells_it_has() -> None:
    cells = [*(a_cell("often", "M", dose=str(at)) for at in range(9)), a_cell("once", "B")]
    found = rate(cells, is_caught)
    assert found is not None
    assert (found.rate, found.caught, found.cells, found.kinds) == (0.5, 1, 10, 2)


def test_what_harms_nothing_or_is_a_choice_counts_not() -> None:
    cells = [a_cell("a", "B"), a_cell("b", "M", harmful=()), a_cell("c", "M", benign="a choice")]
    found = rate(cells, is_caught)
    assert found is not None
    assert (found.rate, found.kinds) == (1.0, 1)


def test_the_interval_is_that_of_kinds() -> None:
    # Of 40 kinds half are caught: a binomial standard error of sqrt(0.25 / 40), 0.079.
    cells = [a_cell(f"{at}", "B" if at % 2 else "M") for at in range(40)]
    found = rate(cells, is_caught)
    assert found is not None
    assert found.low == pytest.approx(0.5 - 1.96 * 0.079, abs=0.03)
    assert found.high == pytest.approx(0.5 + 1.96 * 0.079, abs=0.03)


@pytest.mark.parametrize("kinds", [1, 7, 60])
def test_where_all_are_caught_the_interval_is_the_exact_one(kinds: int) -> None:
    cells = [a_cell(str(at), "B") for at in range(kinds)]
    found = rate(cells, is_caught)
    exact = binomtest(kinds, kinds).proportion_ci(0.95, method="exact")
    assert found is not None
    assert (found.low, found.high) == (pytest.approx(exact.low), 1.0)
    none = rate(cells, lambda _: False)
    assert none is not None
    assert (none.low, none.high) == (0.0, pytest.approx(1 - exact.low))


def test_size_and_what_cannot_resolve_are_caught_and_not_resolved() -> None:
    cells = [a_cell("x", code) for code in "PBEbfAM="]
    assert [each.is_caught for each in cells] == [True] * 6 + [False] * 2
    assert [each.is_caught_by_what_resolves for each in cells] == [True] * 4 + [False] * 4
    assert [each.is_caught_elsewhere for each in cells] == [True] * 3 + [False] * 5
