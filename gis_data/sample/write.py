"""Write the embedded sample as a project that can be edited: phusong.toml, layers and a README."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from numpy.typing import NDArray
from pyproj import Transformer
from rasterio.transform import Affine

from . import facts
from .communes_file import write_communes, write_old_communes
from .cover import forest, with_clearings
from .coverage_map import Demand
from .ground import Ground
from .growth import grow
from .network import Network
from .readme import README
from .registers import HEADER, plan_items
from .relief import make_relief, sample_grid
from .rollout import Rollout
from .settlements import Hamlets, make_hamlets
from .surroundings import fibre_nodes, measurements, places, power_poles
from .territory import Territory, make_territory

__all__ = ["Sample", "make_sample", "write_sample"]

VN2000 = "EPSG:5899"


@dataclass(frozen=True)
class Sample:
    """The made-up province in memory."""

    ground: Ground
    territory: Territory
    hamlets: Hamlets
    network: Network
    story: Rollout


def make_sample(seed: int = 2025) -> Sample:
    """Make the province up; the same seed gives the same province.

    Parameters
    ----------
    seed : int
        At least 0. Other seeds give other provinces around the same facts, as long as their mountains leave
        enough silent hamlets for the plans (AssertionError otherwise).
    """
    relief_rng, people_rng, network_rng = (np.random.default_rng([seed, k]) for k in range(3))
    grid = sample_grid()
    height_m, inside = make_relief(grid, relief_rng)
    wooded = forest(grid, height_m)
    territory = make_territory()
    hamlets = make_hamlets(Ground(grid, height_m, wooded, inside), territory, people_rng)
    settled = np.concatenate([hamlets.xy_m, hamlets.cluster_xy_m])
    urban = np.concatenate([hamlets.urban, hamlets.urban[hamlets.cluster_hamlet]])
    ground = Ground(grid, height_m, with_clearings(grid, wooded, settled, urban), inside)
    network = Network(Demand(ground, hamlets), territory, network_rng)
    story = grow(network)
    return Sample(ground, territory, hamlets, network, story)


def write_sample(folder: Path, *, seed: int = 2025) -> None:
    """Write the embedded sample province as an editable project.

    Parameters
    ----------
    folder : Path
        Made if missing; files of the same names are overwritten.
    seed : int
        Of everything made up.
    """
    sample = make_sample(seed)
    layers = folder / "layers"
    layers.mkdir(parents=True, exist_ok=True)
    _write_raster(layers / "terrain.tif", sample.ground, sample.ground.height_m)
    _write_raster(layers / "clutter.tif", sample.ground, sample.ground.clutter_m)
    _write_people(layers, sample)
    _write_network(layers, sample)
    _write_surroundings(layers, sample, np.random.default_rng([seed, 3]))
    write_communes(layers / "communes.geojson", sample.territory, sample.hamlets)
    write_old_communes(layers / "old_communes.geojson", sample.territory)
    _write_crosswalk(layers / "commune_crosswalk.csv", sample.territory)
    project = resources.files(__package__).joinpath("data", "phusong.toml").read_text(encoding="utf-8")
    (folder / "phusong.toml").write_text(project, encoding="utf-8", newline="\n")
    (folder / "README.txt").write_text(README, encoding="utf-8", newline="\n")


def _write_raster(path: Path, ground: Ground, values: NDArray[Any]) -> None:
    grid = ground.grid
    with rasterio.open(
        path, "w", driver="GTiff", width=grid.columns, height=grid.rows, count=1, dtype=values.dtype,
        crs=grid.crs, transform=Affine.from_gdal(*grid.gdal_transform), compress="deflate", predictor=2,
        tiled=True,
    ) as raster:  # fmt: skip
        raster.write(values, 1)
        raster.update_tags(
            synthetic="yes", source="Phủ Sóng embedded sample; relief made up between real summits"
        )


def _write_people(layers: Path, sample: Sample) -> None:
    hamlets, territory = sample.hamlets, sample.territory
    villages = (
        (
            hamlets.id[i], hamlets.name[i], territory.new_name[pair], territory.old_name[pair],
            *_decimal_comma(at), hamlets.people[i], hamlets.households[i],
            "có" if hamlets.grid_power[i] else "không",
        )
        for i, (pair, at) in enumerate(zip(hamlets.pair.tolist(), facts.lonlat(hamlets.xy_m), strict=True))
    )  # fmt: skip
    header = (
        "Mã thôn",
        "Tên thôn",
        "Xã, phường",
        "Xã cũ",
        "Kinh độ",
        "Vĩ độ",
        "Dân số",
        "Số hộ",
        "Điện lưới",
    )
    _write_csv(layers / "villages.csv", header, villages, delimiter=";")
    ids = hamlets.id
    clusters = (
        (f"CC-{i + 1:04d}", ids[hamlet], people, *_degrees(at))
        for i, (hamlet, people, at) in enumerate(
            zip(
                hamlets.cluster_hamlet.tolist(),
                hamlets.cluster_people.tolist(),
                facts.lonlat(hamlets.cluster_xy_m),
                strict=True,
            )
        )
    )
    _write_csv(layers / "clusters.csv", ("cluster_id", "village_id", "population", "lon", "lat"), clusters)


def _write_network(layers: Path, sample: Sample) -> None:
    network = sample.network
    at = facts.lonlat(np.array([mast.xy_m for mast in network.masts]))
    masts = (
        (
            m.mast_id, m.owner, m.kind, f"{m.height_m:g}", m.power, m.backhaul, ";".join(m.tenants),
            m.commune, *_degrees(xy),
        )
        for m, xy in zip(network.masts, at, strict=True)
    )  # fmt: skip
    header = ("mast_id", "owner", "kind", "height_m", "power", "backhaul", "tenants", "commune", "lon", "lat")
    _write_csv(layers / "masts.csv", header, masts)
    names = (
        "cell_id", "mast_id", "operator", "technology", "band", "frequency_mhz", "bandwidth_mhz",
        "antenna_height_m", "azimuth_deg", "mechanical_tilt_deg", "electrical_tilt_deg", "antenna",
        "tx_power_dbm", "feeder_loss_db", "on_air", "off_air",
    )  # fmt: skip
    cells = ([_plain(getattr(cell, name)) for name in names] for cell in network.cells)
    _write_csv(layers / "cells.csv", names, cells)
    items = plan_items(network, sample.story, sample.territory, network.rng)
    _write_csv(layers / "plan_items.csv", HEADER, _values(items, HEADER))


def _write_surroundings(layers: Path, sample: Sample, rng: np.random.Generator) -> None:
    demand, territory = sample.network.demand, sample.territory
    poles = power_poles(demand, rng)
    to_vn2000 = Transformer.from_crs(facts.CRS, VN2000, always_xy=True)
    for row in poles:
        row["easting"], row["northing"] = (f"{v:.1f}" for v in to_vn2000.transform(*row["xy_m"]))
    columns = ("pole_id", "owner", "kind", "height_m", "easting", "northing")
    _write_csv(layers / "poles.csv", columns, _values(poles, columns))
    tables: tuple[tuple[str, list[dict[str, Any]], tuple[str, ...]], ...] = (
        ("fibre_nodes", fibre_nodes(sample.network, territory, rng), ("node_id", "owner")),
        ("places", places(demand, territory, rng), ("place_id", "name", "kind", "required_technology")),
        (
            "measurements",
            measurements(sample.network, rng),
            ("time", "operator", "technology", "band", "level_dbm", "cell_id"),
        ),
    )
    for name, rows, names in tables:
        at = facts.lonlat(np.array([row["xy_m"] for row in rows]))
        lines = ([*line, *_degrees(xy)] for line, xy in zip(_values(rows, names), at, strict=True))
        _write_csv(layers / f"{name}.csv", (*names, "lon", "lat"), lines)


def _write_crosswalk(path: Path, territory: Territory) -> None:
    rows = zip(territory.old_name, territory.district, territory.new_name, strict=True)
    _write_csv(path, ("old_commune", "old_district", "commune"), rows)


def _write_csv(
    path: Path, header: Sequence[str], rows: Iterable[Iterable[Any]], delimiter: str = ","
) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter=delimiter, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def _values(rows: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> list[list[Any]]:
    return [[_plain(row[column]) for column in columns] for row in rows]


def _plain(value: Any) -> Any:
    if value is None:
        return ""
    return f"{value:g}" if isinstance(value, float) else value


def _degrees(lonlat: NDArray[np.float64]) -> tuple[str, str]:
    return f"{lonlat[0]:.6f}", f"{lonlat[1]:.6f}"


def _decimal_comma(lonlat: NDArray[np.float64]) -> tuple[str, str]:
    lon, lat = _degrees(lonlat)
    return lon.replace(".", ","), lat.replace(".", ",")
