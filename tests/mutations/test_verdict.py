"""What makes which code, and what counts as resolving."""

import pytest

from suite.judging.measured import Measured, Resolution, Uncertainty
from suite.judging.outcome import Outcome
from suite.judging.record import Against, Row
from tests.mutations.verdict import Catch, _code, resolves, verdict


def a_row(metric: str, measured: float, held_to: float, against: Against = Against.BASELINE) -> Row:
    return Row(
        metric=metric,
        against=against,
        reference=held_to,
        measured=measured,
        difference=measured - held_to,
        limit=0.001,
        outcome=Outcome.FAIL,
    )


def measured(flag: str) -> Measured:
    """Of 3,000 impostor pairs listed and 700,000 in all."""
    counts = {"tar_at_far_1e-3": (3000, flag), "all_pairs_tar_at_far_1e-3": (700_000, "")}
    resolution = {
        name: Resolution(
            far_target=1e-3,
            impostors=impostors,
            expected_false_accepts=impostors / 1000,
            false_accepts=impostors // 1000,
            flag=said,
        )
        for name, (impostors, said) in counts.items()
    }
    of = Uncertainty(drawn="people", units=100, resolution=resolution)
    return Measured(section="verification.set", identity={}, uncertainty=of)


@pytest.mark.parametrize(
    ("metric", "value", "held_to", "expected"),
    [
        ("accuracy", 0.9, 0.95, True),
        ("accuracy_threshold", 1.2, 1.3, False),
        ("tar_at_far_1e-3", 0.7, 0.8, False),
        ("val_at_far_1e-3", 0.7, 0.8, False),
        ("all_pairs_tar_at_far_1e-3", 0.7, 0.8, True),
        ("fixed_far_1e-3", 5 / 3000, 3 / 3000, False),
        ("fixed_far_1e-3", 10 / 3000, 3 / 3000, True),
        ("all_pairs_fixed_far_1e-3", 0.002, 0.001, True),
    ],
)
def test_what_few_false_accepts_set_does_not_resolve(
    metric: str, value: float, held_to: float, expected: bool
) -> None:
    assert resolves(a_row(metric, value, held_to), measured("weak")) is expected


def test_it_resolves_where_nothing_is_flagged() -> None:
    assert resolves(a_row("tar_at_far_1e-3", 0.7, 0.8), measured(""))


@pytest.mark.parametrize(
    ("metric", "against", "code"),
    [
        ("size_bytes", Against.BASELINE, "A"),
        ("size_bytes", Against.FP32, "A"),
        ("float_ops", Against.BASELINE, "A"),
        ("float_weights", Against.FP32, "P"),
        ("cosine_mean", Against.FLOOR, "P"),
        ("cosine_mean", Against.BASELINE, "B"),
        ("accuracy_threshold", Against.BASELINE, "f"),
    ],
)
def test_a_row_has_the_code_of_what_it_is_held_to(metric: str, against: Against, code: str) -> None:
    assert _code(a_row(metric, 0.5, 0.4, against), measured("weak")) == code


def test_the_strongest_code_is_the_cells() -> None:
    def catch(code: str, margin: float | None) -> Catch:
        return Catch(code=code, gate=f"gate {code}", figure="x", margin=margin)

    assert verdict([]).code == "M"
    assert verdict([catch("A", 50)]).code == "A"
    assert verdict([catch("A", 50), catch("f", 2)]).code == "f"
    found = verdict([catch("f", 9), catch("B", 2), catch("A", 3)])
    assert (found.code, found.strongest) == ("B", catch("B", 2))
    assert verdict([catch("B", 3), catch("P", 1.1)]).code == "P"
