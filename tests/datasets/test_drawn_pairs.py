"""Drawing pairs of people's images."""

import math
from collections import Counter
from itertools import combinations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from suite.catalog.errors import DatasetError
from suite.datasets.drawn_pairs import draw_pairs


def people_with(*images: int) -> list[str]:
    return [f"p{person}" for person, count in enumerate(images) for _ in range(count)]


def possible(people: list[str]) -> tuple[int, int]:
    genuine = sum(math.comb(count, 2) for count in Counter(people).values())
    return genuine, math.comb(len(people), 2) - genuine


@given(
    st.lists(st.integers(1, 5), min_size=2, max_size=15),
    st.integers(2, 4),
    st.integers(1, 6),
    st.integers(0, 9),
)
def test_what_is_drawn_is_what_was_asked_for(images, folds, per_fold, seed):
    people = people_with(*images)
    assume(min(possible(people)) >= folds * per_fold)
    drawn = draw_pairs(people, folds, per_fold, seed)
    pairs = list(zip(drawn.left, drawn.right, strict=True))
    assert len({frozenset(pair) for pair in pairs}) == len(pairs) == 2 * folds * per_fold
    assert list(drawn.genuine) == ([True] * per_fold + [False] * per_fold) * folds
    for (left, right), genuine in zip(pairs, drawn.genuine, strict=True):
        assert (people[left] == people[right]) == genuine
    if not drawn.shared:
        size = 2 * per_fold
        of_fold = [
            {people[image] for pair in pairs[start : start + size] for image in pair}
            for start in range(0, len(pairs), size)
        ]
        assert not any(one & other for one, other in combinations(of_fold, 2))


def test_enough_people_are_in_one_fold_each():
    assert not draw_pairs(people_with(*[4] * 20), 5, 20, 0).shared


def test_too_few_people_for_folds_of_their_own_are_shared():
    assert draw_pairs(people_with(8, 8, 8), 4, 10, 0).shared


def test_genuine_pairs_are_spread_evenly_over_people():
    people = people_with(40, 4, 4, 4)
    drawn = draw_pairs(people, 2, 10, 0)
    of = Counter(people[left] for left, same in zip(drawn.left, drawn.genuine, strict=True) if same)
    assert set(of.values()) == {5}


def test_a_seed_draws_the_same_always_and_another_draws_others():
    people = people_with(*[5] * 8)
    again = draw_pairs(people, 2, 10, 0)
    assert draw_pairs(people, 2, 10, 0) == again
    assert draw_pairs(people, 2, 10, 1) != again
    # What every machine and version of Python draws.
    assert (again.left[:4], again.right[:4]) == PINNED


PINNED = ((31, 30, 31, 5), (32, 33, 34, 8))


@pytest.mark.parametrize(
    ("images", "said"),
    [
        ((3, 3), "2 people make 6 genuine pairs, and folds × pairs_per_fold is 20; lower one of"),
        ((1, 1, 1), "3 people make 0 genuine pairs, and folds × pairs_per_fold is 20; lower one"),
        ((30,), "1 people make 0 impostor pairs, and folds × pairs_per_fold is 20; lower one of"),
    ],
)
def test_too_few_pairs_are_refused_with_their_number(images, said):
    with pytest.raises(DatasetError) as caught:
        draw_pairs(people_with(*images), 2, 10, 0)
    assert str(caught.value).startswith(said)
