"""What the suite knows of a pytest item: whether it is a gate, and its case."""

from __future__ import annotations

from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import pytest
from face_quant_gate.arguments import name_gates, reach_gates
from face_quant_gate.location import GATES

from suite.catalog.case import Case
from suite.catalog.errors import SuiteError, refused
from suite.catalog.gate import Gate

CASES = ("case", "quantized_case")


def is_gate(item: Any) -> bool:
    """Whether an item is one of the suite's gates."""
    path = getattr(item, "path", None)
    return path is not None and Path(path).parent == GATES


class GateModule(pytest.Module):
    """A module of gates, whose names are this suite's, whatever a repository calls its tests."""

    def funcnamefilter(self, name: str) -> bool:
        """Whether a function is a gate."""
        return name.startswith("test_")


def is_gate_module(path: Path) -> bool:
    """Whether a file is one of the suite's modules of gates."""
    return path.parent == GATES and path.match("test_*.py")


def is_collected(path: Path, session: pytest.Session) -> bool:
    """Whether pytest collects a module by itself, by what the configuration calls tests."""
    patterns: list[str] = session.config.getini("python_files")
    named = any(fnmatch(str(path) if "/" in each else path.name, each) for each in patterns)
    return named or session.isinitpath(path)


def may_gate(config: pytest.Config) -> bool:
    """Whether the arguments reach the gates, as far as can be told before anything is collected."""
    folder = config.invocation_params.dir
    return reach_gates(config.args, folder, pyargs=config.option.pyargs)


def names_gates(config: pytest.Config) -> bool:
    """Whether the arguments name the gates, so that a run without any proves nothing."""
    return name_gates(config.args, config.invocation_params.dir, pyargs=config.option.pyargs)


def has_case(item: pytest.Item) -> bool:
    """Whether the item has a case: where none is selected, pytest makes one without."""
    return any(isinstance(value, Case) for value in _parameters(item).values())


def case_of(item: pytest.Item) -> Case:
    """The case of a gate."""
    parameters = _parameters(item)
    case: Case = next(parameters[name] for name in CASES if name in parameters)
    return case


def dataset_of(item: pytest.Item) -> str | None:
    """The dataset of a gate, where it has one."""
    return _parameters(item).get("dataset")


def load_of(item: pytest.Item) -> str | None:
    """The load of a latency gate; None of any other."""
    return _parameters(item).get("load")


def function_of(item: pytest.Item) -> str:
    """The name of a gate's function, as ``test_artifact``."""
    return str(getattr(item, "originalname", None) or item.name)


def gate_of(item: pytest.Item) -> Gate:
    """The gate that an item is."""
    return gate_named(function_of(item))


def gate_named(function: str) -> Gate:
    """The gate of a function's name, as ``test_artifact``."""
    return Gate(function.removeprefix("test_"))


def mistake_in(excinfo: pytest.ExceptionInfo[BaseException] | None) -> SuiteError | None:
    """What a user can mend of what a gate raised: a mistake, or what the system refused."""
    error = excinfo.value if excinfo else None
    if isinstance(error, OSError) and error.filename is not None:
        return refused(error)
    return error if isinstance(error, SuiteError) else None


def _parameters(item: pytest.Item) -> dict[str, Any]:
    return dict(getattr(item, "callspec").params)  # noqa: B009
