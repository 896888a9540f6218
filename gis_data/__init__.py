"""Everything read from or written to disk, checked and georeferenced."""
