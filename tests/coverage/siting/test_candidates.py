"""What counts as a host, and what a station on it looks like."""

from __future__ import annotations

import math
from dataclasses import fields

import numpy as np
import pytest

from phusong.coverage.cells import CellTable, PointTable
from phusong.coverage.propagation.terrain import TerrainModel
from phusong.coverage.siting.candidates import generate_candidates
from phusong.coverage.siting.inputs import MastTable, PoleTable, VillageTable
from phusong.coverage.siting.options import SitingOptions
from phusong.coverage.siting.radio import station_cells
from phusong.coverage.station_radio import RADIO_PRESETS, station_radio

OPTIONS = SitingOptions(operator="A", technologies=("4G",), budget=1e4, reach_m=3000.0)


def cells(*rows) -> CellTable:
    """Rows of mast, operator, technology, frequency, power, azimuth."""
    names = ("mast_id", "operator", "technology", "frequency_mhz", "tx_power_dbm", "azimuth_deg")
    values = {}
    for field in fields(CellTable):
        if field.name in names:
            values[field.name] = np.array([r[names.index(field.name)] for r in rows])
        elif field.name in ("cell_id", "antenna"):
            values[field.name] = np.array(["3gpp-36.814"] * len(rows), str)
        elif field.name in ("on_air", "off_air"):
            values[field.name] = np.full(len(rows), "NaT", "datetime64[D]")
        else:
            values[field.name] = np.full(len(rows), 10.0)
    return CellTable(**values)


CELLS = cells(
    ("OWN4G", "A", "4G", 1800.0, 46.0, 0.0),
    ("OWN2G", "A", "2G", 900.0, 43.0, 0.0),
    ("GUEST", "A", "2G", 900.0, 43.0, 0.0),
    ("OTHER", "B", "4G", 2100.0, 40.0, 0.0),
)


def masts() -> MastTable:
    names = ["OWN4G", "OWN2G", "GUEST", "OTHER", "EMPTY", "FAR", "VOID"]
    return MastTable(
        mast_id=np.array(names),
        owner=np.array(["A", "A", "B", "B", "A", "B", "B"]),
        kind=np.array(["tower"] * 7),
        height_m=np.array([40.0, 40.0, 40.0, 6.0, 40.0, 40.0, 40.0]),
        power=np.array(["grid", "grid", "grid", "solar", "diesel", "grid", "grid"]),
        backhaul=np.array(["fibre", "fibre", "microwave", "fibre", "none", "fibre", "fibre"]),
        x_m=np.array([4000.0, 4100.0, 4200.0, 5000.0, 4300.0, 9500.0, 5950.0]),
        y_m=np.array([5000.0] * 7),
    )


@pytest.fixture(scope="module")
def found():
    height = np.zeros((100, 100), np.float32)
    height[:, 59] = np.nan
    terrain = TerrainModel(height, np.full(height.shape, 4, np.uint8), None, 0.0, 10_000.0, 100.0, 21.0, 20.9)
    points = PointTable(
        np.array(["a", "b"]), np.array([0, 1]), np.array(["centre"] * 2), np.array([50.0, 50.0]),
        np.array([5000.0, 2000.0]), np.array([6000.0, 500.0]),
    )  # fmt: skip
    poles = PoleTable(
        np.array(["P1", "S1"]), np.array(["EVN"] * 2), np.array(["power_pole", "substation"]),
        np.array([10.0, 10.0]), np.array([5100.0, 4900.0]), np.array([5500.0, 5500.0]),
    )  # fmt: skip
    villages = VillageTable(np.array(["A1", "B1"]), np.array([False, True]))
    wanted = np.array([True, False])
    listed = generate_candidates(terrain, CELLS, points, wanted, villages, masts(), poles, OPTIONS)
    return {c.candidate_id: c for c in listed}


def test_who_is_a_host(found):
    on_masts = {c.host_id: c.kind for c in found.values() if c.host == "mast" and c.kind != "remote_sector"}
    assert on_masts == {"OWN2G": "upgrade", "GUEST": "upgrade", "OTHER": "colocation", "EMPTY": "upgrade"}
    assert {c.host_id for c in found.values() if c.kind == "pole"} == {"P1", "S1"}
    assert {c.host_id for c in found.values() if c.kind == "remote_sector"} == {"OTHER", "P1", "S1"}


