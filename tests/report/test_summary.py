"""The summary for a pull request: its order, its size, and what stands on its first screen."""

import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from records import ENVIRONMENT, measured, record, row
from reports import FP32, INT8, LFW

from suite.catalog.gate import Gate
from suite.judging.changes.change import Change, Kind
from suite.judging.changes.compared import NOTHING, Compared
from suite.judging.outcome import Outcome
from suite.judging.record import Against, Record
from suite.report.model import Report
from suite.report.summary import LIMIT_BYTES, to_summary
from suite.report.verdict import make_report

COMMIT = "0123456789abcdef" * 2 + "01234567"
BGR = Change(
    kind=Kind.IDENTITY,
    harmful=True,
    where="models/m.toml",
    of="model m",
    what="preprocess.color_order",
    before='"RGB"',
    after='"BGR"',
)


def reported(*records: Record, compared: Compared | None = None, **rest: object) -> Report:
    report = make_report(ENVIRONMENT, records, complete=True, require_all=False)
    return report.model_copy(update={"compared": compared, **rest})


def case(model: str, mode: str, outcome: Outcome = Outcome.PASS, used: float = 0.5) -> list[Record]:
    """A model in a mode with all that a row shows; of its loss of accuracy a share is used up."""
    held = row(
        "accuracy",
        outcome,
        against=Against.FP32,
        reference=0.99,
        value=0.99 - used / 100,
        limit=0.01,
    )
    said = "quantization costs too much" if outcome is Outcome.FAIL else "as accepted"
    change = {"point": -0.01, "low": -0.02, "high": 0.004}
    uncertainty = {"drawn": "people", "units": 500, "changes": {"tar_at_far_1e-3": change}}
    return [
        record(
            model=model, mode=mode, measured=measured(Gate.ARTIFACT, figures={"size_bytes": 2**22})
        ),
        record(
            Gate.VERIFICATION,
            outcome,
            f"{said}: Accuracy {0.99 - used / 100:.6f}",
            model=model,
            mode=mode,
            dataset=LFW,
            rows=(held,),
            measured=measured(
                Gate.VERIFICATION, LFW, figures={"tar_at_far_1e-3": 0.98}, uncertainty=uncertainty
            ),
        ),
        record(
            Gate.FIDELITY,
            model=model,
            mode=mode,
            dataset=LFW,
            measured=measured(Gate.FIDELITY, LFW, observed={"cosine_1st_percentile": 0.9871}),
        ),
        record(
            Gate.LATENCY,
            model=model,
            mode=mode,
            measured=measured(
                Gate.LATENCY,
                figures={"speedup": 2.1},
                intervals={"speedup": (2.0, 2.2)},
                identity={"batch": 1},
            ),
        ),
    ]


# A code span: as many backticks after it as before it.
SPAN = re.compile(r"(?<![\\`])(`+)(?!`).*?(?<!`)\1(?!`)")


def order(text: str, *parts: str) -> None:
    places = [text.index(part) for part in parts]
    assert places == sorted(places), dict(zip(parts, places, strict=True))


def sound(text: str) -> None:
    """Nothing is cut: not a line, a row, a code span; and all that is left out is counted."""
    assert len(text.encode()) <= LIMIT_BYTES
    assert text.endswith("\n")
    assert "\n\n\n" not in text
    lines = text.splitlines()
    rows = [line for line in lines if line.startswith("|")]
    widths = {len(re.findall(r"(?<!\\)\|", line)) for line in rows}
    assert len(widths) <= 1, rows
    assert all(line.endswith("|") for line in rows)
    for line in lines:
        outside = re.sub(r"\\.", "", SPAN.sub("", line))
        assert "`" not in outside, line
        assert outside.count("**") % 2 == 0, line


