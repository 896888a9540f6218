"""OpenCelliD: its download, and its export of cells as a table."""

from __future__ import annotations

import csv
import gzip
import io
import os
import re
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING

import numpy as np
import pandas as pd

from ...errors import InputError, Problem
from .archives import LARGEST_BYTES, gzip_flaw
from .countries import country
from .downloads import Downloader, Wanted
from .http_client import Request
from .request_area import Bounds

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer as Buffer

__all__ = ["COLUMNS", "KEY_VARIABLE", "CellExport", "fetch_cells", "opencellid_key", "read_cells"]

KEY_VARIABLE = "PHUSONG_OPENCELLID_KEY"
COLUMNS = (
    "radio", "mcc", "net", "area", "cell", "unit", "lon", "lat", "range", "samples", "changeable", "created",
    "updated", "averageSignal",
)  # fmt: skip
TECHNOLOGIES = {"GSM": "2G", "UMTS": "3G", "LTE": "4G", "NR": "5G"}
"""By OpenCelliD's radio; CDMA belongs to none of the four."""
_CHUNK_ROWS = 200_000
_BAD_SHARE = 0.01
_WHOLE = ("mcc", "net", "area", "cell", "samples", "created", "updated")
_KEY = re.compile(r"[\x21-\x7e]{6,200}")


@dataclass
class CellExport:
    """The rows of an export that can be used.

    Attributes
    ----------
    frame : DataFrame
        Columns: technology, mcc, net, area, cell, lon, lat, range_m, samples, exact (bool), created, updated
        (seconds since 1970), one row a cell, by technology, network and cell.
    rows : int
        Rows of the file.
    left_out : dict of str to int
        Rows that are not in `frame`, by reason.
    """

    frame: pd.DataFrame
    rows: int = 0
    left_out: dict[str, int] = field(default_factory=dict)


def opencellid_key(environment: Mapping[str, str] | None = None) -> str | None:
    """Return the user's key from the environment; None: there is none.

    Raises
    ------
    InputError
        It cannot be a key; what stands there is not shown.
    """
    key = (os.environ if environment is None else environment).get(KEY_VARIABLE, "").strip()
    if key and not _KEY.fullmatch(key):
        mend = "copy it again from opencellid.org"
        raise InputError(
            [Problem(KEY_VARIABLE, "a key: 6 to 200 letters, digits and signs, no spaces", mend)]
        )
    return key or None


def fetch_cells(downloader: Downloader, url: str, countries: Sequence[str], key: str) -> list[Path]:
    """Return the exports of some countries, one file a mobile country code.

    Parameters
    ----------
    downloader : Downloader
        Its client must know the key as a secret.
    url : str
        Of OpenCelliD's downloads.
    countries : sequence of str
        ISO 3166-1 alpha-2.
    key : str
    """
    paths = []
    for code in countries:
        for mcc in country(code).mcc:
            request = Request(
                url, query={"type": "mcc", "file": f"{mcc}.csv.gz"}, secret={"token": key}, pause_s=1.0
            )
            path = downloader.fetch(Wanted(f"opencellid_{mcc}.csv.gz", "cells", request, flaw=gzip_flaw))
            assert path is not None  # may not be absent
            paths.append(path)
    return paths


def read_cells(path: Path, bounds: Bounds | None = None) -> CellExport:
    """Read an export of OpenCelliD: CSV, packed with gzip or not, with or without its header.

    Parameters
    ----------
    path : Path
    bounds : Bounds or None
        Rows outside are counted and left out; None: all.

    Returns
    -------
    CellExport

    Raises
    ------
    InputError
        The file is cut off or damaged, or is not such an export.
    """
    export = CellExport(pd.DataFrame())
    parts: list[pd.DataFrame] = []
    first_bad: list[tuple[int, str]] = []
    try:
        with _opened(path) as stream:
            for start, rows in _chunks(stream):
                parts.append(_typed(rows, start, export, first_bad, bounds))
    except (OSError, EOFError, zlib.error, UnicodeDecodeError, csv.Error) as error:
        mend = f"delete it and fetch it again ({error})"
        raise InputError([Problem(path.name, "a whole CSV file, packed with gzip or not", mend)]) from None
    _check_format(path, export, first_bad)
    frame = pd.concat(parts, ignore_index=True) if parts else _typed([], 1, export, first_bad, bounds)
    export.frame = _distinct(frame, export)
    return export


