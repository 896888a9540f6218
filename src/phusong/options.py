"""What the user asked for; light, so that the command line can make it before anything heavy is imported."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from .console import Reporter
from .executor import ClusterRequest
from .project import Project

__all__ = ["Options"]


@dataclass(frozen=True)
class Options:
    """What the user asked for.

    Attributes
    ----------
    project : Project
    as_of : date
        The network of the end of this day.
    language : {"vi", "en"}
    workers : int or None
        Threads; None: all cores.
    reporter : Reporter
    cluster : ClusterRequest or None
        Where layers and levels are computed; None: in threads of this process.
    """

    project: Project
    as_of: date
    language: str
    workers: int | None
    reporter: Reporter
    cluster: ClusterRequest | None = None
