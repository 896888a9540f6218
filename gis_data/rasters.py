"""Rasters from disk onto the grid of the run: terrain, land and sea, clutter; voids counted, never filled."""

from __future__ import annotations

import hashlib
import warnings
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
import scipy  # its parts come in at their first use: most runs go without this one
from affine import Affine
from numpy.typing import NDArray
from rasterio.enums import Resampling
from rasterio.errors import NotGeoreferencedWarning, RasterioError
from rasterio.features import geometry_mask
from rasterio.warp import reproject, transform_bounds
from rasterio.warp import transform as transform_coordinates

from ..errors import Problem
from .grid import Grid
from .placing import WGS84, Area
from .problems import ProblemList
from .table_files import missing_file

__all__ = [
    "Aligned",
    "RasterFile",
    "align",
    "digest_of_pixels",
    "inspect_raster",
    "is_remote",
    "land_of",
    "read_clutter",
    "read_terrain",
]

LOWEST_M, HIGHEST_M = -500.0, 9000.0
CLUTTER_HIGHEST_M = 200.0
_BLOCK_M = 8000.0
_BLOCK_LEAST_PIXELS = 32
_STRETCHED_FROM = 1.5  # source pixels a grid pixel: from here on they are averaged
_EDGE_POINTS = 64
_FEET = ("ft", "foot", "feet", "us-ft", "us survey foot", "ussurveyfoot")

_Floats = NDArray[np.float32]
_Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class RasterFile:
    """A raster that can be used: where it is and what it covers.

    Attributes
    ----------
    path : Path or str
        str: in one of GDAL's virtual file systems.
    written : str
        Path as the user wrote it.
    area : Area
        Its extent in WGS 84.
    files : tuple of Path
        The file and those that belong to it (.aux.xml, the tiles of a VRT).
    """

    path: Path | str
    written: str
    area: Area
    files: tuple[Path, ...]


@dataclass(frozen=True)
class Aligned:
    """A raster on the grid.

    Attributes
    ----------
    values : ndarray of float32, (rows, columns)
        NaN where the file has nothing to say.
    covered : ndarray of bool, (rows, columns)
        Inside the extent of the file.
    """

    values: _Floats
    covered: _Mask


def is_remote(written: str) -> bool:
    """Tell whether a path is a URL or in one of GDAL's virtual file systems (``/vsis3/``, ``/vsizip/`` …)."""
    return written.startswith("/vsi") or "://" in written


def digest_of_pixels(raster: RasterFile) -> str:
    """Return the SHA-256 of a raster's numbers and place: the hash of a file that is not on this machine."""
    found = hashlib.sha256()
    with rasterio.open(raster.path) as source:
        found.update(repr((source.crs, tuple(source.transform), source.shape, source.nodata)).encode())
        for _, window in source.block_windows(1):
            found.update(source.read(1, window=window).tobytes())
    return found.hexdigest()


def inspect_raster(folder: Path, written: str, problems: ProblemList) -> RasterFile | None:
    """Open a raster and check what can be checked without the grid.

    Parameters
    ----------
    folder : Path
        Folder that the path is relative to.
    written : str
        Path as the user wrote it: GeoTIFF, SRTM .hgt, VRT or what else rasterio reads; one that `is_remote`
        is opened where it is.
    problems : ProblemList
        Takes what is wrong: no such file, no raster, no CRS, several bands, heights in feet.

    Returns
    -------
    RasterFile or None
        None where the file cannot be used.
    """
    path = written if is_remote(written) else folder / written
    if isinstance(path, Path) and not path.is_file():
        problems.add(missing_file(path, written))
        return None
    before = problems.error_count
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", NotGeoreferencedWarning)  # reported as a problem instead
            source = rasterio.open(path)
        with source:
            _check_profile(source, written, problems)
            if problems.error_count > before:
                return None
            box = transform_bounds(source.crs, WGS84, *source.bounds, densify_pts=_EDGE_POINTS)
            west, south, east, north = box
            area = Area(west, south, east, north, written)
            return RasterFile(path, written, area, tuple(Path(name) for name in source.files))
    except RasterioError as error:
        mend = f"export it again as GeoTIFF ({str(error).splitlines()[0]})"
        problems.add(Problem(written, "a raster that GDAL reads", mend))
        return None


