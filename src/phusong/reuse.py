"""Results that did not change are taken from the last run; all that could change them is in a digest."""

from __future__ import annotations

from collections.abc import Callable, Iterable
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
from .level_cache import LevelCache
from .scene import Scene

__all__ = ["merge_contexts", "reused_levels", "technology_digests", "technology_of"]


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
    return ["\n".join(column.tolist()) if column.dtype.kind == "U" else column for column in columns]


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
