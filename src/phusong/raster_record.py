"""Which rasters are sound: the digests of those that were written, so that none need be decoded to know."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path

from .coverage.network_layer import LayerKey
from .errors import InputError
from .gis_data.cog import tags_of_sound_cog
from .gis_data.cog_file import new_digest
from .gis_data.cog_tiles import PACKED_BY
from .layer_files import RASTERS
from .scene import Scene

__all__ = ["PublishedRaster", "file_digest", "published_rasters", "record_rasters"]

_FILE = "rasters.json"
_KEPT = 3  # times as many digests as a run has rasters


@dataclass(frozen=True)
class _Known:
    """What a digest stands for: the technology's digest, operator, and what packed the tiles."""

    key: str
    operator: str | None
    packed_by: str


@dataclass(frozen=True)
class PublishedRaster:
    """A sound raster among the results so far.

    Attributes
    ----------
    path : Path
    digest : str
        Of the file.
    key : str
        Digest of the technology that it was made of.
    operator : str or None
    ours : bool
        Its tiles are packed as this program packs them: they may be copied.
    """

    path: Path
    digest: str
    key: str
    operator: str | None
    ours: bool


def file_digest(path: Path) -> str:
    """Return the digest of a file, as `cog_file.write_file` gives it."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, new_digest).hexdigest()


def published_rasters(scene: Scene, stems: Mapping[LayerKey, str]) -> dict[str, PublishedRaster]:
    """Return the sound rasters of some layers among the results so far, by stem and kind.

    A file is sound if its digest was recorded when it was written. Where nothing was recorded all blocks are
    decoded; where the record is damaged none is believed, for a wrong byte may be decoded well.
    """
    known = _read(scene.options.project.cache / _FILE)
    if known is None:
        scene.options.reporter.note("damaged_cache", path=scene.options.project.cache / _FILE)
        return {}
    folder = scene.options.project.out / "coverage"
    names = [f"{stem}_{what}" for stem in stems.values() for what in RASTERS]
    paths = {name: path for name in names if (path := folder / f"{name}.tif").is_file()}
    with ThreadPoolExecutor(scene.options.workers or os.cpu_count()) as pool:
        digests = dict(zip(paths, pool.map(file_digest, paths.values()), strict=True))
    found = {}
    for name, digest in digests.items():
        facts = known.get(digest)
        if facts is not None:
            ours = facts.packed_by == PACKED_BY
            found[name] = PublishedRaster(paths[name], digest, facts.key, facts.operator, ours)
        elif known:  # it was cut off, damaged or written by others
            scene.options.reporter.note("damaged_cache", path=paths[name])
        elif (raster := _decoded(scene, paths[name], digest)) is not None:
            found[name] = raster
    return found


def _decoded(scene: Scene, path: Path, digest: str) -> PublishedRaster | None:
    try:
        tags = tags_of_sound_cog(path)
    except InputError:
        scene.options.reporter.note("damaged_cache", path=path)
        return None
    return PublishedRaster(path, digest, tags.get("digest", ""), tags.get("operator"), ours=False)


def record_rasters(scene: Scene, written: Iterable[PublishedRaster]) -> None:
    """Remember rasters, before they are published; earlier ones stay known for a few runs."""
    path = scene.options.project.cache / _FILE
    now = {raster.digest: _Known(raster.key, raster.operator, PACKED_BY) for raster in written if raster.ours}
    known = {digest: facts for digest, facts in (_read(path) or {}).items() if digest not in now}
    kept = dict(list({**known, **now}.items())[-_KEPT * max(1, len(now)) :])
    aside = path.with_name(path.name + ".part")
    aside.write_text(json.dumps({digest: asdict(facts) for digest, facts in kept.items()}), encoding="utf-8")
    aside.replace(path)


def _read(path: Path) -> dict[str, _Known] | None:
    """Return what was recorded; None where that cannot be read."""
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
        return {str(digest): _Known(**facts) for digest, facts in told.items()}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, TypeError, AttributeError):
        return None
