"""Results that did not change are taken from the last run; all that could change them is in a digest."""

from __future__ import annotations

import csv
import os
import shutil
from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from . import coverage
from .cache import digest, source_digest
from .coverage.cells import CellTable, PointLevels
from .coverage.network_layer import LayerKey
from .errors import InputError
from .gis_data.cog import tags_of_sound_cog
from .gis_data.cog_renumber import renumber_cog
from .gis_data.formulas import unguarded
from .layer_files import RASTERS
from .level_cache import LevelCache
from .scene import Scene

__all__ = ["merge_contexts", "reused_levels", "reused_rasters", "technology_digests", "technology_of"]


@cache
def _engine() -> str:
    return source_digest(Path(coverage.__file__).parent)


def technology_digests(scene: Scene, on_air: NDArray[np.bool_]) -> dict[str, str]:
    """Return, for each technology on air that has a rule, the digest of all that its layers depend on.

    A sweep serves all cells of a mast at one height, and its radials go by the farthest of them: all cells
    of the masts that carry a technology count, and the rules of theirs.
    """
    cells, rules = scene.cells.take(on_air), scene.rule.technologies
    common = digest(
        _engine(), scene.terrain, scene.settings, scene.range_m, scene.budget, scene.patterns,
        scene.interference, scene.options.project.propagation.building,
        scene.options.project.outputs.by_operator,
    )  # fmt: skip
    found = {}
    for technology in sorted(set(cells.technology.tolist()) & set(rules)):
        masts = np.unique(cells.mast_id[cells.technology == technology])
        own = cells.take(np.isin(cells.mast_id, masts))
        present = {t: rules[t] for t in sorted(set(own.technology.tolist())) if t in rules}
        found[technology] = digest(common, present, _cell_contents(own))
    return found


def merge_contexts(scene: Scene, technologies: Iterable[str]) -> dict[str, str]:
    """Return, for each technology, the digest of all that its merge depends on besides the cells."""
    common = digest(
        _engine(), scene.terrain, scene.settings, scene.range_m, scene.budget, scene.patterns,
        scene.interference, scene.options.project.outputs.by_operator, dict(scene.rule.technologies),
    )  # fmt: skip
    return {technology: digest(common, technology) for technology in technologies}


def technology_of(layer: LayerKey) -> str:
    """Return the technology of a layer."""
    return layer if isinstance(layer, str) else layer[0]


def _cell_contents(cells: CellTable) -> list[Any]:
    """Return the columns of a table for a digest that goes by the texts, not by the longest of them."""
    columns = [
        getattr(cells, field.name) for field in fields(cells) if field.name not in ("on_air", "off_air")
    ]
    return [column.tolist() if column.dtype.kind == "U" else column for column in columns]


def reused_levels(scene: Scene, compute: Callable[[CellTable], PointLevels]) -> PointLevels:
    """Return the levels at the demand points: those of earlier runs, mast by mast, and the others computed.

    Parameters
    ----------
    scene : Scene
    compute : callable
        Takes some of the cells, all of each mast, and returns their levels.
    """
    context = digest(
        _engine(), scene.terrain, scene.points.x_m, scene.points.y_m, scene.settings, scene.range_m,
        scene.budget, scene.patterns,
    )  # fmt: skip
    return LevelCache(scene.options.project.cache, context, scene.options.reporter.note).levels(
        scene.cells, compute
    )


def reused_rasters(
    scene: Scene, stems: Mapping[LayerKey, str], digests: Mapping[str, str], into: Path
) -> set[str]:
    """Take over the rasters of the technologies whose digest stands in those of the last run.

    Parameters
    ----------
    scene : Scene
    stems : mapping of LayerKey to str
        The layers of this run.
    digests : mapping of str to str
        From `technology_digests`.
    into : Path
        Folder ``coverage`` of the results in the making; it gets links, or copies where there are none.

    Returns
    -------
    set of str
        Technologies whose layers are all there.
    """
    published = scene.options.project.out / "coverage"
    number = _new_numbers(published, scene.cells.cell_id)
    found = set()
    for technology, key in digests.items():
        own = {layer: stem for layer, stem in stems.items() if technology_of(layer) == technology}
        if number is None or not all(_is_sound(scene, published, *item, key) for item in own.items()):
            continue
        into.mkdir(parents=True, exist_ok=True)
        for stem in own.values():
            for what in RASTERS:
                name = f"{stem}_{what}.tif"
                if what == "best_cell" and number:
                    renumber_cog(published / name, into / name, number)
                else:
                    _link(published / name, into / name)
        found.add(technology)
    return found


def _new_numbers(published: Path, cell_id: NDArray[Any]) -> dict[int, int] | None:
    """Where each cell of the last run stands now, if it stands elsewhere; empty: all as before."""
    try:
        with (published / "best_cell_index.csv").open(encoding="utf-8", newline="") as stream:
            before = [unguarded(row["cell_id"]) for row in csv.DictReader(stream)]
    except (OSError, KeyError, csv.Error, UnicodeDecodeError):
        return None
    now = cell_id.tolist()
    if before == now:
        return {}
    at = {name: number for number, name in enumerate(now)}
    return {number: at.get(name, -1) for number, name in enumerate(before)}


def _is_sound(scene: Scene, published: Path, layer: LayerKey, stem: str, key: str) -> bool:
    for what in RASTERS:
        path = published / f"{stem}_{what}.tif"
        if not path.is_file():
            return False
        try:
            tags = tags_of_sound_cog(path)
        except InputError:
            scene.options.reporter.note("damaged_cache", path=path)
            return False
        operator = None if isinstance(layer, str) else layer[1]
        if tags.get("digest") != key or tags.get("operator") != operator:
            return False
    return True


def _link(old: Path, new: Path) -> None:
    try:
        os.link(old, new)
    except OSError:  # a file system without links, or another one
        shutil.copyfile(old, new)
