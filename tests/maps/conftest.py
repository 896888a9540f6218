"""A small made-up province, its map, and a browser with the network off."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from scipy.ndimage import gaussian_filter
from scipy.spatial import cKDTree
from scipy.stats import norm
from shapely.geometry import LineString, Point, box

from phusong.coverage.cells import TechnologyRule
from phusong.gis_data import cog
from phusong.gis_data.gap_schema import HAMLET_REASONS
from phusong.gis_data.grid import Grid
from phusong.gis_data.result_schema import VERDICTS
from phusong.maps.classes import class_edges_dbm, classify
from phusong.maps.content import (
    CoverageLayer,
    Footprint,
    Footprints,
    HamletProfile,
    MapContent,
    OperatorLayer,
    OwnFootprints,
)
from phusong.maps.explanations import explanations
from phusong.maps.folder_map import write_folder_map
from phusong.maps.pictures import ArrayPicture, numbered
from phusong.maps.profile_plot import ProfilePlot
from phusong.maps.tiles_content import TileContent
from phusong.maps.tiles_layers import TileLayer
from phusong.maps.web_map import write_map

GRID = Grid("EPSG:32648", 640000.0, 2390000.0, 150.0, 200, 200)
CRS = GRID.crs
TECHNOLOGIES = {"2G": -95.0, "3G": -100.0, "4G": -105.0, "5G": -110.0}
OPERATORS = ("Viettel", "VNPT", "MobiFone", "Vietnamobile")
HAMLETS, MASTS = 300, 100
SIGMA_DB = 8.0


@dataclass(frozen=True)
class MadeLayer(CoverageLayer):
    """A layer with the levels and cells that its pictures are made from."""

    level_dbm: Any = None
    best_cell: Any = None


def made_layer(rule: TechnologyRule, level_dbm: Any, best_cell: Any = None) -> MadeLayer:
    classes = ArrayPicture(GRID, classify(level_dbm, class_edges_dbm(rule)))
    best = None if best_cell is None else ArrayPicture(GRID, numbered(best_cell))
    return MadeLayer(rule, classes, best, level_dbm=level_dbm, best_cell=best_cell)


def _points(rng: np.random.Generator, count: int) -> list[Point]:
    west, south, east, north = GRID.bounds
    return [
        Point(*xy) for xy in rng.uniform((west + 900, south + 900), (east - 900, north - 900), (count, 2))
    ]


def _coverage(rng: np.random.Generator, masts: list[Point]) -> tuple[CoverageLayer, ...]:
    """Random fields; best server is the nearest mast, whose cell has its row."""
    rows, columns = np.indices(GRID.shape)
    x = GRID.x_left_m + (columns + 0.5) * GRID.resolution_m
    y = GRID.y_top_m - (rows + 0.5) * GRID.resolution_m
    nearest = cKDTree([(m.x, m.y) for m in masts]).query(np.dstack((x, y)))[1]
    layers = []
    for technology, threshold in TECHNOLOGIES.items():
        level = threshold + 12 + gaussian_filter(rng.normal(size=GRID.shape), 6) * 250
        level[level < threshold - 20] = np.nan
        best = np.where(np.isnan(level), -1, nearest).astype(np.int32)
        rule = TechnologyRule(technology, threshold, SIGMA_DB, 0.9)
        layers.append(made_layer(rule, level.astype(np.float32), best if technology == "4G" else None))
    return tuple(layers)


def _cells() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "cell_id": [f"M{k:03d}-4G-1" for k in range(MASTS)],
            "mast_id": [f"M{k:03d}" for k in range(MASTS)],
            "operator": [OPERATORS[k % 4] for k in range(MASTS)],
            "technology": "4G",
            "frequency_mhz": 1840.0,
            "antenna_height_m": 38.0,
            "azimuth_deg": [np.nan if k % 5 == 0 else 30.0 * (k % 12) for k in range(MASTS)],
            "mechanical_tilt_deg": 1.0,
            "electrical_tilt_deg": 3.0,
            "tx_power_dbm": 46.0,
        }
    )


def _disc(owner_id: str, at: Point, grid: Grid, radius: int, highest: int) -> Footprint:
    """Rings of falling classes around a point."""
    row, column = (int(part) for part in grid.row_column(np.array(at.x), np.array(at.y)))
    far = np.hypot(*np.indices((2 * radius + 1, 2 * radius + 1)) - radius)
    classes = np.where(far <= radius, np.ceil(highest * (1 - far / (radius + 1))), 0).astype(np.uint8)
    return Footprint(owner_id, "4G", row - radius, column - radius, classes)


def _footprints(masts: list[Point], proposals: list[Point]) -> Footprints:
    coarse = Grid(CRS, GRID.x_left_m, GRID.y_top_m, 300.0, 100, 100)
    return Footprints(
        coarse,
        tuple(
            OwnFootprints.of((_disc(f"M{k:03d}", at, coarse, 9, 4),)) for k, at in enumerate(masts) if k != 8
        ),
        tuple(
            OwnFootprints.of((_disc(f"S{k + 1:03d}", at, coarse, 12, 6),)) for k, at in enumerate(proposals)
        ),
    )


def _plan_months() -> pd.DataFrame:
    """Six months: one item is claimed in December against the evidence, the other was there since October."""
    rows = []
    for month, day in enumerate(pd.date_range("2022-07-31", periods=6, freq="ME")):
        claimed = month == 5
        rows.append((day, "I1", claimed, "contradicted", "claimed_contradicted" if claimed else ""))
        there = "supported" if month >= 3 else "contradicted"
        early = "unclaimed_supported" if month >= 3 and not claimed else ""
        rows.append((day, "I2", claimed, there, early))
    return pd.DataFrame(rows, columns=["month_end", "item_id", "claimed", "support", "discrepancy"])


def _villages(rng: np.random.Generator, coverage: tuple[CoverageLayer, ...]) -> gpd.GeoDataFrame:
    points = _points(rng, HAMLETS)
    frame = gpd.GeoDataFrame(
        {
            "village_id": [f"QN{k:04d}" for k in range(HAMLETS)],
            "name": ["Khe Tiền", "Đài Van", *(f"Bản {k}" for k in range(2, HAMLETS))],
            "commune": [f"Xã {k % 7}" for k in range(HAMLETS)],
            "population": rng.integers(40, 900, HAMLETS),
            "households": rng.integers(9, 200, HAMLETS),
            "grid_power": rng.random(HAMLETS) > 0.1,
            "verdict": [VERDICTS[k % len(VERDICTS)] for k in range(HAMLETS)],
            "signal_gap": [{0: "white", 1: "split"}.get(k) for k in range(HAMLETS)],
            "confidence": "likely",
            "decided_by": ["model", "measurement"] * (HAMLETS // 2),
        },
        geometry=points,
        crs=CRS,
    )
    row, column = GRID.row_column(frame.geometry.x.to_numpy(), frame.geometry.y.to_numpy())
    for layer in coverage:
        low = layer.rule.technology.lower()
        frame[f"level_{low}_dbm"] = layer.level_dbm[row, column]
        frame[f"p_{low}"] = norm.cdf((frame[f"level_{low}_dbm"] - layer.rule.threshold_dbm) / SIGMA_DB)
        frame[f"served_{low}"] = frame[f"p_{low}"] >= 0.9
        frame[f"share_people_{low}"] = rng.random(HAMLETS)
        frame[f"best_cell_{low}"] = [f"C{k}-{layer.rule.technology}" for k in range(HAMLETS)]
    return frame


def _reasons() -> pd.DataFrame:
    """Two hamlets: one behind a ridge that a carrier would serve, one that no mast reaches."""
    rows = [
        {
            "village_id": "QN0000", "service": "voice", "cause": "obstacle", "candidate_cell": "C7-2G",
            "candidate_mast": "M007", "candidate_operator": "VNPT", "candidate_technology": "2G",
            "distance_m": 4210.0, "short_db": 12.34, "obstacle_db": 18.27, "obstacle_distance_m": 1630.0,
            "obstacle_height_m": 412.0, "remedy": "carrier", "carrier_gain_db": 15.61, "carrier_enough": True,
            "carrier_mast": "M009", "carrier_operator": "Viettel", "carrier_technology": "2G",
            "carrier_mhz": 900.0, "tilt_gain_db": 3.2, "tilt_deg": 1.0, "tilt_enough": False,
        },
        {"village_id": "QN0007", "service": "voice", "cause": "no_mast", "candidate_cell": None, "remedy": None},
    ]  # fmt: skip
    columns = [column.name for column in HAMLET_REASONS.columns]
    numbers = {c.name: np.float64 for c in HAMLET_REASONS.columns if c.kind == "number"}
    return pd.DataFrame(rows, columns=columns).astype(numbers)


def _profile() -> HamletProfile:
    km = np.linspace(0.0, 4.21, 300)
    ridge = 60 + 300 * np.exp(-(((km - 1.63) / 0.3) ** 2))
    return HamletProfile("QN0000", "M007", km, ridge, np.full(300, 12.0), 38.0, 1.5, 940.0, 1.63, 18.27)


def _links(masts: list[Point], proposals: list[Point]) -> gpd.GeoDataFrame:
    """A microwave hop of the first station, a cable of the second."""
    return gpd.GeoDataFrame(
        {
            "station_id": ["S001", "S002"], "backhaul": ["microwave", "fibre"],
            "backhaul_target": ["M004", "N1"], "hops": pd.array([1, 0], "Int64"), "backhaul_km": [7.25, 2.1],
            "frequency_ghz": [18.0, np.nan], "dish_height_m": [28.0, np.nan], "far_height_m": [40.0, np.nan],
            "clearance_m": [3.47, np.nan], "tightest_km": [2.5, np.nan],
        },
        geometry=[
            LineString([proposals[0], masts[4]]), LineString([proposals[1], Point(proposals[1].x + 2000, proposals[1].y)])
        ],
        crs=CRS,
    )  # fmt: skip


def _link_profile() -> ProfilePlot:
    km = np.linspace(0.0, 7.25, 200)
    return ProfilePlot(
        "S001 → M004", "", "S001", "M004", km, 50 + 20 * np.sin(km), np.zeros(200), 28.0, 40.0, 18_000.0, 2.5, 0.0,
        link=True, fresnel_share=0.6, room_m=3.47,
    )  # fmt: skip


def _after() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "village_id": ["QN0000", "QN0007"], "plan_result": ["served", "not_served"],
            "people_before": [12.0, 0.0], "people_after": [300.0, 0.0],
            "verdict_before": ["no_signal", "no_signal"], "verdict_after": ["no_5g", "no_signal"],
            "level_4g_before_dbm": [-118.24, np.nan], "level_4g_after_dbm": [-88.04, np.nan],
        }
    )  # fmt: skip


def _content() -> MapContent:
    rng = np.random.default_rng(11)
    at_masts, at_proposals = _points(rng, MASTS), _points(rng, 2)
    coverage = _coverage(rng, at_masts)
    terrain = (gaussian_filter(rng.normal(size=GRID.shape), 12) * 9000).astype(np.float32)
    villages = _villages(rng, coverage)
    operators = OPERATORS
    masts = gpd.GeoDataFrame(
        {
            "mast_id": [f"M{k:03d}" for k in range(MASTS)],
            "owner": [operators[k % 4] for k in range(MASTS)],
            "kind": "tower",
            "height_m": 42.0,
            "operators": [operators[k % 4] + ("; VNPT" if k % 3 == 0 else "") for k in range(MASTS)],
            "technologies": "2G; 4G",
        },
        geometry=at_masts,
        crs=CRS,
    )
    west, south, east, north = GRID.bounds
    middle = (west + east) / 2
    communes = gpd.GeoDataFrame(
        {"name": ["Xã 0", "Xã 1"]},
        geometry=[box(west, south, middle, north), box(middle, south, east, north)],
        crs=CRS,
    )
    proposals = gpd.GeoDataFrame(
        {
            "station_id": ["S001", "S002"], "host_kind": ["colocation", "new_tower"],
            "host_id": ["M001", "N1"], "shared_with": ["VNPT", ""], "operator": "Viettel",
            "technologies": "4G", "antenna_height_m": 30.0,
            "cost": [640.0, 1510.5], "people_served": [320, 210],
            "villages_served": [("QN0000",), ("QN0007", "QN0014")], "backhaul": "fibre",
        },
        geometry=at_proposals, crs=CRS,
    )  # fmt: skip
    places = gpd.GeoDataFrame(
        {"name": ["KCN Hải Hà"], "kind": ["industrial_zone"], "required_technology": ["5G"]},
        geometry=_points(rng, 1), crs=CRS,
    )  # fmt: skip
    plans = pd.DataFrame(
        {
            "plan_id": "13/KH-UBND", "item_id": ["I1", "I2"], "kind": "mobile_service",
            "village_id": ["QN0000", "QN0001"], "deadline": date(2022, 12, 31),
            "reported_on": date(2022, 12, 20),
            "claimed": True, "support": ["contradicted", "supported"], "reason": ["not_served", "served"],
            "discrepancy": ["claimed_contradicted", ""],
        }
    )  # fmt: skip
    return MapContent(
        title="Tỉnh thử", language="vi", synthetic=True, as_of=date(2025, 12, 31), grid=GRID,
        terrain_m=np.maximum(terrain, 0), land=(terrain > 0).astype(np.uint8), coverage=coverage,
        operators=operators, villages=villages, masts=masts, communes=communes, places=places,
        proposals=proposals, plan_items=plans, assumptions=dict.fromkeys(("vi", "en"), (("ITU-R", "P.1812-8"),)),
        data_versions=(("villages.csv", "sha256 0123"),), reasons=_reasons(), cells=_cells(),
        operator_coverage=tuple(
            OperatorLayer("4G", name, ArrayPicture(GRID, np.where(
                coverage[2].best_cell % 4 == k, coverage[2].classes.whole, 0
            ).astype(np.uint8)))
            for k, name in enumerate(OPERATORS[:2])
        ),
        footprints=_footprints(at_masts, at_proposals), profiles=(_profile(),), plan_months=_plan_months(),
        currency={"vi": "triệu đồng", "en": "million VND"}, links=_links(at_masts, at_proposals),
        link_profiles={"S001": _link_profile()}, hamlets_after=_after(),
    )  # fmt: skip


@pytest.fixture(scope="session")
def content() -> MapContent:
    return _content()


@pytest.fixture(scope="session")
def map_file(content: MapContent, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("map") / "map.html"
    write_map(path, content)
    return path


class Opened:
    """A page with the network off, and everything it complained about or asked for."""

    def __init__(self, browser: Any, path: Path, fragment: str = "", **context: Any) -> None:
        self.context = browser.new_context(
            offline=True, accept_downloads=True, **{"viewport": {"width": 1280, "height": 800}, **context}
        )
        self.page = self.context.new_page()
        self.complaints: list[str] = []
        self.asked: list[str] = []
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.route("**/*", self._answer)
        self.page.goto(path.as_uri() + fragment)
        self.page.wait_for_selector("html[data-ready=true]", timeout=10_000)

    def _answer(self, route: Any) -> None:
        url = route.request.url
        if url.startswith("file:") and url.split("#")[0].endswith(".html"):
            route.continue_()
        else:
            self.asked.append(url)
            route.abort()

    def get(self, expression: str) -> Any:
        return self.page.evaluate(f"() => {expression}")

    def run(self, statement: str) -> None:
        self.page.evaluate(f"() => {{ {statement} }}")

    def settle(self) -> None:
        """Wait until the coverage that was asked for is drawn."""
        self.page.evaluate("async () => { await PS.showCoverage(); }")

    def close(self) -> None:
        self.context.close()
        assert self.asked == []
        assert self.complaints == []


@pytest.fixture
def open_map(browser: Any) -> Callable[..., Opened]:
    """Open a file: ``open_map(path, "#fragment", viewport=…)``."""
    return lambda *arguments, **context: Opened(browser, *arguments, **context)


@pytest.fixture
def opened(open_map: Callable[..., Opened], map_file: Path) -> Iterator[Opened]:
    made = open_map(map_file)
    yield made
    made.close()


_TILE_KINDS = ("level", "best_cell", "servers", "sinr", "p_indoor", "p_covered")


@pytest.fixture(scope="session")
def tile_content(content: MapContent, tmp_path_factory: pytest.TempPathFactory) -> TileContent:
    """The small province with the rasters of 4G (all kinds) and of VNPT's 4G (level)."""
    folder = tmp_path_factory.mktemp("rasters")
    layer, grid = content.coverage[2], content.grid
    level, rng = layer.level_dbm, np.random.default_rng(3)
    share = np.where(np.isnan(level), np.nan, np.clip((level + 125) / 60, 0, 1))
    values = {
        "level": (level, cog.LEVEL_DBM),
        "p_covered": (share, cog.PROBABILITY),
        "p_indoor": (np.minimum(share * 1.4, 1.0), cog.PROBABILITY),
        "best_cell": (layer.best_cell, cog.BEST_CELL),
        "servers": (rng.integers(0, 8, grid.shape), cog.SERVERS),
        "sinr": (level + 100, cog.SINR_DB),
    }
    for kind, (array, encoding) in values.items():
        cog.write_cog(folder / f"4g_{kind}.tif", array, grid, encoding)
    own = np.where(layer.best_cell % 4 == 1, level, np.nan).astype(np.float32)
    cog.write_cog(folder / "4g_vnpt_level.tif", own, grid, cog.LEVEL_DBM)
    layers = (
        TileLayer(layer.rule, None, "4g", {kind: folder / f"4g_{kind}.tif" for kind in _TILE_KINDS}),
        TileLayer(layer.rule, "VNPT", "4g_vnpt", {"level": folder / "4g_vnpt_level.tif"}),
    )
    same = ("title", "language", "synthetic", "as_of", "grid", "terrain_m", "land", "operators", "villages")
    more = ("masts", "communes", "places", "proposals", "cells", "assumptions", "data_versions", "currency")
    why = explanations(content.reasons, content.profiles)
    return TileContent(layers=layers, why=why, **{name: getattr(content, name) for name in (*same, *more)})


@pytest.fixture(scope="session")
def folder_map(tile_content: TileContent, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("folder") / "map"
    write_folder_map(folder, tile_content, workers=2)
    return folder
