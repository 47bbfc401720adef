"""What is fuzzed: each module has ``TARGETS``, a tuple of `tests.fuzz.target.Target`."""
