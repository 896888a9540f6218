"""The rasters of coverage: taken over, spliced where masts came or went, or made from all masts."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .calibrated import calibration_note
from .cluster import layers_on_cluster
from .coverage.cells import CellTable
from .coverage.network import network_rows
from .coverage.network_layer import LayerKey
from .coverage.propagation.models import model_named
from .coverage.state_rows import hand_on
from .coverage_rasters import RasterFile
from .gis_data.cog_renumber import renumber_cog
from .gis_data.formulas import guarded, unguarded
from .layer_files import RASTERS, LayerFiles, LayerMaker
from .layer_splice import splice_layers
from .merge_files import is_kept
from .merge_store import KeptMerge, MergeKeeper, updated_merges
from .raster_record import PublishedRaster, published_rasters, record_rasters
from .reuse import merge_contexts, technology_of
from .scene import Scene
from .sigma_words import sigma_source
from .warmup import warm_up

__all__ = ["coverage_files", "little_to_sweep", "raster_tags"]

_INDEX = "best_cell_index.csv"
_INDEX_COLUMNS = ["index", "cell_id"]
_Tags = Callable[[str], Mapping[str, str]]


def coverage_files(
    scene: Scene,
    folder: Path,
    on_air: NDArray[np.bool_],
    stems: Mapping[LayerKey, str],
    digests: Mapping[str, str],
    progress: Callable[[int, int], None],
) -> dict[str, RasterFile]:
    """Write all rasters of a run, or take them over.

    Parameters
    ----------
    scene : Scene
    folder : Path
        Folder ``coverage`` of the results in the making.
    on_air : ndarray of bool, (cells,)
    stems : mapping of LayerKey to str
        The layers of the run.
    digests : mapping of str to str
        Of their technologies, from `reuse.technology_digests`.
    progress : callable
        Told masts done and in all.

    Returns
    -------
    dict of str to RasterFile
        By stem and kind.
    """
    folder.mkdir(parents=True, exist_ok=True)
    work = _Work(scene, folder, on_air, stems, digests)
    found: dict[str, RasterFile] = {}
    for technology in digests:
        found |= work.taken_over(technology)
    wanted = {technology: key for technology, key in digests.items() if not work.has(technology, found)}
    if wanted:
        found |= work.made(wanted, progress)
    else:
        scene.options.reporter.note("from_cache")
    _write_index(scene, folder)
    operator = {f"{stem}_{what}": _operator(key) for key, stem in stems.items() for what in RASTERS}
    key_of = {
        f"{stem}_{what}": digests[technology_of(key)] for key, stem in stems.items() for what in RASTERS
    }
    record_rasters(
        scene,
        [
            PublishedRaster(file.path, file.digest, key_of[name], operator[name], work.is_ours(name, file))
            for name, file in found.items()
        ],
    )
    return found


def little_to_sweep(scene: Scene, technologies: Iterable[str]) -> bool:
    """Tell whether, as far as a glance shows, rasters are taken over or changed in parts only.

    Parameters
    ----------
    scene : Scene
    technologies : iterable of str
        Those on air.
    """
    kept = scene.options.cluster is None and scene.options.project.outputs.keep_merge
    contexts = merge_contexts(scene, technologies)
    return kept and all(is_kept(scene, technology, context) for technology, context in contexts.items())


class _Work:
    def __init__(
        self,
        scene: Scene,
        folder: Path,
        on_air: NDArray[np.bool_],
        stems: Mapping[LayerKey, str],
        digests: Mapping[str, str],
    ) -> None:
        self._scene, self._folder, self._stems, self._digests = scene, folder, stems, digests
        self._index = np.flatnonzero(on_air)
        self._cells: CellTable = scene.cells.take(on_air)
        self._published = published_rasters(scene, stems)
        number = _new_numbers(scene.options.project.out / "coverage" / _INDEX, scene.cells.cell_id)
        self._number = number or {}
        if number is None:
            self._published = {}

    def has(self, technology: str, found: Mapping[str, RasterFile]) -> bool:
        """Tell whether the rasters of a technology are all there."""
        return all(f"{stem}_{what}" in found for stem in self._own(technology).values() for what in RASTERS)

    def is_ours(self, name: str, file: RasterFile) -> bool:
        """Tell whether a raster's tiles are packed as this program packs them."""
        taken = file.digest == file.before
        return not taken or self._published[name].ours

    def _own(self, technology: str) -> dict[LayerKey, str]:
        return {key: stem for key, stem in self._stems.items() if technology_of(key) == technology}

    def taken_over(self, technology: str) -> dict[str, RasterFile]:
        """Link or copy the rasters of a technology whose digest stands in those of the last run."""
        own = self._own(technology)
        if self._made_of(own) != self._digests[technology]:
            return {}
        found = {}
        for stem in own.values():
            for what in RASTERS:
                name = f"{stem}_{what}"
                old, path = self._published[name], self._folder / f"{name}.tif"
                if what == "best_cell" and self._number:
                    workers = self._scene.options.workers
                    digest = renumber_cog(old.path, path, self._number, ours=old.ours, workers=workers)
                    found[name] = RasterFile(path, digest, old.digest, (), renumbered=True)
                else:
                    _link(old.path, path)
                    found[name] = RasterFile(path, old.digest, old.digest, ())
        return found

    def _made_of(self, own: Mapping[LayerKey, str]) -> str | None:
        """Return the one digest that all rasters of some layers so far carry; None where one has another."""
        keys = set()
        for layer, stem in own.items():
            for what in RASTERS:
                raster = self._published.get(f"{stem}_{what}")
                if raster is None or raster.operator != _operator(layer):
                    return None
                keys.add(raster.key)
        return keys.pop() if len(keys) == 1 else None

    def made(self, wanted: Mapping[str, str], progress: Callable[[int, int], None]) -> dict[str, RasterFile]:
        """Write the rasters of technologies that changed."""
        scene = self._scene
        if scene.options.cluster is None:
            warm_up(scene, points=False)
        contexts = merge_contexts(scene, wanted)
        merges = updated_merges(scene, self._cells, wanted, contexts)
        found: dict[str, RasterFile] = {}
        for technology in list(merges):
            spliced = self._spliced(technology, merges[technology])
            if spliced is not None:
                found |= spliced
                del merges[technology]
        left = {technology: key for technology, key in wanted.items() if not self.has(technology, found)}
        return found | self._written(left, merges, contexts, progress) if left else found

    def _spliced(self, technology: str, merge: KeptMerge) -> dict[str, RasterFile] | None:
        own = self._own(technology)
        blocks = merge.since.get(self._made_of(own) or "")
        if blocks is None:
            return None
        maker = LayerMaker(self._folder, self._scene.layers.grid, own, *self._making())
        return splice_layers(maker, merge, blocks, self._published, self._number, self._scene.options.workers)

    def _making(self) -> tuple[_Tags, NDArray[np.int64], NDArray[np.float64], str]:
        scene = self._scene

        def tags(technology: str) -> dict[str, str]:
            own = {"digest": self._digests[technology]}
            return {**raster_tags(scene, technology), **_interference_tags(scene), **own}

        return tags, self._index, self._cells.frequency_mhz, scene.options.project.propagation.building

    def _written(
        self,
        wanted: Mapping[str, str],
        merges: Mapping[str, KeptMerge],
        contexts: Mapping[str, str],
        progress: Callable[[int, int], None],
    ) -> dict[str, RasterFile]:
        """Write whole rasters, from merges that are up to date or from all masts."""
        scene = self._scene
        stems = {key: stem for key, stem in self._stems.items() if technology_of(key) in wanted}
        files = LayerFiles(self._folder, scene.layers.grid, stems, *self._making(), scene.options.workers)
        with files:
            for merge in merges.values():
                hand_on(merge.state, merge.index, merge.disturbance, merge.carrier, files.append)
            swept = {technology: key for technology, key in wanted.items() if technology not in merges}
            if swept and scene.options.cluster is not None:
                layers_on_cluster(scene, self._cells, self._index, set(swept), files, progress)
            elif swept:
                self._sweep(swept, contexts, files, progress)
        before = {name: raster.digest for name, raster in self._published.items()}
        return {
            name: RasterFile(self._folder / f"{name}.tif", digest, before.get(name), None)
            for name, digest in files.digests.items()
        }

    def _sweep(
        self,
        wanted: Mapping[str, str],
        contexts: Mapping[str, str],
        files: LayerFiles,
        progress: Callable[[int, int], None],
    ) -> None:
        scene, outputs = self._scene, self._scene.options.project.outputs
        with ExitStack() as stack:
            keeper = None
            if outputs.keep_merge:
                keeper = stack.enter_context(MergeKeeper(scene, self._cells, wanted, contexts))
            network_rows(
                scene.terrain, self._cells, scene.rule.technologies, scene.settings, scene.range_m,
                files.append, patterns=scene.patterns, budget=scene.budget, workers=scene.options.workers,
                progress=progress, by_operator=outputs.by_operator, interference=scene.interference,
                only=set(wanted), keep=keeper,
            )  # fmt: skip


