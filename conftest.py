"""Loads the suite's plugin."""

pytest_plugins = ["suite.entry_points.plugin.hooks"]
