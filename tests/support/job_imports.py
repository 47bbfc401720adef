"""What every job imports, for the server that jobs are forked from; and what the CPU is."""

import importlib
import pkgutil
import sys

import suite
from suite.catalog.folder import read_catalog
from suite.runtime.profile import own_profile

APART = ("suite.export", "suite.training", "suite.gates.test_")
OTHERS = (
    *("cv2", "hypothesis", "onnx", "onnxruntime.quantization", "pytest", "syrupy"),
    *("pytest_benchmark.plugin", "xdist.dsession", "xdist.plugin", "xdist.workermanage"),
)

own = (found.name for found in pkgutil.walk_packages(suite.__path__, "suite."))
for name in (*OTHERS, *(name for name in own if not name.startswith(APART))):
    importlib.import_module(name)
own_profile(read_catalog().providers["cpu"])
# Without the folder that the server was started in.
PATH = [entry for entry in sys.path if entry]
