"""One wrong digit of a longitude: an error with its row; a little outside: a warning or nothing."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import shapely
from geopandas import GeoDataFrame
from pyproj import Transformer

from phusong.gis_data.far_positions import check_far_positions
from phusong.gis_data.placing import Area
from phusong.gis_data.problems import ProblemList
from phusong.gis_data.tables import CheckedTable

CRS = "EPSG:32648"
X0, Y0 = 750_000.0, 2_360_000.0
KM = 1000.0


def area(west_km: float, east_km: float) -> shapely.Polygon:
    return shapely.box(X0 + west_km * KM, Y0, X0 + east_km * KM, Y0 + 20 * KM)


def checked(name: str, rows: list[dict[str, object]]) -> CheckedTable:
    frame = pd.DataFrame([{k: v for k, v in row.items() if k != "at"} for row in rows])
    if rows and "at" in rows[0]:
        shapes = [
            at if at is None or isinstance(at, shapely.Geometry)
            else shapely.Point(X0 + at[0] * KM, Y0 + at[1] * KM)  # type: ignore[index]
            for at in (row["at"] for row in rows)
        ]  # fmt: skip
        frame = GeoDataFrame(frame, geometry=shapes, crs=CRS)
    titles = {"lon": "Kinh độ", "lat": "Vĩ độ"}
    return CheckedTable(frame, np.arange(len(rows)) + 2, f"{name}.csv", None, titles)


def hamlet(key: str, commune: str | None, x_km: float, y_km: float = 10.0) -> dict[str, object]:
    return {"village_id": key, "commune": commune, "at": (x_km, y_km)}


# Two communes side by side, 20 km wide each; "Xã Cũ" became "Xã Tây" in 2025.
COMMUNES = [{"name": "Xã Tây", "at": area(0, 20)}, {"name": "Phường Đông", "at": area(20, 40)}]
CROSSWALK = [{"old_commune": "Xã Cũ", "commune": "Xã Tây"}]
GOOD = [hamlet(f"h{i}", "Tây", 2.0 + i) for i in range(6)]


def found(
    *more: dict[str, object],
    masts: list[dict[str, object]] | None = None,
    clusters: list[dict[str, object]] | None = None,
    communes: list[dict[str, object]] | None = None,
    terrain: Area | None = None,
    stated: Area | None = None,
) -> tuple[list[tuple[str, int | None]], list[tuple[str, int | None]], list[str]]:
    """Errors and warnings as (file, row), and all in words."""
    tables = {
        "villages": checked("villages", [*GOOD, *more]),
        "commune_crosswalk": checked("commune_crosswalk", CROSSWALK),
    }
    for name, rows in (
        ("masts", masts),
        ("clusters", clusters),
        ("communes", COMMUNES if communes is None else communes),
    ):
        if rows:
            tables[name] = checked(name, rows)
    problems = ProblemList()
    wrong = check_far_positions(tables, CRS, terrain, stated, problems)
    by = {kind: [(p.file, p.row) for p in problems.listed(kind)] for kind in ("error", "warning")}
    marked = [(f"{n}.csv", int(tables[n].rows[i])) for n, bad in wrong.items() for i in np.flatnonzero(bad)]
    assert sorted(marked) == sorted(by["error"])
    return by["error"], by["warning"], [str(problem) for problem in problems.listed()]


@pytest.mark.parametrize(
    ("x_km", "error", "warning"),
    [
        (22.9, False, False),
        (26.9, False, False),
        (27.1, False, True),
        (29.9, False, True),
        (30.1, True, False),
        (60.0, True, False),
    ],
)
@pytest.mark.parametrize("commune", ["Tây", "xã TAY", "Xã Cũ", "Xã Cũ, huyện Nào Đó"])
def test_far_from_its_own_commune(commune: str, x_km: float, error: bool, warning: bool) -> None:
    """The commune ends at 20 km; it may be named as before 2025, and without diacritics."""
    errors, warnings, _ = found(hamlet("typo", commune, x_km))
    assert errors == ([("villages.csv", 8)] if error else [])
    assert warnings == ([("villages.csv", 8)] if warning else [])


def test_the_message_names_everything() -> None:
    _, _, words = found(hamlet("typo", "Tây", 60.0))
    lon, lat = Transformer.from_crs(CRS, "EPSG:4326", always_xy=True).transform(X0 + 60 * KM, Y0 + 10 * KM)
    assert words == [
        f"villages.csv, row 8, column 'Kinh độ, Vĩ độ': found '{lon:.5f}, {lat:.5f}: 40 km away'; expected a "
        "position in or near its commune Tây; mend the longitude or latitude: one wrong digit moves a place so far"
    ]


def test_without_a_commune_that_is_drawn_the_province_counts() -> None:
    for commune in (None, "Xã Lạ"):
        assert found(hamlet("a", commune, 49.9))[0] == []
        assert found(hamlet("a", commune, 50.1))[0] == [("villages.csv", 8)]


def test_masts_of_neighbours_may_stand_across_the_border() -> None:
    masts = [{"mast_id": f"m{x}", "commune": None, "at": (float(x), 10.0)} for x in (5, 60, 71, 200)]
    assert found(masts=masts)[0] == [("masts.csv", 4), ("masts.csv", 5)]
    own = [{"mast_id": "m", "commune": "Phường Đông", "at": (9.0, 10.0)}]
    assert found(masts=own)[0] == [("masts.csv", 2)]  # it names a commune 11 km away


def test_a_cluster_far_from_its_hamlet() -> None:
    rows = [{"cluster_id": f"k{x}", "village_id": "h0", "at": (float(x), 10.0)} for x in (3, 11, 13)]
    rows.append({"cluster_id": "lost", "village_id": "unknown", "at": (5.0, 10.0)})
    errors, _, words = found(clusters=rows)
    assert errors == [("clusters.csv", 4)]  # hamlet h0 is at 2 km
    assert "11 km away" in words[0] and "its hamlet" in words[0]


def test_a_layer_of_communes_that_is_not_of_this_area_says_nothing() -> None:
    elsewhere = [{"name": "Xã Tây", "at": area(200, 220)}]
    assert found(hamlet("typo", "Tây", 60.0), communes=elsewhere)[:2] == ([], [])
    points = [{"name": "Xã Tây", "at": (5.0, 5.0)}]
    assert found(hamlet("typo", "Tây", 60.0), communes=points)[:2] == ([], [])


def test_outside_the_terrain() -> None:
    to_degrees = Transformer.from_crs(CRS, "EPSG:4326", always_xy=True)
    west, south = to_degrees.transform(X0, Y0)
    east, north = to_degrees.transform(X0 + 40 * KM, Y0 + 20 * KM)
    terrain = Area(west, south, east, north, "dem.tif")
    near, far = hamlet("near", None, 42.0), hamlet("far", None, 45.0)
    assert found(near, far, communes=[], terrain=terrain)[0] == [("villages.csv", 9)]
    # what [area] bounds leave out anyway is not held against the raster
    stated = Area(west, south, east, north, "[area] bounds")
    assert found(near, far, communes=[], terrain=terrain, stated=stated)[0] == []
    # a raster of another place is one problem of its own, not one of every row
    elsewhere = Area(100.0, 10.0, 101.0, 11.0, "dem.tif")
    assert found(communes=[], terrain=elsewhere)[0] == []


def test_rows_without_a_position_and_areas() -> None:
    drawn = {**hamlet("area", "Tây", 0.0), "at": area(58, 60)}
    assert found({**hamlet("none", "Tây", 0.0), "at": None}, drawn)[0] == [("villages.csv", 9)]
