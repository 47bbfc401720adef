"""The libraries that figures depend on."""

import onnxruntime

from suite.runtime.versions import onnxruntime_version, versions


def test_versions_are_those_of_what_is_imported() -> None:
    assert onnxruntime_version() == onnxruntime.__version__
    found = versions()
    assert found["onnxruntime"] == onnxruntime.__version__
    assert {"onnx", "numpy", "pytest", "syrupy", "opencv-python-headless"} <= found.keys()
