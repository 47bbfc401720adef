"""Mutated files against the suite's readers: ``tox -e fuzz``, counts in docs/hostile-input.md."""
