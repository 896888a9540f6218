"""Telling a full disk from other faults: the libraries that write say so in many ways, or not at all."""

from __future__ import annotations

import errno
import re
import shutil
from pathlib import Path

from .errors import DiskFullError

__all__ = ["disk_full", "room_left"]

_FULL = {errno.ENOSPC, errno.EFBIG, getattr(errno, "EDQUOT", errno.ENOSPC)}
# Libraries in Rust and C give a text in place of a number; 112: of Windows.
_SAID_FULL = re.compile(
    r"no space left on device|disk is full|\(os error (?:27|28|69|112|122)\)", re.IGNORECASE
)
_PROBE_BYTES = 1_000_000


def disk_full(folder: Path, error: BaseException) -> DiskFullError | None:
    """Return what to tell the user if an error comes from a full disk, else None.

    Parameters
    ----------
    folder : Path
        Where the work was written; a probe is written there, before anything is removed.
    error : BaseException
        It, or what it came from, may say so itself.
    """
    if isinstance(error, DiskFullError) or not isinstance(error, Exception):
        return None
    said: BaseException | None = error
    while said is not None:
        if (isinstance(said, OSError) and said.errno in _FULL) or _SAID_FULL.search(str(said)):
            return _told(folder)
        said = said.__cause__ or said.__context__
    try:
        room_left(folder)
    except DiskFullError as full:
        return full
    return None


def room_left(folder: Path) -> None:
    """Write a megabyte and remove it again.

    Raises
    ------
    DiskFullError
        It does not fit.
    """
    probe = folder / ".probe"
    try:
        probe.write_bytes(bytes(_PROBE_BYTES))
    except OSError as refused:
        if refused.errno in _FULL:
            raise _told(folder) from refused
        raise
    finally:
        probe.unlink(missing_ok=True)


def _told(folder: Path) -> DiskFullError:
    free_mb = shutil.disk_usage(folder).free / 1e6
    return DiskFullError(
        f"the disk that holds {folder.parent} is full, or files there may not grow ({free_mb:,.0f} MB free): "
        "make room and run again; the earlier results are untouched"
    )