@contextmanager
def _opened(path: Path) -> Iterator[IO[str]]:
    with path.open("rb") as file:
        packed = file.read(2) == b"\x1f\x8b"
        file.seek(0)
        raw = gzip.GzipFile(fileobj=file) if packed else file
        with io.TextIOWrapper(io.BufferedReader(_Bounded(raw)), encoding="utf-8-sig", newline="") as text:
            yield text


class _Bounded(io.RawIOBase):
    """A stream that ends with an error before it fills the memory."""

    def __init__(self, raw: io.BufferedReader | gzip.GzipFile) -> None:
        super().__init__()
        self._raw, self._count = raw, 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Buffer) -> int:
        view = memoryview(buffer).cast("B")
        got = self._raw.read(len(view))
        view[: len(got)] = got
        self._count += len(got)
        if self._count > LARGEST_BYTES:
            raise OSError(f"more than {LARGEST_BYTES:,} bytes unpacked")
        return len(got)


def _chunks(stream: IO[str]) -> Iterator[tuple[int, list[list[str]]]]:
    rows: list[list[str]] = []
    number = first = 1
    for row in csv.reader(stream):
        if not (number == 1 and row[:1] == ["radio"]) and row:
            rows.append(row)
        number += 1
        if len(rows) == _CHUNK_ROWS:
            yield first, rows
            rows, first = [], number
    if rows:
        yield first, rows


def _typed(
    rows: list[list[str]],
    start: int,
    export: CellExport,
    first_bad: list[tuple[int, str]],
    bounds: Bounds | None,
) -> pd.DataFrame:
    export.rows += len(rows)
    raw = pd.DataFrame(
        [row if len(row) == len(COLUMNS) else [""] * len(COLUMNS) for row in rows], columns=COLUMNS
    )
    numbers = {name: pd.to_numeric(raw[name], errors="coerce") for name in COLUMNS[1:-1] if name != "unit"}
    technology = raw["radio"].str.strip().str.upper().map(TECHNOLOGIES)
    known_radio = technology.notna() | raw["radio"].str.strip().str.upper().eq("CDMA")
    lon, lat = numbers["lon"], numbers["lat"]
    whole = np.logical_and.reduce([numbers[name].mod(1).eq(0) & numbers[name].ge(0) for name in _WHOLE])
    placed = lon.between(-180, 180) & lat.between(-90, 90) & ~((lon == 0) & (lat == 0))
    good = known_radio & whole & placed & numbers["mcc"].between(200, 799)
    for index in np.flatnonzero(~good.to_numpy(bool))[: 3 - len(first_bad)]:
        first_bad.append((start + int(index), ",".join(rows[index])[:80]))
    _count(export, "not readable", int((~good).sum()))
    _count(export, "CDMA", int((good & technology.isna()).sum()))
    keep = good & technology.notna()
    if bounds is not None:
        west, south, east, north = bounds
        inside = lon.between(west, east) & lat.between(south, north)
        _count(export, "outside the area", int((keep & ~inside).sum()))
        keep &= inside
    frame = pd.DataFrame({name: numbers[name][keep].astype("int64") for name in _WHOLE})
    frame.insert(0, "technology", technology[keep].astype(object))
    frame["lon"], frame["lat"] = lon[keep].astype("float64"), lat[keep].astype("float64")
    frame["range_m"] = numbers["range"][keep].astype("float64")
    frame["exact"] = numbers["changeable"][keep].eq(0)
    return frame.reset_index(drop=True)


def _count(export: CellExport, reason: str, number: int) -> None:
    if number:
        export.left_out[reason] = export.left_out.get(reason, 0) + number


def _check_format(path: Path, export: CellExport, first_bad: list[tuple[int, str]]) -> None:
    bad = export.left_out.get("not readable", 0)
    if not export.rows:
        raise InputError([Problem(path.name, "cells", "fetch it again: the file is empty")])
    if bad > _BAD_SHARE * export.rows:
        expected = "14 columns as OpenCelliD exports them: " + ", ".join(COLUMNS)
        mend = f"take an export of OpenCelliD; {bad:,} of {export.rows:,} rows are not like that"
        raise InputError([Problem(path.name, expected, mend, row=row, value=text) for row, text in first_bad])


def _distinct(frame: pd.DataFrame, export: CellExport) -> pd.DataFrame:
    """One row a cell: the one that was updated last."""
    key = ["technology", "mcc", "net", "area", "cell"]
    ordered = frame.sort_values([*key, "updated", "samples", "lon", "lat"], kind="stable")
    kept = ordered.drop_duplicates(key, keep="last")
    _count(export, "listed twice", len(frame) - len(kept))
    return kept.reset_index(drop=True)
