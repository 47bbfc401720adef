"""How much of its limit a figure has used up: by hand."""

import math

import pytest
from records import row

from suite.judging.outcome import Outcome
from suite.judging.record import Against, Row
from suite.judging.shipping.strain import in_words, strain


@pytest.mark.parametrize(
    ("made", "used"),
    [
        (row("accuracy", against=Against.FP32, reference=0.99, value=0.987, limit=0.006), 0.5),
        (row("accuracy", against=Against.FP32, reference=0.99, value=0.996, limit=0.006), -1.0),
        (row("eer", against=Against.FP32, reference=0.01, value=0.013, limit=0.002), 1.5),
        (row("cosine_worst", against=Against.FLOOR, reference=0.97, value=0.985, limit=0.97), 0.5),
        (row("cosine_worst", against=Against.FLOOR, reference=0.97, value=0.91, limit=0.97), 3.0),
        (row("cosine_worst", against=Against.FLOOR, reference=1, value=0.9, limit=1), math.inf),
        (row("speedup", against=Against.FLOOR, reference=1.5, value=1.2, limit=1.5), 1.25),
        (row("accuracy", reference=0.99, value=0.994, limit=0.002), 2.0),
        (row("accuracy", reference=0.99, value=0.99, limit=0), 0.0),
        (row("quantized_ops", reference=30, value=29, limit=0), math.inf),
        (row("accuracy", reference=None, value=0.99, outcome=Outcome.NOT_COMPARED), 0.0),
        (row("accuracy", reference=None, value=None, outcome=Outcome.FAIL), math.inf),
    ],
)
def test_strain_is_a_multiple_of_what_is_allowed(made: Row, used: float) -> None:
    assert strain(made) == pytest.approx(used)


@pytest.mark.parametrize(
    ("made", "words"),
    [
        (
            row("accuracy", against=Against.FP32, reference=0.99, value=0.987, limit=0.006),
            "Accuracy on lfw 0.987000, 0.003000 worse of the 0.006 allowed against FP32's 0.990000",
        ),
        (
            row("accuracy", against=Against.FP32, reference=0.98, value=0.99, limit=0.006),
            "Accuracy on lfw 0.990000, nothing lost of the 0.006 allowed against FP32's 0.980000",
        ),
        (
            row("cosine_worst", against=Against.FLOOR, reference=0.97, value=0.83, limit=0.97),
            "Worst cosine to FP32 on lfw 0.83000, at least 0.97 asked",
        ),
        (
            row("speedup", reference=2, value=1.5, limit=0.07),
            "Speed-up over FP32 on lfw 1.500, accepted as 2.000 ± 7%",
        ),
        (
            row("batch_difference", against=Against.ITSELF, reference=None, value=0.03, limit=0.01),
            "Distance to the same faces in other batches on lfw 0.03000, at most 0.01 allowed",
        ),
        (row("tensor", reference=None, value=None), "Preprocessed tensor on lfw ± 0.002"),
        (
            row("tensor", reference=None, value=None).model_copy(update={"difference": 4.4}),
            "Preprocessed tensor on lfw 4.40000 off, ± 0.002",
        ),
    ],
)
def test_a_row_is_said_with_what_it_is_held_to(made: Row, words: str) -> None:
    assert in_words(made, "lfw") == words
