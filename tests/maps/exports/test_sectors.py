"""Sectors: from the mast, towards the azimuth, as wide as the antenna."""

import geopandas as gpd
import numpy as np
import pytest
import shapely
from pyproj import CRS, Geod

from phusong.coverage.antenna import built_in_pattern, pattern_from_cuts
from phusong.maps.exports.sectors import beamwidth_deg, sector_polygons

EARTH = Geod(ellps="WGS84")


def test_a_sector_points_to_its_azimuth():
    for azimuth in (0.0, 45.0, 120.0, 359.0):
        wedge = sector_polygons(107.3, 21.1, azimuth, 65.0, 500.0)[0]
        assert wedge.is_valid and wedge.exterior.is_ccw
        lon, lat = np.array(wedge.exterior.coords).T
        assert (lon[0], lat[0]) == (107.3, 21.1)
        start = np.full(len(lon) - 2, 107.3), np.full(len(lon) - 2, 21.1)
        bearing, _back, distance = EARTH.inv(*start, lon[1:-1], lat[1:-1])
        turn = (bearing - azimuth + 180.0) % 360.0 - 180.0
        assert distance == pytest.approx(500.0, abs=1e-3)
        assert (turn.min(), turn.max()) == pytest.approx((-32.5, 32.5), abs=1e-6)


def test_an_omnidirectional_cell_is_a_disc():
    for azimuth, width in ((np.nan, 65.0), (10.0, 360.0)):
        disc = sector_polygons(107.3, 21.1, azimuth, width, 400.0)[0]
        lon, lat = np.array(disc.exterior.coords).T
        distance = EARTH.inv(np.full(len(lon), 107.3), np.full(len(lon), 21.1), lon, lat)[2]
        assert distance == pytest.approx(200.0, abs=1e-3) and disc.exterior.is_ccw


def test_beamwidth_is_that_of_the_cut():
    assert beamwidth_deg(built_in_pattern("omni")) == 360.0
    # 12 (angle / 70°)² dB reaches 3 dB at ± 35°
    assert beamwidth_deg(built_in_pattern("3gpp-36.814")) == pytest.approx(70.0, abs=0.2)
    angle = np.arange(360.0)
    off = np.minimum((angle - 90.0) % 360.0, (90.0 - angle) % 360.0)
    turned = pattern_from_cuts("turned", 17.0, np.minimum(3.0 * off / 20.0, 30.0), np.zeros(360))
    assert beamwidth_deg(turned) == pytest.approx(40.0, abs=0.2)


def test_many_cells_are_drawn_as_each_alone():
    rng = np.random.default_rng(4)
    count = 60
    lon, lat = rng.uniform(106.0, 108.0, count), rng.uniform(20.0, 22.0, count)
    azimuth, length = rng.uniform(0.0, 360.0, count), rng.choice([280.0, 420.0, 700.0], count)
    width = rng.choice([33.0, 65.0, 90.0, 360.0], count)
    azimuth[::7] = np.nan
    together = sector_polygons(lon, lat, azimuth, width, length)
    for k, found in enumerate(together):
        if np.isnan(azimuth[k]) or width[k] >= 360.0:
            bearings, length_m = np.arange(360.0, 0.0, -10.0), 0.5 * length[k]
        else:
            steps = int(np.ceil(width[k] / 5.0)) + 1
            bearings, length_m = azimuth[k] + np.linspace(width[k] / 2, -width[k] / 2, steps), length[k]
        rim = [EARTH.fwd(lon[k], lat[k], bearing, length_m)[:2] for bearing in bearings]
        start = [] if len(rim) == 36 else [(lon[k], lat[k])]
        expected = np.array([*start, *rim, *(start or rim[:1])])
        assert np.array_equal(np.array(found.exterior.coords), expected)


def test_outlines_that_are_kept_and_another_crs_change_nothing():
    rng = np.random.default_rng(9)
    count, kept = 80, {}
    crs = CRS.from_epsg(32648)
    of = np.stack([
        rng.uniform(106.0, 108.0, count), rng.uniform(20.0, 22.0, count), rng.uniform(0.0, 360.0, count),
        rng.choice([33.0, 65.0, 360.0], count), rng.choice([280.0, 700.0], count),
    ])  # fmt: skip
    of[2, ::9] = np.nan
    moved = of.copy()
    moved[0, 3] += 0.001
    for some in (of, of[:, 5:], moved, of[:, :0], of[:, ::-1]):
        expected = gpd.GeoSeries(sector_polygons(*some), crs=4326).to_crs(crs)
        found = sector_polygons(*some, crs, kept)
        assert shapely.equals_identical(found, expected.to_numpy()).all() and len(found) == some.shape[1]
    assert sum(len(rings) for name, rings in kept.items() if name.startswith("rings")) == count


def test_no_cells_are_no_polygons():
    assert len(sector_polygons([], [], [], [], [])) == 0
