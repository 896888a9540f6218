"""All layers of a project from disk, checked as a whole: every problem of every file in one report."""

from __future__ import annotations

import difflib
import hashlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import pyproj
from numpy.typing import NDArray

from ..errors import Problem
from .checks import check_cells, check_decisions, check_in_sea, check_references, keep_inside, name_operators
from .far_positions import check_far_positions
from .grid import Grid, grid_over
from .layers import Layers
from .placing import WGS84, Area, parse_crs
from .population import PopulationPixels, read_population
from .problems import ProblemList
from .rasters import RasterFile, digest_of_pixels, inspect_raster, land_of, read_clutter, read_terrain
from .schema import TABLES
from .table_files import LayerSourceLike
from .tables import CheckedTable, empty_table, read_table

__all__ = ["GroundKeeper", "LayerSourceLike", "RastersLike", "read_layers"]

PROJECT_FILE = "phusong.toml"
LARGEST_GRID = 400_000_000
_SIDE_FILES = {
    ".shp": (".dbf", ".shx", ".prj", ".cpg"),
    ".tab": (".dat", ".map", ".id", ".ind"),
    ".mif": (".mid",),
}


class RastersLike(Protocol):
    """``[rasters]`` of the project file."""

    @property
    def terrain(self) -> str:
        """Path of the heights."""

    @property
    def terrain_kind(self) -> str:
        """ "dtm" or "dsm"."""

    @property
    def land(self) -> str | None:
        """Path of the land mask."""

    @property
    def clutter(self) -> str | None:
        """Path of the clutter heights."""

    @property
    def population(self) -> str | None:
        """Path of the people per pixel."""


class GroundKeeper(Protocol):
    """Keeps rasters that were brought onto the grid from one run to the next."""

    def load(self, made_of: tuple[object, ...]) -> tuple[dict[str, NDArray[Any]], list[Problem]] | None:
        """Return arrays and the warnings that belong to them; None where none are kept, or damaged ones."""

    def save(
        self, made_of: tuple[object, ...], arrays: dict[str, NDArray[Any]], warnings: list[Problem]
    ) -> None:
        """Keep arrays and warnings under all that they are made of."""


def read_layers(
    folder: Path,
    *,
    rasters: RastersLike,
    layers: Mapping[str, LayerSourceLike],
    crs: str,
    resolution_m: float,
    bounds: tuple[float, float, float, float] | None,
    margin_m: float,
    operators: Sequence[str],
    keeper: GroundKeeper | None = None,
) -> Layers:
    """Read and check everything a run works on.

    Parameters
    ----------
    folder : Path
        Project folder; all paths are relative to it.
    rasters : RastersLike
    layers : mapping of str to LayerSourceLike
        By table name.
    crs : str
        Metric CRS of the run.
    resolution_m : float
        Edge of a pixel of the grid.
    bounds : tuple of float or None
        West, south, east, north of the area in WGS 84 degrees; None takes the hamlets and masts and a margin.
    margin_m : float
        Round the hamlets and masts where `bounds` is None.
    operators : sequence of str
        Names that tables may use.
    keeper : GroundKeeper, optional
        Of heights, land and clutter on the grid.

    Returns
    -------
    Layers
        Rows outside the grid are left out, each with a warning.

    Raises
    ------
    InputError
        Something is wrong: all errors of all files, then the warnings.
    """
    problems = ProblemList()
    crs_is_good = _check_crs(crs, problems)
    stated = _stated_area(bounds, problems)
    files = _inspect_rasters(folder, rasters, problems)
    terrain_file = files.get("terrain")
    area = stated or (terrain_file.area if terrain_file else None)
    target = crs if crs_is_good else WGS84
    tables, failed = _read_tables(folder, layers, target, area, problems)
    tables = name_operators(tables, operators, problems)
    check_references(tables, failed, problems)
    check_cells(tables, problems)
    check_decisions(tables, problems)
    near = _near(tables, crs, terrain_file, stated, problems) if crs_is_good else tables
    grid = _grid(near, stated, crs, resolution_m, margin_m, problems) if crs_is_good else None
    of_rasters = _hashes_of_rasters(folder, files)
    ground = None if grid is None else _kept_ground(files, rasters, grid, of_rasters, keeper, problems)
    problems.raise_errors()
    assert grid is not None and ground is not None  # their absence is an error reported above
    tables = keep_inside(tables, grid, problems)
    check_in_sea(tables, grid, ground.land, ground.terrain_m, problems)
    _check_not_emptied(tables, problems)
    problems.raise_errors()
    frames: dict[str, Any] = {
        name: tables[name].frame if name in tables else empty_table(table, crs)
        for name, table in TABLES.items()
    }
    return Layers(
        grid=grid,
        terrain_m=ground.terrain_m,
        terrain_kind=rasters.terrain_kind,
        land=ground.land,
        clutter_m=ground.clutter_m,
        population=ground.population,
        file_hashes=dict(sorted({**_hashes_of_tables(folder, layers), **of_rasters}.items())),
        warnings=problems.listed("warning"),
        **frames,
    )


