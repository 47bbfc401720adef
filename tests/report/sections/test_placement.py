"""Where nodes ran."""

from reports import FP32, INT8, cells, shown


def test_nodes_that_run_elsewhere_are_named() -> None:
    text = shown(*FP32, *INT8)
    placed = text[text.index("Placement on `cpu`") :]
    assert cells(placed, "fp32")[1:6] == ["9", "1", "–", "5", "75.0%"]
    assert "| fp32 | odd | Scaler | CPU | fell back |" in placed
