"""New stations at least cost: candidates, costs, the optimisation and its proof."""
