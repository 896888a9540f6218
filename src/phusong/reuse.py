"""Results that did not change are taken from the last run; all that could change them is in a digest."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np

from . import coverage
from .cache import digest, load_arrays, save_arrays, source_digest
from .coverage.cells import PointLevels
from .errors import InputError
from .gis_data.cog import CogRaster, read_cog, tags_of_sound_cog
from .scene import Scene

__all__ = ["network_digest", "reused_levels", "reused_rasters"]

_KEPT = 4  # sets of levels of earlier inputs that stay, so that going back to them costs nothing


@cache
def _engine() -> str:
    return source_digest(Path(coverage.__file__).parent)


def network_digest(scene: Scene, on_air: np.ndarray) -> str:
    """Return the digest of all that the coverage rasters depend on."""
    cells = scene.cells.take(on_air)
    return digest(
        _engine(),
        scene.terrain,
        cells,
        dict(scene.rule.technologies),
        scene.settings,
        scene.range_m,
        scene.budget,
        scene.patterns,
        scene.interference,
        scene.options.project.propagation.building,
        scene.options.project.outputs.by_operator,
    )


def reused_levels(scene: Scene, compute: Callable[[], PointLevels]) -> PointLevels:
    """Return the levels at the demand points: those of the last run if nothing changed, else computed."""
    key = digest(
        _engine(), scene.terrain, scene.cells, scene.points, scene.settings, scene.range_m, scene.budget,
        scene.patterns,
    )  # fmt: skip
    folder = scene.options.project.cache
    path = folder / f"levels-{key}.npz"
    arrays = load_arrays(path)
    if arrays is not None:
        scene.options.reporter.note("from_cache")
        return PointLevels(**arrays)
    if path.exists():
        scene.options.reporter.note("damaged_cache", path=path)
    levels = compute()
    save_arrays(path, {name: getattr(levels, name) for name in ("point", "cell", "level_dbm", "loss_db")})
    for old in sorted(folder.glob("levels-*.npz"), key=lambda p: p.stat().st_mtime, reverse=True)[_KEPT:]:
        old.unlink(missing_ok=True)
    return levels


def reused_rasters(
    scene: Scene, key: str, names: list[str], wanted: list[str]
) -> dict[str, CogRaster] | None:
    """Return the rasters `wanted` of the last run if each of `names` is whole and has the digest `key`."""
    for name in names:
        path = scene.options.project.out / "coverage" / f"{name}.tif"
        if not path.is_file():
            return None
        try:
            if tags_of_sound_cog(path).get("digest") != key:
                return None
        except InputError:
            scene.options.reporter.note("damaged_cache", path=path)
            return None
    return {name: read_cog(scene.options.project.out / "coverage" / f"{name}.tif") for name in wanted}
