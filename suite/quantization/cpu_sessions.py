"""Sessions on the CPU that building an artifact looks at networks with."""

from pathlib import Path

import onnxruntime as ort

from suite.quantization.steps.net import Net


def quiet_options() -> ort.SessionOptions:
    """Options of a session that says nothing short of an error."""
    options = ort.SessionOptions()
    options.log_severity_level = 3
    return options


def open_on_cpu(path: Path, options: ort.SessionOptions | None = None) -> ort.InferenceSession:
    """Load a file on the CPU, quietly unless other options are given."""
    chosen = options or quiet_options()
    return ort.InferenceSession(path, chosen, providers=["CPUExecutionProvider"])


def open_net(
    net: Net, work: Path, options: ort.SessionOptions | None = None
) -> ort.InferenceSession:
    """Load a network by way of a scratch file in a folder, which is gone afterwards."""
    path = work / "scratch.onnx"
    net.save(path)
    try:
        return open_on_cpu(path, options)
    finally:
        path.unlink()
