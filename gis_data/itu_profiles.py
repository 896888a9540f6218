"""Readers of the ITU-R P.1812 validation files: terrain profiles and step-by-step results.

A profile file holds the coordinates of both ends, the refractivity and the terrain points; a results file
(``<profile>_<number>_log.csv``) the arguments of one computation and every quantity it went through.
"""

from __future__ import annotations

import csv
import io
import itertools
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError, Problem

__all__ = ["ItuCase", "ItuPrinted", "ItuProfile", "read_itu_case", "read_itu_profile"]

ZONES = (1, 3, 4)
_POINTS_BEGIN, _POINTS_END = "{Begin of Profile}", "{End of Profile}"
_POINT_COLUMNS = (
    "Distance from first point",
    "Gnd hgt a.m.s.l.",
    "Coverage Code",
    "Ground cover height",
    "Radio Met Code",
)
_PROFILE_NUMBERS = {
    "Tx LAT:": ("tx_latitude_deg", -90.0, 90.0),
    "Tx LON:": ("tx_longitude_deg", -180.0, 180.0),
    "Rx LAT:": ("rx_latitude_deg", -90.0, 90.0),
    "Rx LON:": ("rx_longitude_deg", -180.0, 180.0),
    "Average annual values dN (N-units/km):": ("delta_n", 0.0, 157.0),
    "Average annual sea-level surface refractivity No (N-units):": ("n0", 0.0, 1000.0),
}
_CASE_HEADER = ["# Parameter", "Ref", "", "Value", ""]
_CASE_NUMBERS = {
    "Ptx (kW)": ("tx_power_kw", 0.0, math.inf),
    "Gtx (dBi)": ("tx_gain_dbi", -100.0, 100.0),
    "Grx (dBi)": ("rx_gain_dbi", -100.0, 100.0),
    "f (GHz)": ("frequency_ghz", 0.03, 6.0),
    "p (%)": ("time_percent", 1.0, 50.0),
    "pL (%)": ("location_percent", 1.0, 99.0),
    "sigmaL (dB)": ("location_sigma_db", 0.0, 100.0),
    "htg (m)": ("tx_height_m", 1.0, 3000.0),
    "hrg (m)": ("rx_height_m", 1.0, 3000.0),
    "pol": ("polarisation", 1.0, 2.0),
    "DN": ("delta_n", 0.0, 157.0),
    "N0": ("n0", 0.0, 1000.0),
    "dct (km)": ("dct_km", 0.0, math.inf),
    "dcr (km)": ("dcr_km", 0.0, math.inf),
}
# Coordinates are in the profile with two more digits.
_CASE_IGNORED = ("phi_t (deg)", "phi_r (deg)", "lam_t (deg)", "lam_r (deg)")
_POLARISATIONS = {1.0: "horizontal", 2.0: "vertical"}


@dataclass(frozen=True)
class ItuProfile:
    """One terrain profile file.

    Attributes
    ----------
    name : str
        File name without its suffix.
    tx_latitude_deg, tx_longitude_deg, rx_latitude_deg, rx_longitude_deg : float
        Ends of the path.
    delta_n : float
        Average lapse rate of refractivity (N-units/km).
    n0 : float
        Sea-level surface refractivity (N-units).
    distance_km : ndarray of float64, (points,)
        From the transmitter, strictly increasing from 0.
    height_m : ndarray of float64, (points,)
        Terrain height above sea level.
    clutter_m : ndarray of float64, (points,)
        Representative clutter height, ≥ 0.
    zone : ndarray of int64, (points,)
        Radio-climatic zone: 1 sea, 3 coastal land, 4 inland.
    """

    name: str
    tx_latitude_deg: float
    tx_longitude_deg: float
    rx_latitude_deg: float
    rx_longitude_deg: float
    delta_n: float
    n0: float
    distance_km: NDArray[np.float64]
    height_m: NDArray[np.float64]
    clutter_m: NDArray[np.float64]
    zone: NDArray[np.int64]


@dataclass(frozen=True)
class ItuPrinted:
    """One quantity as a results file prints it.

    Attributes
    ----------
    label : str
        Symbol and unit, such as ``Lb (dB)``.
    reference : str
        Where the recommendation defines it, such as ``Eq (69)``; may be empty.
    text : str
        The number as printed: its digits say how exact it is.
    row : int
        Line of the file.
    """

    label: str
    reference: str
    text: str
    row: int


