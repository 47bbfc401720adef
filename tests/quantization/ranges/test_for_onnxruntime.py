"""Handing ranges to onnxruntime's quantizer, where its release takes them."""

import importlib

import pytest
from onnxruntime.quantization import calibrate

from suite.quantization.ranges import for_onnxruntime


def test_a_release_that_writes_no_ranges_loads(monkeypatch: pytest.MonkeyPatch) -> None:
    """As 1.24, which onnxruntime-openvino is of."""
    monkeypatch.delattr(calibrate, "save_tensors_data", raising=False)
    importlib.reload(for_onnxruntime)
    assert not for_onnxruntime.takes_ranges("MinMax")
