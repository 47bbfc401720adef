"""How sure figures are, what quantization changed, and which pairs it flipped."""

import pytest
from records import measured, record

from suite.catalog.gate import Gate
from suite.judging.measured import Change, Flip, Resolution, Uncertainty
from suite.judging.record import Record
from suite.report.sections.certainty import certainty, flags

TAR = "tar_at_far_1e-3"
FP32 = {"accuracy": 0.99, TAR: 0.97}
NOW = {"accuracy": 0.98, TAR: 0.95}


def of(units: int = 200, **rest: object) -> Uncertainty:
    return Uncertainty.model_validate(
        {
            "drawn": "people",
            "units": units,
            "intervals": {TAR: (0.9, 0.99)},
            "changes": {
                "accuracy": Change(point=-0.01, low=-0.02, high=-0.001),
                TAR: Change(point=-0.02, low=-0.05, high=0.01),
            },
            "resolution": {
                TAR: Resolution(
                    far_target=1e-3,
                    impostors=3000,
                    expected_false_accepts=3,
                    false_accepts=2,
                    flag="coarse",
                )
            },
            **rest,
        }
    )


def verified(uncertainty: Uncertainty | None, **rest: object) -> Record:
    found = measured(
        Gate.VERIFICATION, "lfw", figures=NOW, reference=FP32, uncertainty=uncertainty, **rest
    )
    return record(Gate.VERIFICATION, mode="int8", dataset="lfw", measured=found)


def test_a_change_is_worse_where_all_of_its_interval_is() -> None:
    text = "\n".join(certainty([verified(of())]))
    assert "**Worse than FP32 beyond chance**, whatever the policy: int8: Accuracy." in text
    assert text.count("**worse**") == 1


def test_a_tar_that_cannot_be_resolved_is_flagged() -> None:
    text = "\n".join(certainty([verified(of())]))
    assert "**Flagged**: TAR@FAR=1e-3, of 3,000 impostor pairs, is coarse." in text
    assert "3 / 2" in text
    assert flags(verified(of()).measured) == ["TAR@FAR=1e-3: coarse"]
    assert flags(None) == []


@pytest.mark.parametrize(
    ("drawn", "units", "optimistic", "short"),
    [("people", 100, False, False), ("people", 99, False, True), ("images", 100, True, False)],
)
def test_what_intervals_are_drawn_from_is_said(
    drawn: str, units: int, optimistic: bool, short: bool
) -> None:
    text = "\n".join(certainty([verified(of(units, drawn=drawn))]))
    assert ("**Optimistic**" in text, "**Too short**" in text) == (optimistic, short)


def test_flipped_pairs_are_counted_and_the_first_shown() -> None:
    pairs = tuple(
        Flip(
            pair=number,
            left=f"l{number}",
            right=f"r{number}",
            genuine=number == 0,
            fp32_distance=1.0,
            distance=1.5,
            own=True,
            kept=number < 2,
        )
        for number in range(7)
    )
    text = "\n".join(certainty([verified(of(), flips=pairs)]))
    assert "**int8** decides 7 pairs otherwise" in text
    assert "accuracy threshold, 2 with FP32's; the 5 that moved farthest" in text
    assert " l4 " in text
    assert "l5" not in text


def test_without_uncertainty_there_is_no_section() -> None:
    assert certainty([verified(None)]) == []
