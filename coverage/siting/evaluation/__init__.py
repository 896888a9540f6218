"""A plan recomputed from the raw inputs, sharing no code with what made it."""
