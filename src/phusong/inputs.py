"""From checked layers to the plain arrays that the engine works on."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pyproj import CRS, Proj, Transformer

from .coverage.antenna import AntennaPattern, pattern_from_cuts
from .coverage.cells import CellTable, PointTable, TechnologyRule
from .coverage.gaps import GapRule
from .coverage.interference import InterferenceRule
from .coverage.propagation.p1812 import location_variability_db
from .coverage.propagation.terrain import PropagationSettings, TerrainModel
from .coverage.propagation.zones import radio_climatic_zones
from .coverage.station_radio import RADIO_PRESETS
from .gis_data.antenna_files import AntennaFiles
from .gis_data.layers import Layers
from .hamlet_areas import AreaPoints
from .project import Project

__all__ = [
    "antenna_patterns",
    "cell_table",
    "gap_rule",
    "interference_rule",
    "point_table",
    "propagation_settings",
    "terrain_model",
    "text_array",
]


def terrain_model(layers: Layers, zone: NDArray[np.uint8] | None = None) -> TerrainModel:
    """Return the terrain with its radio-climatic zones and latitudes.

    Parameters
    ----------
    layers : Layers
    zone : ndarray of uint8, optional
        The zones, where they are known.
    """
    grid = layers.grid
    to_degrees = Transformer.from_crs(grid.crs, "EPSG:4326", always_xy=True)
    middle_x = grid.x_left_m + grid.columns * grid.resolution_m / 2
    half = grid.resolution_m / 2
    _, top = to_degrees.transform(middle_x, grid.bounds[3] - half)
    _, bottom = to_degrees.transform(middle_x, grid.bounds[1] + half)
    return TerrainModel(
        height_m=layers.terrain_m,
        zone=radio_climatic_zones(layers.terrain_m, layers.land, grid.resolution_m) if zone is None else zone,
        clutter_m=layers.clutter_m,
        x_left_m=grid.x_left_m,
        y_top_m=grid.y_top_m,
        resolution_m=grid.resolution_m,
        latitude_top_deg=float(top),
        latitude_bottom_deg=float(bottom),
    )


def cell_table(layers: Layers) -> CellTable:
    """Return the cells as arrays, positions from their masts, azimuths turned to grid north."""
    masts, cells = layers.masts, layers.cells
    of = pd.Index(masts["mast_id"]).get_indexer(cells["mast_id"])
    of_x_m, of_y_m = (getattr(masts.geometry, axis).to_numpy(np.float64) for axis in "xy")
    x_m, y_m = of_x_m[of], of_y_m[of]
    azimuth = _numbers(cells["azimuth_deg"]) - meridian_convergence_deg(layers.grid.crs, of_x_m, of_y_m)[of]
    return CellTable(
        cell_id=text_array(cells["cell_id"]),
        mast_id=text_array(cells["mast_id"]),
        operator=text_array(cells["operator"]),
        technology=text_array(cells["technology"]),
        antenna=text_array(cells["antenna"]),
        x_m=x_m,
        y_m=y_m,
        antenna_height_m=_numbers(cells["antenna_height_m"]),
        frequency_mhz=_numbers(cells["frequency_mhz"]),
        bandwidth_mhz=_numbers(cells["bandwidth_mhz"]),
        azimuth_deg=np.mod(azimuth, 360.0),
        mechanical_tilt_deg=_numbers(cells["mechanical_tilt_deg"]),
        electrical_tilt_deg=_numbers(cells["electrical_tilt_deg"]),
        tx_power_dbm=_numbers(cells["tx_power_dbm"]),
        feeder_loss_db=_numbers(cells["feeder_loss_db"]),
        on_air=_days(cells["on_air"]),
        off_air=_days(cells["off_air"]),
    )


def point_table(layers: Layers, areas: AreaPoints) -> PointTable:
    """Return hamlet centres, residential clusters, points inside hamlets' areas and places as demand points.

    People of the clusters are part of the hamlet's; the rest lives at the centre. Of a hamlet with points
    inside its area all people live at those; its centre (a point on it, near the middle) has none.

    Parameters
    ----------
    layers : Layers
    areas : AreaPoints
        Of the same layers.
    """
    villages, clusters, places = layers.villages, layers.clusters, layers.places
    index = pd.Series(np.arange(len(villages)), index=villages["village_id"].astype(str))
    owner = index.reindex(clusters["village_id"].astype(str)).to_numpy(np.int64)
    in_clusters = np.bincount(owner, weights=_numbers(clusters["population"]), minlength=len(villages))
    people = _numbers(villages["population"])
    at_centre = np.maximum(people - in_clusters, 0.0)
    at_centre[areas.village] = 0.0
    centre = villages.geometry.representative_point()
    x_m = [centre.x.to_numpy(), clusters.geometry.x.to_numpy(), areas.x_m, places.geometry.x.to_numpy()]
    y_m = [centre.y.to_numpy(), clusters.geometry.y.to_numpy(), areas.y_m, places.geometry.y.to_numpy()]
    counts = [len(villages), len(clusters), len(areas), len(places)]
    village_id = text_array(villages["village_id"])
    inside = [f"{village_id[v]}:{n}" for v, n in zip(areas.village, areas.number, strict=True)]
    ids = [
        village_id,
        text_array(clusters["cluster_id"]),
        np.array(inside, str),
        text_array(places["place_id"]),
    ]
    kinds = zip(("v", "c", "a", "p"), ids, strict=True)
    return PointTable(
        point_id=np.concatenate([np.char.add(f"{k}:", i) for k, i in kinds]),
        village=np.concatenate(
            [np.arange(len(villages)), owner, areas.village, np.full(len(places), -1)]
        ).astype(np.int64),
        kind=np.repeat(np.array(["centre", "cluster", "area", "place"]), counts),
        people=np.concatenate(
            [
                at_centre,
                _numbers(clusters["population"]),
                areas.share * people[areas.village],
                np.zeros(len(places)),
            ]
        ),
        x_m=np.concatenate(x_m).astype(np.float64),
        y_m=np.concatenate(y_m).astype(np.float64),
    )


def propagation_settings(project: Project) -> PropagationSettings:
    """Return the model's settings as ``[propagation]`` gives them."""
    section = project.propagation
    return PropagationSettings(
        time_percent=section.time_percent,
        delta_n=section.delta_n,
        n0=section.n0,
        polarisation=section.polarisation,
        receiver_height_m=section.receiver_height_m,
        model=section.model,
    )


