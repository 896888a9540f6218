"""Intermediate results in ``.phusong/``: plain arrays in files named by the digest of all that made them."""

from __future__ import annotations

import hashlib
import weakref
import zipfile
import zlib
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["content_digest", "digest", "load_arrays", "save_arrays", "source_digest", "steady"]

_LARGE = 1_000_000  # bytes: from here on the digest of an array is worth remembering
# a wrong byte in a zip file's directory may also look like encryption, or a compression nobody knows
_DAMAGED = (OSError, ValueError, EOFError, RuntimeError, MemoryError, zipfile.BadZipFile, zlib.error)
_STEADY: dict[int, tuple[weakref.ref[NDArray[Any]], bytes]] = {}


def digest(*parts: Any) -> str:
    """Return a short hexadecimal digest of arrays, frozen dataclasses, mappings, sequences and scalars."""
    sink = hashlib.blake2b(digest_size=12)
    for part in parts:
        _feed(sink, part)
    return sink.hexdigest()


def steady(array: NDArray[Any], known: bytes = b"") -> NDArray[Any]:
    """Promise that nobody writes into an array any more: its digest is taken once. Returns the array.

    Parameters
    ----------
    array : ndarray
    known : bytes
        Its `content_digest`, where it was taken before.
    """
    number = id(array)
    _STEADY[number] = weakref.ref(array, lambda _: _STEADY.pop(number, None)), known
    return array


def content_digest(array: NDArray[Any]) -> bytes:
    """Return the digest of the content of an array, whatever its type and shape."""
    return _content_of_large(array)


def source_digest(package_folder: Path) -> str:
    """Return the digest of the Python sources below a folder: a changed model makes its results stale."""
    files = sorted(package_folder.rglob("*.py"))
    return digest([(path.relative_to(package_folder).as_posix(), path.read_bytes()) for path in files])


def save_arrays(path: Path, arrays: dict[str, NDArray[Any]]) -> None:
    """Write arrays (no object arrays) aside, then rename: a killed run leaves no half file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(path.name + ".part")
    with aside.open("wb") as sink:
        np.savez(sink, allow_pickle=False, **arrays)
    aside.replace(path)


def load_arrays(path: Path) -> dict[str, NDArray[Any]] | None:
    """Read arrays back; None where the file is missing or damaged (its checksum tells)."""
    try:
        with np.load(path, allow_pickle=False) as archive:
            return {name: archive[name] for name in archive.files}
    except FileNotFoundError:
        return None
    except _DAMAGED:
        return None


def _content(array: NDArray[Any]) -> Any:
    return np.ascontiguousarray(array).tobytes() if array.dtype.kind in "Mm" else np.ascontiguousarray(array)


def _content_of_large(array: NDArray[Any]) -> bytes:
    known = _STEADY.get(id(array))
    if known is not None and known[0]() is array and known[1]:
        return known[1]
    found = hashlib.blake2b(_content(array), digest_size=32).digest()
    if known is not None and known[0]() is array:
        _STEADY[id(array)] = known[0], found
    return found


def _feed(sink: Any, part: Any) -> None:
    if isinstance(part, np.ndarray):
        sink.update(f"<{part.dtype.str}{part.shape}>".encode())
        sink.update(_content(part) if part.nbytes < _LARGE else _content_of_large(part))
    elif is_dataclass(part) and not isinstance(part, type):
        sink.update(f"<{type(part).__name__}>".encode())
        for field in fields(part):
            _feed(sink, field.name)
            _feed(sink, getattr(part, field.name))
    elif isinstance(part, dict):
        sink.update(b"<dict>")
        for key in sorted(part):
            _feed(sink, key)
            _feed(sink, part[key])
    elif isinstance(part, list | tuple):
        sink.update(f"<list{len(part)}>".encode())
        for item in part:
            _feed(sink, item)
    elif isinstance(part, bytes):
        sink.update(f"<bytes{len(part)}>".encode())
        sink.update(part)
    else:
        sink.update(f"<{type(part).__name__}>{part!r}".encode())
