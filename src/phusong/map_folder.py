"""From a project and its rasters to a map made of tiles: what the folder and the server show."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import geopandas as gpd

from .coverage.network_layer import LayerKey
from .coverage.siting.proposal import Proposal
from .gap_detail import GapDetail
from .layer_files import RASTERS, layer_stems
from .map_content import base_values, map_proposals, write_project_map
from .map_why import hamlet_profiles
from .maps.explanations import explanations
from .maps.folder_map import too_large_for_one_file, write_folder_map
from .maps.tiles_content import TileContent
from .maps.tiles_layers import TileLayer
from .scene import Scene
from .siting_check import Checked
from .stages import CoverageRasters, Gaps, Plans, layer_keys

__all__ = ["OF_MAP", "needs_folder", "tile_content", "tile_layers", "write_run_map"]

OF_MAP = ("map.html", "map/**/*")
"""Files of a map among the results: of the two forms there is the one that was made last."""
_OF_ALL_ONLY = frozenset({"best_cell", "servers", "sinr", "p_indoor"})
"""What the folder shows of all operators together only, so that it stays small; a server shows all of it."""


def needs_folder(scene: Scene) -> bool:
    """Tell whether the project is too large for a map in one file."""
    layers = scene.layers
    return too_large_for_one_file(layers.grid, len(layers.villages), len(layers.masts))


def write_run_map(
    scene: Scene,
    rasters: CoverageRasters,
    gaps: Gaps,
    proposal: Proposal,
    plans: Plans,
    out: Path,
    *,
    detail: GapDetail | None = None,
    checked: Checked | None = None,
    folder: bool = False,
) -> None:
    """Write the map of a run: ``map.html``, or where asked or where the area is large the folder ``map/``."""
    if folder or needs_folder(scene):
        if not folder:
            scene.options.reporter.note("map_in_folder")
        _write_folder(scene, gaps, proposal, detail, out)
    else:
        write_project_map(
            scene, rasters, gaps, proposal, plans, out / "map.html", detail=detail, checked=checked
        )


def _write_folder(scene: Scene, gaps: Gaps, proposal: Proposal, detail: GapDetail | None, out: Path) -> None:
    """Write the folder into `out`, where fresh rasters lie if the run wrote any."""
    layers = tile_layers(scene, (out / "coverage", scene.options.project.out / "coverage"), brief=True)
    why = {} if detail is None else explanations(detail.reasons_table, hamlet_profiles(scene, detail))
    content = tile_content(scene, layers, gaps.table, map_proposals(scene, proposal), why)
    write_folder_map(out / "map", content, workers=scene.options.workers)


def tile_layers(scene: Scene, folders: Iterable[Path], *, brief: bool = False) -> tuple[TileLayer, ...]:
    """Return the layers whose rasters are there, those of all operators together first.

    Parameters
    ----------
    scene : Scene
    folders : iterable of Path
        Where rasters are looked for, the first that has one wins.
    brief : bool
        Of single operators the level only.
    """
    on_air = scene.cells.active(scene.day)
    present = sorted(set(scene.cells.technology[on_air]) & set(scene.rule.technologies))
    places = tuple(folders)
    found = []
    for key, stem in layer_stems(layer_keys(scene, on_air, present)).items():
        technology, operator = _technology_operator(key)
        wanted = [kind for kind in RASTERS if not (brief and operator and kind in _OF_ALL_ONLY)]
        paths = {
            kind: path
            for kind in wanted
            if (path := _first([folder / f"{stem}_{kind}.tif" for folder in places])) is not None
        }
        if paths:
            rule = scene.rule.technologies[technology]
            found.append(TileLayer(rule, operator, stem.replace("-", "_"), paths))
    return tuple(found)


def tile_content(
    scene: Scene,
    layers: tuple[TileLayer, ...],
    villages: gpd.GeoDataFrame,
    proposals: gpd.GeoDataFrame,
    why: Mapping[str, Mapping[str, Any]],
) -> TileContent:
    """Return what a map made of tiles shows of a project.

    Parameters
    ----------
    scene : Scene
    layers : tuple of TileLayer
    villages : GeoDataFrame
        With verdicts, or as they were read.
    proposals : GeoDataFrame
        Under the names that the map knows; may be empty.
    why : mapping
        From `maps.explanations.explanations`.
    """
    return TileContent(
        **base_values(scene, villages, proposals), layers=layers, cells=scene.layers.cells, why=why
    )


def _technology_operator(key: LayerKey) -> tuple[str, str | None]:
    return (key, None) if isinstance(key, str) else key


def _first(paths: Iterable[Path]) -> Path | None:
    return next((path for path in paths if path.is_file()), None)
