"""Large arrays in one file that is mapped into memory: read without copying, checked by sums of its words.

The file is a line that names the format, a header (JSON, its length before it and its digest behind it), and
the arrays as they lie in memory. Each array is checked by the sums of its 64-bit words over stretches of
32 KB: a wrong, missing or blank byte changes one of them, and they are made as fast as memory is read.
"""

from __future__ import annotations

import hashlib
import json
import mmap
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .cache import content_digest, steady

__all__ = ["load_mapped", "removed", "save_mapped"]

_MAGIC = b"phusong arrays 1\n"
_ALIGNED = 64
_STRETCH = 4096  # words
_LONGEST_HEADER = 1 << 24
_DTYPE = re.compile(r"[<|][biufU]\d{1,9}")


def save_mapped(path: Path, arrays: dict[str, NDArray[Any]], *, digests: bool = False) -> None:
    """Write arrays of numbers or texts aside, then rename: a killed run leaves no half file.

    Parameters
    ----------
    path : Path
    arrays : dict of str to ndarray
    digests : bool
        Keep the digest of each array with it, so that `cache.digest` need not read it again.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    plain = {name: _little_endian(array) for name, array in arrays.items()}
    head: dict[str, dict[str, Any]] = {}
    end = 0
    for name, array in plain.items():
        begin = -(-end // _ALIGNED) * _ALIGNED
        end = begin + array.nbytes
        told = content_digest(array).hex() if digests else ""
        head[name] = {
            "dtype": array.dtype.str, "shape": list(array.shape), "at": begin,
            "sums": _sums(_bytes_of(array)), "digest": told,
        }  # fmt: skip
    header = json.dumps(head).encode("ascii")
    aside = path.with_name(path.name + ".part")
    with aside.open("wb") as sink:
        sink.write(_preface(header))
        origin = sink.tell()
        for name, array in plain.items():
            sink.write(b"\0" * (origin + head[name]["at"] - sink.tell()))
            sink.write(_bytes_of(array).data)
    aside.replace(path)


def load_mapped(path: Path) -> dict[str, NDArray[Any]] | None:
    """Return the arrays of a file; None where it is missing or damaged.

    Nothing is read into memory twice: the arrays are views of the file. Writing into them changes neither the
    file nor what another call returns. Those that were kept with their digests are `cache.steady`.
    """
    try:
        with path.open("rb") as stream:
            header, origin = _header_of(stream.read(len(_MAGIC) + 8), stream)
            if header is None:
                return None
            view = mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_COPY)
        return dict(_arrays(json.loads(header), np.frombuffer(view, np.uint8), origin))
    except (OSError, ValueError, KeyError, TypeError, AttributeError, OverflowError):
        return None


def removed(path: Path) -> bool:
    """Remove a file of arrays; False where the system does not allow it, as while it is mapped (Windows)."""
    try:
        path.unlink(missing_ok=True)
    except OSError:
        return False
    return True


def _preface(header: bytes) -> bytes:
    """Everything before the arrays, as long as they are aligned."""
    start = _MAGIC + len(header).to_bytes(8, "little") + header + _digest_of(header)
    return start + b"\0" * (-len(start) % _ALIGNED)


def _header_of(start: bytes, stream: Any) -> tuple[bytes | None, int]:
    """Return the header and where the arrays begin; no header where the file is none of these."""
    length = int.from_bytes(start[len(_MAGIC) :], "little")
    if not start.startswith(_MAGIC) or len(start) < len(_MAGIC) + 8 or length > _LONGEST_HEADER:
        return None, 0
    header, told = stream.read(length), stream.read(16)
    return (header if told == _digest_of(header) else None), len(_preface(header))


def _digest_of(header: bytes) -> bytes:
    return hashlib.blake2b(header, digest_size=16).digest()


def _arrays(
    head: dict[str, Any], whole: NDArray[np.uint8], origin: int
) -> Iterator[tuple[str, NDArray[Any]]]:
    """Yield the arrays of a file.

    Raises
    ------
    ValueError
        One is not what it was when it was written.
    """
    end = origin
    for name, told in head.items():
        if not _DTYPE.fullmatch(told["dtype"]):
            raise ValueError(told["dtype"])
        dtype, shape, begin = np.dtype(told["dtype"]), tuple(told["shape"]), origin + told["at"]
        end = begin + dtype.itemsize * int(np.prod(shape, dtype=np.int64))
        content = whole[begin:end]
        if end > len(whole) or _sums(content) != told["sums"]:
            raise ValueError(name)
        array = content.view(dtype).reshape(shape)
        yield name, steady(array, bytes.fromhex(told["digest"])) if told["digest"] else array
    if end != len(whole):
        raise ValueError("longer than its arrays")


def _sums(content: NDArray[np.uint8]) -> str:
    """Return a digest of the sums of the words of each stretch, and of the bytes that are left over."""
    words = content[: len(content) // 8 * 8].view("<u8")
    whole = len(words) // _STRETCH * _STRETCH
    sums = words[:whole].reshape(-1, _STRETCH).sum(axis=1, dtype=np.uint64).astype("<u8")
    sink = hashlib.blake2b(sums.tobytes(), digest_size=16)
    sink.update(content[whole * 8 :].tobytes())
    return sink.hexdigest()


def _little_endian(array: NDArray[Any]) -> NDArray[Any]:
    plain = np.asarray(array, order="C")
    swapped = plain.dtype.byteorder == ">" or (plain.dtype.byteorder == "=" and sys.byteorder == "big")
    return plain.astype(plain.dtype.newbyteorder("<")) if swapped else plain


def _bytes_of(array: NDArray[Any]) -> NDArray[np.uint8]:
    return array.reshape(-1).view(np.uint8)