def everything() -> Report:
    """A red gate with a cause, a skipped mode, an undecided speed, a change, a crashed worker."""
    note = "likely cause: colour order: the accepted pipeline feeds RGB, the card now says BGR"
    records = [
        record(Gate.FINGERPRINT, Outcome.FAIL, "not as accepted: FP32 embedding", notes=(note,)),
        *FP32,
        *INT8,
        *(r.model_copy(update={"model": "n"}) for r in case("n", "int8")),
        record(
            outcome=Outcome.SKIPPED, headline="weights 'x.onnx' are absent", model="n", mode="fp16"
        ),
        record(
            Gate.BEHAVIOUR,
            Outcome.FAIL,
            "worker 'gw0' crashed while running 'suite/gates/test_behaviour.py'",
            model="n",
            mode="int8",
        ),
    ]
    moved = Change(
        kind=Kind.FIGURE,
        harmful=True,
        where="baselines/cpu/n/int8.json",
        of="n int8 verification.lfw",
        what="Accuracy",
        before="0.99",
        after="0.97",
    )
    return reported(
        *records, compared=Compared(base="origin/main", commit=COMMIT, changes=(moved,))
    )


def test_all_that_matters_is_on_the_first_screen() -> None:
    text = to_summary(everything())
    sound(text)
    screen = "\n".join(text.splitlines()[:40])
    assert (
        "**m fp32**, fingerprint: not as accepted: FP32 embedding; likely cause: colour" in screen
    )
    assert "(also red with it: 1 verification)" in screen
    assert "skipped: artifact n fp16: weights 'x.onnx' are absent" in screen
    assert "undecided: latency m int8: the interval straddles the limit" in screen
    assert "**accepted**: n int8 (cpu): 1 figure anew, 1 worse: Accuracy 0.99 → 0.97" in screen
    assert "**n int8**, behaviour: worker 'gw0' crashed while running" in screen


def test_the_order_is_that_of_what_a_reviewer_asks() -> None:
    text = to_summary(everything(), "`out/report.md`")
    order(
        text,
        "## FAIL: 3 of ",
        "Worst: m int8: Accuracy on lfw 0.985000, accepted as 0.990000 ± 0.002.",
        "### Causes",
        "### Changed since origin/main (0123456)",
        "### What else failed",
        "### Which mode to ship",
        "### Not decided",
        "| Model | Mode | TAR@FAR",
        "Reproduce `pytest --models=m --modes=fp32 -k test_fingerprint`",
        "The whole run: `pytest --models=m`",
        "Full report: `out/report.md`.",
    )


def test_a_row_shows_what_quantization_cost_and_gave() -> None:
    text = to_summary(reported(*case("m", "int8")))
    assert (
        "| m | int8 | 0.9800 | -0.0100 (-0.0200 … +0.0040) | 0.9871 | 2.10 × (2.00 … 2.20) | 4.00 "
        "| pass |"
    ) in text


def test_a_branch_that_accepts_a_mistake_says_so_under_a_green_verdict() -> None:
    compared = Compared(base="main", commit=COMMIT, changes=(BGR,))
    lines = to_summary(reported(*case("m", "int8"), compared=compared)).splitlines()
    assert lines[0].startswith("## PASS")
    on_top = "\n".join(lines[:12])
    assert "**This branch changed the identity of model m**" in on_top
    assert "**identity changed**: model m: preprocess.color\\_order" in on_top.replace(
        "color_order", "color\\_order"
    )


@pytest.mark.parametrize(
    ("compared", "said"),
    [
        (Compared(why_not=NOTHING), "**Nothing compared: fetch history or give --base**"),
        (Compared(base="main", commit=COMMIT), "Cards and baselines are as in main (0123456)."),
    ],
    ids=["nothing compared", "nothing changed"],
)
def test_what_was_not_compared_is_not_said_to_be_unchanged(compared: Compared, said: str) -> None:
    text = to_summary(reported(*FP32, compared=compared))
    assert said in text.splitlines()
    assert ("Nothing compared" in text) != ("are as in" in text)


