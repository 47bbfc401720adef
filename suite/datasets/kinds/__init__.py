"""The kinds of dataset, a module each."""
