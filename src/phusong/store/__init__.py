"""Where versions of a project's results are kept: in a folder of its own, or in a team's PostGIS."""
