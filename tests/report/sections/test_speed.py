"""The table of speeds."""

from reports import FP32, INT8, cells, shown


def test_speed_has_its_interval_and_its_remark() -> None:
    text = shown(*FP32, *INT8)
    speed = text[text.index("Speed, with 1 thread;") :]
    assert cells(speed, "int8")[8] == "1.900 (1.800 … 2.000)"
    assert cells(speed, "int8")[10:] == ["2.000", "undecided"]
    assert "- **int8**, batch 1: slower than hoped." in speed
