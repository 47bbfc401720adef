"""Loads the suite's plugin where gates are asked for."""

pytest_plugins = ["face_quant_gate.plugin"]
