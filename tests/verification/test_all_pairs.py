"""Every pair of a set's images against all distances sorted."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from suite.verification import VerificationError, unit_rows
from suite.verification.all_pairs import all_pairs
from suite.verification.distance_bins import BINS, below, bins_of
from suite.verification.roc import Roc
from suite.verification.sweep import Asked, Sweep

FAR_TARGETS = (0.0, 1e-6, 1e-4, 1e-3, 0.01, 0.1, 0.5, 0.9)


def random_set(images: int, people: int, seed: int, spread: float = 1.0):
    rng = np.random.default_rng(seed)
    who = rng.integers(people, size=images)
    centres = rng.normal(size=(people, 16))
    rows = centres[who] + spread * rng.normal(size=(images, 16))
    return exact(unit_rows(rows.astype(np.float32))), who


def exact(rows: np.ndarray) -> np.ndarray:
    """Rows nearly of unit length, whose products are exact in whatever order they are summed.

    Products of other shapes, or on another CPU, differ in the last bit otherwise.
    """
    return np.round(rows * 256) / np.float32(256)


def every_distance(rows: np.ndarray, who: np.ndarray) -> Roc:
    """The same distances from the whole product at once, all of them sorted."""
    order = np.argsort(who, kind="stable")
    rows, who = rows[order], who[order]
    first, second = np.triu_indices(len(rows), 1)
    distances = np.maximum(2 - 2 * (rows @ rows.T), 0)[first, second]
    return Roc.of(distances.astype(float), who[first] == who[second])


def assert_same(rows: np.ndarray, who: np.ndarray) -> None:
    found, wanted = all_pairs(rows, who, FAR_TARGETS), every_distance(rows, who)
    assert (found.genuine, found.impostors) == (len(wanted.genuine), len(wanted.impostors))
    for target, point in zip(FAR_TARGETS, found.tar_at_far, strict=True):
        assert point == wanted.tar_at_far(target)
    equal = wanted.equal_error_rate()
    assert (found.eer, found.eer_threshold) == (equal.eer, equal.threshold)


@settings(max_examples=300, deadline=None)
@given(
    st.integers(4, 60),
    st.integers(2, 6),
    st.integers(0, 2**32),
    st.sampled_from([0.0, 0.05, 0.5, 1.0, 5.0]),
    st.booleans(),
)
def test_each_figure_is_that_of_all_distances_sorted(images, people, seed, spread, coarse):
    rows, who = random_set(images, people, seed, spread)
    if coarse:  # many distances tie
        rows = exact(unit_rows(np.sign(rows) * (np.abs(rows) > 0.2) + np.float32(1e-3)))
    who[:3] = [0, 0, 1]
    assert_same(rows, who)


def test_more_images_than_a_block_give_the_figures_of_all_distances_sorted():
    rows, who = random_set(700, 60, 1)
    assert_same(rows, who)


@pytest.mark.parametrize("spread", [0.3, 1.0, 5.0])
@pytest.mark.parametrize("asked", [Asked(0), Asked(0, ((130_500, 130_600),))])
def test_what_was_not_foreseen_is_swept_again(monkeypatch, spread, asked):
    rows, who = random_set(400, 40, 3, spread)
    wanted = all_pairs(rows, who, FAR_TARGETS, (0.7, 1.9))
    swept = []

    class Counted(Sweep):
        def sweep(self, asked):
            swept.append(asked)
            return super().sweep(asked)

    monkeypatch.setattr("suite.verification.all_pairs.Sweep", Counted)
    monkeypatch.setattr("suite.verification.all_pairs.foresee", lambda *_: asked)
    found = all_pairs(rows, who, FAR_TARGETS, (0.7, 1.9))
    assert len(swept) == 2
    assert (found.tar_at_far, found.kept) == (wanted.tar_at_far, wanted.kept)
    assert (found.eer, found.eer_threshold) == (wanted.eer, wanted.eer_threshold)
    assert sorted(found.near.distances) == sorted(wanted.near.distances)


@pytest.mark.parametrize("spread", [0.5, 1.0, 2.0])
@pytest.mark.parametrize("images", [300, 1000, 3000])
def test_one_sweep_is_enough_where_targets_are_small(monkeypatch, images, spread):
    rows, who = random_set(images, images // 5, 4, spread)
    swept = []
    monkeypatch.setattr(
        "suite.verification.all_pairs.Sweep.sweep",
        lambda self, asked, sweep=Sweep.sweep: swept.append(asked) or sweep(self, asked),
    )
    all_pairs(rows, who, (1e-3, 1e-4, 1e-5, 1e-6, 4e-3))
    assert len(swept) == 1


@pytest.mark.parametrize("images", [50, 700])
def test_near_pairs_are_all_up_to_the_largest_small_target(images):
    rows, who = random_set(images, 12, 5)
    found = all_pairs(rows, who, (1e-4, 4e-3, 0.5))
    reach = found.tar_at_far[1].threshold
    sides = (found.near.left.tolist(), found.near.right.tolist(), found.near.distances)
    near = {(*sorted(pair), d) for *pair, d in zip(*sides, strict=True)}
    assert len(near) == len(found.near.distances)
    left, right = np.triu_indices(images, 1)
    distances = np.maximum(2 - 2 * (rows[left] * rows[right]).sum(axis=1), 0)
    same = who[left] == who[right]
    assert len(near) == found.tar_at_far[1].false_accepts + 1 + (distances <= reach)[same].sum()
    by_pair = {(i, j): d for i, j, d in zip(left, right, distances, strict=True)}
    for pair in near:
        assert by_pair[pair[:2]] == pytest.approx(pair[2], abs=1e-6)


@pytest.mark.parametrize("images", [1, 255, 256, 700])
def test_a_sweep_counts_and_keeps_the_distances_of_plain_blocks(images):
    rows, who = random_set(images, 7, 6)
    rows, who = rows[np.argsort(who)], np.sort(who)
    plain = {True: [], False: []}
    for start in range(0, images, 256):
        block = np.maximum(2 - 2 * (rows[start : start + 256] @ rows[start:].T), np.float32(0))
        for row, column in zip(*np.nonzero(np.triu(np.ones(block.shape), 1)), strict=True):
            plain[bool(who[start + row] == who[start + column])].append(block[row, column])
    genuine, impostors = (np.array(plain[own], np.float32) for own in (True, False))
    middle = int(bins_of(impostors)[len(impostors) // 2]) if len(impostors) else 100
    sweep = Sweep(rows, who)
    found = sweep.sweep(Asked(middle - 50, ((middle - 20, middle), (middle + 5, middle + 6))))
    assert (sweep.genuine, sweep.impostors) == (len(genuine), len(impostors))
    bins = bins_of(impostors)
    assert (found.counts == np.bincount(bins, minlength=BINS)).all()
    assert sorted(found.genuine) == sorted(genuine)
    assert sorted(found.near_impostors.distances) == sorted(impostors[bins < middle - 50])
    inside = (bins >= middle - 20) & (bins < middle) | (bins == middle + 5)
    assert sorted(found.inside) == sorted(impostors[inside])


@given(st.floats(0, 4), st.integers(0, 2**32), st.booleans())
def test_below_counts_as_float64_compares(threshold, seed, tied):
    values = np.sort(np.random.default_rng(seed).random(30).astype(np.float32) * 4)
    threshold = float(values[7]) if tied else threshold
    assert below(values, threshold) == (values.astype(float) < threshold).sum()
    nearest = np.nextafter(float(values[7]), 5)
    assert below(values, nearest) == (values.astype(float) < nearest).sum()


def test_nan_and_one_class_are_refused():
    rows, who = random_set(10, 3, 2)
    with pytest.raises(VerificationError, match="no impostor pair"):
        all_pairs(rows, np.zeros(10, int), FAR_TARGETS)
    with pytest.raises(VerificationError, match="no genuine pair"):
        all_pairs(rows, np.arange(10), FAR_TARGETS)
    with pytest.raises(VerificationError, match="A FAR target"):
        all_pairs(rows, who, (1.0,))
    rows[4, 2] = np.nan
    with pytest.raises(VerificationError, match="in 1 of 10 embeddings"):
        all_pairs(rows, who, FAR_TARGETS)
