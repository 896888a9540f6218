"""One mast: levels against the formula written out, useful range, and bad cells in one report."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from phusong.coverage.antenna import AntennaPattern, built_in_pattern, gain_dbi, pattern_from_cuts
from phusong.coverage.cells import CellTable
from phusong.coverage.footprint import check_cells, ground_height_m, group_footprint, prepare_sites
from phusong.coverage.link_budget import LinkBudget
from phusong.coverage.propagation.sweep import loss_window
from phusong.coverage.propagation.terrain import PropagationSettings, TerrainModel
from phusong.errors import InputError
from phusong.gis_data.msi import read_msi

SETTINGS = PropagationSettings()
FLOOR = {"2G": -150.0, "3G": -150.0, "4G": -150.0, "5G": -150.0}


def terrain(rows: int = 90, columns: int = 110, resolution_m: float = 100.0) -> TerrainModel:
    y, x = np.mgrid[:rows, :columns]
    height = 150 + 120 * np.sin(x / 9.0) * np.cos(y / 7.0) + 3 * (x % 5)
    return TerrainModel(
        height.astype(np.float32),
        np.full((rows, columns), 4, np.uint8),
        None,
        600_000.0,
        2_350_000.0,
        resolution_m,
        21.25,
        21.17,
    )


def table(rows: list[dict[str, object]]) -> CellTable:
    start: dict[str, object] = {
        "mast_id": "M1",
        "operator": "A",
        "technology": "4G",
        "antenna": "3gpp-36.814",
        "x_m": 605_550.0,
        "y_m": 2_345_450.0,
        "antenna_height_m": 40.0,
        "frequency_mhz": 1800.0,
        "bandwidth_mhz": 10.0,
        "azimuth_deg": 0.0,
        "mechanical_tilt_deg": 0.0,
        "electrical_tilt_deg": 0.0,
        "tx_power_dbm": 46.0,
        "feeder_loss_db": 0.5,
        "on_air": np.datetime64("NaT", "D"),
        "off_air": np.datetime64("NaT", "D"),
    }
    full = [{**start, "cell_id": f"C{i:03d}", **row} for i, row in enumerate(rows)]
    return CellTable(**{name: np.array([row[name] for row in full]) for name in full[0]})  # type: ignore[arg-type]


SECTORS = table(
    [
        {"azimuth_deg": 30.0, "mechanical_tilt_deg": 4.0, "electrical_tilt_deg": 2.0},
        {"azimuth_deg": 150.0, "electrical_tilt_deg": 6.0},
        {"azimuth_deg": 270.0, "technology": "2G", "frequency_mhz": 940.0, "mechanical_tilt_deg": -3.0},
        {"azimuth_deg": np.nan, "technology": "3G", "frequency_mhz": 2110.0},
        {"azimuth_deg": 200.0, "technology": "5G", "frequency_mhz": 3500.0, "bandwidth_mhz": 100.0},
        {"azimuth_deg": 10.0, "antenna_height_m": 25.0},
        {"azimuth_deg": 315.0, "antenna": "3gpp-38.901", "mechanical_tilt_deg": 11.0},
    ]
)
OFFSET_DB = {"2G": 0.0, "3G": 10.0, "4G": 10 * np.log10(600), "5G": 10 * np.log10(12 * 273)}


def expected_level(cells: CellTable, i: int, loss_db: np.ndarray, row: int, column: int) -> np.ndarray:
    """Power, pattern and losses of one cell, in NumPy and float64, on the pixels of a window."""
    ground = terrain()
    at_row = int((ground.y_top_m - cells.y_m[i]) // 100)
    at_column = int((cells.x_m[i] - ground.x_left_m) // 100)
    rows, columns = loss_db.shape
    window = ground.height_m[row : row + rows, column : column + columns].astype(float)
    north = ground.y_top_m - (np.arange(row, row + rows) + 0.5)[:, None] * 100 - cells.y_m[i]
    east = ground.x_left_m + (np.arange(column, column + columns) + 0.5)[None, :] * 100 - cells.x_m[i]
    distance = np.hypot(north, east)
    antenna_m = float(ground.height_m[at_row, at_column]) + cells.antenna_height_m[i]
    rise = window + 1.5 - antenna_m - distance**2 / (2 * 4 / 3 * 6_371_000)
    azimuth = np.degrees(np.arctan2(east, north)) - np.nan_to_num(cells.azimuth_deg[i])
    name = "omni" if np.isnan(cells.azimuth_deg[i]) else str(cells.antenna[i])
    gain = gain_dbi(
        built_in_pattern(name),
        azimuth,
        np.degrees(np.arctan2(rise, distance)),
        cells.mechanical_tilt_deg[i],
        cells.electrical_tilt_deg[i],
    )
    power = cells.tx_power_dbm[i] - OFFSET_DB[str(cells.technology[i])] - cells.feeder_loss_db[i]
    return power + gain - loss_db


def test_levels_are_power_and_gain_less_losses() -> None:
    sites = prepare_sites(terrain(), SECTORS, FLOOR, SETTINGS, 4000.0)
    (mast,) = sites.masts
    assert [group.antenna_height_m for group in mast.groups] == [25.0, 40.0]
    seen = []
    for group in mast.groups:
        footprint = group_footprint(terrain(), sites, group, SETTINGS)
        for k, cell in enumerate(footprint.cells):
            loss = loss_window(
                terrain(),
                605_550.0,
                2_345_450.0,
                float(SECTORS.antenna_height_m[cell]),
                np.array([SECTORS.frequency_mhz[cell]]),
                4000.0,
                SETTINGS,
            )
            expected = expected_level(SECTORS, cell, loss.loss_db[0], loss.row, loss.column)
            assert np.isfinite(expected).sum() > 4500
            np.testing.assert_allclose(footprint.level_dbm[k], expected, rtol=0, atol=2e-3)
            seen.append(int(cell))
    assert sorted(seen) == list(range(len(SECTORS)))


def test_all_frequencies_of_a_height_share_one_sweep() -> None:
    sites = prepare_sites(terrain(), SECTORS, FLOOR, SETTINGS, 4000.0)
    high = sites.masts[0].groups[1]
    np.testing.assert_array_equal(high.frequencies_mhz, [940.0, 1800.0, 2110.0, 3500.0])
    np.testing.assert_array_equal(high.frequencies_mhz[high.frequency], SECTORS.frequency_mhz[high.cells])


def test_receiver_body_and_ssb_beam() -> None:
    plain = prepare_sites(terrain(), SECTORS, FLOOR, SETTINGS, 4000.0).sectors.boresight_dbm
    budget = LinkBudget(receiver_gain_dbi=1.0, body_loss_db=4.0, ssb_beam_gain_db=9.0)
    with_budget = prepare_sites(terrain(), SECTORS, FLOOR, SETTINGS, 4000.0, budget=budget)
    difference = with_budget.sectors.boresight_dbm - plain
    np.testing.assert_allclose(difference, np.where(SECTORS.technology == "5G", 6.0, -3.0))


@pytest.mark.parametrize(("unit", "gain_dbi_"), [("dBd", 18.0), ("dBi", 15.85)])
def test_a_dbd_file_read_as_dbi_would_move_the_level(tmp_path: Path, unit: str, gain_dbi_: float) -> None:
    cut = "\n".join(f"{angle} 0" for angle in range(360))
    path = tmp_path / "flat.msi"
    text = f"NAME flat\nGAIN 15.85 {unit}\nHORIZONTAL 360\n{cut}\nVERTICAL 360\n{cut}\n"
    path.write_text(text, encoding="utf-8")
    msi = read_msi(path)
    pattern = pattern_from_cuts(msi.name, msi.gain_dbi, msi.horizontal_db, msi.vertical_db)
    cells = table([{"antenna": "flat", "technology": "2G", "azimuth_deg": np.nan}])
    sites = prepare_sites(terrain(), cells, FLOOR, SETTINGS, 4000.0, patterns={"flat": pattern})
    assert sites.sectors.boresight_dbm[0] == pytest.approx(46 - 0.5 + gain_dbi_)


def test_no_pixel_beyond_a_shortened_range_could_reach_the_floor() -> None:
    cells = table([{"tx_power_dbm": 17.0, "antenna": "omni"}])
    sites = prepare_sites(terrain(), cells, {"4G": -105.0}, SETTINGS, 4000.0)
    group = sites.masts[0].groups[0]
    assert 1000.0 < group.range_m < 1500.0
    wide = group_footprint(terrain(), sites, replace(group, range_m=4000.0), SETTINGS)
    rows, columns = wide.level_dbm.shape[1:]
    north = 2_350_000.0 - (wide.row + np.arange(rows) + 0.5)[:, None] * 100 - group.y_m
    east = 600_000.0 + (wide.column + np.arange(columns) + 0.5)[None, :] * 100 - group.x_m
    beyond = np.hypot(north, east) > group.range_m
    assert np.nanmax(wide.level_dbm[0][~beyond]) >= -105.0
    assert np.nanmax(wide.level_dbm[0][beyond]) < -105.0


def test_every_bad_cell_in_one_report() -> None:
    cells = table(
        [
            {"antenna_height_m": -3.0},
            {"tx_power_dbm": -np.inf},  # 0 W
            {"frequency_mhz": 28_000.0},
            {"frequency_mhz": np.nan},
            {"bandwidth_mhz": 12.0},
            {"antenna": "kathrein"},
            {"antenna": "beam", "azimuth_deg": np.nan},
            {"mechanical_tilt_deg": np.nan},
            {"mast_id": "M2", "x_m": 500_000.0},
            {"mast_id": "M2", "x_m": 500_000.0},
        ]
    )
    narrow = np.full(3600, 30.0)
    narrow[0] = 0.0
    patterns = {"beam": AntennaPattern("beam", 20.0, narrow, narrow)}
    with pytest.raises(InputError) as caught:
        prepare_sites(terrain(), cells, FLOOR, SETTINGS, 4000.0, patterns=patterns)
    found = [(problem.column, problem.value) for problem in caught.value.problems]
    assert found == [
        ("mast_id", "M2"),
        ("antenna_height_m", "-3.0 (cell C000)"),
        ("frequency_mhz", "28000.0 (cell C002)"),
        ("frequency_mhz", "nan (cell C003)"),
        ("tx_power_dbm", "-inf (cell C001)"),
        ("mechanical_tilt_deg", "nan (cell C007)"),
        ("bandwidth_mhz", "12.0 (cell C004)"),
        ("antenna", "kathrein (cell C005)"),
        ("azimuth_deg", "nan (cell C006)"),
    ]
    assert all("\n" not in str(problem) for problem in caught.value.problems)


def test_a_mast_in_a_void() -> None:
    ground = terrain()
    height = ground.height_m.copy()
    height[45, 55] = np.nan
    holed = replace(ground, height_m=height)
    (problem,) = check_cells(holed, table([{}]))
    assert (problem.file, problem.value) == ("masts", "M1")
    (beside,) = check_cells(holed, table([{"x_m": 605_620.0}]))  # the void reaches into its interpolation
    assert beside.column == "mast_id"
    assert check_cells(ground, SECTORS) == []


def test_every_mast_that_passes_the_check_can_be_swept() -> None:
    """The check and the sweep must agree on what lies on the terrain, edges and voids included."""
    ground = terrain(12, 14)
    height = ground.height_m.copy()
    height[5, 6] = np.nan
    holed = replace(ground, height_m=height)
    rng = np.random.default_rng(6)
    x = np.concatenate([rng.uniform(599_900, 601_500, 60), [600_000.0, 601_400.0, 600_650.0, 600_750.0]])
    y = np.concatenate(
        [rng.uniform(2_348_700, 2_350_100, 60), [2_350_000.0, 2_348_800.0, 2_349_450.0, 2_349_450.0]]
    )
    known = ~np.isnan(ground_height_m(holed, x, y))
    assert 10 < known.sum() < 60
    for at in range(len(x)):
        try:
            loss_window(holed, float(x[at]), float(y[at]), 30.0, np.array([900.0]), 300.0, SETTINGS)
        except ValueError:
            assert not known[at]
        else:
            assert known[at]