def _check_profile(source: Any, written: str, problems: ProblemList) -> None:
    if source.crs is None:
        mend = "give it one, e.g. rio edit-info --crs EPSG:4326 FILE"
        problems.add(Problem(written, "a raster that names its CRS", mend))
    if source.transform.is_identity:
        problems.add(Problem(written, "a georeferenced raster", "export it with its position (GeoTIFF)"))
    if source.count != 1:
        mend = "export the one band with the values"
        problems.add(Problem(written, "a raster of one band", mend, value=f"{source.count} bands"))
    unit = (source.units[0] or "").strip().lower()
    if unit in _FEET:
        mend = "multiply by 0.3048 and export it in metres"
        problems.add(Problem(written, "heights in metres", mend, value=source.units[0]))


def align(raster: RasterFile, grid: Grid, resampling: Resampling) -> Aligned:
    """Warp a raster onto the grid.

    Parameters
    ----------
    raster : RasterFile
    grid : Grid
    resampling : rasterio.enums.Resampling
        Bilinear for heights, nearest for classes. A raster finer than the grid is averaged by GDAL's
        bilinear kernel, which widens with the pixel.

    Returns
    -------
    Aligned

    Raises
    ------
    rasterio.errors.RasterioError
        The pixels cannot be read (a tile of a VRT is missing, the file is cut off).
    """
    values = np.empty(grid.shape, dtype=np.float32)
    block = max(_BLOCK_LEAST_PIXELS, round(_BLOCK_M / grid.resolution_m))
    with rasterio.open(raster.path) as source:
        scale = _kernel_scale(source, grid)
        for row in range(0, grid.rows, block):
            for column in range(0, grid.columns, block):
                part = values[row : row + block, column : column + block]
                part[...] = _warp_block(source, grid, row, column, part.shape, resampling, scale)
        edge = _edge_on_grid(source, grid.crs)
    transform = Affine.from_gdal(*grid.gdal_transform)
    covered = geometry_mask([edge], out_shape=grid.shape, transform=transform, invert=True)
    return Aligned(values, covered)


def _warp_block(
    source: Any,
    grid: Grid,
    row: int,
    column: int,
    shape: tuple[int, ...],
    resampling: Resampling,
    scale: dict[str, float],
) -> _Floats:
    # GDAL bends the projection into straight lines along each row; a short row keeps them true
    block = np.full(shape, np.nan, dtype=np.float32)
    left = grid.x_left_m + column * grid.resolution_m
    top = grid.y_top_m - row * grid.resolution_m
    reproject(
        rasterio.band(source, 1),
        block,
        dst_transform=Affine(grid.resolution_m, 0.0, left, 0.0, -grid.resolution_m, top),
        dst_crs=grid.crs,
        dst_nodata=np.nan,
        resampling=resampling,
        num_threads=1,
        **scale,
    )
    return block


def _kernel_scale(source: Any, grid: Grid) -> dict[str, float]:
    """How far the kernel is stretched, once for the whole grid: GDAL would choose anew for each block."""
    west, south, east, north = grid.bounds
    x, y, step = (west + east) / 2, (south + north) / 2, grid.resolution_m
    xs, ys = transform_coordinates(grid.crs, source.crs, [x, x + step, x], [y, y, y + step])
    inverse = ~source.transform
    (c0, r0), (c1, r1), (c2, r2) = (_apply(inverse, *point) for point in zip(xs, ys, strict=True))
    wide, high = abs(c1 - c0) + abs(c2 - c0), abs(r1 - r0) + abs(r2 - r0)
    return {
        "XSCALE": 1.0 if not wide > _STRETCHED_FROM else 1.0 / wide,
        "YSCALE": 1.0 if not high > _STRETCHED_FROM else 1.0 / high,
    }


