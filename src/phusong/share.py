"""A place that all workers reach: a shared folder, or object storage through fsspec."""

from __future__ import annotations

import io
import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from .errors import InputError, PhusongError, Problem, StoreError
from .one_run import alone
from .options import Options
from .store.address import redacted

__all__ = ["Share", "open_share", "upload_folder", "upload_job"]


class Share(Protocol):
    """Files by name, written whole or not at all."""

    def write(self, name: str, arrays: dict[str, NDArray[Any]]) -> None:
        """Write arrays under a name; a reader sees all of them or none."""

    def read(self, name: str) -> dict[str, NDArray[Any]]:
        """Read arrays back."""

    def put(self, name: str, path: Path) -> None:
        """Copy a file there, whole or not at all."""

    def take(self, name: str, path: Path) -> None:
        """Bring a file from there; it may stay the same file, which nobody writes into."""

    def has(self, name: str) -> bool:
        """Tell whether the name has been written."""

    def remove(self, below: str = "") -> None:
        """Remove everything, or what lies in the folder `below`."""


class _Folder:
    """A folder of this machine or of the network."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def write(self, name: str, arrays: dict[str, NDArray[Any]]) -> None:
        with self._aside(name) as aside, aside.open("wb") as sink:
            np.savez(sink, allow_pickle=False, **arrays)

    def read(self, name: str) -> dict[str, NDArray[Any]]:
        with np.load(self._folder / name, allow_pickle=False) as archive:
            return {key: archive[key] for key in archive.files}

    def put(self, name: str, path: Path) -> None:
        with self._aside(name) as aside:
            shutil.copyfile(path, aside)

    def take(self, name: str, path: Path) -> None:
        try:
            path.hardlink_to(self._folder / name)
        except OSError:  # another disk, a file system without links, or a file is there
            shutil.copyfile(self._folder / name, path)

    def has(self, name: str) -> bool:
        return (self._folder / name).is_file()

    def remove(self, below: str = "") -> None:
        shutil.rmtree(self._folder / below, ignore_errors=True)

    @contextmanager
    def _aside(self, name: str) -> Iterator[Path]:
        path = self._folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        # a worker taken for dead may still be writing while another does its work again
        aside = path.with_name(f".{path.name}.{os.getpid()}-{uuid.uuid4().hex}.part")
        try:
            yield aside
            aside.replace(path)
        finally:
            aside.unlink(missing_ok=True)


class _Bucket:
    """Object storage: an object is put whole."""

    def __init__(self, url: str) -> None:
        self._files, self._root = _filesystem(url)

    def write(self, name: str, arrays: dict[str, NDArray[Any]]) -> None:
        sink = io.BytesIO()
        np.savez(sink, allow_pickle=False, **arrays)
        self._files.pipe_file(self._made(name), sink.getvalue())

    def read(self, name: str) -> dict[str, NDArray[Any]]:
        content = io.BytesIO(self._files.cat_file(f"{self._root}/{name}"))
        with np.load(content, allow_pickle=False) as archive:
            return {key: archive[key] for key in archive.files}

    def put(self, name: str, path: Path) -> None:
        self._files.pipe_file(self._made(name), path.read_bytes())

    def take(self, name: str, path: Path) -> None:
        self._files.get_file(f"{self._root}/{name}", str(path))

    def has(self, name: str) -> bool:
        return bool(self._files.exists(f"{self._root}/{name}"))

    def remove(self, below: str = "") -> None:
        root = f"{self._root}/{below}".rstrip("/")
        if self._files.exists(root):
            self._files.rm(root, recursive=True)

    def _made(self, name: str) -> str:
        """Return an object's path, its folder made where the storage has such."""
        path = f"{self._root}/{name}"
        self._files.makedirs(path.rsplit("/", 1)[0], exist_ok=True)
        return path


def open_share(url: str) -> Share:
    """Return the share at a path or URL (``s3://…``, ``gs://…``, ``memory://…``).

    Raises
    ------
    InputError
        fsspec, or what it needs for the kind of URL, is not installed.
    """
    return _Bucket(url) if "://" in url else _Folder(Path(url))


@alone
def upload_job(options: Options, url: str) -> None:
    """Copy the results of a project to object storage.

    Raises
    ------
    InputError
        As `open_share`; or there are no results.
    StoreError
        The storage cannot be reached, or refuses.
    """
    out = options.project.out
    if not any(out.glob("*")):
        mend = f"run first: phusong run {options.project.folder}"
        raise InputError([Problem(out.as_posix(), "the results of a run", mend)])
    try:
        upload_folder(out, url)
    except PhusongError:
        raise
    except Exception as error:  # each kind of storage has errors of its own
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise StoreError(f"the results cannot be copied to {redacted(url)}: {reason}") from error
    print(f"{options.reporter.say('wrote')}: {redacted(url)}")


def upload_folder(folder: Path, url: str) -> None:
    """Copy a folder's files to object storage; ``run.json`` last, so that where it is the rest is whole.

    Raises
    ------
    InputError
        As `open_share`.
    """
    files, root = _filesystem(url)
    if files.exists(f"{root}/run.json"):  # what is there is not whole while it is replaced
        files.rm(f"{root}/run.json")
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
        expected = f"a kind of storage that is installed ({redacted(str(error))})"
        raise InputError([Problem(redacted(url), expected, mend)]) from None
    return files, str(root).rstrip("/")