@dataclass(frozen=True)
class _Ground:
    terrain_m: NDArray[np.float32]
    land: NDArray[np.uint8]
    clutter_m: NDArray[np.float32] | None
    population: PopulationPixels | None


def _check_crs(crs: str, problems: ProblemList) -> bool:
    try:
        parsed = parse_crs(crs)
    except ValueError:
        mend = 'write it as crs = "EPSG:32648"'
        problems.add(Problem(PROJECT_FILE, "a CRS that PROJ knows", mend, column="area.crs", value=crs))
        return False
    if parsed.is_projected and all(axis.unit_conversion_factor == 1.0 for axis in parsed.axis_info):
        return True
    mend = 'take one in metres, e.g. "EPSG:32648" (UTM 48N) or "EPSG:5899" (VN-2000, 107°45′)'
    problems.add(Problem(PROJECT_FILE, "a projected CRS in metres", mend, column="area.crs", value=crs))
    return False


def _stated_area(bounds: tuple[float, float, float, float] | None, problems: ProblemList) -> Area | None:
    if bounds is None:
        return None
    west, south, east, north = bounds
    if -180 <= west < east <= 180 and -90 <= south < north <= 90:
        return Area(west, south, east, north, "[area] bounds")
    mend = "write bounds = [106.4, 20.7, 108.1, 21.7]: longitudes first and third"
    expected = "west < east and south < north in degrees"
    problems.add(Problem(PROJECT_FILE, expected, mend, column="area.bounds", value=str(list(bounds))))
    return None


def _inspect_rasters(folder: Path, rasters: RastersLike, problems: ProblemList) -> dict[str, RasterFile]:
    names = ("terrain", "land", "clutter", "population")
    written = {name: getattr(rasters, name) for name in names}
    found = {}
    for name, path in written.items():
        raster = inspect_raster(folder, path, problems) if path is not None else None
        if raster is not None:
            found[name] = raster
    return found


def _read_tables(
    folder: Path,
    layers: Mapping[str, LayerSourceLike],
    crs: str,
    area: Area | None,
    problems: ProblemList,
) -> tuple[dict[str, CheckedTable], set[str]]:
    """The tables that could be read, and the names of those that are stated but could not."""
    for name in layers:
        if name not in TABLES:
            near = difflib.get_close_matches(name, TABLES, n=1)
            mend = f"did you mean {near[0]!r}?" if near else "remove it"
            expected = "a layer of " + ", ".join(TABLES)
            problems.add(Problem(PROJECT_FILE, expected, mend, column="layers", value=name))
    tables: dict[str, CheckedTable] = {}
    failed: set[str] = set()
    for name, table in TABLES.items():
        if name in layers:
            checked = read_table(folder, layers[name], table, crs, area, problems)
            if checked is None:
                failed.add(name)
            else:
                tables[name] = checked
        elif table.required:
            failed.add(name)
            mend = f'add {name} = "{name}.csv" below [layers]'
            problems.add(Problem(PROJECT_FILE, f"a layer {name}", mend, column="layers"))
    return tables, failed


def _near(
    tables: Mapping[str, CheckedTable],
    crs: str,
    terrain: RasterFile | None,
    stated: Area | None,
    problems: ProblemList,
) -> dict[str, CheckedTable]:
    """The tables without the rows that are an error for their position: they must not stretch the grid."""
    wrong = check_far_positions(tables, crs, terrain.area if terrain else None, stated, problems)
    return {
        name: replace(table, frame=table.frame[~wrong[name]], rows=table.rows[~wrong[name]])
        if name in wrong
        else table
        for name, table in tables.items()
    }


