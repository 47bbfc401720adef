"""What was run where."""

from reports import FP32, cells, shown


def test_the_environment_and_the_hashes_close_it() -> None:
    text = shown(*FP32)
    closing = text[text.index("## What was run where") :]
    assert cells(closing, "Command")[1] == "`pytest --models=m`"
    assert cells(closing, "Versions")[1] == "onnxruntime 1.32.0, numpy 2.4.6"
    assert cells(closing, "m")[1:] == ["source", "a" * 64]