@dataclass(frozen=True)
class ItuCase:
    """One results file: the arguments of a computation, and what came out at every step.

    Attributes
    ----------
    name : str
        File name without ``_log.csv``.
    profile_name : str
        Name of its profile: `name` without the number at its end.
    tx_power_kw, tx_gain_dbi, rx_gain_dbi : float
        What the last field strength of the file refers to.
    frequency_ghz, time_percent, location_percent, location_sigma_db : float
        f, p, p_L and σ_L.
    tx_height_m, rx_height_m : float
        Antenna heights above ground.
    polarisation : {"horizontal", "vertical"}
        Polarisation.
    delta_n, n0 : float
        Refractivity (N-units/km, N-units).
    dct_km, dcr_km : float
        Distance from each antenna to the coast.
    printed : tuple of ItuPrinted
        Every quantity, in the order of the file.
    """

    name: str
    profile_name: str
    tx_power_kw: float
    tx_gain_dbi: float
    rx_gain_dbi: float
    frequency_ghz: float
    time_percent: float
    location_percent: float
    location_sigma_db: float
    tx_height_m: float
    rx_height_m: float
    polarisation: str
    delta_n: float
    n0: float
    dct_km: float
    dcr_km: float
    printed: tuple[ItuPrinted, ...]


class _Reading:
    """The rows of one file and the problems met in them."""

    def __init__(self, path: Path) -> None:
        self.file = str(path)
        self.problems: list[Problem] = []
        self.rows = [[cell.strip() for cell in row] for row in csv.reader(io.StringIO(self._text(path)))]

    def _text(self, path: Path) -> str:
        try:
            return path.read_text(encoding="utf-8-sig")
        except UnicodeDecodeError as error:
            expected, found = "a text file in UTF-8", f"byte {error.start} is none"
        except OSError as error:
            expected, found = "a file that can be read", error.strerror or type(error).__name__
        raise InputError([Problem(self.file, expected, "give the file as the ITU publishes it", value=found)])

    def wrong(
        self, expected: str, mend: str, *, row: int | None = None, column: str | None = None, value: str = ""
    ) -> None:
        self.problems.append(Problem(self.file, expected, mend, row=row, column=column, value=value))

    def number(self, text: str, row: int, column: str, low: float, high: float) -> float:
        """Return the number in a cell; NaN, with a problem noted, where it is none or out of range."""
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if low <= value <= high and math.isfinite(value):
            return value
        limits = "a finite number" if math.isinf(low) else f"a number from {low:g} to {high:g}"
        self.wrong(limits, "correct the cell", row=row, column=column, value=text)
        return math.nan

    def finish(self) -> None:
        if self.problems:
            raise InputError(self.problems)


# ---------------------------------------------------------------------------------------------------------
# Profiles


def read_itu_profile(path: Path) -> ItuProfile:
    """Read a terrain profile.

    Parameters
    ----------
    path : Path
        CSV file with the points between ``{Begin of Profile}`` and ``{End of Profile}``.

    Raises
    ------
    InputError
        With every problem of the file: a header line or a section missing, a number out of range, distances
        that do not increase, fewer points than announced.
    """
    reading = _Reading(path)
    header = _profile_header(reading)
    points = _points(reading)
    reading.finish()
    table = np.array([values for _, values in points], dtype=np.float64)
    return ItuProfile(
        name=path.stem,
        **header,
        distance_km=table[:, 0],
        height_m=table[:, 1],
        clutter_m=table[:, 3],
        zone=table[:, 4].astype(np.int64),
    )


def _profile_header(reading: _Reading) -> dict[str, float]:
    found: dict[str, float] = {}
    for row, cells in enumerate(reading.rows, start=1):
        if len(cells) >= 2 and cells[0] in _PROFILE_NUMBERS:
            name, low, high = _PROFILE_NUMBERS[cells[0]]
            found[name] = reading.number(cells[1], row, cells[0], low, high)
    for label, (name, _, _) in _PROFILE_NUMBERS.items():
        if name not in found:
            reading.wrong(f"a line {label!r} with a number", "add the line", column=label)
    return found


def _line_of(reading: _Reading, text: str) -> int | None:
    for index, cells in enumerate(reading.rows):
        if cells and cells[0] == text:
            return index
    reading.wrong(f"a line {text}", "add the line around the profile points")
    return None


def _points(reading: _Reading) -> list[tuple[int, list[float]]]:
    """Row number and the five numbers of every profile point."""
    begin, end = _line_of(reading, _POINTS_BEGIN), _line_of(reading, _POINTS_END)
    if begin is None or end is None:
        return []
    announced = reading.rows[begin + 1] if begin + 1 < end else []
    points = []
    for index in range(begin + 2, end):
        values = _point(reading, index + 1, reading.rows[index])
        if values is not None:
            points.append((index + 1, values))
    _check_count(reading, announced, begin + 2, max(end - begin - 2, 0))
    _check_order(reading, points)
    return points


