"""One place that decides how the kernels are compiled and where the machine code is kept.

Environment
-----------
PHUSONG_JIT
    ``0`` leaves the kernels as plain Python, so that a debugger or coverage.py sees inside (some hundred
    times slower).
NUMBA_CACHE_DIR
    Folder of the compiled kernels. Where it is not set, numba keeps them beside the source; when that
    folder cannot be written to (a system-wide installation), the user's cache folder is taken, and a
    temporary folder when there is no writable home either.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar, cast

import platformdirs

__all__ = ["JIT_ENABLED", "cache_folder", "kernel", "larger"]

JIT_ENABLED = os.environ.get("PHUSONG_JIT", "1") != "0"
"""Whether `kernel` compiles."""

Function = TypeVar("Function", bound=Callable[..., Any])


def _is_writable(folder: Path) -> bool:
    """Tell whether files can be made in `folder` (made if need be): asks the disk, not the mode bits."""
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
        The function is a piece of other kernels: LLVM must put its code there (a loop with a call in it does
        not become SIMD code), and no compiled version of its own is kept on disk.
    """

    def decorate(function: Function) -> Function:
        if not JIT_ENABLED:
            return function
        flags = set(fastmath) if fastmath else False
        compiled = numba.njit(
            cache=not inline, forceinline=inline, nogil=True, error_model="numpy", fastmath=flags
        )
        return cast(Function, compiled(function))

    return decorate


if JIT_ENABLED:
    from llvmlite import ir  # type: ignore[import-untyped,unused-ignore]
    from numba.core import types
    from numba.extending import intrinsic

    @intrinsic
    def larger(typing_context: Any, a: Any, b: Any) -> Any:
        """Return the larger of two float64 numbers, neither of them NaN.

        LLVM's own maximum: a loop over it becomes SIMD code, which it does not do with Python's ``max``.
        """

        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            double = ir.DoubleType()
            function = builder.module.declare_intrinsic(
                "llvm.maxnum", [double], ir.FunctionType(double, [double, double])
            )
            return builder.call(function, arguments)

        return types.float64(types.float64, types.float64), generate

else:

    def larger(a: float, b: float) -> float:  # type: ignore[misc]
        """Return the larger of two numbers, neither of them NaN."""
        return max(a, b)
