"""All figures of a dataset at once, and what makes them impossible."""

import doctest
import importlib
import pkgutil
import subprocess
import sys

import numpy as np
import pytest

import suite.verification
from suite.verification import Roc, VerificationError, fold_accuracy, verify

MODULES = [module.name for module in pkgutil.iter_modules(suite.verification.__path__)]


def lfw_like(seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Distances of 6,000 pairs in ten folds of 300 genuine and 300 impostor pairs."""
    rng = np.random.default_rng(seed)
    genuine = np.tile(np.repeat([True, False], 300), 10)
    return np.clip(rng.normal(np.where(genuine, 0.9, 1.9), 0.25), 0, 4), genuine


def test_verify_brings_together_what_each_function_gives():
    distances, genuine = lfw_like()
    figures = verify(distances, genuine)
    folds = fold_accuracy(distances, genuine)
    roc = Roc.of(distances, genuine)
    equal = roc.equal_error_rate()
    assert figures.accuracy == folds.mean
    assert figures.accuracy_std == folds.std
    assert figures.accuracy_threshold == folds.threshold
    assert figures.tar_at_far == tuple(roc.tar_at_far(t) for t in (1e-3, 1e-4))
    assert figures.roc_auc == roc.auc()
    assert (figures.eer, figures.eer_threshold) == (equal.eer, equal.threshold)
    assert (figures.pairs, figures.genuine, figures.impostors) == (6000, 3000, 3000)


def test_targets_are_answered_in_the_order_asked():
    figures = verify(*lfw_like(), far_targets=(0.1, 1e-4, 0.01))
    assert [point.far_target for point in figures.tar_at_far] == [0.1, 1e-4, 0.01]
    assert verify(*lfw_like(), far_targets=()).tar_at_far == ()


def test_perfect_model_by_hand():
    figures = verify([0.3, 1.7] * 10, [True, False] * 10)
    assert (figures.accuracy, figures.accuracy_std, figures.roc_auc, figures.eer) == (1, 0, 1, 0)
    assert [(point.tar, point.far) for point in figures.tar_at_far] == [(1, 0), (1, 0)]


def test_model_that_gives_one_embedding_for_every_face_by_hand():
    figures = verify([0.0] * 20, [True, False] * 10)
    assert (figures.accuracy, figures.roc_auc, figures.eer) == (0.5, 0.5, 0.5)
    assert [point.tar for point in figures.tar_at_far] == [0, 0]


def test_figures_are_plain_python_numbers():
    figures = verify(*lfw_like())
    assert all(
        type(value) in (int, float)
        for record in (figures, *figures.tar_at_far)
        for name, value in vars(record).items()
        if name != "tar_at_far"
    )


def test_arguments_are_left_alone():
    distances, genuine = lfw_like()
    before = distances.copy(), genuine.copy()
    distances.flags.writeable = genuine.flags.writeable = False
    verify(distances, genuine)
    assert np.array_equal(before[0], distances)
    assert np.array_equal(before[1], genuine)


def test_lists_and_float32_are_taken():
    distances, genuine = lfw_like()
    narrow = distances.astype(np.float32)
    assert verify(narrow.tolist(), genuine.tolist()) == verify(narrow, genuine.astype(np.uint8))


def test_nan_distances_are_counted_and_the_first_is_named():
    distances, genuine = lfw_like()
    distances[[7, *range(100, 111)]] = np.nan
    with pytest.raises(VerificationError) as caught:
        verify(distances, genuine)
    assert str(caught.value) == (
        "NaN in 12 of 6,000 distances (first at pair 7): the model gives no usable embedding "
        "for these faces."
    )


def test_infinite_distances_are_counted_and_the_first_is_named():
    distances, genuine = lfw_like()
    distances[[5999, 3]] = np.nan, np.inf
    with pytest.raises(
        VerificationError, match=r"^NaN or infinity in 2 of 6,000 distances \(first at pair 3\): "
    ):
        verify(distances, genuine)


@pytest.mark.parametrize("figure", [verify, fold_accuracy, Roc.of])
@pytest.mark.parametrize(
    ("distances", "genuine", "message"),
    [
        ([], [], "There are no pairs to verify."),
        (
            [0.1] * 6,
            [True] * 5,
            "6 distances came with 5 genuine labels: there must be one label for each pair.",
        ),
        (
            [0.1] * 12,
            [True] * 12,
            "All 12 pairs are genuine pairs: verification figures need at least one impostor "
            "pair too.",
        ),
        (
            [0.1] * 12,
            [False] * 12,
            "All 12 pairs are impostor pairs: verification figures need at least one genuine "
            "pair too.",
        ),
        (
            [0.1] * 12,
            [1, 0, 2] * 4,
            "The genuine label of pair 2 is 2, but a label is true or false.",
        ),
        (
            [0.1] * 12,
            ["1"] * 12,
            "The genuine label of pair 0 is '1', but a label is true or false.",
        ),
        (
            [[0.1, 0.2]],
            [[True, False]],
            "distances and genuine must have one dimension each, not shapes (1, 2) and (1, 2).",
        ),
    ],
)
def test_unusable_pairs_are_refused_in_one_sentence(figure, distances, genuine, message):
    with pytest.raises(VerificationError) as caught:
        figure(distances, genuine)
    assert str(caught.value) == message


def test_too_few_pairs_for_ten_folds_are_refused():
    with pytest.raises(VerificationError, match=r"^8 pairs are too few for 10 folds: "):
        verify([0.1, 2.0] * 4, [True, False] * 4)


def test_error_is_a_value_error():
    assert issubclass(VerificationError, ValueError)


@pytest.mark.parametrize("module", MODULES)
def test_examples_in_docstrings_hold(module):
    outcome = doctest.testmod(importlib.import_module(f"suite.verification.{module}"))
    assert outcome.failed == 0


def test_importing_and_computing_needs_neither_scipy_nor_scikit_learn():
    program = (
        "import sys; from suite.verification import verify; "
        "verify([0.3, 1.7] * 10, [True, False] * 10); "
        "print(sorted({'scipy', 'sklearn'} & set(sys.modules)))"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, text=True, check=True
    )
    assert ran.stdout == "[]\n"


def test_accuracy_is_that_of_the_folds_asked_for():
    distances, genuine = lfw_like()
    for folds in (2, 5):
        figures, found = (
            verify(distances, genuine, folds=folds),
            fold_accuracy(distances, genuine, folds),
        )
        assert (figures.accuracy, figures.accuracy_std) == (found.mean, found.std)
