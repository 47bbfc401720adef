"""What importing the suite does, before anything else of it is used."""

import os
import subprocess
import sys

import pytest

# Imported first, as every module of the suite is after its package.
ASKED = """
import sys
from suite.runtime import sessions
import os

print("onnxruntime" in sys.modules, os.environ["ORT_DISABLE_TELEMETRY"])
"""


@pytest.mark.parametrize(("given", "kept"), [(None, "1"), ("0", "0")])
def test_onnxruntime_reports_to_nobody_unless_told_to(given: str | None, kept: str) -> None:
    environment = {k: v for k, v in os.environ.items() if k != "ORT_DISABLE_TELEMETRY"}
    if given:
        environment["ORT_DISABLE_TELEMETRY"] = given
    done = subprocess.run(
        [sys.executable, "-c", ASKED], env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["True", kept]
