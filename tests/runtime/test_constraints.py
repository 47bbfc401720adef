"""The constraints file: what is pinned, and what is not."""

import tomllib
from importlib.metadata import version
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from suite.runtime import constraints
from suite.runtime.constraints import constraints_text, pinned_versions

PROJECT = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())["project"]


def test_all_that_the_suite_needs_is_pinned_to_what_is_installed() -> None:
    pinned = pinned_versions()
    needed = [Requirement(line).name for line in PROJECT["dependencies"]]
    for name in (*needed, "onnxruntime", PROJECT["name"]):
        assert pinned[canonicalize_name(name)] == version(name)
    # What they need in turn: onnx computes with these.
    assert {"protobuf", "ml-dtypes"} <= pinned.keys()
    assert f"onnxruntime=={version('onnxruntime')}" in constraints_text().splitlines()


def test_what_gates_never_use_is_not_pinned() -> None:
    # These are installed here, for the tests.
    assert not {"ruff", "mypy", "hypothesis", "scikit-learn", "scipy"} & pinned_versions().keys()


def test_every_extra_is_of_a_provider_or_not_for_gates() -> None:
    extras = PROJECT["optional-dependencies"]
    for name in extras.keys() - constraints._OTHER_EXTRAS:
        assert any("onnxruntime" in line for line in extras[name]), name
