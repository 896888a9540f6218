"""One place that decides how the kernels are compiled and where the machine code is kept.

Environment
-----------
PHUSONG_JIT
    ``0`` leaves the kernels as plain Python, so that a debugger or coverage.py sees inside (some hundred
    times slower).
NUMBA_CACHE_DIR
    Folder of the compiled kernels. Where it is not set, numba keeps them beside the source; when that folder
    cannot be written to (a system-wide installation), the user's cache folder is taken, and a temporary folder
    when there is no writable home either.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import platformdirs

__all__ = ["JIT_ENABLED", "cache_folder", "kernel"]

JIT_ENABLED = os.environ.get("PHUSONG_JIT", "1") != "0"
"""Whether `kernel` compiles."""

Function = TypeVar("Function", bound=Callable[..., Any])


def _is_writable(folder: Path) -> bool:
    """Tell whether files can be made in `folder`, which is made if need be; asks the disk, not the mode bits."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return True
    except OSError:
        return False


def cache_folder() -> Path | None:
    """Folder for the compiled kernels, or None where numba's own choice (beside the source) works."""
    if "NUMBA_CACHE_DIR" in os.environ or _is_writable(Path(__file__).parent / "__pycache__"):
        return None
    user = Path(platformdirs.user_cache_dir("phusong", appauthor=False)) / "numba"
    if _is_writable(user):
        return user
    return Path(tempfile.gettempdir()) / "phusong-numba"


def _decide_cache() -> None:
    """Tell numba about the folder; it reads the variable when a kernel is defined."""
    folder = cache_folder()
    if folder is not None:
        os.environ["NUMBA_CACHE_DIR"] = str(folder)


if JIT_ENABLED:
    _decide_cache()
    import numba

    numba.config.reload_config()


def kernel(fastmath: frozenset[str] = frozenset(), inline: bool = False) -> Callable[[Function], Function]:
    """Compile a function with numba: cached on disk, without the GIL, NumPy's division by zero.

    Parameters
    ----------
    fastmath : frozenset of str
        LLVM's fast-math flags that the function may use.
    inline : bool
        The function is only called by other kernels: do not keep a compiled version of its own on disk.
    """

    def decorate(function: Function) -> Function:
        if not JIT_ENABLED:
            return function
        flags = set(fastmath) if fastmath else False
        return numba.njit(cache=not inline, nogil=True, error_model="numpy", fastmath=flags)(function)  # type: ignore[no-any-return]

    return decorate