def _point(reading: _Reading, row: int, cells: Sequence[str]) -> list[float] | None:
    if len(cells) < len(_POINT_COLUMNS):
        reading.wrong("five numbers", "fill in the missing cells", row=row, value=",".join(cells))
        return None
    infinite = math.inf
    limits = ((0.0, 3000.0), (-infinite, infinite), (1.0, 5.0), (0.0, 1000.0), (1.0, 4.0))
    values = [
        reading.number(cell, row, column, low, high)
        for cell, column, (low, high) in zip(cells, _POINT_COLUMNS, limits, strict=False)
    ]
    if not math.isnan(values[4]) and values[4] not in ZONES:
        mend = "give the zone of the point"
        reading.wrong(
            "1 (sea), 3 (coastal) or 4 (inland)", mend, row=row, column=_POINT_COLUMNS[4], value=cells[4]
        )
    return values


def _check_count(reading: _Reading, cells: Sequence[str], row: int, found: int) -> None:
    label = "Number of Points:"
    if len(cells) < 2 or cells[0] != label:
        reading.wrong(f"a line {label!r} with their number", "add the line", row=row, value=",".join(cells))
    elif cells[1] != str(found):
        mend = "correct the number or restore the lines that are missing"
        reading.wrong(
            f"{found}, the number of points that follow", mend, row=row, column=label, value=cells[1]
        )
    if found < 3:
        reading.wrong("at least 3 points", "give the whole profile", row=row, value=str(found))


def _check_order(reading: _Reading, points: Sequence[tuple[int, list[float]]]) -> None:
    column = _POINT_COLUMNS[0]
    if points and points[0][1][0] > 0.0:
        start = points[0]
        reading.wrong("0", "begin at the transmitter", row=start[0], column=column, value=f"{start[1][0]:g}")
    for (_, before), (row, here) in itertools.pairwise(points):
        if here[0] <= before[0]:
            expected = f"more than {before[0]:g} km, the distance of the point before"
            mend = "sort the points by distance and remove double ones"
            reading.wrong(expected, mend, row=row, column=column, value=f"{here[0]:g}")


# ---------------------------------------------------------------------------------------------------------
# Results


def read_itu_case(path: Path) -> ItuCase:
    """Read a results file ``<profile>_<number>_log.csv``.

    Raises
    ------
    InputError
        With every problem of the file: its name or header, an argument missing or out of range, a quantity
        that is no number or stands twice.
    """
    reading = _Reading(path)
    name = re.fullmatch(r"(?P<case>(?P<profile>.+)_\d+)_log", path.stem)
    if name is None:
        reading.wrong("a name like <profile>_<number>_log.csv", "rename the file", value=path.name)
    if not reading.rows or reading.rows[0] != _CASE_HEADER:
        first = ",".join(reading.rows[0]) if reading.rows else ""
        reading.wrong(",".join(_CASE_HEADER), "restore the first line", row=1, value=first)
    arguments, printed = _case_rows(reading)
    reading.finish()
    assert name is not None  # else finish() has raised
    polarisation = _POLARISATIONS[arguments.pop("polarisation")]
    return ItuCase(
        name=name["case"],
        profile_name=name["profile"],
        polarisation=polarisation,
        printed=tuple(printed),
        **arguments,
    )


def _case_rows(reading: _Reading) -> tuple[dict[str, float], list[ItuPrinted]]:
    arguments: dict[str, float] = {}
    printed: dict[tuple[str, str], ItuPrinted] = {}
    for row, cells in enumerate(reading.rows[1:], start=2):
        if not any(cells) or cells[0] in _CASE_IGNORED:
            continue
        label, reference, text = _split_row(cells)
        if label in _CASE_NUMBERS:
            name, low, high = _CASE_NUMBERS[label]
            arguments[name] = reading.number(text, row, label, low, high)
            continue
        reading.number(text, row, label, -math.inf, math.inf)
        if (label, reference) in printed:
            first = printed[label, reference].row
            reading.wrong(f"each quantity once (first in row {first})", "remove one", row=row, value=label)
        printed[label, reference] = ItuPrinted(label, reference, text, row)
    _check_arguments(reading, arguments)
    return arguments, list(printed.values())


def _split_row(cells: Sequence[str]) -> tuple[str, str, str]:
    """Label, reference and value of a row; one label of the published files has commas of its own."""
    body = list(cells[:-1]) if cells[-1] == "" else list(cells)
    if len(body) < 4:
        return cells[0], "", ""
    return ", ".join(body[:-3]), body[-3], body[-1]


def _check_arguments(reading: _Reading, arguments: dict[str, float]) -> None:
    for label, (name, _, _) in _CASE_NUMBERS.items():
        if name not in arguments:
            reading.wrong(f"a line {label!r} with a number", "add the line", column=label)
    polarisation = arguments.get("polarisation", math.nan)
    if not math.isnan(polarisation) and polarisation not in _POLARISATIONS:
        mend = "give the polarisation of the path"
        reading.wrong("1 (horizontal) or 2 (vertical)", mend, column="pol", value=f"{polarisation:g}")
