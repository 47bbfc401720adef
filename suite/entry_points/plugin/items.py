"""What the suite knows of a pytest item: whether it is a gate, its case, how to run it alone."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

import pytest

from suite.catalog.case import Case
from suite.catalog.gate import Gate

GATES = Path(__file__).resolve().parents[2] / "gates"
CASES = ("case", "fp32_case", "quantized_case")


def is_gate(item: Any) -> bool:
    """Whether an item is one of the suite's gates."""
    path = getattr(item, "path", None)
    return path is not None and Path(path).parent == GATES


def may_gate(config: pytest.Config) -> bool:
    """Whether the arguments reach the gates, as far as can be told before anything is collected."""
    for argument in config.args:
        path = (config.invocation_params.dir / argument.partition("::")[0]).resolve()
        if argument.split(".")[0] == "suite" or GATES.is_relative_to(path) or path.parent == GATES:
            return True
    return False


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


def function_of(item: pytest.Item) -> str:
    """The name of a gate's function, as ``test_artifact``."""
    return str(getattr(item, "originalname", None) or item.name)


def gate_of(item: pytest.Item) -> Gate:
    """The gate that an item is."""
    return Gate(function_of(item).removeprefix("test_"))


def rerun_of(item: pytest.Item) -> str:
    """The command that runs a gate alone."""
    return rerun(item.config, case_of(item), dataset_of(item), function_of(item))


def rerun(config: pytest.Config, case: Case, dataset: str | None, test: str) -> str:
    """The command that runs one gate alone, given its test's name."""
    words = ["pytest"]
    if config.option.pyargs:
        words += ["--pyargs", "suite.gates"]
    for option in ("--catalog", "--data-dir", "--weights-dir", "--profile"):
        if config.getoption(option):
            words.append(f"{option}={config.getoption(option)}")
    if config.getoption("--provider") != "cpu":
        words.append(f"--provider={config.getoption('--provider')}")
    if config.getoption("--accept-licence"):
        words.append("--accept-licence")
    words += [f"--models={case.model.id}", f"--modes={case.mode.id}"]
    if dataset:
        words.append(f"--datasets={dataset}")
    return shlex.join([*words, "-k", test])


def _parameters(item: pytest.Item) -> dict[str, Any]:
    return dict(getattr(item, "callspec").params)  # noqa: B009
