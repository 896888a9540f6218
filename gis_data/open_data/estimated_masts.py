"""From cells of a crowd-sourced export to masts and sectors: estimates, and marked as such."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pyproj import Transformer
from scipy.spatial import cKDTree

from ..placing import WGS84
from .countries import network_name

__all__ = ["AssumedRadio", "EstimatedNetwork", "estimate_masts"]

SPREAD_M = 5000.0
"""A cell whose samples lie farther than this from the middle of its site is a site of its own."""
MERGE_M = 150.0
"""Sites of one operator that are closer than this stand on one mast."""
LEAST_OFFSET_M = 50.0
"""From the mast to the middle of a cell's samples, to tell a direction."""
_ENB_BITS, _GNB_BITS, _RNC_BITS = 8, 12, 16
_Floats = NDArray[np.float64]


@dataclass(frozen=True)
class AssumedRadio:
    """What OpenCelliD does not know of a cell; the same for all cells of a technology.

    Attributes
    ----------
    frequency_mhz, bandwidth_mhz, tx_power_dbm, antenna_height_m : float
    """

    frequency_mhz: float
    bandwidth_mhz: float
    tx_power_dbm: float
    antenna_height_m: float


@dataclass(frozen=True)
class EstimatedNetwork:
    """Masts and cells as the layers `masts` and `cells`, and the operators by their number of cells."""

    masts: gpd.GeoDataFrame
    cells: pd.DataFrame
    operators: tuple[str, ...]


def estimate_masts(
    cells: pd.DataFrame, crs: str, radio: Mapping[str, AssumedRadio], mast_height_m: float
) -> EstimatedNetwork:
    """Group cells to sites by their numbers, and sites of one operator that lie close to masts.

    The number of a site is inside that of its cells: eNodeB (the upper 20 of 28 bits), gNodeB (taken for the
    upper 24 of 36), and for GSM and UMTS the cell number without its last digit, by common practice. The
    position of a site is the mean of its cells' positions, weighted by samples; exact ones win. Masts of
    different operators are not put together: the positions are too coarse to tell sharing.

    Parameters
    ----------
    cells : DataFrame
        Of `opencellid.read_cells`.
    crs : str
        Metric.
    radio : mapping of str to AssumedRadio
        By technology.
    mast_height_m : float
        Assumed.

    Returns
    -------
    EstimatedNetwork
    """
    frame = cells.reset_index(drop=True).copy()
    pairs = zip(frame["mcc"], frame["net"], strict=True)
    frame["operator"] = [network_name(str(mcc), str(net)) for mcc, net in pairs]
    to_grid = Transformer.from_crs(WGS84, crs, always_xy=True)
    frame["x"], frame["y"] = to_grid.transform(frame["lon"].to_numpy(), frame["lat"].to_numpy())
    frame["site"] = _site_numbers(frame)
    frame["site"] = _without_strays(frame)
    sites = _site_positions(frame)
    sites["mast_id"] = _merged(sites)
    frame["mast_id"] = frame["site"].map(sites.set_index("site")["mast_id"])
    masts = _mast_layer(sites, crs, mast_height_m)
    counts = frame["operator"].value_counts()
    operators = tuple(sorted(counts.index, key=lambda name: (-int(counts[name]), str(name))))
    return EstimatedNetwork(masts, _cell_layer(frame, masts, crs, radio), operators)


