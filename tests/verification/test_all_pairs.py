"""Every pair of a set's images against a plain double loop and scikit-learn."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from suite.verification import VerificationError, unit_rows
from suite.verification.all_pairs import all_pairs


def random_set(images: int, people: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    who = rng.integers(people, size=images)
    centres = rng.normal(size=(people, 16))
    rows = centres[who] + rng.normal(size=(images, 16))
    return unit_rows(rows.astype(np.float32)), who


@settings(max_examples=60, deadline=None)
@given(st.integers(4, 40), st.integers(2, 6), st.integers(0, 2**32))
def test_it_has_every_pair_once_in_its_class(images, people, seed):
    rows, who = random_set(images, people, seed)
    who[:3] = [0, 0, 1]
    wanted: dict[bool, list[float]] = {True: [], False: []}
    for i in range(images):
        for j in range(i + 1, images):
            distance = ((rows[i].astype(float) - rows[j].astype(float)) ** 2).sum()
            wanted[bool(who[i] == who[j])].append(distance)
    roc = all_pairs(rows, who)
    np.testing.assert_allclose(roc.genuine, np.sort(wanted[True]), atol=1e-5)
    np.testing.assert_allclose(roc.impostors, np.sort(wanted[False]), atol=1e-5)


def test_more_images_than_a_block_give_the_same_area_as_scikit_learn():
    rows, who = random_set(600, 40, 1)
    first, second = np.triu_indices(600, 1)
    scores = (rows[first].astype(float) * rows[second]).sum(axis=1)
    roc = all_pairs(rows, who)
    assert len(roc.genuine) + len(roc.impostors) == 600 * 599 // 2
    assert roc.auc() == pytest.approx(roc_auc_score(who[first] == who[second], scores), abs=1e-6)
    tar = roc.tar_at_far(1e-3)
    assert tar.false_accepts == int(1e-3 * len(roc.impostors))


def test_nan_and_one_class_are_refused():
    rows, who = random_set(10, 3, 2)
    with pytest.raises(VerificationError, match="no impostor pair"):
        all_pairs(rows, np.zeros(10, int))
    with pytest.raises(VerificationError, match="no genuine pair"):
        all_pairs(rows, np.arange(10))
    rows[4, 2] = np.nan
    with pytest.raises(VerificationError, match="in 1 of 10 embeddings"):
        all_pairs(rows, who)