def _operator(layer: LayerKey) -> str | None:
    return None if isinstance(layer, str) else layer[1]


def _new_numbers(index: Path, cell_id: NDArray[Any]) -> dict[int, int] | None:
    """Where each cell of the last run stands now, if one stands elsewhere; empty: all as before."""
    try:
        with index.open(encoding="utf-8", newline="") as stream:
            rows = csv.reader(stream)
            if next(rows, None) != _INDEX_COLUMNS:
                return None
            before = [unguarded(cell) for _, cell in rows]
    except (OSError, ValueError, csv.Error):  # a row that is cut off, other signs than UTF-8
        return None
    now = cell_id.tolist()
    if before == now[: len(before)]:
        return {}
    at = {name: number for number, name in enumerate(now)}
    return {number: at.get(name, -1) for number, name in enumerate(before)}


def _link(old: Path, new: Path) -> None:
    try:
        new.hardlink_to(old)
    except OSError:  # a file system without links, or another one
        shutil.copyfile(old, new)


def _write_index(scene: Scene, folder: Path) -> None:
    """Write which cell the numbers of the best-server rasters stand for."""
    with (folder / _INDEX).open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(_INDEX_COLUMNS)
        writer.writerows(enumerate(map(guarded, scene.cells.cell_id.tolist())))


