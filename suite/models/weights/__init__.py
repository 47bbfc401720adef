"""Getting the weights that cards name."""
