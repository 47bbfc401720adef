"""The gates: tests of models, not of the suite."""
