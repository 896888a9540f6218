"""What was downloaded: where from, when, how large, with which checksum. A file beside the downloads."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from ...errors import InputError, Problem
from ..writers import written_aside

__all__ = ["Download", "Ledger", "sha256_of"]

LEDGER_FILE = "downloads.json"


@dataclass(frozen=True)
class Download:
    """One file that came, or that the server does not have.

    Attributes
    ----------
    name : str
        In the folder of the downloads.
    source : str
        Key of `sources.SOURCES`.
    url : str
        Where from, without what is secret.
    asked : str
        Digest of the request: another request is another file.
    retrieved : str
        Day of the download (UTC), ISO 8601.
    bytes : int
    sha256 : str
        Of the file on this disk; empty where the server has no such file.
    verified_by : str
        What of the server's own the file was checked against: "content-md5", "etag-md5", "repr-digest",
        "x-amz-checksum-sha256", "length", or "" (nothing was published; the checksum here is the first seen).
    etag, last_modified : str
        As the server gave them; empty: not given.
    window : str
        Bounds in degrees of the part that was read; empty: the whole file.
    """

    name: str
    source: str
    url: str
    asked: str
    retrieved: str
    bytes: int
    sha256: str
    verified_by: str = ""
    etag: str = ""
    last_modified: str = ""
    window: str = ""

    @property
    def absent(self) -> bool:
        """The server does not have it: no tile over the open sea."""
        return not self.sha256


class Ledger:
    """The downloads of a folder, by name; every change is on disk before the next download begins.

    Parameters
    ----------
    folder : Path
        Of the downloads.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / LEDGER_FILE
        self._known = _read(self._path)

    def get(self, name: str) -> Download | None:
        """Return what is known of a file."""
        return self._known.get(name)

    def put(self, download: Download) -> None:
        """Keep a download, on disk at once."""
        self._known[download.name] = download
        records = [asdict(self._known[name]) for name in sorted(self._known)]
        text = json.dumps(records, ensure_ascii=False, indent=1) + "\n"
        with written_aside(self._path) as part:
            part.write_bytes(text.encode("utf-8"))

    def remember(self, records: Mapping[str, Download]) -> None:
        """Take in what an earlier project record knows and this folder does not (it was emptied)."""
        self._known = {**records, **self._known}


def _read(path: Path) -> dict[str, Download]:
    try:
        records = json.loads(path.read_text(encoding="utf-8"))
        return {record["name"]: parse_download(record) for record in records}
    except FileNotFoundError:
        return {}
    except (ValueError, TypeError, KeyError, AttributeError):
        mend = "delete the folder it lies in; everything is downloaded again"
        raise InputError([Problem(str(path), "the record of earlier downloads", mend)]) from None


def parse_download(record: Mapping[str, Any]) -> Download:
    """Return a record of a file, unknown keys left out."""
    known = {field.name for field in fields(Download)}
    return Download(**{key: value for key, value in record.items() if key in known})


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file in hexadecimal."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
