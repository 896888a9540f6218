"""Written coordinates to numbers: decimal degrees, degrees-minutes-seconds, pairs in one cell."""

from __future__ import annotations

import re
from typing import Any

from .schema import Column
from .values import BadValueError, as_number, fold_words, is_empty

__all__ = ["POSITION_COLUMNS", "SWAPPED", "as_angle", "as_pair"]

POSITION_COLUMNS: tuple[Column, ...] = (
    Column("lon", "number", unit="°", minimum=-180, maximum=180, label_en="Longitude", label_vi="Kinh độ",
           aliases=("long", "lng", "kinh_do_wgs84", "longitude_wgs84", "lon_wgs84", "toa_do_kinh_do"),
           help="East of Greenwich; decimal degrees, or degrees, minutes and seconds."),
    Column("lat", "number", unit="°", minimum=-90, maximum=90, label_en="Latitude", label_vi="Vĩ độ",
           aliases=("vi_do_wgs84", "latitude_wgs84", "lat_wgs84", "toa_do_vi_do"),
           help="North of the equator; decimal degrees, or degrees, minutes and seconds."),
    Column("easting", "number", unit="m", label_en="Easting", label_vi="Toạ độ đông",
           aliases=("east", "dong", "easting_m", "toa_do_y_dong"), help="Metres east, in the CRS named."),
    Column("northing", "number", unit="m", label_en="Northing", label_vi="Toạ độ bắc",
           aliases=("north", "bac", "northing_m", "toa_do_x_bac"), help="Metres north, in the CRS named."),
    Column("x", "number", unit="m", label_en="X", label_vi="Toạ độ X", aliases=("x_m", "x_vn2000", "coord_x"),
           help="The easting. In Vietnamese lists X is often the northing: rename it then."),
    Column("y", "number", unit="m", label_en="Y", label_vi="Toạ độ Y", aliases=("y_m", "y_vn2000", "coord_y"),
           help="The northing. In Vietnamese lists Y is often the easting: rename it then."),
    Column("position", "text", label_en="Coordinates", label_vi="Toạ độ",
           aliases=("lat_lon", "latlon", "lat_long", "vi_do_kinh_do", "toa_do_wgs84", "coordinate", "vi_tri"),
           help="Latitude and longitude in one cell, latitude first."),
    Column("position_lon_first", "text", label_en="Longitude, latitude", label_vi="Kinh độ, vĩ độ",
           aliases=("lon_lat", "lonlat", "kinh_do_vi_do"), help="Longitude and latitude in one cell."),
)  # fmt: skip
"""The columns in which a position may come; found beside those of the schema."""

SWAPPED = "longitude and latitude are swapped: exchange the two headers"
"""How to mend an angle that only the other axis can have, where the whole column is so."""

_LIMIT = {"lat": 90.0, "lon": 180.0}
_NAMED = {"lat": "a latitude", "lon": "a longitude"}
_SPELLING = "write 21.0418 or 21°02'30.5\"N"
_MARKS = (
    (re.compile(r"(?<=\d)\s*(?:do|deg|º|˚|[do](?=\s*\d)|o$)\s*\.?"), "° "),
    (re.compile(r"(?<=\d)\s*(?:phut|min|m(?![a-z]))\s*\.?"), "' "),
    (re.compile(r"(?<=\d)\s*(?:giay|sec)\s*\.?"), '" '),
    (re.compile(r"''|[″”“]"), '"'),
    (re.compile(r"[’‘′´`]"), "'"),
)
_PREFIX = re.compile(r"^(?:vi do|kinh do|lat(?:itude)?|lon(?:gitude)?|long)\b[\s:=.]*")
_SIDES = {
    "bac": ("lat", 1), "north": ("lat", 1), "n": ("lat", 1), "b": ("lat", 1),
    "nam": ("lat", -1), "south": ("lat", -1), "s": ("lat", -1),
    "dong": ("lon", 1), "east": ("lon", 1), "e": ("lon", 1), "d": ("lon", 1),
    "tay": ("lon", -1), "west": ("lon", -1), "w": ("lon", -1), "t": ("lon", -1),
}  # fmt: skip
_SIDE_WORDS = "|".join(sorted(_SIDES, key=len, reverse=True))
_SIDE_FIRST = re.compile(rf"^({_SIDE_WORDS})[\s.:]*(?=[\d+-])")
_SIDE_LAST = re.compile(rf"(?<=[\d°'\"\s])({_SIDE_WORDS})\.?$")
_PARTS = re.compile(
    r"(?P<sign>[+-]?)(?P<deg>\d{1,3})\s*[°:\s-]\s*(?P<min>\d{1,2}(?:[.,]\d+)?)"
    r"(?:\s*[':\s-]\s*(?P<sec>\d{1,2}(?:[.,]\d+)?))?\s*['\"]?"
)
_DECIMAL = re.compile(r"-?\d{1,3}[.,]\d+")
_SPLITS = (re.compile(r"\s*[;|/\n\t]\s*"), re.compile(r",\s+"), re.compile(r"\s+"), re.compile(r","))


