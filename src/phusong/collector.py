"""Fewer passes of Python's collector of cyclic garbage while a job makes very many objects that last."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["few_collections"]

_THRESHOLDS = (200_000, 50, 100)


@contextmanager
def few_collections() -> Iterator[None]:
    """Let the collector look rarely, and never at what is there already (modules, compiled kernels).

    A list of a province is a million texts in tens of thousands of lists: the collector would walk through
    all of them again and again, and find nothing. Memory without cycles is given back as ever.
    """
    before = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(*_THRESHOLDS)
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()
