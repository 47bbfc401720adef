"""Cards: what is under test, as frozen, typed data, and the figures that they may name."""