def as_angle(value: Any, axis: str) -> float:
    """Return a longitude or latitude in decimal degrees.

    Parameters
    ----------
    value : object
        Number, or text: ``21.0418``, ``21,0418°N``, ``21°02'30,5"N``, ``21 02 30.5``, ``N21°2.5'``,
        ``107d30m00s``, ``21 độ 02 phút 30 giây Bắc``.
    axis : {"lon", "lat"}
        What it is.

    Returns
    -------
    float
        Degrees; south and west are negative.

    Raises
    ------
    BadValueError
        Not an angle, of the other axis, or beyond ±90° or ±180°.
    """
    if not isinstance(value, str):
        return _within(as_number(value), axis)
    if _DECIMAL.fullmatch(value):  # most of the coordinates of the world: no need to look for minutes
        return _within(float(value.replace(",", ".")), axis)
    text, side = _take_side(_plain_marks(value))
    if side and side[0] != axis:
        raise BadValueError(f"{_NAMED[axis]} in degrees", SWAPPED)
    sign = side[1] if side else 1
    magnitude = _magnitude(text, axis)
    if side and magnitude < 0:
        raise BadValueError(f"{_NAMED[axis]} in degrees", "write a sign or a side (N, S, E, W), not both")
    return _within(sign * magnitude, axis)


def as_pair(value: Any, lon_first: bool = False) -> tuple[float, float]:
    """Return longitude and latitude of a cell that holds both.

    Sides (N, E, Bắc, Đông …) tell which is which; without them the order does.

    Parameters
    ----------
    value : object
        For example ``21.0418, 107.36``, ``21,0418; 107,36``, ``21°02'30"N 107°21'36"E``.
    lon_first : bool
        The longitude comes first.

    Raises
    ------
    BadValueError
        Not a pair, or in the other order.
    """
    text = str(value).strip().strip("()[] ")
    order = ("lon", "lat") if lon_first else ("lat", "lon")
    names = "longitude and latitude" if lon_first else "latitude and longitude"
    for split in _SPLITS:
        found = [pair for pair in (_both(halves, order) for halves in _halves(text, split)) if pair]
        if len(found) == 1:
            return found[0]
        if len(found) > 1:
            break
    reverse = (order[1], order[0])
    if any(_both(halves, reverse) for split in _SPLITS for halves in _halves(text, split)):
        raise BadValueError(
            names, "the two are in the other order: exchange them, or write N and E behind them"
        )
    raise BadValueError(names, "write 21.0418, 107.3600")


def _plain_marks(value: str) -> str:
    # sexagesimal letters are replaced only behind digits, so that a side such as Đông or South stays
    text = fold_words(value).strip()
    text = _PREFIX.sub("", text)
    if re.search(r"\d\s*m\s*\d", text):  # 21d02m30s: here the s means seconds, not south
        text = re.sub(r"(?<=\d)\s*s(?=\s*(?:[a-z]|$))", '" ', text)
    for pattern, mark in _MARKS:
        text = pattern.sub(mark, text)
    return text.strip()


def _take_side(text: str) -> tuple[str, tuple[str, int] | None]:
    for pattern in (_SIDE_FIRST, _SIDE_LAST):
        match = pattern.search(text)
        if match:
            return (text[: match.start()] + text[match.end() :]).strip(), _SIDES[match[1]]
    return text, None


def _magnitude(text: str, axis: str) -> float:
    bare = text.rstrip("° ")
    parts = _PARTS.fullmatch(text)
    if parts is None:
        try:
            # whoever writes degrees does not group thousands: 21.041 is a bit over 21
            return as_number(bare, frozenset(mark for mark in ".," if mark in bare))
        except BadValueError:
            raise BadValueError(f"{_NAMED[axis]} in degrees", _SPELLING) from None
    minutes = float(parts["min"].replace(",", "."))
    seconds = float((parts["sec"] or "0").replace(",", "."))
    whole_minutes = parts["sec"] is None or minutes.is_integer()
    if minutes >= 60 or seconds >= 60 or not whole_minutes:
        raise BadValueError(f"{_NAMED[axis]} in degrees", "minutes and seconds lie below 60; " + _SPELLING)
    magnitude = int(parts["deg"]) + minutes / 60 + seconds / 3600
    return -magnitude if parts["sign"] == "-" else magnitude


def _within(degrees: float, axis: str) -> float:
    if abs(degrees) <= _LIMIT[axis]:
        return degrees
    expected = f"{_NAMED[axis]} in degrees, -{_LIMIT[axis]:.0f} to {_LIMIT[axis]:.0f}"
    if abs(degrees) > 1000:
        mend = 'these are metres: name the columns easting and northing and give crs = "EPSG:…" to the layer'
    elif axis == "lat" and abs(degrees) <= 180:
        mend = SWAPPED
    else:
        mend = "mend the number"
    raise BadValueError(expected, mend)


def _halves(text: str, split: re.Pattern[str]) -> list[tuple[str, str]]:
    return [(text[: match.start()], text[match.end() :]) for match in split.finditer(text)]


def _both(halves: tuple[str, str], order: tuple[str, str]) -> tuple[float, float] | None:
    if any(is_empty(half) for half in halves):
        return None
    for axes in (order, (order[1], order[0])):
        sides = [_take_side(_plain_marks(half))[1] for half in halves]
        if axes != order and not all(sides):
            continue
        try:
            found = {axis: as_angle(half, axis) for axis, half in zip(axes, halves, strict=True)}
        except BadValueError:
            continue
        return found["lon"], found["lat"]
    return None
