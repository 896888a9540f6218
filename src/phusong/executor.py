"""Who does the work: this process, or the processes of a Dask cluster; the same tasks, the same results."""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Protocol, TypeVar

from .errors import InputError, PhusongError, Problem

__all__ = [
    "CLUSTER_SETTINGS",
    "ClusterRequest",
    "DaskExecutor",
    "Executor",
    "cluster_request",
    "open_executor",
]

CLUSTER_SETTINGS = {
    "distributed.admin.system-monitor.disk": False,
    "distributed.admin.system-monitor.interval": "10s",
    "distributed.admin.tick.interval": "500ms",
    "distributed.nanny.pre-spawn-environ.MALLOC_MMAP_THRESHOLD_": 64 << 20,
    "distributed.nanny.pre-spawn-environ.MALLOC_TRIM_THRESHOLD_": 256 << 20,
    "distributed.worker.memory.monitor-interval": "1s",
    "distributed.worker.profile.enabled": False,
}
"""Of worker processes that are started here. As it comes, Dask samples every worker a hundred times a second
for a dashboard that nobody looks at here, takes up to a tenth of a core beside them, and hands memory back to
the system after every array."""

_Task = TypeVar("_Task")
_Result = TypeVar("_Result")

_PATIENCE_S = 30
# Dask waits a minute for the client of an address that it does not understand.
_ADDRESS = re.compile(r"(?:(?:tcp|tls|wss?|ucx)://)?(?:\[[0-9A-Fa-f:.%]+\]|[^\s:/\[\]]+):\d{1,5}")
_AHEAD = 2  # tasks handed out for each one that can run


@dataclass(frozen=True)
class ClusterRequest:
    """Where the work of a run is done.

    Attributes
    ----------
    scheduler : str or None
        Address of a Dask scheduler: ``tcp://host:8786``, ``tls://host:8786``.
    processes : int or None
        Without a scheduler: worker processes started on this machine.
    share : str or None
        Folder or URL that all workers reach; default: the project's ``.phusong/cluster``.
    strip_rows : int or None
        Rows of a task; default: by work, memory and number of workers. No result depends on it.
    """

    scheduler: str | None = None
    processes: int | None = None
    share: str | None = None
    strip_rows: int | None = None


def cluster_request(
    scheduler: str | None, processes: int | None, share: str | None = None
) -> ClusterRequest | None:
    """Return what the options ask for; None: threads of this process.

    Raises
    ------
    InputError
        The options contradict each other, or name no scheduler or share.
    """
    if scheduler is not None and processes is not None:
        mend = "leave one of them out: a scheduler has its own workers"
        raise InputError([Problem("--scheduler", "no --processes beside it", mend)])
    if scheduler is None and processes is None:
        if share is not None:
            raise InputError([Problem("--share", "--scheduler or --processes beside it", "give one of them")])
        return None
    if scheduler is not None and not _ADDRESS.fullmatch(scheduler):
        expected = "the address of a Dask scheduler, tcp://host:8786 or tls://host:8786"
        raise InputError([Problem("--scheduler", expected, "mend the address", value=scheduler)])
    if share is not None and share.startswith("memory://"):
        expected = "a folder or URL that all workers reach; memory:// is of one process only"
        raise InputError([Problem("--share", expected, "name another one", value=share)])
    return ClusterRequest(scheduler, processes, share)


class Executor(Protocol):
    """Runs tasks; `slots` is how many at a time."""

    @property
    def slots(self) -> int:
        """How many tasks run at a time."""

    def as_done(self, work: Callable[[_Task], _Result], tasks: Sequence[_Task]) -> Iterator[_Result]:
        """Begin tasks in their order; yield each result as soon as it is there."""


class DaskExecutor:
    """The workers of a Dask cluster; a task whose worker dies is done again by another.

    Parameters
    ----------
    client : distributed.Client
    """

    def __init__(self, client: Any) -> None:
        self._client = client

    @property
    def slots(self) -> int:
        """Threads of all workers at this moment; at least one."""
        return max(1, sum(self._client.nthreads().values()))

    def as_done(self, work: Callable[[_Task], _Result], tasks: Sequence[_Task]) -> Iterator[_Result]:
        """Begin tasks in their order; yield each result as soon as it is there.

        Some tasks are handed out ahead, not all at once: they wait in the scheduler's memory.

        Raises
        ------
        PhusongError
            A task killed several workers, which mostly means that they have too little memory.
        """
        from distributed import KilledWorker, as_completed

        source = iter(tasks)
        handed_out = [self._submit(work, task) for task in islice(source, _AHEAD * self.slots)]
        waiting = as_completed(handed_out, loop=self._client.loop)
        try:
            for future in waiting:
                result = future.result()
                # the cluster may have grown meanwhile
                for task in islice(source, max(1, _AHEAD * self.slots - waiting.count())):
                    handed_out.append(self._submit(work, task))
                    waiting.add(handed_out[-1])
                yield result
        except KilledWorker as error:
            raise PhusongError(
                f"workers died over and over at one task ({error}): give them more memory, or fewer threads"
            ) from None
        finally:
            for future in handed_out:
                future.cancel()

    def _submit(self, work: Callable[[_Task], _Result], task: _Task) -> Any:
        return self._client.submit(work, task, pure=False)


@contextmanager
def open_executor(request: ClusterRequest, folder: Path) -> Iterator[Executor]:
    """Connect to the scheduler asked for, or start worker processes here, while the block runs.

    Parameters
    ----------
    request : ClusterRequest
    folder : Path
        For what the workers of this machine put aside.

    Raises
    ------
    InputError
        The extra ``dask`` is not installed, or nobody answers at the scheduler's address.
    """
    try:
        import distributed
    except ImportError:
        mend = 'pip install "phusong[dask]"'
        option = "--scheduler" if request.scheduler else "--processes"
        raise InputError([Problem(option, "the package distributed, which is not installed", mend)]) from None
    with _cluster(distributed, request, folder) as address:
        try:
            client = distributed.Client(address, timeout=_PATIENCE_S, set_as_default=False)
        except (OSError, ValueError) as error:
            expected = f"a Dask scheduler that answers ({error})"
            mend = "start one with `dask scheduler`, or mend the address: tcp://host:8786"
            raise InputError([Problem("--scheduler", expected, mend, value=request.scheduler)]) from None
        with client:
            if not client.nthreads():
                client.wait_for_workers(1, timeout=_PATIENCE_S)
            yield DaskExecutor(client)


@contextmanager
def _cluster(distributed: Any, request: ClusterRequest, folder: Path) -> Iterator[Any]:
    if request.scheduler is not None:
        yield request.scheduler
        return
    import dask

    folder.mkdir(parents=True, exist_ok=True)
    try:
        with dask.config.set(CLUSTER_SETTINGS):
            cluster = distributed.LocalCluster(
                n_workers=request.processes or os.cpu_count(),
                threads_per_worker=1,
                processes=True,
                host="127.0.0.1",
                dashboard_address=None,
                local_directory=str(folder),
                silence_logs=logging.CRITICAL,
            )
    except RuntimeError as error:
        raise PhusongError(
            f"the worker processes did not start ({error}): ask for fewer --processes, or try again when "
            "the machine is less busy"
        ) from error
    with cluster:
        yield cluster
