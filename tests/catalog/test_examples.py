"""The examples in docstrings of cards, datasets and results."""

import doctest
import importlib
import pkgutil

import pytest

import suite.catalog
import suite.datasets
import suite.reference

MODULES = [
    module.name
    for package in (suite.catalog, suite.datasets, suite.reference)
    for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}.")
]


@pytest.mark.parametrize("name", MODULES)
def test_examples_are_right(name: str) -> None:
    assert doctest.testmod(importlib.import_module(name)).failed == 0