def _grid(
    tables: Mapping[str, CheckedTable],
    stated: Area | None,
    crs: str,
    resolution_m: float,
    margin_m: float,
    problems: ProblemList,
) -> Grid | None:
    if stated is not None:
        to_grid = pyproj.Transformer.from_crs(WGS84, crs, always_xy=True)
        box = to_grid.transform_bounds(stated.west, stated.south, stated.east, stated.north, densify_pts=41)
    else:
        parts = [
            tables[name].frame.geometry.dropna().total_bounds
            for name in ("villages", "masts")
            if name in tables and tables[name].frame.geometry.notna().any()
        ]
        if not parts:
            return None  # the tables' own problems are reported
        west, south = np.min([p[:2] for p in parts], axis=0) - margin_m
        east, north = np.max([p[2:] for p in parts], axis=0) + margin_m
        box = (float(west), float(south), float(east), float(north))
    if not all(math.isfinite(edge) for edge in box):
        mend = "take a CRS whose zone holds the area"
        problems.add(Problem(PROJECT_FILE, "a CRS that reaches the area", mend, column="area.crs", value=crs))
        return None
    pixels = (box[2] - box[0]) * (box[3] - box[1]) / resolution_m**2
    if pixels > LARGEST_GRID:
        mend = "choose coarser pixels or smaller bounds; a single far-off point may stretch the area"
        expected = f"a grid of at most {LARGEST_GRID:,} pixels"
        problems.add(
            Problem(PROJECT_FILE, expected, mend, column="area.resolution_m", value=f"{pixels:,.0f} pixels")
        )
        return None
    return grid_over(box, crs, resolution_m)


def _kept_ground(
    files: Mapping[str, RasterFile],
    rasters: RastersLike,
    grid: Grid,
    hashes: dict[str, str],
    keeper: GroundKeeper | None,
    problems: ProblemList,
) -> _Ground | None:
    """As `_ground`; heights, land and clutter of an earlier run where nothing that makes them changed."""
    if keeper is None or "population" in files:
        return _ground(files, rasters, grid, problems)
    made_of = (grid, rasters.terrain_kind, {name: file.written for name, file in files.items()}, hashes)
    kept = keeper.load(made_of)
    if kept is not None and {"heights", "land"} <= set(kept[0]):
        problems.extend(kept[1])
        return _Ground(kept[0]["heights"], kept[0]["land"], kept[0].get("clutter"), None)
    found = ProblemList()
    ground = _ground(files, rasters, grid, found)
    problems.extend(found.listed())
    if ground is not None and not found.error_count:
        arrays: dict[str, NDArray[Any]] = {"heights": ground.terrain_m, "land": ground.land}
        if ground.clutter_m is not None:
            arrays["clutter"] = ground.clutter_m
        keeper.save(made_of, arrays, found.listed("warning"))
    return ground


def _ground(
    files: Mapping[str, RasterFile], rasters: RastersLike, grid: Grid, problems: ProblemList
) -> _Ground | None:
    clutter = None
    if "clutter" in files and rasters.terrain_kind == "dsm":
        mend = "the surface model holds it already: it is not used; delete it from phusong.toml"
        place = (None, "rasters.clutter", files["clutter"].written, None, "warning")
        problems.add(Problem(PROJECT_FILE, "no clutter beside a DSM", mend, *place))
    elif "clutter" in files:
        clutter = read_clutter(files["clutter"], grid, problems)
    population = read_population(files["population"], grid, problems) if "population" in files else None
    if "terrain" not in files:
        return None
    terrain = read_terrain(files["terrain"], grid, problems)
    if terrain is None:
        return None
    heights, land = land_of(terrain, files["terrain"].written, files.get("land"), grid, problems)
    return _Ground(heights, land, clutter, population)


def _check_not_emptied(tables: Mapping[str, CheckedTable], problems: ProblemList) -> None:
    for name, table in TABLES.items():
        if table.required and not len(tables[name].frame):
            mend = "check [area] bounds and the CRS of the layer"
            problems.add(
                Problem(tables[name].file, "at least one row on the grid", mend, sheet=tables[name].sheet)
            )


def _hashes_of_tables(folder: Path, layers: Mapping[str, LayerSourceLike]) -> dict[str, str]:
    """SHA-256 of every table's file, those that belong to another (.dbf) included."""
    out: dict[str, str] = {}
    for source in layers.values():
        path = folder / source.path
        out[source.path] = _sha256(path)
        for suffix in _SIDE_FILES.get(path.suffix.lower(), ()):
            for side in (path.with_suffix(suffix), path.with_suffix(suffix.upper())):
                if side.is_file():
                    out[Path(source.path).with_name(side.name).as_posix()] = _sha256(side)
    return out


def _hashes_of_rasters(folder: Path, rasters: Mapping[str, RasterFile]) -> dict[str, str]:
    """SHA-256 of every raster's file, those that belong to another (tiles of a VRT) included."""
    out: dict[str, str] = {}
    for raster in rasters.values():
        if isinstance(raster.path, str):
            out[raster.written] = digest_of_pixels(raster)
            continue
        out[raster.written] = _sha256(raster.path)
        for part in raster.files:
            if part.is_file() and not part.samefile(raster.path):
                inside = part.is_relative_to(folder)
                name = part.relative_to(folder).as_posix() if inside else part.name
                out[name] = _sha256(part)
    return dict(sorted(out.items()))


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
