"""How near embeddings are, and what of a policy that uses up."""

import numpy as np
import pytest

from suite.catalog.policy import PolicySpec
from suite.quantization.sensitivity.nearness import Nearness, asked_of_mix


def test_nearness_is_what_numpy_says() -> None:
    rng = np.random.default_rng(0)
    fp32 = rng.standard_normal((30, 8))
    rows = fp32 + 0.1 * rng.standard_normal((30, 8))
    units = [each / np.linalg.norm(each, axis=1, keepdims=True) for each in (fp32, rows)]
    cosines = (units[0] * units[1]).sum(axis=1)
    scores = [np.array([a @ b for i, a in enumerate(u) for b in u[i + 1 :]]) for u in units]
    found = Nearness.of(fp32, rows)
    assert found.mean == pytest.approx(1 - cosines.mean())
    assert found.tail == pytest.approx(1 - np.quantile(cosines, 0.01))
    assert found.score_change == pytest.approx(np.quantile(np.abs(scores[1] - scores[0]), 0.99))


def test_one_face_makes_no_pair() -> None:
    assert Nearness.of(np.ones((1, 4)), np.ones((1, 4))).score_change == 0


@pytest.mark.parametrize(
    ("policy", "used"),
    [
        ({}, 0.04 / (0.8 * 2)),
        ({"cosine_mean": 0.99}, 0.004 / (0.8 * 0.01)),
        ({"cosine_1st_percentile": 0.95}, 0.04 / (0.8 * 0.05)),
        ({"score_change_99th_percentile": 0.05}, 0.02 / (0.8 * 0.05)),
        ({"cosine_mean": 0.99, "score_change_99th_percentile": 0.01}, 0.02 / (0.8 * 0.01)),
    ],
)
def test_what_uses_most_of_its_limit_counts(policy: dict[str, float], used: float) -> None:
    assert Nearness(0.004, 0.04, 0.02).used(policy) == pytest.approx(used)


def test_a_policy_without_a_percentile_has_its_worst_cosine_there() -> None:
    floors = {"cosine_mean": 0.99, "cosine_worst": 0.97, "quantized_share": 0.9}
    changed = PolicySpec(floor=floors, loss={"accuracy": 0.1, "score_change_99th_percentile": 0.02})
    assert asked_of_mix([changed]) == {
        "cosine_mean": 0.99,
        "cosine_1st_percentile": 0.97,
        "score_change_99th_percentile": 0.02,
        "quantized_share": 0.9,
    }
    said = PolicySpec(floor={**floors, "cosine_1st_percentile": 0.98})
    assert asked_of_mix([said])["cosine_1st_percentile"] == 0.98
    assert asked_of_mix([PolicySpec()]) == {}


def test_of_several_policies_the_strictest_of_each_figure_is_asked() -> None:
    first = PolicySpec(floor={"cosine_mean": 0.99}, loss={"score_change_99th_percentile": 0.02})
    second = PolicySpec(floor={"cosine_mean": 0.98, "quantized_share": 0.5})
    third = PolicySpec(loss={"score_change_99th_percentile": 0.01})
    for order in ([first, second, third], [third, second, first]):
        assert asked_of_mix(order) == {
            "cosine_mean": 0.99,
            "score_change_99th_percentile": 0.01,
            "quantized_share": 0.5,
        }
