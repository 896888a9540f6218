"""The building problem: what is asked, its model, its solution, its proof."""