def read_terrain(raster: RasterFile, grid: Grid, problems: ProblemList) -> Aligned | None:
    """Return the heights on the grid, or None where the file cannot be used.

    Reports a raster that does not reach the grid, or only a part of it, and heights no mountain has.
    """
    aligned = _align_checked(raster, grid, Resampling.bilinear, problems)
    if aligned is None:
        return None
    with np.errstate(invalid="ignore"):
        absurd = (aligned.values < LOWEST_M) | (aligned.values > HIGHEST_M)
    if absurd.any():
        worst = aligned.values[absurd][np.argmax(np.abs(aligned.values[absurd]))]
        found = f"{int(absurd.sum())} pixels, e.g. {worst:g}, {_where(absurd, grid)}"
        mend = "name its nodata value in the file, or convert its unit to metres"
        problems.add(
            Problem(raster.written, f"heights of {LOWEST_M:g} to {HIGHEST_M:g} m", mend, value=found)
        )
        return None
    return aligned


def land_of(
    terrain: Aligned, terrain_name: str, land: RasterFile | None, grid: Grid, problems: ProblemList
) -> tuple[_Floats, NDArray[np.uint8]]:
    """Return the heights with the sea at 0 m, and which pixels are land.

    Where a land raster says so, or else where the terrain is above 0 m. Without a land raster a void of the
    terrain is taken for land when land alone surrounds it, for sea when it touches the sea. Voids on land
    stay NaN, are counted and located.

    Parameters
    ----------
    terrain : Aligned
    terrain_name : str
        Its file, for messages.
    land : RasterFile or None
        1 land, 0 or nodata sea.
    grid : Grid
    problems : ProblemList
        Takes warnings about voids and errors about the land raster.

    Returns
    -------
    heights : ndarray of float32, (rows, columns)
    land : ndarray of uint8, (rows, columns)
        1 land, 0 sea.
    """
    mask = _land_by_height(terrain)
    if land is not None:
        aligned = _align_checked(land, grid, Resampling.nearest, problems)
        if aligned is not None:
            values = np.unique(aligned.values[np.isfinite(aligned.values)])
            odd = [f"{value:g}" for value in values if value not in (0.0, 1.0)]
            if odd:
                mend = "reclassify it: 1 land, 0 sea"
                problems.add(
                    Problem(land.written, "values 1 (land) and 0 (sea)", mend, value=", ".join(odd[:8]))
                )
            mask = np.where(aligned.covered, aligned.values == 1, mask)
    heights = np.where(np.isnan(terrain.values) & ~mask, np.float32(0), terrain.values).astype(np.float32)
    voids = np.isnan(heights) & terrain.covered
    if voids.any():
        found = f"{int(voids.sum())} pixels without height on land, {_where(voids, grid)}"
        mend = "fill the voids, else nothing is computed there"
        problems.add(Problem(terrain_name, "a height on all land", mend, value=found, severity="warning"))
    return heights, mask.astype(np.uint8)


def read_clutter(raster: RasterFile, grid: Grid, problems: ProblemList) -> _Floats | None:
    """Return representative clutter heights on the grid (m), 0 where the raster is silent."""
    aligned = _align_checked(raster, grid, Resampling.nearest, problems)
    if aligned is None:
        return None
    values = np.nan_to_num(aligned.values, nan=0.0)
    odd = (values < 0) | (values > CLUTTER_HIGHEST_M)
    if odd.any():
        found = f"{int(odd.sum())} pixels, e.g. {values[odd][0]:g}, {_where(odd, grid)}"
        expected = f"clutter heights of 0 to {CLUTTER_HIGHEST_M:g} m"
        mend = "give heights, not land-cover classes; name its nodata value in the file"
        problems.add(Problem(raster.written, expected, mend, value=found))
    return values


