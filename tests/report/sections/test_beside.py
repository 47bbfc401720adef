"""What others measured: whether it can be told from our figures, and what contradicts it."""

import pytest
from records import measured, record
from reports import FIGURES, LFW, cells, shown

from suite.catalog.gate import Gate
from suite.report.sections.beside import standing

DOUBT = "TAR is 0.6240 at FAR=1e-3 and at FAR=1e-4"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (0.7857, "not distinguishable"),
        (0.53, "not distinguishable"),
        (0.96, "not distinguishable"),
        (0.9604, "above"),
        (0.5299, "below"),
    ],
)
def test_a_figure_is_within_the_interval_or_on_a_side_of_it(given: float, said: str) -> None:
    assert standing(given, (0.53, 0.96), 4) == said


def test_an_interval_of_no_width_holds_what_rounds_to_it() -> None:
    assert standing(0.6667, (2 / 3, 2 / 3), 4) == "not distinguishable"


def section(**uncertain: object) -> str:
    others = (
        {
            "title": "their notes",
            "figures": {"accuracy": 0.9683, "tar_at_far_1e-3": 0.7857, "latency_ms": 7.35},
            "doubts": (DOUBT,),
        },
    )
    found = measured(Gate.VERIFICATION, LFW, figures=FIGURES, beside=others, **uncertain)
    return shown(record(Gate.VERIFICATION, dataset=LFW, measured=found))


def test_each_figure_of_others_says_where_it_lies() -> None:
    intervals = {"accuracy": (0.9805, 0.9885), "tar_at_far_1e-3": (0.53, 0.96)}
    text = section(uncertainty={"drawn": "people", "units": 4281, "intervals": intervals})
    theirs = cells(text, "fp32, their notes")
    assert theirs[1:3] == ["0.968300 (below)", "0.7857 (not distinguishable)"]
    assert theirs[6] == "7.35"
    assert "Figures of others: whether they lie above, below or within the 95 % interval" in text
    assert f"- **fp32, their notes**: {DOUBT}.\n" in text


def test_without_intervals_nothing_is_said_of_where_they_lie() -> None:
    text = section()
    assert cells(text, "fp32, their notes")[1:3] == ["0.968300", "0.7857"]
    assert "Figures of others" not in text
    assert f"- **fp32, their notes**: {DOUBT}.\n" in text
