"""Masts and cells of the last run as they were read, for the next update to compare with."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from . import gis_data
from .cache import digest, load_arrays, save_arrays, source_digest
from .gis_data.grid import Grid
from .gis_data.layers import Layers
from .project import Project

__all__ = ["keep_stations", "kept_stations"]

_TABLES = ("masts", "cells")
_KEPT = 2  # lists that stay: an update that is taken back finds the one before it
_LIBRARIES = ("geopandas", "numpy", "pandas", "pyproj", "shapely")


def keep_stations(project: Project, layers: Layers) -> None:
    """Keep the masts and cells of a run under all that they were read from.

    Parameters
    ----------
    project : Project
        Its files must be those that the layers were read from.
    layers : Layers
        Without errors.
    """
    arrays: dict[str, NDArray[Any]] = {}
    for name in _TABLES:
        source = project.layers.get(name)
        file = None if source is None else project.folder / source.path
        if source is None or file is None or not file.is_file():
            return
        if _sha256(file) != layers.file_hashes.get(source.path):
            return  # replaced while the run went on
        columns = _arrays_of(getattr(layers, name))
        if columns is None:
            return  # nothing that an array holds: the next update reads the files
        arrays |= {f"{name}/{key}": values for key, values in columns.items()}
    path = _path(project, layers.grid)
    if path is None or path.exists():
        return
    save_arrays(path, arrays)
    files = project.cache.glob("stations-*.npz")
    for old in sorted(files, key=lambda file: file.stat().st_mtime_ns, reverse=True)[_KEPT:]:
        old.unlink(missing_ok=True)


def kept_stations(project: Project, grid: Grid) -> tuple[gpd.GeoDataFrame, pd.DataFrame] | None:
    """Return masts and cells of the project's own files; None where they were not kept, or are damaged.

    Parameters
    ----------
    project : Project
    grid : Grid
        Of the run: masts outside it were left out.
    """
    path = _path(project, grid)
    arrays = None if path is None else load_arrays(path)
    if arrays is None:
        return None
    try:
        masts, cells = (
            _frame_of({key.partition("/")[2]: a for key, a in arrays.items() if key.startswith(f"{name}/")})
            for name in _TABLES
        )
        places = shapely.points(arrays["masts/.x"], arrays["masts/.y"])
        return gpd.GeoDataFrame(masts, geometry=places, crs=grid.crs), cells
    except (KeyError, ValueError, TypeError):
        return None


@cache
def _readers() -> str:
    return source_digest(Path(gis_data.__path__[0]))


def _path(project: Project, grid: Grid) -> Path | None:
    """File of the lists as the project's files have them now; None where one of these is missing."""
    sources = [project.layers.get(name) for name in _TABLES]
    found: list[Any] = []
    for source in sources:
        path = None if source is None else project.folder / source.path
        if source is None or path is None or not path.is_file():
            return None
        alike = (p for p in path.parent.iterdir() if p.name.startswith(f"{path.stem}.") and p.is_file())
        found.append([source.model_dump_json(), [(p.name, _sha256(p)) for p in sorted(alike)]])
    program = [_readers(), Path(__file__).read_bytes(), [version(name) for name in _LIBRARIES]]
    return project.cache / f"stations-{digest(program, found, grid, list(project.operators))}.npz"


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _arrays_of(frame: pd.DataFrame) -> dict[str, NDArray[Any]] | None:
    """Return the columns as plain arrays, by "kind:name" in their order; None where one cannot be one."""
    arrays: dict[str, NDArray[Any]] = {}
    if isinstance(frame, gpd.GeoDataFrame):
        places = np.asarray(frame.geometry.array, dtype=object)
        if (
            not (shapely.get_type_id(places) == shapely.GeometryType.POINT).all()
            or shapely.has_z(places).any()
        ):
            return None
        arrays |= {".x": shapely.get_x(places), ".y": shapely.get_y(places)}
    for name in frame.columns.drop("geometry", errors="ignore"):
        column = frame[name]
        if column.dtype == object:
            values = column.tolist()
            if not all(value is None or type(value) is str for value in values):
                return None
            texts = json.dumps(values, ensure_ascii=True).encode("ascii")
            arrays[f"object:{name}"] = np.frombuffer(texts, dtype=np.uint8)
        elif isinstance(column.dtype, np.dtype) and column.dtype.kind in "fbiM":
            arrays[f"{column.dtype.str}:{name}"] = column.to_numpy()
        elif str(column.dtype) in ("Int64", "boolean"):
            missing = column.isna().to_numpy()
            kind = np.int64 if str(column.dtype) == "Int64" else np.bool_
            filled = column.fillna(kind(0)).to_numpy(dtype=kind)
            arrays[f"{column.dtype}:{name}"] = np.stack([filled.astype(np.int64), missing.astype(np.int64)])
        else:
            return None
    return arrays


def _frame_of(arrays: Mapping[str, NDArray[Any]]) -> pd.DataFrame:
    columns: dict[str, pd.Series[Any]] = {}
    for key, values in arrays.items():
        kind, _, name = key.partition(":")
        if kind == "object":
            columns[name] = pd.Series(json.loads(values.tobytes()), dtype=object)
        elif kind == "Int64":
            columns[name] = pd.Series(pd.arrays.IntegerArray(values[0], values[1].astype(bool)))
        elif kind == "boolean":
            columns[name] = pd.Series(pd.arrays.BooleanArray(values[0].astype(bool), values[1].astype(bool)))
        elif not key.startswith("."):
            columns[name] = pd.Series(values)
    return pd.DataFrame(columns)
