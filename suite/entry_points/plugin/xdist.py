"""Under xdist: a model stays on one worker, and a worker that dies leaves its name."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from face_quant_gate.location import GATES

from suite.catalog.case import Case
from suite.catalog.selection import Selection

if TYPE_CHECKING:
    from xdist.scheduler import LoadScopeScheduling


def scheduler_by_model(config: pytest.Config, log: Any, models: Sequence[str]) -> Any:
    """A scheduler that gives all gates of a model to one worker, so FP32 is embedded once."""
    from xdist.scheduler import LoadScopeScheduling

    class ByModel(LoadScopeScheduling):
        """xdist's scheduler by scope, with a model as the scope of its gates."""

        def _split_scope(self, nodeid: str) -> str:
            return model_of(nodeid, models) or nodeid

        def _reschedule(self, node: Any) -> None:
            # A worker runs a test once it knows of one to come after it, or of the end. A crash may
            # leave one test of a unit, or none, and xdist 3.8 gives a new worker no second unit
            # (pytest-xdist issues 1323 and 1327).
            super()._reschedule(node)
            while not node.shutting_down and self._pending_of(self.assigned_work[node]) < 2:
                super()._reschedule(node)

    scheduler: LoadScopeScheduling = ByModel(config, log)
    return scheduler


def model_of(nodeid: str, models: Sequence[str]) -> str | None:
    """The model in a gate's node id, ``…::test_x[<model>-<mode>…]``; None where there is none."""
    parameters = nodeid.partition("[")[2]
    found = [model for model in models if parameters.startswith(f"{model}-")]
    return max(found, key=len, default=None)


def case_in(nodeid: str, selection: Selection) -> tuple[Case, str | None] | None:
    """The case and the dataset in a gate's node id; None where it is no gate's.

    The controller of an xdist run collects nothing and has node ids alone; with ``--pyargs`` their
    path is the bare file name.
    """
    path, _, parameters = nodeid.partition("[")
    parameters = parameters.removesuffix("]")
    cases = [c for c in selection.cases if f"{parameters}-".startswith(f"{c.id}-")]
    if not cases or not (GATES / Path(path.partition("::")[0]).name).is_file():
        return None
    case = max(cases, key=lambda case: len(case.id))
    rest = parameters.removeprefix(case.id).removeprefix("-")
    return case, rest if rest in selection.datasets else None


def workers(config: pytest.Config) -> int:
    """Worker processes of this run, seen from a worker or from the controller; 0 without any."""
    given = getattr(config, "workerinput", None)
    if given is not None:
        return int(given["workercount"])
    return len(getattr(config.option, "tx", None) or [])


def threads_a_worker(config: pytest.Config, threads: int) -> int:
    """A session's threads: where a card leaves them open (0), the workers share the cores."""
    count = workers(config)
    return threads if threads or not count else max(1, (os.cpu_count() or 1) // count)