def _site_numbers(frame: pd.DataFrame) -> pd.Series[str]:
    technology, cell = frame["technology"], frame["cell"]
    network = frame["mcc"].astype(str) + "-" + frame["net"].astype(str).str.zfill(2)
    area = frame["area"].astype(str)
    by_area = area + "." + (cell // 10).astype(str)
    rnc = "r" + (cell // 2**_RNC_BITS).astype(str) + "." + (cell % 2**_RNC_BITS // 10).astype(str)
    number = by_area.where(technology == "2G", rnc.where(cell >= 2**_RNC_BITS, by_area))
    number = number.where(technology != "4G", (cell // 2**_ENB_BITS).astype(str))
    number = number.where(technology != "5G", (cell // 2**_GNB_BITS).astype(str))
    return network + "-" + technology + "-" + number


def _without_strays(frame: pd.DataFrame) -> pd.Series[str]:
    """Cells far from the median of their site get a site of their own."""
    grouped = frame.groupby("site")
    middle_x, middle_y = grouped["x"].transform("median"), grouped["y"].transform("median")
    far = np.hypot(frame["x"] - middle_x, frame["y"] - middle_y) > SPREAD_M
    own = frame["site"] + "." + frame["area"].astype(str) + "." + frame["cell"].astype(str)
    return frame["site"].where(~far, own)


def _site_positions(frame: pd.DataFrame) -> pd.DataFrame:
    """One row a site: operator, position, samples; the exact cells alone where there are any."""
    exact = frame.groupby("site")["exact"].transform("any")
    used = frame[frame["exact"] | ~exact]
    weight = used["samples"].clip(lower=1).astype("float64")
    sums = pd.DataFrame(
        {"site": used["site"], "w": weight, "wx": weight * used["x"], "wy": weight * used["y"]}
    ).groupby("site").sum()  # fmt: skip
    sites = pd.DataFrame({"x": sums["wx"] / sums["w"], "y": sums["wy"] / sums["w"]})
    grouped = frame.groupby("site")
    sites["operator"] = grouped["operator"].first()
    sites["samples"] = grouped["samples"].sum()
    sites["exact"] = grouped["exact"].any()
    return sites.reset_index().sort_values("site", kind="stable").reset_index(drop=True)


def _merged(sites: pd.DataFrame) -> pd.Series[str]:
    """The mast of every site: that of the best-sampled site of the operator nearby, else its own."""
    mast = pd.Series("", index=sites.index, dtype=object)
    for _, own in sites.groupby("operator"):
        points = own[["x", "y"]].to_numpy()
        near = cKDTree(points).query_ball_point(points, MERGE_M)
        names = own["site"].to_numpy()
        order = np.lexsort((names.astype(str), -own["samples"].to_numpy()))
        home = np.full(len(own), -1)
        for index in order:
            if home[index] >= 0:
                continue
            # a mast takes the sites that have none yet; chains of neighbours do not grow
            for other in near[index]:
                if home[other] < 0:
                    home[other] = index
        mast.loc[own.index] = names[home]
    return mast


def _mast_layer(sites: pd.DataFrame, crs: str, mast_height_m: float) -> gpd.GeoDataFrame:
    weight = sites["samples"].clip(lower=1).astype("float64")
    sums = pd.DataFrame(
        {"mast_id": sites["mast_id"], "w": weight, "wx": weight * sites["x"], "wy": weight * sites["y"]}
    ).groupby("mast_id").sum()  # fmt: skip
    grouped = sites.groupby("mast_id")
    exact = grouped["exact"].any()
    masts = pd.DataFrame(
        {
            "owner": grouped["operator"].first(),
            "height_m": mast_height_m,
            "position_source": np.where(exact, "OpenCelliD, exact", "OpenCelliD, estimated from samples"),
            "assumed": "height_m, kind, power, backhaul, owner",
            "sites": grouped.size(),
            "samples": grouped["samples"].sum(),
        }
    ).reset_index()
    points = gpd.points_from_xy(sums["wx"] / sums["w"], sums["wy"] / sums["w"], crs=crs)
    return gpd.GeoDataFrame(masts, geometry=points, crs=crs)


def _cell_layer(
    frame: pd.DataFrame, masts: gpd.GeoDataFrame, crs: str, radio: Mapping[str, AssumedRadio]
) -> pd.DataFrame:
    at = masts.set_index("mast_id").geometry.loc[frame["mast_id"]]
    technology = frame["technology"]
    number = frame["mcc"].astype(str) + "-" + frame["net"].astype(str).str.zfill(2)
    code = technology + "-" + number + "-" + frame["area"].astype(str) + "-" + frame["cell"].astype(str)
    assumed = {
        name: [getattr(radio[t], name) for t in technology] for name in AssumedRadio.__dataclass_fields__
    }
    out = pd.DataFrame(
        {
            "cell_id": code,
            "mast_id": frame["mast_id"],
            "operator": frame["operator"],
            "technology": technology,
            **assumed,
            "azimuth_deg": _azimuths(frame, at.x.to_numpy(), at.y.to_numpy(), crs),
            "position_source": np.where(
                frame["exact"], "OpenCelliD, exact", "OpenCelliD, estimated from samples"
            ),
            "assumed": "frequency, bandwidth, power, antenna and its height, azimuth, tilts",
            "samples": frame["samples"],
            "first_seen": _days(frame["created"]),
            "last_seen": _days(frame["updated"]),
        }
    )
    return out.sort_values("cell_id", kind="stable").reset_index(drop=True)


def _azimuths(frame: pd.DataFrame, mast_x: _Floats, mast_y: _Floats, crs: str) -> _Floats:
    """True bearing from the mast to the middle of a cell's samples; NaN (all round) where it says nothing."""
    to_degrees = Transformer.from_crs(crs, WGS84, always_xy=True)
    lon, lat = to_degrees.transform(mast_x, mast_y)
    east = (frame["lon"].to_numpy() - lon) * np.cos(np.radians(lat))
    north = frame["lat"].to_numpy() - lat
    bearing = np.mod(np.round(np.degrees(np.arctan2(east, north))), 360.0)
    offset_m = np.hypot(frame["x"].to_numpy() - mast_x, frame["y"].to_numpy() - mast_y)
    sectors = frame.groupby(["mast_id", "technology"])["cell"].transform("size").to_numpy()
    return np.where((offset_m >= LEAST_OFFSET_M) & (sectors >= 2), bearing, np.nan)


def _days(seconds: pd.Series[int]) -> pd.Series[str]:
    return pd.to_datetime(seconds, unit="s").dt.strftime("%Y-%m-%d")