def test_antennas_hang_where_there_is_room(found):
    assert found["upgrade:OWN2G"].antenna_height_m == 39.0
    assert found["colocation:OTHER"].antenna_height_m == 3.0  # half-way up: 5 m below the top is lower
    assert found["pole:P1"].antenna_height_m == 9.0


def test_what_power_and_backhaul_are_there(found):
    assert (found["upgrade:OWN2G"].power, found["upgrade:OWN2G"].connected) == ("existing", True)
    assert (found["upgrade:GUEST"].power, found["upgrade:GUEST"].connected) == ("existing", True)
    assert (found["upgrade:EMPTY"].power, found["upgrade:EMPTY"].connected) == ("solar", False)
    assert (found["colocation:OTHER"].power, found["colocation:OTHER"].connected) == ("solar", False)
    assert found["pole:P1"].power == "grid"


def test_sectors_look_at_the_gap(found):
    assert found["colocation:OTHER"].azimuths_deg == (0.0, 120.0, 240.0)
    assert found["remote_sector:mast:OTHER"].azimuths_deg == (0.0,)
    assert found["remote_sector:pole:P1"].azimuths_deg[0] == pytest.approx(348.7, abs=0.1)


def test_a_power_pole_carries_a_small_station_a_substation_a_full_one(found):
    assert found["pole:P1"].azimuths_deg == ()
    assert found["pole:P1"].power_limit_dbm == OPTIONS.small_station_power_dbm
    assert len(found["pole:S1"].azimuths_deg) == 3
    assert math.isinf(found["pole:S1"].power_limit_dbm)
    stations = station_cells([found["pole:P1"], found["pole:S1"]], RADIO_PRESETS, "A")
    table = stations.cells
    assert stations.uses.toarray().tolist() == [[1, 0], [0, 1], [0, 1], [0, 1]]
    assert table.antenna.tolist() == ["omni", *["3gpp-36.814"] * 3]
    assert table.tx_power_dbm.tolist() == [40.0, 46.0, 46.0, 46.0]
    assert np.isnan(table.azimuth_deg[0])


def test_new_towers_get_mains_near_poles_only_and_pay_for_the_track(found):
    new = [c for c in found.values() if c.kind == "new_tower"]
    assert new
    for c in new:
        # The hamlet in the gap has no mains: the poles and the masts on the grid can feed a tower.
        on_grid = [(4000.0, 5000.0), (4100.0, 5000.0), (4200.0, 5000.0), (5100.0, 5500.0), (4900.0, 5500.0)]
        to_mains = min(math.hypot(c.x_m - x, c.y_m - y) for x, y in on_grid)
        assert c.power == ("grid" if to_mains <= OPTIONS.grid_reach_m else "solar")
        assert c.mains_km == pytest.approx(to_mains * OPTIONS.route_factor / 1000.0)
        things = [(5000.0, 6000.0), (2000.0, 500.0), (5100.0, 5500.0), (4900.0, 5500.0)]
        things += list(zip(masts().x_m.tolist(), masts().y_m.tolist(), strict=True))
        nearest = min(math.hypot(c.x_m - x, c.y_m - y) for x, y in things)
        assert c.access_km == pytest.approx(nearest * OPTIONS.route_factor / 1000.0)


def test_ids_are_unique_and_order_repeats(found):
    assert len(found) == len({(c.site_key, c.antenna_height_m, c.azimuths_deg) for c in found.values()})
    kinds = [c.kind for c in found.values()]
    order = ["upgrade", "colocation", "pole", "remote_sector", "new_tower"]
    assert kinds == sorted(kinds, key=order.index)


def test_radio_is_the_operators_usual_one():
    own = cells(
        *[("M", "A", "4G", 1800.0, p, 0.0) for p in (44.0, 46.0, 47.0)],
        ("M", "A", "4G", 900.0, 40.0, 0.0),
        *[("M", "B", "4G", 700.0, 40.0, 0.0)] * 9,
        *[("M", "A", "4G", 2600.0, 20.0, math.nan)] * 9,
    )
    usual = station_radio(own, "A", "4G")
    assert (usual.frequency_mhz, usual.tx_power_dbm, usual.source) == (1800.0, 46.0, "cells of the operator")
    assert station_radio(own, "A", "5G") == RADIO_PRESETS["5G"]
