"""Clock, progress and Ctrl-C of a long search."""

from __future__ import annotations

import math
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import FrameType

from .contract import Progress

__all__ = ["Watch", "relative_gap", "watching"]


def relative_gap(objective: float, bound: float) -> float:
    """Return |bound − objective| / |objective|; 0 where both agree, infinite where either is missing."""
    if objective == bound:
        return 0.0
    if not (math.isfinite(objective) and math.isfinite(bound)) or objective == 0:
        return math.inf
    return abs(bound - objective) / abs(objective)


@dataclass
class Watch:
    """What a search looks at between its steps.

    Attributes
    ----------
    limit_s : float
        For the whole search.
    report : callable, optional
        Called with a `Progress` whenever incumbent or bound got better.
    began_s : float
        Monotonic clock.
    stop : threading.Event
        Set by Ctrl-C: return what there is.
    incumbent, bound : float
        As last told; NaN at first.
    """

    limit_s: float
    report: Callable[[Progress], None] | None = None
    began_s: float = field(default_factory=time.monotonic)
    stop: threading.Event = field(default_factory=threading.Event)
    incumbent: float = math.nan
    bound: float = math.nan

    @property
    def interrupted(self) -> bool:
        """Whether Ctrl-C was pressed."""
        return self.stop.is_set()

    @property
    def spent_s(self) -> float:
        """Seconds since the search began."""
        return time.monotonic() - self.began_s

    @property
    def left_s(self) -> float:
        """Seconds left, >= 0."""
        return max(0.0, self.limit_s - self.spent_s)

    @property
    def over(self) -> bool:
        """Whether to stop now."""
        return self.interrupted or self.left_s <= 0

    @property
    def why(self) -> str:
        """Status of a search that this watch stopped."""
        return "interrupted" if self.interrupted else "time_limit"

    def part(self, share: float, report: Callable[[Progress], None] | None) -> Watch:
        """Return a watch over a share of the time left, for one of several searches; Ctrl-C ends them all."""
        return Watch(self.left_s * share, report, stop=self.stop)

    def better(self, incumbent: float) -> None:
        """Take note of a better plan and report it."""
        self.tell(incumbent, self.bound)

    def tell(self, incumbent: float, bound: float) -> None:
        """Report where the search stands, if that is news."""
        if repr((incumbent, bound)) == repr((self.incumbent, self.bound)):
            return
        self.incumbent, self.bound = incumbent, bound
        if self.report is not None:
            gap = relative_gap(incumbent, bound)
            self.report(Progress(incumbent, bound, gap, self.spent_s))


@contextmanager
def watching(limit_s: float, report: Callable[[Progress], None] | None = None) -> Iterator[Watch]:
    """Give a watch that a first Ctrl-C marks as interrupted; a second one raises KeyboardInterrupt as usual.

    Outside the main thread Python delivers no Ctrl-C: nothing is changed there.
    """
    watch = Watch(limit_s, report)
    if threading.current_thread() is not threading.main_thread():
        yield watch
        return
    usual = signal.getsignal(signal.SIGINT)

    def stop(number: int, frame: FrameType | None) -> None:
        watch.stop.set()
        signal.signal(signal.SIGINT, usual if usual is not None else signal.default_int_handler)

    signal.signal(signal.SIGINT, stop)
    try:
        yield watch
    finally:
        signal.signal(signal.SIGINT, usual if usual is not None else signal.default_int_handler)
