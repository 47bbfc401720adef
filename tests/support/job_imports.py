"""What every job imports, for the server that jobs are forked from; and what the CPU is."""

import gc
import importlib
import pkgutil
import sys

from _pytest.config import default_plugins

import suite
from suite.catalog.folder import read_catalog
from suite.report.html.parts import template
from suite.runtime.profile import own_profile

APART = ("suite.export", "suite.training", "suite.gates.test_")
OTHERS = (
    *("cv2", "numpy.random", "onnx", "onnxruntime.quantization", "pdb", "pytest", "syrupy"),
    *("hypothesis", "_hypothesis_pytestplugin", "pytest_cov.plugin", "pytest_benchmark.plugin"),
    *("pytest_benchmark.storage.file", "xdist.dsession", "xdist.plugin", "xdist.workermanage"),
    *(f"_pytest.{plugin}" for plugin in default_plugins),
)

own = (found.name for found in pkgutil.walk_packages(suite.__path__, "suite."))
for name in (*OTHERS, *(name for name in own if not name.startswith(APART))):
    importlib.import_module(name)
own_profile(read_catalog().providers["cpu"])
for page in ("page.html", "parts.html"):
    template(page)
# Without the folder that the server was started in.
PATH = [entry for entry in sys.path if entry]
# pytest collects garbage as it ends, which would go through all that is imported here.
gc.collect()
gc.freeze()
