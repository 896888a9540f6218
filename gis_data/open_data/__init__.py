"""Open data for a project: terrain, land cover, people, places, boundaries, cells, from public servers."""
