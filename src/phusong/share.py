"""A place that all workers reach: a shared folder, or object storage through fsspec."""

from __future__ import annotations

import io
import os
import shutil
import uuid
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from .errors import InputError, Problem

__all__ = ["Share", "open_share", "upload_folder"]


class Share(Protocol):
    """Files by name, written whole or not at all."""

    def write(self, name: str, arrays: dict[str, NDArray[Any]]) -> None:
        """Write arrays under a name; a reader sees all of them or none."""

    def read(self, name: str) -> dict[str, NDArray[Any]]:
        """Read arrays back."""

    def has(self, name: str) -> bool:
        """Tell whether the name has been written."""

    def remove(self) -> None:
        """Remove everything below."""


class _Folder:
    """A folder of this machine or of the network."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def write(self, name: str, arrays: dict[str, NDArray[Any]]) -> None:
        path = self._folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        # a worker taken for dead may still be writing while another does its work again
        aside = path.with_name(f".{path.name}.{os.getpid()}-{uuid.uuid4().hex}.part")
        try:
            with aside.open("wb") as sink:
                np.savez(sink, allow_pickle=False, **arrays)
            aside.replace(path)
        finally:
            aside.unlink(missing_ok=True)

    def read(self, name: str) -> dict[str, NDArray[Any]]:
        with np.load(self._folder / name, allow_pickle=False) as archive:
            return {key: archive[key] for key in archive.files}

    def has(self, name: str) -> bool:
        return (self._folder / name).is_file()

    def remove(self) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)


class _Bucket:
    """Object storage: an object is put whole."""

    def __init__(self, url: str) -> None:
        self._files, self._root = _filesystem(url)

    def write(self, name: str, arrays: dict[str, NDArray[Any]]) -> None:
        sink = io.BytesIO()
        np.savez(sink, allow_pickle=False, **arrays)
        path = f"{self._root}/{name}"
        self._files.makedirs(path.rsplit("/", 1)[0], exist_ok=True)
        self._files.pipe_file(path, sink.getvalue())

    def read(self, name: str) -> dict[str, NDArray[Any]]:
        content = io.BytesIO(self._files.cat_file(f"{self._root}/{name}"))
        with np.load(content, allow_pickle=False) as archive:
            return {key: archive[key] for key in archive.files}

    def has(self, name: str) -> bool:
        return bool(self._files.exists(f"{self._root}/{name}"))

    def remove(self) -> None:
        if self._files.exists(self._root):
            self._files.rm(self._root, recursive=True)


def open_share(url: str) -> Share:
    """Return the share at a path or URL (``s3://…``, ``gs://…``, ``memory://…``).

    Raises
    ------
    InputError
        fsspec, or what it needs for the kind of URL, is not installed.
    """
    return _Bucket(url) if "://" in url else _Folder(Path(url))


def upload_folder(folder: Path, url: str) -> None:
    """Copy a folder's files to object storage; ``run.json`` last, so that where it is the rest is whole.

    Raises
    ------
    InputError
        As `open_share`.
    """
    files, root = _filesystem(url)
    names = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    for name in sorted(names, key=lambda name: (name == "run.json", name)):
        target = f"{root}/{name}"
        files.makedirs(target.rsplit("/", 1)[0], exist_ok=True)
        files.put_file(str(folder / name), target)


def _filesystem(url: str) -> tuple[Any, str]:
    kind = url.split("://", 1)[0]
    mend = f'pip install "phusong[dask]", and for {kind}:// the package that fsspec names'
    try:
        import fsspec

        files, root = fsspec.core.url_to_fs(url)
    except (ImportError, ValueError) as error:
        expected = f"a kind of storage that is installed ({error})"
        raise InputError([Problem(url, expected, mend)]) from None
    return files, str(root).rstrip("/")