def _align_checked(
    raster: RasterFile, grid: Grid, resampling: Resampling, problems: ProblemList
) -> Aligned | None:
    try:
        aligned = align(raster, grid, resampling)
    except RasterioError as error:
        mend = f"check the file and its tiles ({str(error).splitlines()[0]})"
        problems.add(Problem(raster.written, "a raster whose pixels can be read", mend))
        return None
    share = float(aligned.covered.mean())
    if not aligned.covered.any() or np.isnan(aligned.values).all():
        found = "no pixel with a value in the area" if share else f"it covers {raster.area}"
        mend = "get the tiles of the area, or mend [area] bounds"
        problems.add(
            Problem(raster.written, f"a raster that reaches the area ({_extent(grid)})", mend, value=found)
        )
        return None
    if share < 1:
        found = f"it covers {share:.1%} of the area; missing {_where(~aligned.covered, grid)}"
        mend = "get the missing tiles, or make the area smaller; nothing is computed without terrain"
        expected = f"a raster over the whole area ({_extent(grid)})"
        problems.add(Problem(raster.written, expected, mend, value=found, severity="warning"))
    return aligned


def _land_by_height(terrain: Aligned) -> _Mask:
    with np.errstate(invalid="ignore"):
        land = terrain.values > 0
    unknown = np.isnan(terrain.values)
    if not unknown.any():
        return land
    labels, count = scipy.ndimage.label(unknown, structure=np.ones((3, 3)))
    sea = ~land & ~unknown
    grown = scipy.ndimage.binary_dilation(sea, structure=np.ones((3, 3), dtype=bool))
    edge = np.zeros_like(land)
    edge[[0, -1], :] = edge[:, [0, -1]] = True
    at_sea = np.zeros(count + 1, dtype=bool)
    at_sea[np.unique(labels[(grown | edge) & unknown & terrain.covered])] = True
    at_sea[0] = False
    return land | (unknown & ~at_sea[labels]) | (unknown & ~terrain.covered)


def _edge_on_grid(source: Any, crs: str) -> dict[str, Any]:
    """The outline of a raster as a polygon of the grid's CRS, its edges bent as the projection bends them."""
    rows, columns = source.height, source.width
    ring = [(0, 0), (columns, 0), (columns, rows), (0, rows), (0, 0)]
    pixels = [
        (a[0] + (b[0] - a[0]) * t, a[1] + (b[1] - a[1]) * t)
        for a, b in pairwise(ring)
        for t in np.linspace(0, 1, _EDGE_POINTS, endpoint=False)
    ]
    corners = [_apply(source.transform, *pixel) for pixel in [*pixels, ring[-1]]]
    xs, ys = transform_coordinates(source.crs, crs, [c[0] for c in corners], [c[1] for c in corners])
    return {"type": "Polygon", "coordinates": [list(zip(xs, ys, strict=True))]}


def _apply(affine: Affine, x: float, y: float) -> tuple[float, float]:
    # affine 2 multiplies with *, affine 3 with @: neither is needed
    return affine.a * x + affine.b * y + affine.c, affine.d * x + affine.e * y + affine.f


def _extent(grid: Grid) -> str:
    west, south, east, north = transform_bounds(grid.crs, WGS84, *grid.bounds)
    return f"{west:.2f} to {east:.2f}° E, {south:.2f} to {north:.2f}° N"


def _where(mask: _Mask, grid: Grid) -> str:
    """The box around the pixels of a mask, in degrees."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    west = grid.x_left_m + columns[0] * grid.resolution_m
    east = grid.x_left_m + (columns[-1] + 1) * grid.resolution_m
    north = grid.y_top_m - rows[0] * grid.resolution_m
    south = grid.y_top_m - (rows[-1] + 1) * grid.resolution_m
    west, south, east, north = transform_bounds(grid.crs, WGS84, west, south, east, north)
    return f"within {west:.4f} to {east:.4f}° E, {south:.4f} to {north:.4f}° N"