def antenna_patterns(files: AntennaFiles) -> dict[str, AntennaPattern]:
    """Return the patterns of the antenna files, by the names that cells may give."""
    return {
        name: pattern_from_cuts(name, p.gain_dbi, p.horizontal_db, p.vertical_db, source=p.name)
        for name, p in files.patterns.items()
    }


def interference_rule(project: Project) -> InterferenceRule:
    """Return what the other cells do to SINR, as ``[propagation]`` gives it."""
    section = project.propagation
    return InterferenceRule(section.load, section.noise_figure_db, section.bcch_reuse)


def gap_rule(project: Project, cells: CellTable) -> GapRule:
    """Return the rule that tells served from dead, from ``[criteria]`` and ``[technologies]``.

    The spread behind P(covered) is that of the model and that of the locations in a pixel together, which are
    independent: σ² = σ_model² + σ_L². σ_L is P.1812's (§4.7) for a pixel of the map and a receiver among what
    stands around it (no fading out above clutter: people are where houses and trees are). It hardly depends
    on frequency (0.2 dB from 0.9 to 3.5 GHz at 90 m): the median of a technology's cells stands for all.
    """
    criteria = project.criteria
    rules: dict[str, TechnologyRule] = {}
    for technology, threshold_dbm in criteria.threshold_dbm.items():
        override = project.technologies.get(technology)
        threshold = (
            override.threshold_dbm if override and override.threshold_dbm is not None else threshold_dbm
        )
        probability = override.probability if override and override.probability else criteria.probability
        rules[technology] = TechnologyRule(
            technology,
            threshold,
            math.hypot(criteria.sigma_model_db, _location_sigma_db(project, cells, technology)),
            probability,
        )
    return GapRule(
        technologies=rules,
        share_of_people=criteria.share_of_people,
        voice=criteria.voice,
        broadband=criteria.broadband,
    )


def _location_sigma_db(project: Project, cells: CellTable, technology: str) -> float:
    own = cells.frequency_mhz[cells.technology == technology]
    frequency_mhz = float(np.median(own)) if len(own) else RADIO_PRESETS[technology].frequency_mhz
    height_m = project.propagation.receiver_height_m
    return location_variability_db(frequency_mhz / 1000.0, project.area.resolution_m, height_m, height_m)


def meridian_convergence_deg(
    crs: str, x_m: NDArray[np.float64], y_m: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the angle from true north to grid north, clockwise: grid azimuth = true azimuth − this."""
    if len(x_m) == 0:
        return np.zeros(0)
    projection = Proj(CRS(crs))
    longitude, latitude = projection(x_m, y_m, inverse=True)
    return np.asarray(projection.get_factors(longitude, latitude).meridian_convergence, np.float64)


def text_array(column: pd.Series[Any]) -> NDArray[Any]:
    """Return a column as an array of str; empty where nothing stands."""
    values = column.tolist()
    if all(type(value) is str for value in values):  # as nearly always; they need no test each
        return np.array(values, dtype=str) if values else np.zeros(0, dtype="U1")
    return column.fillna("").astype(str).to_numpy(dtype=str) if values else np.zeros(0, dtype="U1")


def _numbers(column: pd.Series[Any]) -> NDArray[np.float64]:
    return pd.to_numeric(column).to_numpy(dtype=np.float64, na_value=np.nan)


def _days(column: pd.Series[Any]) -> NDArray[np.datetime64]:
    return pd.to_datetime(column).to_numpy().astype("datetime64[D]")
