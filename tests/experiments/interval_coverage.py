"""How often 95 % intervals hold the truth.

``python tests/experiments/interval_coverage.py`` takes a quarter of an hour.

People have embeddings around centres of their own, some better recognised than others; the truth
is the figure's mean over many sets of that size, and at a fixed threshold over all people there
are. Each run draws people anew, makes pairs as the embedded set does, and asks each interval.
"""

import argparse
import sys

import numpy as np

from suite.report.tables import markdown
from suite.verification.bootstrap import ResampledPairs, interval
from suite.verification.draws import Units, draw
from suite.verification.pair_figures import verify

THRESHOLD = 1.1
FIGURES = ("accuracy", "tar at a threshold", "far at a threshold", "roc_auc", "eer", "tar@1e-2")


def one_set(people: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, Units]:
    """Ten folds of people: 20 genuine pairs each, as many impostor pairs; 12 images a person."""
    centres = rng.normal(size=(people, 24))
    spread = rng.uniform(0.45, 1.0, size=people)
    rows = centres[:, None] + spread[:, None, None] * rng.normal(size=(people, 12, 24))
    rows /= np.linalg.norm(rows, axis=2, keepdims=True)
    left, right = [], []
    for fold in np.array_split(np.arange(people), 10):
        mine = np.repeat(fold, 20)
        left.append(mine)
        right.append(mine)
        one = rng.choice(fold, 20 * len(fold))
        step = rng.integers(1, len(fold), 20 * len(fold))
        other = fold[(one - fold[0] + step) % len(fold)]
        left.append(one)
        right.append(other)
    who, whom = np.concatenate(left), np.concatenate(right)
    first = rng.integers(12, size=len(who))
    second = (first + rng.integers(1, 12, size=len(who))) % 12
    distances = ((rows[who, first] - rows[whom, second]) ** 2).sum(axis=1)
    return distances, who == whom, Units.of_people(who, whom)


def figures(distances: np.ndarray, genuine: np.ndarray) -> np.ndarray:
    """The figures of one set, in the order of FIGURES."""
    found = verify(distances, genuine, (1e-2,))
    near = distances < THRESHOLD
    fixed = (near[genuine].mean(), near[~genuine].mean())
    return np.array([found.accuracy, *fixed, found.roc_auc, found.eer, found.tar_at_far[0].tar])


def covered(people: int, runs: int, resamples: int, seed: int) -> np.ndarray:
    """The share of runs whose interval holds the truth, for each figure."""
    rng = np.random.default_rng([seed, people])
    truth = np.mean([figures(*one_set(people, rng)[:2]) for _ in range(1500)], axis=0)
    hits = np.zeros(len(FIGURES))
    for run in range(runs):
        distances, genuine, units = one_set(people, rng)
        weights = units.weights(draw(units.count, resamples, seed=run))
        again = ResampledPairs(distances, genuine, weights)
        found = {
            "accuracy": again.accuracy(),
            "tar at a threshold": again.tar_at(THRESHOLD),
            "far at a threshold": again.far_at(THRESHOLD),
            "roc_auc": again.auc(),
            "eer": again.eer(),
            "tar@1e-2": again.tar_at_far(1e-2),
        }
        for index, name in enumerate(FIGURES):
            ends = interval(found[name])
            hits[index] += ends.low <= truth[index] <= ends.high
        if run % 200 == 199:
            print(f"{people} people: {run + 1} of {runs}", file=sys.stderr, flush=True)
    return hits / runs


def main() -> int:
    """Print the table; returns 1 where accuracy or TAR at a threshold leave 92 to 98 %."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=2000)
    parser.add_argument("--resamples", type=int, default=400)
    parser.add_argument("--people", type=int, nargs="+", default=[30, 60, 100, 200])
    chosen = parser.parse_args()
    rows, status = [], 0
    for people in chosen.people:
        shares = covered(people, chosen.runs, chosen.resamples, seed=0)
        if people >= 100 and not all(0.92 <= share <= 0.98 for share in shares[:2]):
            status = 1
        rows.append((str(people), *(f"{share:.3f}" for share in shares)))
    print(*markdown(("people", *FIGURES), rows), sep="\n")
    return status


if __name__ == "__main__":
    sys.exit(main())
