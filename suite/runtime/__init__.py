"""Execution providers, sessions, embedding, timing, fingerprints."""
