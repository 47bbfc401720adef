"""Image files: found, read without surprise, decoded."""
