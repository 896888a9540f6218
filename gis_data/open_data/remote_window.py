"""A part of a large raster on a server: only the blocks of the file that hold it are asked for."""

from __future__ import annotations

import hashlib
import io
import json
import re
import shutil
from pathlib import Path
from typing import Any

import rasterio
from rasterio.errors import RasterioError
from rasterio.warp import transform_bounds
from rasterio.windows import Window

from ..placing import WGS84
from .downloads import Downloader, Wanted
from .http_client import FetchError, TransientError, UnwelcomeError
from .ledger import Download, sha256_of
from .request_area import Bounds

__all__ = ["BLOCK_BYTES", "fetch_window"]

BLOCK_BYTES = 1 << 20
_REMOTE = "remote.tif"
_STRIP_ROWS = 1024
_CONTENT_RANGE = re.compile(r"bytes (\d+)-(\d+)/(\d+)")
_OPEN_OPTIONS = {"GDAL_DISABLE_READDIR_ON_OPEN": "EMPTY_DIR", "GDAL_NUM_THREADS": "1"}


def fetch_window(
    downloader: Downloader, wanted: Wanted, bounds: Bounds, *, block_bytes: int = BLOCK_BYTES
) -> Path | None:
    """Return a local raster that holds a part of a remote one, pixels as they are.

    Blocks are kept until the part is complete, so that a killed run goes on where it was. A server that
    does not serve parts is asked for the whole file.

    Parameters
    ----------
    downloader : Downloader
    wanted : Wanted
        The whole file; what is not a part in the end has its name.
    bounds : Bounds
        In degrees.
    block_bytes : int
        What is asked for at a time.

    Returns
    -------
    Path or None
        None where the server has none, or the raster does not reach the bounds.
    """
    if downloader.kept(wanted) is not None:
        return downloader.fetch(wanted)
    shown = ",".join(f"{edge:.6f}" for edge in bounds)
    stem = Path(wanted.name).stem
    part_name = f"{stem}.{hashlib.sha256(shown.encode()).hexdigest()[:10]}.window.tif"
    part = Wanted(part_name, wanted.source, wanted.request, wanted.may_be_absent)
    kept = downloader.kept(part)
    if kept is not None:
        downloader.used[part_name] = kept
        return None if kept.absent else downloader.path_of(part_name)
    remote = _Blocks(downloader, part, block_bytes)
    try:
        if not remote.begin():
            return downloader.fetch(wanted)
    except UnwelcomeError as error:
        if error.status == 404 and wanted.may_be_absent:
            downloader.record(remote.described(None, ""))
            return None
        raise
    path = downloader.path_of(part_name)
    inside = _copy_window(remote, bounds, path)
    downloader.record(remote.described(path if inside else None, shown))
    remote.forget()
    return path if inside else None


class _Blocks:
    """A remote file that can be read anywhere; what was read lies in blocks on the disk."""

    def __init__(self, downloader: Downloader, wanted: Wanted, block_bytes: int) -> None:
        self.address = wanted.request.address
        self._downloader, self._wanted, self._size = downloader, wanted, block_bytes
        self._folder = downloader.path_of(wanted.name + ".blocks")
        self.failure: Exception | None = None
        self._notes: dict[str, Any] = {}

    @property
    def total(self) -> int:
        """Bytes of the whole file."""
        return int(self._notes["total"])

    def begin(self) -> bool:
        """Get the first block, unless it is here; False: this server does not serve parts."""
        notes = self._folder / "notes.json"
        if self._downloader.refresh:
            self.forget()
        try:
            self._notes = json.loads(notes.read_text(encoding="utf-8"))
            if (self._notes["asked"], self._notes["block"]) == (self._wanted.asked, self._size):
                return True
        except (FileNotFoundError, ValueError, KeyError, TypeError):
            pass
        self.forget()
        return self._downloader.client.patiently(self._first)

    def _first(self) -> bool:
        headers = {"Range": f"bytes=0-{self._size - 1}"}
        with self._downloader.client.response(self._wanted.request, headers) as answer:
            match = _CONTENT_RANGE.fullmatch(answer.headers.get("Content-Range", ""))
            if answer.status_code != 206 or not match:
                return False
            body = self._body(answer, min(self._size, int(match[3])))
            self._notes = {
                "asked": self._wanted.asked,
                "block": self._size,
                "total": int(match[3]),
                "etag": answer.headers.get("ETag", ""),
                "last_modified": answer.headers.get("Last-Modified", ""),
            }
        self._folder.mkdir(parents=True, exist_ok=True)
        self._keep(0, body)
        (self._folder / "notes.json").write_text(json.dumps(self._notes), encoding="utf-8")
        return True

    def _body(self, answer: Any, length: int) -> bytes:
        body = bytes(answer.content)
        if len(body) != length:
            raise TransientError(f"{self.address}: {len(body):,} of {length:,} bytes of a part came")
        return body

    def _keep(self, first: int, body: bytes) -> None:
        for number, start in enumerate(range(0, len(body), self._size), start=first):
            part = self._folder / f"{number:08d}.part"
            part.write_bytes(body[start : start + self._size])
            part.replace(self._folder / f"{number:08d}")

    def _get(self, first: int, last: int) -> None:
        start, end = first * self._size, min((last + 1) * self._size, self.total) - 1

        def once() -> bytes:
            headers = {"Range": f"bytes={start}-{end}"}
            if self._notes["etag"] and not self._notes["etag"].startswith("W/"):
                headers["If-Match"] = self._notes["etag"]
            with self._downloader.client.response(self._wanted.request, headers) as answer:
                same = answer.headers.get("Content-Range") == f"bytes {start}-{end}/{self.total}"
                seen = answer.headers.get("Last-Modified", "")
                if answer.status_code != 206 or not same or seen != self._notes["last_modified"]:
                    self.forget()
                    where = self.address
                    raise FetchError(f"{where}: changed while parts of it were read; run again")
                return self._body(answer, end - start + 1)

        self._keep(first, self._downloader.client.patiently(once))
        here = len(list(self._folder.glob("[0-9]*[0-9]")))
        self._downloader.progress(self._wanted.name, here * self._size, self.total)

    def _ensure(self, first: int, last: int) -> None:
        missing = [n for n in range(first, last + 1) if not (self._folder / f"{n:08d}").is_file()]
        while missing:
            run = [n for i, n in enumerate(missing) if n == missing[0] + i]
            self._get(run[0], run[-1])
            missing = missing[len(run) :]

    def read_at(self, start: int, size: int) -> bytes:
        """Return bytes of the remote file; nothing more once something has failed."""
        end = min(start + size, self.total)
        if end <= start or self.failure is not None:
            return b""
        try:
            first, last = start // self._size, (end - 1) // self._size
            self._ensure(first, last)
            held = b"".join((self._folder / f"{n:08d}").read_bytes() for n in range(first, last + 1))
        except Exception as error:  # GDAL cannot pass it on: it is raised after GDAL has given up
            self.failure = error
            return b""
        return held[start - first * self._size : end - first * self._size]

    def forget(self) -> None:
        """Delete the blocks."""
        shutil.rmtree(self._folder, ignore_errors=True)

    def described(self, path: Path | None, window: str) -> Download:
        """Return the record of the part."""
        return Download(
            name=self._wanted.name,
            source=self._wanted.source,
            url=self._wanted.request.address,
            asked=self._wanted.asked,
            retrieved=self._downloader.today,
            bytes=path.stat().st_size if path else 0,
            sha256=sha256_of(path) if path else "",
            etag=self._notes.get("etag", ""),
            last_modified=self._notes.get("last_modified", ""),
            window=window,
        )


