"""Covering problems on sparse matrices: reduction, search, bound; for any instance."""
