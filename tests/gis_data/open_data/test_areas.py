"""Boxes, boundaries, hamlets and the people who live in them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import shapely
from affine import Affine
from hypothesis import given
from hypothesis import strategies as st
from pyproj import Transformer
from shapely.geometry import box

from phusong.errors import InputError
from phusong.gis_data.open_data.boundaries import communes_of, polygon_of
from phusong.gis_data.open_data.overpass import Element
from phusong.gis_data.open_data.people import People
from phusong.gis_data.open_data.request_area import FetchArea, ground_grid, parse_bbox, utm_crs
from phusong.gis_data.open_data.settlements import PEOPLE_WITHIN_M, hamlets_of, share_people


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "four numbers"),
        ("106,20,107", "four numbers"),
        ("106,20,107,x", "four numbers"),
        ("106,20,nan,21", "four numbers"),
        ("106,20,inf,21", "four numbers"),
        ("20.6,106.3,21.7,108.1", "swapped.*106.3,20.6,108.1,21.7"),
        ("108.1,21.7,106.3,20.6", "corners are exchanged.*106.3,20.6,108.1,21.7"),
        ("179,-17,-179,-16", "180°"),
        ("106,20,206,21", "longitudes"),
        ("106,20,106.001,21", "at least 0.01°"),
        ("100,5,120,25", "province by province"),
        ("106,15,109,24", "province by province"),
        ("10,84.5,11,85", "UTM"),
    ],
)
def test_a_bad_box_is_refused_with_its_mend(text: str, words: str) -> None:
    with pytest.raises(InputError, match=words):
        parse_bbox(text)


@pytest.mark.parametrize(
    "text", ["106.4,20.7,108.1,21.7", "106.4 20.7 108.1 21.7", "[106.4; 20.7; 108.1; 21.7]"]
)
def test_a_good_box_is_read_however_it_is_written(text: str) -> None:
    assert parse_bbox(text) == (106.4, 20.7, 108.1, 21.7)


@given(st.floats(-179, 178.5), st.floats(-79, 82), st.floats(0.02, 0.4), st.floats(0.02, 0.4))
def test_the_grid_covers_the_box_anywhere(west: float, south: float, wide: float, high: float) -> None:
    bounds = (west, south, west + wide, south + high)
    crs = utm_crs(bounds)
    grid = ground_grid(bounds, crs)
    lon, lat = np.meshgrid(np.linspace(west, west + wide, 5), np.linspace(south, south + high, 5))
    x, y = Transformer.from_crs("EPSG:4326", crs, always_xy=True).transform(lon, lat)
    assert grid.contains(x, y).all()
    left, _, _, top = grid.bounds
    assert x.min() - left < 2600 and top - y.max() < 2600 and grid.resolution_m == 30.0


def relation(
    number: int, level: int, *ways: tuple[str, list[tuple[float, float]]], name: str = "Xã A"
) -> Element:
    members = [
        {"type": "way", "role": role, "geometry": [{"lon": x, "lat": y} for x, y in points]}
        for role, points in ways
    ]
    return Element("relation", number, None, None, {"name": name, "admin_level": str(level)}, members)


def ring(west: float, south: float, east: float, north: float) -> list[tuple[float, float]]:
    return [(west, south), (east, south), (east, north), (west, north), (west, south)]


def test_ways_in_any_order_and_direction_become_an_area_with_its_holes() -> None:
    whole = ring(107, 21, 108, 22)
    pieces = [
        ("outer", whole[:2][::-1]),
        ("outer", whole[2:]),
        ("", whole[1:3]),
        ("inner", ring(107.4, 21.4, 107.6, 21.6)),
    ]
    found = polygon_of(relation(1, 6, *pieces))
    assert found.equals(box(107, 21, 108, 22).difference(box(107.4, 21.4, 107.6, 21.6)))
    islands = polygon_of(relation(2, 6, ("outer", ring(0, 0, 1, 1)), ("outer", ring(2, 2, 3, 3))))
    assert len(islands.geoms) == 2 and islands.area == pytest.approx(2.0)


def test_a_boundary_with_a_gap_is_not_made_up() -> None:
    whole = ring(107, 21, 108, 22)
    assert polygon_of(relation(1, 6, ("outer", whole[:2]), ("outer", whole[2:]))) is None
    two = relation(1, 6, ("outer", ring(0, 0, 1, 1)), ("outer", whole[:3]))
    assert polygon_of(two) is None
    assert polygon_of(relation(1, 6)) is None


def squares(level: int, count: int, north: float = 22.0) -> list[Element]:
    edges = np.linspace(107, 108, count + 1)
    return [
        relation(
            level * 100 + i,
            level,
            ("outer", ring(edges[i], 21, edges[i + 1], north)),
            name=f"Phường {level}.{i}",
        )
        for i in range(count)
    ]


def test_the_communes_are_the_finest_units_that_hold_the_hamlets() -> None:
    area = FetchArea("x", (107.0, 21.0, 108.0, 22.0))
    points = shapely.points(np.linspace(107.01, 107.99, 20), np.full(20, 21.3))
    # level 9 exists in one corner only; level 4 reaches far out to sea
    elements = [relation(4, 4, ("outer", ring(106, 15, 108, 22))), *squares(6, 4), squares(9, 10)[0]]
    communes, level = communes_of(elements, area, None, points)
    assert level == 6 and communes["name"].tolist() == [f"Phường 6.{i}" for i in range(4)]
    assert communes["kind"].tolist() == ["ward"] * 4
    assert communes["area_km2"].sum() == pytest.approx(111.0 * 111.32 * np.cos(np.radians(21.5)), rel=0.01)
    assert communes_of(elements, area, 9, points)[1] == 9
    with pytest.raises(InputError, match=r"4 \(1 units\), 6 \(4 units\)"):
        communes_of(elements, area, 8, points)
    assert communes_of([], area, None, points)[1] == 0


def test_a_neighbour_that_only_touches_is_left_out() -> None:
    area = FetchArea("x", (107.0, 21.0, 107.5, 22.0), outline=box(107.0, 21.0, 107.5, 22.0))
    communes, _ = communes_of(squares(6, 4), area, None, shapely.points([107.2], [21.2]))
    assert communes["name"].tolist() == ["Phường 6.0", "Phường 6.1"]


def node(number: int, lon: float, lat: float, **tags: str) -> Element:
    return Element("node", number, lon, lat, tags)


def test_hamlets_are_those_inside_the_boundary_with_a_name() -> None:
    area = FetchArea("x", (107.0, 21.0, 108.0, 22.0), outline=box(107.0, 21.0, 107.5, 22.0))
    elements = [
        node(1, 107.1, 21.1, name="A", place="hamlet"),
        node(2, 107.9, 21.1, name="B", place="hamlet"),
        node(3, 107.1, 21.2, place="hamlet"),
        node(4, 107.1, 21.3, name="C", place="town"),
        node(5, 107.2, 21.3, name="D  d", place="village"),
    ]
    found = hamlets_of(elements, area, None)
    assert found["village_id"].tolist() == ["osm-n1", "osm-n5"] and found["name"].tolist() == ["A", "D d"]
    assert set(found["commune"]) == {"(không rõ)"}


@given(st.integers(0, 10_000))
def test_people_go_to_the_nearest_hamlet_and_none_is_lost(seed: int) -> None:
    """Against the slow way: every pixel asks every hamlet."""
    random = np.random.default_rng(seed)
    count = np.where(random.random((20, 20)) < 0.2, random.integers(1, 90, (20, 20)), 0).astype(np.float32)
    people = People(count, Affine(0.01, 0, 107.0, 0, -0.01, 21.2), "EPSG:4326")
    area = FetchArea("x", (107.0, 21.0, 107.2, 21.2))
    elements = [
        node(i, x, y, name=f"h{i}", place="hamlet")
        for i, (x, y) in enumerate(random.uniform((107, 21), (107.2, 21.2), (4, 2)), 1)
    ]
    hamlets = hamlets_of(elements, area, None)
    found, far = share_people(hamlets, people, "EPSG:32648")
    own = hamlets.to_crs("EPSG:32648").geometry
    to_grid = Transformer.from_crs("EPSG:4326", "EPSG:32648", always_xy=True)
    expected, expected_far = np.zeros(4), 0.0
    for row, column in zip(*np.nonzero(count), strict=True):
        x, y = to_grid.transform(107.0 + (column + 0.5) * 0.01, 21.2 - (row + 0.5) * 0.01)
        distance = np.hypot(own.x - x, own.y - y).to_numpy()
        if distance.min() <= PEOPLE_WITHIN_M:
            expected[distance.argmin()] += count[row, column]
        else:
            expected_far += count[row, column]
    assert found["population"].tolist() == expected.tolist() and far == expected_far
    assert expected.sum() + far == count.sum()


def test_no_hamlet_and_nobody_are_no_trouble() -> None:
    area = FetchArea("x", (107.0, 21.0, 107.2, 21.2))
    nobody = People(np.zeros((5, 5), np.float32), Affine(0.01, 0, 107.0, 0, -0.01, 21.2), "EPSG:4326")
    one: Any = hamlets_of([node(1, 107.1, 21.1, name="A", place="hamlet")], area, None)
    assert share_people(one, nobody, "EPSG:32648")[0]["population"].tolist() == [0.0]
    assert len(share_people(hamlets_of([], area, None), nobody, "EPSG:32648")[0]) == 0