class _Reader(io.RawIOBase):
    """The remote file as GDAL opens it, several times over."""

    def __init__(self, blocks: _Blocks) -> None:
        super().__init__()
        self._blocks, self._position = blocks, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._blocks.total}[whence]
        self._position = base + offset
        return self._position

    def read(self, size: int = -1) -> bytes:
        body = self._blocks.read_at(self._position, size if size >= 0 else self._blocks.total)
        self._position += len(body)
        return body


def _copy_window(remote: _Blocks, bounds: Bounds, path: Path) -> bool:
    """Write the pixels inside the bounds to a raster of our own; False: there are none."""
    part = path.with_name(path.name + ".part")

    def opener(name: str, mode: str = "rb") -> _Reader:
        if Path(name).name != _REMOTE:
            raise FileNotFoundError(name)  # GDAL looks for side files
        return _Reader(remote)

    try:
        with rasterio.Env(**_OPEN_OPTIONS), rasterio.open(_REMOTE, opener=opener) as source:
            window = window_of(source, bounds)
            if window is None:
                return False
            profile = {
                "driver": "GTiff", "count": 1, "dtype": source.dtypes[0], "crs": source.crs,
                "nodata": source.nodata, "width": window.width, "height": window.height,
                "transform": source.window_transform(window), "tiled": True, "compress": "deflate",
            }  # fmt: skip
            with rasterio.open(part, "w", **profile) as target:
                for row in range(0, window.height, _STRIP_ROWS):
                    rows = min(_STRIP_ROWS, window.height - row)
                    strip = Window(window.col_off, window.row_off + row, window.width, rows)
                    target.write(source.read(1, window=strip), 1, window=Window(0, row, window.width, rows))
    except RasterioError as error:
        part.unlink(missing_ok=True)
        if remote.failure is None:
            where = remote._wanted.request.address
            raise FetchError(
                f"{where}: not a raster that can be read ({str(error).splitlines()[0]})"
            ) from None
    if remote.failure is not None:
        part.unlink(missing_ok=True)
        raise remote.failure from None
    part.replace(path)
    return True


def window_of(source: Any, bounds: Bounds) -> Window | None:
    """Return the pixels of a raster that touch an area in degrees, a pixel more on each side; None: none."""
    west, south, east, north = transform_bounds(WGS84, source.crs, *bounds, densify_pts=21)
    t = source.transform
    if t.b or t.d or t.a <= 0 or t.e >= 0:
        raise FetchError(f"{source.name}: not a north-up raster")
    left, right = int((west - t.c) // t.a) - 1, int((east - t.c) // t.a) + 2
    top, bottom = int((north - t.f) // t.e) - 1, int((south - t.f) // t.e) + 2
    left, right = max(left, 0), min(right, source.width)
    top, bottom = max(top, 0), min(bottom, source.height)
    if right <= left or bottom <= top:
        return None
    return Window(left, top, right - left, bottom - top)
