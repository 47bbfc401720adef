"""What every job imports, for the server that jobs are forked from; and what the CPU is."""

import importlib
import sys

from suite.catalog.folder import read_catalog
from suite.runtime.profile import own_profile

for name in (
    *("cv2", "onnx", "onnxruntime", "onnxruntime.quantization", "pytest", "hypothesis"),
    *("pytest_benchmark.plugin", "syrupy", "xdist.plugin", "xdist.dsession", "xdist.workermanage"),
    *("suite.entry_points.plugin.hooks", "suite.gates.gate", "suite.gates.latency"),
    *("suite.gates.workbench", "suite.quantization.builder", "suite.report.folder"),
):
    importlib.import_module(name)
own_profile(read_catalog().providers["cpu"])
# Without the folders that the server itself was found in.
PATH = [entry for entry in sys.path if entry]
