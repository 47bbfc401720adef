"""The examples in docstrings of cards and datasets."""

import doctest
import importlib
import pkgutil

import pytest

import suite.catalog
import suite.datasets

MODULES = [
    module.name
    for package in (suite.catalog, suite.datasets)
    for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}.")
]


@pytest.mark.parametrize("name", MODULES)
def test_examples_are_right(name: str) -> None:
    assert doctest.testmod(importlib.import_module(name)).failed == 0
