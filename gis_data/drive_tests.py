"""Samples of drive tests: exports of G-NetTrack and TEMS, and plain tables, told apart by their headers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError, Problem
from .coordinates import POSITION_COLUMNS, as_angle
from .headers import HeaderMatch, fold, match_headers
from .placing import WGS84, parse_crs, transform_points
from .problems import ProblemList
from .schema import Column, Table
from .table_files import RawTable, read_raw
from .values import BadValueError, as_number, as_technology, as_text, decimal_marks, is_empty, shown

__all__ = ["DRIVE_TEST", "DriveTest", "read_drive_test"]

_WEAKEST_DBM, _STRONGEST_DBM = -160.0, 0.0
_LEVELS = {"rxlev": "2G", "rscp": "3G", "rsrp": "4G", "ss_rsrp": "5G"}
_CELL_NAMES = ("cell_name", "cgi", "node_cell", "cell_number")
_NO_SERVICE = frozenset({"noservice", "none", "unknown", "nosignal", "limited", "limitedservice"})

DRIVE_TEST = Table(
    "drive_test", "point", label_en="Drive test", label_vi="Đo kiểm",
    help="Levels of the serving cell along a road.",
    columns=(
        Column("technology", label_en="Technology", label_vi="Công nghệ",
               aliases=("networktech", "network_tech", "tech", "rat", "system", "network_type", "mang"),
               help="2G, 3G, 4G or 5G; not needed where the level's own header says it."),
        Column("operator_name", label_en="Operator", label_vi="Nhà mạng", aliases=("nha_cung_cap", "carrier"),
               help="G-NetTrack's Operatorname goes before its Operator, which is a number."),
        Column("level_dbm", "number", unit="dBm", label_en="Level", label_vi="Mức thu",
               aliases=("level", "signal", "signal_strength", "muc_tin_hieu", "rx"),
               help="Of the reference signal of the sample's technology."),
        Column("rxlev", "number", unit="dBm", label_en="RxLev", label_vi="RxLev 2G",
               aliases=("rx_lev", "rxlev_full", "rxlev_sub", "rxlev_dbm", "gsm_rxlev")),
        Column("rscp", "number", unit="dBm", label_en="RSCP", label_vi="RSCP 3G",
               aliases=("cpich_rscp", "rscp_dbm", "as_rscp", "umts_rscp", "wcdma_rscp", "serving_rscp")),
        Column("rsrp", "number", unit="dBm", label_en="RSRP", label_vi="RSRP 4G",
               aliases=("rsrp_dbm", "serving_cell_rsrp", "lte_rsrp", "serving_rsrp", "pcell_rsrp")),
        Column("ss_rsrp", "number", unit="dBm", label_en="SS-RSRP", label_vi="SS-RSRP 5G",
               aliases=("ssrsrp_dbm", "nr_rsrp", "nr_ss_rsrp", "serving_ss_rsrp", "5g_rsrp", "nr_ssrsrp")),
        Column("cell_name", label_en="Serving cell", label_vi="Cell phục vụ",
               aliases=("serving_cell_name", "cell", "ten_cell")),
        Column("cgi", label_en="CGI", label_vi="Mã cell toàn cầu",
               aliases=("ecgi", "eci", "nci", "cell_global_id")),
        Column("node", label_en="Node", label_vi="Trạm", aliases=("enb", "enodeb", "enodeb_id", "gnb")),
        Column("cell_number", label_en="CellID", label_vi="Mã cell", aliases=("ci", "cid", "local_cell_id")),
    ),
)  # fmt: skip
"""Columns that are looked for; all others of an export are left alone."""


@dataclass(frozen=True)
class DriveTest:
    """Samples as measured: one for every level in every row.

    Attributes
    ----------
    file : str
    x_m, y_m : ndarray of float64, (n,)
        In the CRS asked for; NaN where the receiver had no fix.
    level_dbm : ndarray of float64, (n,)
        NaN where the row holds none.
    technology, operator : ndarray of str, (n,)
        Empty where unknown.
    cell_names : dict of str to ndarray of str, (n,)
        What the file calls the serving cell, by kind of name; empty texts where it says nothing.
    rows : ndarray of int64, (n,)
        Spreadsheet rows.
    """

    file: str
    x_m: NDArray[np.float64]
    y_m: NDArray[np.float64]
    level_dbm: NDArray[np.float64]
    technology: NDArray[Any]
    operator: NDArray[Any]
    cell_names: dict[str, NDArray[Any]]
    rows: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.rows)


@dataclass(frozen=True)
class _Source:
    path: str
    sheet: str | None = None
    crs: str | None = None
    encoding: str = "utf-8-sig"


def read_drive_test(
    path: Path, crs: str, *, file_crs: str | None = None, encoding: str = "utf-8-sig"
) -> DriveTest:
    """Read a file of samples, whatever made it.

    Empty cells are common in logs (no fix yet, no service) and no error; texts where a number belongs are.

    Parameters
    ----------
    path : Path
        CSV, tab-separated text (G-NetTrack, TEMS) or a workbook.
    crs : str
        Of the positions that are returned.
    file_crs : str, optional
        Of columns x and y or easting and northing; longitude and latitude are WGS 84.
    encoding : str
        Of a text file.

    Raises
    ------
    InputError
        All problems at once.
    """
    problems = ProblemList()
    raw = read_raw(Path(), _Source(str(path), None, file_crs, encoding), DRIVE_TEST, problems)
    if raw is None:
        raise InputError(problems.listed())
    reader = _Reader(raw, match_headers(raw.header, (*DRIVE_TEST.columns, *POSITION_COLUMNS)), problems)
    position = reader.positions(file_crs, crs)
    levels = reader.levels()
    problems.raise_errors()
    assert position is not None and levels
    return _stacked(reader, position, levels)


class _Reader:
    """One file on its way to arrays; collects what is wrong with it."""

    def __init__(self, raw: RawTable, match: HeaderMatch, problems: ProblemList) -> None:
        self.raw, self.index, self.problems = raw, match.index, problems
        numbers = ("level_dbm", *_LEVELS, "x", "y", "easting", "northing")
        held = [self.index[name] for name in numbers if name in self.index]
        self.marks = decimal_marks(value for at in held for value in raw.columns[at])
        for titles in match.ambiguous.values():
            self._wrong("one column of this kind", "rename or delete all but one", value=", ".join(titles))
        if not raw.rows:
            self._wrong("at least one row below the header", "export the log again")

    def _wrong(self, expected: str, mend: str, value: str | None = None) -> None:
        self.problems.add(Problem(self.raw.file, expected, mend, value=value, sheet=self.raw.sheet))

    def _numbers(self, name: str, convert: Callable[[Any], float]) -> NDArray[np.float64]:
        at = self.index[name]
        out = np.full(len(self.raw.rows), np.nan)
        for number, value in enumerate(self.raw.columns[at]):
            if is_empty(value):
                continue
            try:
                out[number] = convert(value)
            except BadValueError as error:
                place = (self.raw.rows[number], self.raw.header[at], shown(value), self.raw.sheet)
                self.problems.add(Problem(self.raw.file, error.expected, error.mend, *place))
        return out

    def texts(self, name: str) -> NDArray[Any]:
        """Return a column as texts, empty where it or the cell is."""
        if name not in self.index:
            return np.full(len(self.raw.rows), "", dtype="U1")
        values = self.raw.columns[self.index[name]]
        return np.array(["" if is_empty(value) else as_text(value) for value in values], dtype=str)

    def positions(
        self, file_crs: str | None, crs: str
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]] | None:
        """Return x and y in `crs`, or None where the file has no columns for them."""
        if "lon" in self.index and "lat" in self.index:
            lon = self._numbers("lon", lambda value: as_angle(value, "lon"))
            lat = self._numbers("lat", lambda value: as_angle(value, "lat"))
            unknown = (lon == 0) & (lat == 0)  # what loggers write before the first fix
            lon[unknown] = np.nan
            return transform_points(lon, lat, WGS84, crs)
        for x_name, y_name in (("easting", "northing"), ("x", "y")):
            if x_name in self.index and y_name in self.index:
                return self._projected(x_name, y_name, file_crs, crs)
        found = ", ".join(title for title in self.raw.header if title)
        self._wrong("columns Longitude and Latitude", f"add them; the file has: {found}")
        return None

    def _projected(
        self, x_name: str, y_name: str, file_crs: str | None, crs: str
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]] | None:
        x = self._numbers(x_name, lambda value: as_number(value, self.marks))
        y = self._numbers(y_name, lambda value: as_number(value, self.marks))
        try:
            if file_crs is None:
                raise ValueError
            parse_crs(file_crs)
        except ValueError:
            self._wrong("the CRS of columns in metres", "name it, e.g. EPSG:5899", value=file_crs)
            return None
        return transform_points(x, y, file_crs, crs)

    def levels(self) -> list[tuple[NDArray[np.float64], NDArray[Any]]]:
        """Return levels and technologies, one pair a level column."""
        named = [name for name in _LEVELS if name in self.index]
        found = [
            (self._numbers(name, self._level), np.full(len(self.raw.rows), _LEVELS[name])) for name in named
        ]
        if "level_dbm" in self.index and not named:
            if "technology" not in self.index:
                self._wrong(
                    "a column NetworkTech (2G, 3G, 4G or 5G)",
                    "add it, or name the level's column RxLev, RSCP, RSRP or SS-RSRP",
                )
            found.append((self._numbers("level_dbm", self._level), self._technologies()))
        if not found:
            titles = ", ".join(title for title in self.raw.header if title)
            expected = "a column Level (with NetworkTech), RxLev, RSCP, RSRP or SS-RSRP"
            self._wrong(expected, f"add it; the file has: {titles}")
        return found

    def _level(self, value: Any) -> float:
        level = as_number(value, self.marks)
        if _WEAKEST_DBM <= level < _STRONGEST_DBM:
            return level
        expected = f"a level from {_WEAKEST_DBM:g} to {_STRONGEST_DBM:g} dBm"
        raise BadValueError(expected, "export levels in dBm, and leave the cell empty where there is none")

    def _technologies(self) -> NDArray[Any]:
        out = []
        for number, text in enumerate(self.texts("technology")):
            try:
                out.append("" if not text or fold(text) in _NO_SERVICE else as_technology(text))
            except BadValueError as error:
                out.append("")
                title = self.raw.header[self.index["technology"]]
                place = (self.raw.rows[number], title, shown(text), self.raw.sheet)
                self.problems.add(Problem(self.raw.file, error.expected, error.mend, *place))
        return np.array(out, dtype="U2")


def _stacked(
    reader: _Reader,
    position: tuple[NDArray[np.float64], NDArray[np.float64]],
    levels: list[tuple[NDArray[np.float64], NDArray[Any]]],
) -> DriveTest:
    """Return the level columns one below the other; of several, only rows that hold a level."""
    rows = np.asarray(reader.raw.rows, dtype=np.int64)
    names = {name: reader.texts(name) for name in ("cell_name", "cgi", "cell_number")}
    node = reader.texts("node")
    both = (node != "") & (names["cell_number"] != "")
    joined = np.char.add(np.char.add(node, "-"), names["cell_number"])
    names["node_cell"] = np.where(both, joined, "")
    operator = reader.texts("operator_name")
    several = len(levels) > 1
    parts = [np.flatnonzero(np.isfinite(level) | (not several)) for level, _ in levels]
    at = np.concatenate(parts)
    pairs = list(zip(levels, parts, strict=True))
    order = np.argsort(at, kind="stable")
    at = at[order]
    return DriveTest(
        file=reader.raw.file,
        x_m=position[0][at],
        y_m=position[1][at],
        level_dbm=np.concatenate([level[part] for (level, _), part in pairs])[order],
        technology=np.concatenate([technology[part] for (_, technology), part in pairs])[order],
        operator=operator[at],
        cell_names={name: names[name][at] for name in _CELL_NAMES},
        rows=rows[at],
    )
