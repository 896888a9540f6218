"""The coast line: between land and sea, within a pixel, and not along the edge of the grid."""

import numpy as np
import shapely
from pyproj import Transformer

from phusong.gis_data.grid import Grid
from phusong.maps import coast
from phusong.maps.coast import coast_lines

GRID = Grid("EPSG:32648", 640000.0, 2390000.0, 100.0, 120, 150)
TO_GRID = Transformer.from_crs("EPSG:4326", GRID.crs, always_xy=True)


def metric(lines):
    return [
        shapely.LineString(np.column_stack(TO_GRID.transform(*np.array(line)[:, ::-1].T))) for line in lines
    ]


def test_an_island_is_a_ring_around_its_pixels():
    land = np.zeros(GRID.shape, np.uint8)
    land[30:70, 40:90] = 1
    (ring,) = metric(coast_lines(land, GRID))
    assert ring.is_ring
    outline = shapely.box(644000, 2383000, 649000, 2387000).exterior
    assert shapely.hausdorff_distance(ring, outline) < 2.0


def test_land_that_reaches_the_edge_has_no_coast_there():
    land = np.zeros(GRID.shape, np.uint8)
    land[:, :60] = 1
    lines = metric(coast_lines(land, GRID))
    assert len(lines) == 1
    assert (
        shapely.hausdorff_distance(lines[0], shapely.LineString([(646000, 2390000), (646000, 2378000)])) < 60
    )
    assert lines[0].length < 12_001


def test_slanting_coast_loses_the_steps_of_its_pixels():
    row, column = np.indices(GRID.shape)
    land = (column > row + 10).astype(np.uint8)
    (line,) = metric(coast_lines(land, GRID))
    straight = np.hypot(119, 119) * 100.0
    assert line.length < 1.03 * straight


def test_all_land_and_all_sea_have_none():
    assert coast_lines(np.ones(GRID.shape, np.uint8), GRID) == []
    assert coast_lines(np.zeros(GRID.shape, np.uint8), GRID) == []


def test_a_coast_of_too_many_points_is_drawn_more_coarsely(monkeypatch):
    rng = np.random.default_rng(1)
    land = (rng.random(GRID.shape) > 0.5).astype(np.uint8)
    land[40:80, 40:100] = 1
    monkeypatch.setattr(coast, "COAST_POINTS", 300)
    lines = coast_lines(land, GRID)
    assert 0 < sum(map(len, lines)) <= 300 + 2 * len(lines)
