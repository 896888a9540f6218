"""Work handed to threads, a few pieces ahead."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from itertools import islice
from typing import TypeVar

__all__ = ["in_threads"]

_Result = TypeVar("_Result")
_Work = TypeVar("_Work")


def in_threads(
    work: Callable[[_Work], _Result], items: Iterable[_Work], workers: int | None
) -> Iterable[_Result]:
    """Yield results as they come; few wait at a time, and the first error stops the rest."""
    count = workers or os.cpu_count() or 1
    source = iter(items)
    with ThreadPoolExecutor(max_workers=count) as pool:
        running: set[Future[_Result]] = {pool.submit(work, item) for item in islice(source, 2 * count)}
        try:
            while running:
                finished, running = wait(running, return_when=FIRST_COMPLETED)
                running |= {pool.submit(work, item) for item in islice(source, len(finished))}
                for future in finished:
                    yield future.result()
        finally:
            for future in running:
                future.cancel()
