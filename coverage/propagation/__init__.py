"""Basic transmission loss over terrain: ITU-R P.1812-8 and what sweeps it over a map."""
