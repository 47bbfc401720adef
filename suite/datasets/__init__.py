"""Faces and pairs: reading them, hashing them, and making them a network's input."""
