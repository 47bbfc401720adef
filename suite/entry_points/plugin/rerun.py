"""The command that runs one gate of a run alone."""

from __future__ import annotations

import pytest

from suite.entry_points.plugin.items import case_of, dataset_of, function_of
from suite.entry_points.plugin.run import GateRun


def rerun_of(item: pytest.Item) -> str:
    """The command that runs a gate alone."""
    invocation = GateRun.of(item.config).invocation
    return invocation.rerun(case_of(item), dataset_of(item), function_of(item))
