"""Loads the suite's plugin."""

pytest_plugins = ["suite.plugin"]