def _interference_tags(scene: Scene) -> dict[str, str]:
    rule = scene.interference
    return {
        "load_of_other_cells": f"{rule.load:g}",
        "noise_figure_db": f"{rule.noise_figure_db:g}",
        "bcch_reuse_without_plan": f"{rule.bcch_reuse:g}",
    }


def raster_tags(scene: Scene, technology: str) -> dict[str, str]:
    """Return the assumptions behind a raster, for its tags."""
    rule, settings = scene.rule.technologies[technology], scene.settings
    model = model_named(settings.model)
    tags = {
        "technology": technology,
        "as_of": scene.options.as_of.isoformat(),
        "model": model.label,
        "predicted": "predicted, not measured",
        "synthetic": str(scene.options.project.project.synthetic).lower(),
        "threshold_dbm": f"{rule.threshold_dbm:g}",
        "sigma_db": f"{rule.sigma_db:g}",
        "probability": f"{rule.probability:g}",
        "time_percent": f"{settings.time_percent:g}",
        "receiver_height_m": f"{settings.receiver_height_m:g}",
        "maximum_range_km": f"{scene.range_m / 1000:g}",
    }
    tags["sigma_source"] = sigma_source(scene, technology, "en")
    tags["calibration"] = calibration_note(scene.calibration) or "none: not calibrated to samples"
    if model.validity:
        tags["model_validity"] = model.validity
    if model.follows_terrain:
        tags |= {"delta_n": f"{settings.delta_n:g}", "n0": f"{settings.n0:g}"}
    return tags
