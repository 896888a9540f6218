"""SINR of the best server against brute force; the same bytes for any number of workers and ring of rows."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from phusong.coverage import row_ring
from phusong.coverage.cells import CellTable, TechnologyRule
from phusong.coverage.footprint import group_footprint, prepare_sites
from phusong.coverage.interference import InterferenceRule, carrier_numbers, disturbing_shares
from phusong.coverage.link_budget import noise_dbm
from phusong.coverage.network import LayerKey, NetworkLayer, network_layers
from phusong.coverage.propagation.terrain import PropagationSettings, TerrainModel
from phusong.errors import InputError

SETTINGS = PropagationSettings()
RANGE_M = 3000.0
RULES = {t: TechnologyRule(t, level, 8.0, 0.9) for t, level in (("2G", -70.0), ("3G", -80.0), ("4G", -95.0))}
RULE = InterferenceRule(load=0.5)


@cache
def terrain() -> TerrainModel:
    rng = np.random.default_rng(12)
    y, x = np.mgrid[:210, :60]
    height = 150 + 90 * np.sin(x / 9.0) * np.cos(y / 7.0) + rng.normal(0, 4, x.shape)
    height[60:63, 20:30] = np.nan
    zone = np.full(x.shape, 4, np.uint8)
    return TerrainModel(height.astype(np.float32), zone, None, 600_000.0, 2_350_000.0, 100.0, 21.25, 21.06)


@cache
def network() -> CellTable:
    """Three sectors of three technologies of two operators on each mast; every second 4G mast has a band more."""
    rng = np.random.default_rng(5)
    masts = 18
    x_m = 600_000 + rng.uniform(300, 5700, masts)
    y_m = 2_350_000 - np.sort(rng.uniform(300, 20_700, masts))
    rows = []
    for mast in range(masts):
        for operator in ("A", "B")[: 1 + mast % 3 % 2 + (mast % 5 == 0)]:
            bands = [("2G", 935.0 + 0.2 * (mast % 4)), ("3G", 2140.0), ("4G", 1800.0)]
            bands += [("4G", 2600.0)] * (mast % 2)
            rows += [(mast, operator, t, f, k) for t, f in bands for k in range(3)]
    mast = np.array([row[0] for row in rows])
    frequency = np.array([row[3] + (0.8 * row[4] if row[2] == "2G" else 0.0) for row in rows])
    count = len(rows)
    return CellTable(
        cell_id=np.array([f"C{i:03d}" for i in range(count)]),
        mast_id=np.array([f"M{(7 * m) % 18:02d}" for m in mast]),  # ids not from north to south
        operator=np.array([row[1] for row in rows]),
        technology=np.array([row[2] for row in rows]),
        antenna=np.full(count, "3gpp-36.814"),
        x_m=x_m[mast],
        y_m=y_m[mast],
        antenna_height_m=np.where(np.array([row[1] for row in rows]) == "A", 35.0, 28.0),
        frequency_mhz=frequency,
        bandwidth_mhz=np.full(count, 10.0),
        azimuth_deg=np.array([(120.0 * row[4] + 17 * row[0]) % 360 for row in rows]),
        mechanical_tilt_deg=rng.choice([0.0, 4.0], count),
        electrical_tilt_deg=np.full(count, 2.0),
        tx_power_dbm=rng.choice([40.0, 46.0], count),
        feeder_loss_db=np.full(count, 0.5),
        on_air=np.full(count, np.datetime64("NaT", "D")),
        off_air=np.full(count, np.datetime64("NaT", "D")),
    )


@cache
def all_levels() -> np.ndarray:
    """Level of every cell on every pixel in float32; -inf where there is none."""
    cells = network()
    floor = {t: rule.threshold_dbm - 32.0 for t, rule in RULES.items()}
    sites = prepare_sites(terrain(), cells, floor, SETTINGS, RANGE_M)
    level = np.full((len(cells), *terrain().height_m.shape), -np.inf, dtype=np.float32)
    for mast in sites.masts:
        for group in mast.groups:
            part = group_footprint(terrain(), sites, group, SETTINGS)
            rows, columns = part.level_dbm.shape[1:]
            for k, cell in enumerate(part.cells):
                window = level[cell, part.row : part.row + rows, part.column : part.column + columns]
                window[:] = np.nan_to_num(part.level_dbm[k], nan=-np.inf)
    return level


@cache
def layers(workers: int = 1, rule: InterferenceRule = RULE) -> dict[LayerKey, NetworkLayer]:
    return network_layers(
        terrain(),
        network(),
        RULES,
        SETTINGS,
        RANGE_M,
        workers=workers,
        by_operator=True,
        interference=rule,
    )


def brute_force(layer: NetworkLayer, rule: InterferenceRule) -> np.ndarray:
    """SINR pixel by pixel from the definition, in float64, without any unit."""
    cells, power = network(), 10.0 ** (all_levels().astype(np.float64) / 10.0)
    sinr = np.full(layer.level_dbm.shape, np.nan)
    for cell in np.unique(layer.best_cell[layer.best_cell >= 0]):
        at = layer.best_cell == cell
        same = (
            (cells.operator == cells.operator[cell])
            & (cells.technology == cells.technology[cell])
            & (cells.frequency_mhz == cells.frequency_mhz[cell])
        )
        same[cell] = False
        others = power[same][:, at].sum(axis=0)
        own = power[cell][at]
        technology = str(cells.technology[cell])
        noise = 10.0 ** (noise_dbm(technology, float(cells.frequency_mhz[cell]), 10.0) / 10.0)
        if technology == "3G":  # pilot and load of the rest, in the pilot's power
            disturbing = (1.0 + 9.0 * rule.load) * (own + others)
        else:
            disturbing = others * (1.0 if technology == "2G" else rule.load)
        sinr[at] = 10.0 * np.log10(own / (disturbing + noise))
    return sinr


@pytest.mark.parametrize("key", ["2G", "3G", "4G", ("4G", "B"), ("2G", "A")])
@pytest.mark.parametrize("load", [0.5, 1.0])
def test_equal_to_brute_force(key: LayerKey, load: float) -> None:
    layer = layers(1, InterferenceRule(load=load))[key]
    assert layer.sinr_db is not None
    expected = brute_force(layer, InterferenceRule(load=load))
    np.testing.assert_array_equal(np.isnan(layer.sinr_db), np.isnan(expected))
    off = np.abs(layer.sinr_db - expected)
    # each cell's power is rounded to hundredths of the noise
    assert np.nanmax(off) < 0.2
    assert np.nanmean(off) < 0.01
    assert np.nanmax(expected) - np.nanmin(expected) > 5.0  # the case is rich enough to fail


def test_interference_is_what_tells_sinr_from_snr() -> None:
    """At no load a 4G pixel has its signal-to-noise ratio, exactly; at full load most have much less."""
    layer, loaded = layers(1, InterferenceRule(load=0.0))["4G"], layers(1, InterferenceRule(load=1.0))["4G"]
    assert layer.sinr_db is not None
    assert loaded.sinr_db is not None
    noise = noise_dbm("4G", 1800.0, 10.0)
    np.testing.assert_allclose(layer.sinr_db, layer.level_dbm - noise, atol=1e-5)
    assert np.nanmedian(layer.sinr_db - loaded.sinr_db) > 10.0


@settings(max_examples=6)
@given(st.floats(0.0, 1.0), st.floats(0.0, 1.0))
def test_more_load_never_helps(one: float, other: float) -> None:
    low, high = (layers(1, InterferenceRule(load=round(load, 1))) for load in sorted((one, other)))
    for key in RULES:
        first, second = low[key].sinr_db, high[key].sinr_db
        assert first is not None
        assert second is not None
        heard = ~np.isnan(first)
        assert np.all(first[heard] >= second[heard])


def test_pilot_is_never_more_than_its_share_of_the_own_cell() -> None:
    sinr = layers()["3G"].sinr_db
    assert sinr is not None
    limit = -10 * np.log10(1 + 9 * 0.5)
    assert -7.5 < limit < -7.4
    assert limit - 0.01 < np.nanmax(sinr) <= limit + 1e-4


@pytest.mark.parametrize("workers", [2, 3])
def test_the_same_bytes_for_any_number_of_workers(workers: int) -> None:
    one, many = layers(1), layers(workers)
    assert one.keys() == many.keys()
    for key in one:
        for name in ("level_dbm", "best_cell", "servers", "sinr_db"):
            assert getattr(one[key], name).tobytes() == getattr(many[key], name).tobytes(), (key, name)


def test_the_ring_is_shorter_than_the_map_and_does_not_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    used: list[int] = []

    class Watched(row_ring.RowRing):
        def __init__(self, *given: object) -> None:
            super().__init__(*given)  # type: ignore[arg-type]
            used.append(self.tally.units.shape[1])

    monkeypatch.setattr("phusong.coverage.network.RowRing", Watched)
    monkeypatch.setattr(row_ring, "_SLACK_ROWS", 0)
    tight = network_layers(
        terrain(), network(), RULES, SETTINGS, RANGE_M, workers=3, by_operator=True, interference=RULE
    )
    assert used[0] < terrain().height_m.shape[0]
    for key, layer in layers().items():
        assert layer.sinr_db is not None
        assert layer.sinr_db.tobytes() == tight[key].sinr_db.tobytes()  # type: ignore[union-attr]


def test_other_layers_do_not_depend_on_interference() -> None:
    plain = network_layers(terrain(), network(), RULES, SETTINGS, RANGE_M, workers=2, by_operator=True)
    for key, layer in layers().items():
        assert plain[key].sinr_db is None
        for name in ("level_dbm", "best_cell", "servers"):
            assert getattr(layer, name).tobytes() == getattr(plain[key], name).tobytes()


def test_a_band_in_place_of_the_bcch_is_shared_out() -> None:
    cells = network()
    carrier = carrier_numbers(cells, list(RULES))
    others, own = disturbing_shares(cells, carrier, RULE)
    gsm = cells.technology == "2G"
    np.testing.assert_array_equal(others[gsm], 1.0)  # no two cells of a mast share a frequency: a plan
    assert np.all(own[cells.technology != "3G"] == 0.0)
    band = replace(cells, frequency_mhz=np.where(gsm & (cells.operator == "A"), 940.0, cells.frequency_mhz))
    others, _ = disturbing_shares(band, carrier_numbers(band, list(RULES)), RULE)
    np.testing.assert_allclose(others[gsm & (cells.operator == "A")], 1 / 12)
    np.testing.assert_array_equal(others[gsm & (cells.operator == "B")], 1.0)


def test_technologies_without_a_rule_neither_serve_nor_disturb() -> None:
    rules = {"4G": RULES["4G"]}
    alone = network_layers(terrain(), network(), rules, SETTINGS, RANGE_M, interference=RULE)
    assert set(alone) == {"4G"}
    assert alone["4G"].sinr_db.tobytes() == layers()["4G"].sinr_db.tobytes()  # type: ignore[union-attr]


def test_a_failing_mast_stops_all_and_is_the_one_told(monkeypatch: pytest.MonkeyPatch) -> None:
    from phusong.coverage import network as module

    merge, calls = module._merge_window, []

    def failing(*given: object) -> None:
        calls.append(0)
        if len(calls) == 2:
            raise InputError([])
        merge(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(module, "_merge_window", failing)
    monkeypatch.setattr(row_ring, "_SLACK_ROWS", 0)
    with pytest.raises(InputError):
        network_layers(terrain(), network(), RULES, SETTINGS, RANGE_M, workers=3, interference=RULE)
    assert len(calls) < 18


@pytest.mark.parametrize(
    "wrong", [{"load": -0.1}, {"load": 1.1}, {"bcch_reuse": 0.5}, {"load": float("nan")}]
)
def test_rules_that_make_no_sense(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="load"):
        InterferenceRule(**wrong)
