"""Taking one file out of an archive that somebody else packed: nothing lands outside, nothing bursts."""

from __future__ import annotations

import gzip
import zipfile
import zlib
from pathlib import Path, PurePosixPath, PureWindowsPath

from .http_client import FetchError

__all__ = ["LARGEST_BYTES", "gzip_flaw", "take_from_zip"]

LARGEST_BYTES = 16 << 30
_LARGEST_RATIO = 1000  # deflate reaches 1032:1 on zeros; what is worth having does not come near
_CHUNK = 1 << 20


def take_from_zip(archive: Path, suffix: str, target: Path, *, largest_bytes: int = LARGEST_BYTES) -> Path:
    """Write the one file of an archive that has a suffix to a path of ours.

    Parameters
    ----------
    archive : Path
        A ZIP file.
    suffix : str
        For example ``".tif"``.
    target : Path
        The name of the entry is not used. Replaced only by a whole file.
    largest_bytes : int
        Of the unpacked file.

    Returns
    -------
    Path
        `target`.

    Raises
    ------
    FetchError
        Not a ZIP; an entry points outside of the archive or is a link; there is none or more than one such
        file; it is larger than allowed, packed beyond reason, encrypted or damaged.
    """
    part = target.with_name(target.name + ".part")
    try:
        with zipfile.ZipFile(archive) as package:
            entry = _the_entry(package, archive.name, suffix, largest_bytes)
            with package.open(entry) as source, part.open("wb") as sink:
                while chunk := source.read(_CHUNK):
                    sink.write(chunk)
                    if sink.tell() > largest_bytes:
                        raise FetchError(f"{archive.name}: more than {largest_bytes:,} bytes unpacked")
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, NotImplementedError) as error:
        part.unlink(missing_ok=True)
        raise FetchError(f"{archive.name}: not a ZIP file that can be unpacked ({error})") from None
    except FetchError:
        part.unlink(missing_ok=True)
        raise
    part.replace(target)
    return target


def _the_entry(package: zipfile.ZipFile, name: str, suffix: str, largest_bytes: int) -> zipfile.ZipInfo:
    entries = package.infolist()
    for entry in entries:
        if _leaves(entry.filename) or (entry.external_attr >> 16) & 0o170000 == 0o120000:
            raise FetchError(f"{name}: refused, its entry {entry.filename!r} leads out of the archive")
    found = [e for e in entries if not e.is_dir() and e.filename.lower().endswith(suffix)]
    if len(found) != 1:
        raise FetchError(f"{name}: expected one {suffix} file in it, found {len(found)}")
    entry = found[0]
    if entry.file_size > largest_bytes or entry.file_size > _LARGEST_RATIO * max(entry.compress_size, 1024):
        raise FetchError(f"{name}: refused, {entry.filename!r} would unpack to {entry.file_size:,} bytes")
    return entry


def _leaves(name: str) -> bool:
    posix, windows = PurePosixPath(name), PureWindowsPath(name)
    anchored = posix.is_absolute() or bool(windows.anchor)
    return anchored or ".." in posix.parts or ".." in windows.parts or "\0" in name


def gzip_flaw(path: Path, *, largest_bytes: int = LARGEST_BYTES) -> str | None:
    """Say what is wrong with a gzip file, None if it can be unpacked to its end and its checksums hold."""
    with path.open("rb") as stream:
        start = stream.read(200)
    if not start.startswith(b"\x1f\x8b"):
        said = " ".join(start.decode("utf-8", "replace").split())
        return f"not the gzip file that was expected; the server says: {said}"
    size = 0
    try:
        with gzip.open(path) as stream:
            while chunk := stream.read(_CHUNK):
                size += len(chunk)
                if size > largest_bytes:
                    return f"more than {largest_bytes:,} bytes unpacked"
    except (OSError, EOFError, zlib.error) as error:
        return f"a damaged or truncated gzip file ({error})"
    return None
