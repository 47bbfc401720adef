"""What a branch did to its gate, under the verdict of the report and on the terminal."""

from records import ENVIRONMENT, record
from reports import FP32

from suite.judging.changes.change import Change, Kind
from suite.judging.changes.compared import NOTHING, Compared
from suite.report.markdown import to_markdown
from suite.report.model import Report
from suite.report.sections.changed import changed_lines
from suite.report.verdict import make_report

BGR = Change(
    kind=Kind.IDENTITY,
    harmful=True,
    where="models/m.toml",
    of="model m",
    what="preprocess.color_order",
    before='"RGB"',
    after='"BGR"',
)


def reported(compared: Compared | None) -> Report:
    return make_report(
        ENVIRONMENT, [*FP32, record()], complete=True, require_all=False, compared=compared
    )


def since(*changes: Change) -> Compared:
    return Compared(base="main", commit="0123456789", changes=changes)


def test_it_stands_right_under_the_verdict() -> None:
    lines = to_markdown(reported(since(BGR))).splitlines()
    assert lines[2].startswith("**PASS**")
    assert lines.index("## Changed since main (0123456)") < 8
    assert (
        '- **identity changed**: model m: preprocess.color_order "RGB" → "BGR" (models/m.toml); '
        "its baselines are as they were"
    ) in lines[:10]


def test_nothing_compared_and_nothing_changed_are_not_the_same() -> None:
    assert f"**N{NOTHING[1:]}**." in to_markdown(reported(Compared(why_not=NOTHING)))
    assert "Cards and baselines are as in main (0123456)." in to_markdown(reported(since()))
    assert "Changed since" not in to_markdown(reported(None))


def test_the_terminal_says_it_shortly() -> None:
    assert changed_lines(reported(Compared(why_not=NOTHING))) == [NOTHING]
    assert changed_lines(reported(since())) == changed_lines(reported(None)) == []
    many = [BGR.model_copy(update={"of": f"model m{n}"}) for n in range(9)]
    gone = Change(
        kind=Kind.COVERAGE,
        harmful=True,
        where="models/m.toml",
        of="m int8",
        what="is gated no more",
    )
    lines = changed_lines(reported(since(*many, gone)))
    assert len(lines) == 6
    assert lines[0].startswith("identity changed since main (0123456): model m0: preprocess.color")
    assert lines[1] == "dropped since main (0123456): m int8: is gated no more"
    assert lines[-1] == "and 5 more changes since main (0123456): see the report"
