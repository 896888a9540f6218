"""Files named by their content: a raster that did not change is kept once, however many versions have it."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterator, Set
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from ..errors import StoreError
from ..file_names import inside

__all__ = ["Objects", "sha256_of"]

_WAIT_S = 120.0
_PART = ".part"


class Objects:
    """A folder of files ``ab/cdef…``, each named by the SHA-256 of its bytes.

    A file is complete as soon as it has its name. A file that no version refers to (its run was killed) does
    no harm; the next `sweep` removes it.

    Parameters
    ----------
    folder : Path
        Made when the first file is kept.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @contextmanager
    def held(self) -> Iterator[None]:
        """Hold the folder: between keeping a file and writing the version that refers to it nobody sweeps.

        Raises
        ------
        StoreError
            Another process holds it for two minutes.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        try:
            with FileLock(self.folder / "objects.lock", timeout=_WAIT_S):
                yield
        except Timeout:
            raise StoreError(f"{self.folder}: another process keeps or prunes versions; try again") from None

    def path_of(self, sha256: str) -> Path:
        """Return where the file with this content lies, or would lie."""
        return self.folder / sha256[:2] / sha256[2:]

    def put(self, source: Path) -> tuple[str, int]:
        """Keep a file; its SHA-256 and size in bytes.

        It is linked, not copied, where the file system can: results are replaced by renaming, never written
        into, so that a link is safe, and the newest version takes no room of its own.
        """
        sha256, size = sha256_of(source), source.stat().st_size
        target = self.path_of(sha256)
        if target.is_file() and target.stat().st_size == size:
            return sha256, size
        target.parent.mkdir(parents=True, exist_ok=True)
        part = target.with_name(target.name + _PART)
        part.unlink(missing_ok=True)
        try:
            os.link(source, part)
        except OSError:  # another file system, or one without links
            shutil.copyfile(source, part)
            with part.open("rb+") as written:
                os.fsync(written.fileno())
        part.replace(target)
        return sha256, size

    def take(self, sha256: str, folder: Path, name: str) -> None:
        """Copy a file out, under a name in a folder.

        Raises
        ------
        StoreError
            It is not in this folder, its bytes are no longer those that were kept, or the name leads out of
            the folder it is to lie in.
        """
        target = inside(folder, name)
        if target is None:
            raise StoreError(f"{self.folder}: refused, the name {name!r} of a file leads out of {folder}")
        source = self.path_of(sha256)
        if not source.is_file():
            raise StoreError(f"{source}: not in this folder of rasters; it was kept on another machine")
        if sha256_of(source) != sha256:
            raise StoreError(f"{source}: somebody wrote into this file; its version is lost")
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)

    def unreferenced(self, referenced: Set[str]) -> list[Path]:
        """Return the files that no version refers to, and the halves that killed runs left."""
        found = [path for path in self.folder.glob("??/*") if path.is_file()]
        return sorted(path for path in found if path.parent.name + path.name not in referenced)

    def sweep(self, referenced: Set[str]) -> tuple[int, int]:
        """Remove the files that no version refers to; how many, and the bytes that this frees.

        A file that the results still link to frees nothing.
        """
        count = freed = 0
        for path in self.unreferenced(referenced):
            told = path.stat()
            freed += told.st_size if told.st_nlink == 1 else 0
            path.unlink()
            count += 1
        return count, freed


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file, hexadecimal."""
    with path.open("rb") as source:
        return hashlib.file_digest(source, "sha256").hexdigest()