def test_thirty_models_in_four_modes_fit() -> None:
    modes = ("fp32", "int8_dynamic", "int8_static_qdq", "int8_static_tuned")
    records = [
        each
        for n in range(30)
        for k, mode in enumerate(modes)
        for each in case(
            f"arcface-r{n}-webface4m",
            mode,
            Outcome.FAIL if n % 10 == 3 and k == 2 else Outcome.PASS,
            used=n / 30 + (2 if n % 10 == 3 and k == 2 else 0),
        )
    ]
    text = to_summary(reported(*records))
    sound(text)
    rows = [line for line in text.splitlines() if line.startswith("| arcface")]
    assert len(rows) >= 10
    assert all(line.rstrip("| ").endswith("FAIL: verification") for line in rows[:3])
    (rest,) = re.findall(r"… and (\d+) more models in modes", text)
    assert len(rows) + int(rest) == 120
    assert len(text.encode()) > 0.8 * LIMIT_BYTES


def test_a_command_that_is_too_long_is_left_out_whole() -> None:
    long = record(outcome=Outcome.FAIL, rerun="pytest --data-dir=" + "x" * 700)
    text = to_summary(reported(long))
    assert "xxx" not in text
    assert "Reproduce (left out here, it is long: see report.md)" in text


def test_any_number_of_identities_fits() -> None:
    changes = tuple(BGR.model_copy(update={"of": f"model m{n}"}) for n in range(2_000))
    compared = Compared(base="main" * 500, commit=COMMIT, changes=changes)
    text = to_summary(reported(*FP32, compared=compared))
    sound(text)
    assert "**This branch changed the identity of model m0, model m1," in text


def test_a_place_that_is_too_long_is_left_out_whole() -> None:
    text = to_summary(reported(*FP32), f"`{'x' * 5_000}`")
    assert text.endswith("Full report: `report.md` beside this file.\n")


IDS = st.from_regex(r"[a-z0-9][a-z0-9_.-]{0,300}", fullmatch=True)
WORDS = st.lists(st.text(max_size=500), min_size=1, max_size=5)


@st.composite
def reports(draw: st.DrawFn) -> Report:
    """Reports of any number of models and modes, with long names and hostile words."""
    models = draw(st.lists(IDS, min_size=1, max_size=9, unique=True))
    modes = draw(st.lists(IDS, min_size=1, max_size=4, unique=True))
    words, chance = draw(WORDS), draw(st.randoms(use_true_random=False))
    records: list[Record] = []
    for model in models:
        for mode in modes:
            outcome, used = chance.choice(list(Outcome)), 9 * chance.random()
            for each in case(model, mode, outcome, used):
                said = {"headline": chance.choice(words), "rerun": chance.choice(words)}
                records.append(each.model_copy(update={"outcome": outcome, **said}))
    changes = [
        Change(
            kind=chance.choice(list(Kind)),
            harmful=chance.random() < 0.5,
            where=chance.choice(["models/m.toml", "baselines/cpu/m/fp32.json"]),
            of=chance.choice(words),
            what=chance.choice(words),
            before=chance.choice(words),
            after=chance.choice(words),
        )
        for _ in range(chance.randrange(9))
    ]
    compared = Compared(base=chance.choice(words), commit=COMMIT, changes=tuple(changes))
    return reported(*records, compared=compared, not_run=tuple(words), outside=tuple(words))


@settings(deadline=None, max_examples=60, suppress_health_check=list(HealthCheck))
@given(reports())
def test_it_never_takes_more_and_is_never_cut(report: Report) -> None:
    sound(to_summary(report, "`report.md`"))


@pytest.mark.parametrize("models", [1, 50, 400])
def test_any_number_of_models_fits(models: int) -> None:
    records = [
        each
        for n in range(models)
        for each in case(f"m{n}-" + "long-name-" * 9, "int8", Outcome.FAIL, used=2 + n)
    ]
    sound(to_summary(reported(*records)))
