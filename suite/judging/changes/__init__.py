"""What a change did to a gate: two states of its cards and baselines, and how they differ."""
