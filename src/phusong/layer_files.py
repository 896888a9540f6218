"""The rasters of a coverage layer: which files there are, and how each is written."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from .coverage.carriers import LayerKey
from .coverage.network import NetworkLayer
from .gis_data import cog
from .gis_data.grid import Grid

__all__ = ["RASTERS", "layer_stems", "write_layer"]

RASTERS = ("level", "p_covered", "p_indoor", "best_cell", "servers", "sinr")
"""What is written of every layer, as <stem>_<what>.tif."""

_SINR_SAYS = {
    "2G": "C/I of the BCCH carrier, always on; 200 kHz",
    "3G": "Ec/Io of the pilot, own cell in Io; 3.84 MHz",
    "4G": "SINR of the reference signal, one resource element",
    "5G": "SINR of the SSB, one subcarrier",
}


def layer_stems(keys: list[LayerKey]) -> dict[LayerKey, str]:
    """Return the beginning of each layer's file names: "4g", "4g_viettel"; plain letters on every system.

    Two operators whose names are alike but for accents and signs are told apart by a number.
    """
    operators = sorted({key[1] for key in keys if not isinstance(key, str)})
    plain: dict[str, str] = {}
    for operator in operators:
        latin = unicodedata.normalize("NFKD", operator.replace("Đ", "D").replace("đ", "d"))
        name = re.sub(r"[^a-z0-9]+", "-", latin.encode("ascii", "ignore").decode().lower()).strip("-")
        name, number = name or "operator", 2
        while name in plain.values():
            name, number = f"{name.rstrip('0123456789')}{number}", number + 1
        plain[operator] = name
    return {key: key.lower() if isinstance(key, str) else f"{key[0].lower()}_{plain[key[1]]}" for key in keys}


def write_layer(
    folder: Path,
    stem: str,
    layer: NetworkLayer,
    best_cell: NDArray[np.int32],
    p_indoor: NDArray[np.float32],
    grid: Grid,
    tags: Mapping[str, str],
    building: str,
) -> None:
    """Write every raster of a layer.

    Parameters
    ----------
    folder : Path
    stem : str
        From `layer_stems`.
    layer : NetworkLayer
        With SINR.
    best_cell : ndarray of int32
        Index of the best server among all cells of the project.
    p_indoor : ndarray of float32
        P(covered) indoors.
    grid : Grid
    tags : mapping of str to str
        Assumptions behind all of them.
    building : {"traditional", "thermally-efficient"}
        Of P(covered) indoors.
    """
    assert layer.sinr_db is not None
    if layer.operator is not None:
        tags = {**tags, "operator": layer.operator}
    indoors = {**tags, "building": f"{building} (ITU-R P.2109-2)"}
    sinr = {**tags, "sinr": _SINR_SAYS[layer.technology]}
    for what, values, encoding, its_tags in (
        ("level", layer.level_dbm, cog.LEVEL_DBM, tags),
        ("p_covered", layer.p_covered, cog.PROBABILITY, tags),
        ("p_indoor", p_indoor, cog.PROBABILITY, indoors),
        ("best_cell", best_cell, cog.BEST_CELL, tags),
        ("servers", layer.servers, cog.SERVERS, tags),
        ("sinr", layer.sinr_db, cog.SINR_DB, sinr),
    ):
        cog.write_cog(folder / f"{stem}_{what}.tif", values, grid, encoding, tags=its_tags)
