"""Transformers between coordinate systems, made once: to make one takes longer than to use it."""

from __future__ import annotations

from functools import cache

from pyproj import Transformer

__all__ = ["transformer"]


@cache
def transformer(source: str, target: str) -> Transformer:
    """Return the transformer from one CRS to another, x before y; it may be used by several threads."""
    return Transformer.from_crs(source, target, always_xy=True)
