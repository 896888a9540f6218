"""Work of one run that goes on beside the rest, in a second process; where that cannot be, in turn.

The second process is a copy of this one (a fork), so nothing has to be handed over to it, and only its small
result comes back. A copy is made on Linux alone, and only while this process has no other thread: what
another thread holds would stay locked in the copy for ever. Elsewhere, or with one worker, the work is done
when its result is asked for; the results are the same.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
import time
import traceback
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from ctypes import CDLL, c_int, c_ulong
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import Any, Generic, Protocol, TypeVar, cast

from .console import Advance, Reporter

__all__ = ["Beside", "Done", "Job", "beside", "can_fork"]

_Result = TypeVar("_Result")
_Given = TypeVar("_Given", covariant=True)
_Work = Callable[[Reporter], _Result]

_PR_SET_PDEATHSIG = 1  # prctl(2): the signal that a process gets when its parent dies


def can_fork(workers: int | None) -> bool:
    """Tell whether a copy of this process can work beside it.

    Parameters
    ----------
    workers : int or None
        What the user allows; None: all cores.
    """
    several = (os.cpu_count() or 1) > 1 if workers is None else workers > 1
    return several and sys.platform == "linux" and threading.active_count() == 1


class Job(Protocol[_Given]):
    """Work whose result is asked for later."""

    def result(self) -> _Given:
        """Return what the work returns, or raise what it raised; shows its progress while one waits."""


@dataclass(frozen=True)
class _InTurn(Generic[_Result]):
    work: _Work[_Result]
    reporter: Reporter

    def result(self) -> _Result:
        return self.work(self.reporter)


@dataclass(frozen=True)
class Done(Generic[_Result]):
    """Work that has been done already."""

    value: _Result

    def result(self) -> _Result:
        """Return what it gave."""
        return self.value


class _Relay(Reporter):
    """Sends what the work says to the process that shows it."""

    def __init__(self, reporter: Reporter, to: Connection) -> None:
        super().__init__(reporter.language, quiet=True)
        self._to = to

    @contextmanager
    def stage(self, key: str, took_s: Callable[[], float | None] = lambda: None) -> Iterator[Advance]:
        started = time.perf_counter()
        yield lambda done, total: self._to.send(("progress", done, total))
        self.seconds[key] = self.seconds.get(key, 0.0) + time.perf_counter() - started

    def note(self, key: str, **values: object) -> None:
        self._to.send(("note", key, values))


class _Copy(Generic[_Result]):
    """A copy of this process at work."""

    def __init__(self, key: str, work: _Work[_Result], reporter: Reporter) -> None:
        self._key, self._reporter = key, reporter
        ours, theirs = multiprocessing.Pipe(duplex=False)
        self._from = cast(Connection, ours)
        context = multiprocessing.get_context("fork")
        self._process: BaseProcess = context.Process(
            target=_in_copy, args=(work, _Relay(reporter, cast(Connection, theirs)), theirs, os.getpid())
        )
        with warnings.catch_warnings():
            # Python 3.12 warns of every fork beside idle threads of a library for linear algebra
            warnings.simplefilter("ignore", DeprecationWarning)
            self._process.start()
        theirs.close()

    def result(self) -> _Result:
        seconds: dict[str, float] = {}
        with self._reporter.stage(self._key, lambda: seconds.pop(self._key, None)) as progress:
            kind, *told = self._next()
            while kind in ("progress", "note"):
                if kind == "progress":
                    progress(*told)
                else:
                    self._reporter.note(told[0], **told[1])
                kind, *told = self._next()
            self._process.join()
            if kind == "failed":
                raise told[0]
            value, taken = told
            seconds |= taken
        self._reporter.seconds |= seconds
        return cast(_Result, value)

    def _next(self) -> Any:
        try:
            return self._from.recv()
        except EOFError:
            self._process.join()
            status = self._process.exitcode
            return "failed", RuntimeError(f"{self._key}: the process beside ended with status {status}")

    def stop(self) -> None:
        """End the copy, whatever it is doing."""
        if self._process.is_alive():
            self._process.kill()
        self._process.join()
        self._from.close()


def _in_copy(work: _Work[Any], relay: _Relay, to: Connection, parent: int) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a Ctrl-C is the first process's to act on
    CDLL(None).prctl(c_int(_PR_SET_PDEATHSIG), c_ulong(signal.SIGKILL))
    if os.getppid() != parent:
        os._exit(1)
    try:
        told: tuple[Any, ...] = ("done", work(relay), relay.seconds)
    except BaseException as error:
        where = "".join(traceback.format_tb(error.__traceback__))  # it does not travel with the error
        error.add_note(f"in the process beside:\n{where}")
        told = ("failed", error)
    to.send(told)
    to.close()


class Beside:
    """Starts work beside this process, while `beside` lasts."""

    def __init__(self, reporter: Reporter, workers: int | None) -> None:
        self._reporter, self._workers = reporter, workers
        self._copies: list[_Copy[Any]] = []

    def start(self, key: str, work: _Work[_Result]) -> Job[_Result]:
        """Begin some work.

        Parameters
        ----------
        key : str
            Stage that is shown while its result is awaited.
        work : callable
            Given the reporter to use; what it returns must be small, for it travels.
        """
        if not can_fork(self._workers):
            return _InTurn(work, self._reporter)
        copy = _Copy(key, work, self._reporter)
        self._copies.append(copy)
        return copy

    def stop(self) -> None:
        """End all that is still at work."""
        for copy in self._copies:
            copy.stop()


@contextmanager
def beside(reporter: Reporter, workers: int | None) -> Iterator[Beside]:
    """Give what starts work beside this process; nothing of it is left when the block ends.

    Parameters
    ----------
    reporter : Reporter
    workers : int or None
        As in `can_fork`.
    """
    others = Beside(reporter, workers)
    try:
        yield others
    finally:
        others.stop()
