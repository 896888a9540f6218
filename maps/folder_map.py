"""A map as a folder: a small page, and archives of tiles of which it loads what it shows.

``index.html`` opens by a double click, without a server or a network. ``data/`` holds what it loads: the
archives cut into scripts, the only files that a browser lets such a page read. ``archives/`` holds the same
tiles as PMTiles files, for GIS programs and web servers; the page does not need them.
"""

from __future__ import annotations

import gzip
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from ..gis_data.grid import Grid
from .tiles import TileSpan
from .tiles_archive import chunk_script, write_archive, write_scripts
from .tiles_content import TileContent
from .tiles_layers import TileRaster
from .tiles_page import tiles_page
from .tiles_points import point_span

__all__ = ["HAMLETS_IN_ONE_FILE", "PIXELS_IN_ONE_FILE", "too_large_for_one_file", "write_folder_map"]

PIXELS_IN_ONE_FILE = 60_000_000
"""Of a coverage raster: a province of 15,000 km² at 30 m, with the land around it, has 20 to 40 million."""
HAMLETS_IN_ONE_FILE = 10_000
"""Hamlets, or masts."""


def too_large_for_one_file(grid: Grid, hamlets: int, masts: int) -> bool:
    """Tell whether a map should be a folder rather than one file."""
    return grid.rows * grid.columns > PIXELS_IN_ONE_FILE or max(hamlets, masts) > HAMLETS_IN_ONE_FILE


def write_folder_map(
    folder: Path,
    content: TileContent,
    *,
    workers: int | None = None,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> None:
    """Write a map into a folder that is empty or missing; same content, same bytes.

    Parameters
    ----------
    folder : Path
    content : TileContent
    workers : int or None
        Archives that are made at a time; default: one for each core.
    progress : callable
        Told how many of the archives are done.
    """
    archives, scripts = folder / "archives", folder / "data"
    for made in (archives, scripts):
        made.mkdir(parents=True, exist_ok=True)
    rasters = [raster for layer in content.layers for raster in layer.rasters()]
    sizes: dict[str, int] = {}
    with ThreadPoolExecutor(workers or os.cpu_count()) as pool:
        jobs = [pool.submit(_write_raster, archives, raster, content.span) for raster in rasters]
        for done, (raster, job) in enumerate(zip(rasters, jobs, strict=True), start=1):
            if job.result():
                sizes[raster.name] = write_scripts(archives / f"{raster.name}.pmtiles", scripts)
            progress(done, len(rasters))
    sizes |= _write_vectors(archives, scripts, content)
    _write_parts(scripts, content)
    data = {**content.page_data(), "archives": sizes, "served": False}
    (folder / "index.html").write_text(tiles_page(data), encoding="utf-8", newline="\n")


def _write_raster(archives: Path, raster: TileRaster, span: TileSpan) -> int:
    colours = raster.colours()
    meaning = "a colour per class" if colours else "number of the cell plus 1: red·65536 + green·256 + blue"
    metadata = {"name": raster.name, "format": "png", "colours": list(colours), "pixels": meaning}
    return write_archive(archives / f"{raster.name}.pmtiles", raster.tiles(span), span, metadata)


def _write_vectors(archives: Path, scripts: Path, content: TileContent) -> dict[str, int]:
    sizes = {}
    span = point_span(content.span)
    for name, tiles in content.vector_tiles().items():
        path = archives / f"{name}.pmtiles"
        columns = list(content.point_tables[name].present()) if name in content.point_tables else []
        metadata = {"name": name, "format": "json", "columns": columns}
        if write_archive(path, tiles.items(), span, metadata, picture=False):
            sizes[name] = write_scripts(path, scripts)
    return sizes


def _write_parts(scripts: Path, content: TileContent) -> None:
    for name, parts in content.parts().items():
        for number, data in enumerate(parts):
            script = chunk_script(name, number, gzip.compress(data, mtime=0))
            (scripts / f"{name}.{number}.js").write_bytes(script)
