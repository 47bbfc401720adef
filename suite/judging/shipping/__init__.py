"""Which mode of a model to ship: what a run's records say of each, and the one they speak for."""
