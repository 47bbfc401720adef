"""The terminal's table of speeds."""

from records import record
from reports import FP32, INT8

from suite.catalog.gate import Gate
from suite.judging.measured import Measured
from suite.report.speed_lines import speed_lines


def timed(mode: str, **observed: float) -> Measured:
    return Measured(
        section="latency.x",
        identity={"batch": 1},
        figures={"speedup": 1.9},
        observed={"latency_ms": 2.5, "latency_fp32_ms": 4.75, **observed},
        intervals={"speedup": (1.8, 2.0)},
    )


def test_a_mode_stands_beside_the_fp32_of_its_own_turns() -> None:
    lines = speed_lines([record(Gate.LATENCY, mode="int8", measured=timed("int8"))])
    assert [line.split() for line in lines[1:]] == [
        ["m", "int8", "1", "2.500", "4.750", "1.900", "(1.800", "…", "2.000)", "pass"]
    ]
    assert "fp32_prepared" not in lines[0]


def test_prepared_fp32_has_a_column_where_any_mode_was_timed_beside_it() -> None:
    rows = [
        record(Gate.LATENCY, mode="a", measured=timed("a", speedup_over_prepared=1.25)),
        record(Gate.LATENCY, mode="b", measured=timed("b")),
    ]
    lines = speed_lines(rows)
    assert "over fp32_prepared" in lines[0]
    assert [line.split()[-2] for line in lines[1:]] == ["1.250", "–"]


def test_fp32_has_no_line_of_its_own() -> None:
    assert speed_lines([*FP32]) == []
    assert len(speed_lines([*FP32, *INT8])) == 2
