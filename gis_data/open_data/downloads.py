"""Whole files from servers: resumed where they broke off, checked, recorded, never half."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import requests
from urllib3.exceptions import HTTPError

from .http_client import FetchError, HttpClient, Request, TransientError, UnwelcomeError
from .ledger import Download, Ledger, sha256_of

__all__ = ["Downloader", "Progress", "Wanted"]

Progress = Callable[[str, int, int], None]
"""Name of the file, bytes here, bytes in all (0: unknown)."""

_CHUNK = 1 << 16
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,180}")
_MD5_ETAG = re.compile(r'"([0-9a-f]{32})"')
_CONTENT_RANGE = re.compile(r"bytes (\d+)-(\d+)/(\d+)")


@dataclass(frozen=True)
class Wanted:
    """A file to be had.

    Attributes
    ----------
    name : str
        In the folder of the downloads; ours, never the server's.
    source : str
        Key of `sources.SOURCES`.
    request : Request
    may_be_absent : bool
        404 is an answer: the server has nothing there.
    flaw : callable or None
        Says what is wrong with a file that came (None: nothing), so that a page with an error message is
        not taken for data. May raise TransientError to have it asked again.
    """

    name: str
    source: str
    request: Request
    may_be_absent: bool = False
    flaw: Callable[[Path], str | None] | None = None

    @property
    def asked(self) -> str:
        """Digest of the request, secrets left out."""
        text = json.dumps(
            [self.request.url, sorted(self.request.query.items()), sorted(self.request.form.items())]
        )
        return hashlib.sha256(text.encode()).hexdigest()


class Downloader:
    """Gets files into a folder; what is there and whole is not asked for again.

    Parameters
    ----------
    folder : Path
        Made where it is missing.
    client : HttpClient
    refresh : bool
        Ask again for everything and accept that a source has changed.
    progress : callable, optional
    today : date, optional
        Recorded as the day of the download; default: today (UTC).
    """

    def __init__(
        self,
        folder: Path,
        client: HttpClient,
        *,
        refresh: bool = False,
        progress: Progress | None = None,
        today: date | None = None,
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder, self.client, self.refresh = folder, client, refresh
        self.ledger = Ledger(folder)
        self.used: dict[str, Download] = {}
        self.progress: Progress = progress or (lambda name, done, total: None)
        self.today = (today or datetime.now(UTC).date()).isoformat()
        self._fresh: set[str] = set()
        self._farthest: dict[str, int] = {}

    def fetch(self, wanted: Wanted) -> Path | None:
        """Return the file, downloaded now or earlier; None where the server has none and may have none.

        Raises
        ------
        FetchError
            It cannot be had, or what comes is not what was published or first seen.
        """
        path = self.path_of(wanted.name)
        known = self.kept(wanted)
        if known is None:
            known = self.client.patiently(lambda: self._attempt(wanted, path))
            self.record(known)
        self.used[wanted.name] = known
        return None if known.absent else path

    def path_of(self, name: str) -> Path:
        """Return the path of a download; a name that could leave the folder is refused."""
        if not _NAME.fullmatch(name):
            raise FetchError(f"a name for a download, not {name!r}")
        return self.folder / name

    def kept(self, wanted: Wanted) -> Download | None:
        """Return the record of a file that is here, whole, and from the same request."""
        known = self.ledger.get(wanted.name)
        if known is None or known.asked != wanted.asked:
            return None
        if self.refresh and wanted.name not in self._fresh:
            return None
        path = self.path_of(wanted.name)
        if known.absent:  # from the server, or from the window that was asked for
            return known if wanted.may_be_absent or known.window else None
        return known if path.is_file() and sha256_of(path) == known.sha256 else None

    def record(self, download: Download) -> None:
        """Keep a download in the ledger.

        Raises
        ------
        FetchError
            The same request brought another file before.
        """
        before = self.ledger.get(download.name)
        changed = before is not None and before.asked == download.asked and before.sha256 != download.sha256
        if changed and not self.refresh:
            assert before is not None  # said by `changed`
            self.path_of(download.name).unlink(missing_ok=True)
            raise FetchError(
                f"{download.url}: not the file of {before.retrieved} (SHA-256 {before.sha256[:12]}… then, "
                f"{download.sha256[:12] or 'absent'}… now). If the source has a new edition: --refresh"
            )
        self._fresh.add(download.name)
        self.ledger.put(download)
        self.used[download.name] = download

    def _attempt(self, wanted: Wanted, path: Path) -> Download:
        part = path.with_name(path.name + ".part")
        notes = path.with_name(path.name + ".part.json")
        start, headers = _resume(wanted, part, notes)
        try:
            with self.client.response(wanted.request, headers) as answer:
                total = self._total(answer, start, part, wanted)
                if answer.status_code != 416:
                    _note(notes, wanted, answer)
                    self._receive(answer, part, start if answer.status_code == 206 else 0, total, wanted)
                seen = answer.headers
        except UnwelcomeError as error:
            if error.status == 404 and wanted.may_be_absent:
                return self._described(wanted, None, {}, "")
            raise
        verified = self._verified(wanted, part, seen, total)
        part.replace(path)
        notes.unlink(missing_ok=True)
        return self._described(wanted, path, seen, verified)

    def _total(self, answer: requests.Response, start: int, part: Path, wanted: Wanted) -> int:
        """Return how long the file will be, as the response tells it."""
        length = int(answer.headers.get("Content-Length", "0"))
        if answer.status_code == 206:
            _check_range(answer, start, wanted)
            return start + length
        if answer.status_code in (412, 416):
            if answer.headers.get("Content-Range") == f"bytes */{start}":
                return start  # all of it was here already
            part.unlink(missing_ok=True)
            raise TransientError(f"{wanted.request.address}: changed while it was downloaded", 0.0)
        return length

    def _receive(self, answer: requests.Response, part: Path, start: int, total: int, wanted: Wanted) -> None:
        done = start
        with part.open("ab" if start else "wb") as stream:
            try:
                # raw: a .gz that a server declares as packed for the way must stay a .gz
                for chunk in answer.raw.stream(_CHUNK, decode_content=False):
                    stream.write(chunk)
                    done += len(chunk)
                    self.progress(wanted.name, done, total)
            except (HTTPError, OSError) as error:
                if isinstance(error, OSError) and error.filename is not None:
                    raise  # our disk, not their connection
                message = f"{wanted.request.address}: the connection broke after {done:,} of {total:,} bytes"
                raise TransientError(message, progress=self._is_farther(wanted.name, done, start)) from None

    def _is_farther(self, name: str, done: int, start: int) -> bool:
        """Tell whether an attempt got farther than all before it."""
        before = self._farthest.setdefault(name, start)
        self._farthest[name] = max(before, done)
        return done > before

    def _verified(self, wanted: Wanted, part: Path, headers: Mapping[str, str], total: int) -> str:
        """Check a whole file against what the server published; return by what."""
        where, size = wanted.request.address, part.stat().st_size
        stated = "Content-Length" in headers or total > 0
        if stated and size != total:
            part.unlink()
            raise TransientError(f"{where}: {size:,} bytes came, the server announced {total:,}")
        by = "length" if stated else ""
        for name, algorithm, expected in _published(headers):
            with part.open("rb") as stream:
                found = hashlib.file_digest(stream, algorithm).digest()
            if found != expected:
                part.unlink()
                raise TransientError(f"{where}: the file does not have the published checksum ({name})")
            by = name
        try:
            wrong = wanted.flaw(part) if wanted.flaw else None
        except TransientError:
            part.unlink()
            raise
        if wrong:
            part.unlink()
            raise FetchError(self.client.redact(f"{where}: {wrong}"))
        return by

    def _described(
        self, wanted: Wanted, path: Path | None, headers: Mapping[str, str], verified: str
    ) -> Download:
        return Download(
            name=wanted.name,
            source=wanted.source,
            url=wanted.request.address,
            asked=wanted.asked,
            retrieved=self.today,
            bytes=path.stat().st_size if path else 0,
            sha256=sha256_of(path) if path else "",
            verified_by=verified,
            etag=headers.get("ETag", ""),
            last_modified=headers.get("Last-Modified", ""),
        )


def _resume(wanted: Wanted, part: Path, notes: Path) -> tuple[int, dict[str, str]]:
    """From which byte on to ask, if the beginning is here and the server can say that it is the same file."""
    try:
        known = json.loads(notes.read_text(encoding="utf-8"))
        size = part.stat().st_size
        validator = known["validator"]
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return 0, {}
    if not size or not validator or known.get("asked") != wanted.asked:
        return 0, {}
    return size, {"Range": f"bytes={size}-", "If-Range": validator}


def _note(notes: Path, wanted: Wanted, answer: requests.Response) -> None:
    """Write down how to tell later that the file on the server is still the same."""
    etag = answer.headers.get("ETag", "")
    # a weak validator does not promise the same bytes
    validator = etag if etag and not etag.startswith("W/") else answer.headers.get("Last-Modified", "")
    notes.write_text(json.dumps({"asked": wanted.asked, "validator": validator}), encoding="utf-8")


def _check_range(answer: requests.Response, start: int, wanted: Wanted) -> None:
    match = _CONTENT_RANGE.fullmatch(answer.headers.get("Content-Range", ""))
    if not match or int(match[1]) != start:
        raise FetchError(f"{wanted.request.address}: the server sent another part than was asked for")


def _published(headers: Mapping[str, str]) -> list[tuple[str, str, bytes]]:
    """Checksums of the whole file that a response states: name, algorithm, digest."""
    found: list[tuple[str, str, bytes]] = []
    whole = "Content-Range" not in headers  # Content-MD5 of a part is that of the part
    digest = re.search(r"sha-256=:([A-Za-z0-9+/=]+):", headers.get("Repr-Digest", ""))
    if digest:
        found.append(("repr-digest", "sha256", base64.b64decode(digest[1])))
    if whole and "Content-MD5" in headers:
        found.append(("content-md5", "md5", base64.b64decode(headers["Content-MD5"])))
    amazon = headers.get("x-amz-checksum-sha256", "")
    if whole and amazon and headers.get("x-amz-checksum-type", "FULL_OBJECT") == "FULL_OBJECT":
        found.append(("x-amz-checksum-sha256", "sha256", base64.b64decode(amazon)))
    etag = _MD5_ETAG.fullmatch(headers.get("ETag", ""))
    # S3 alone promises that such an ETag is the MD5, and not of files that it encrypts with KMS or in parts
    plain = headers.get("x-amz-server-side-encryption", "AES256") == "AES256"
    if etag and headers.get("Server", "").startswith("AmazonS3") and plain:
        found.append(("etag-md5", "md5", bytes.fromhex(etag[1])))
    return found
