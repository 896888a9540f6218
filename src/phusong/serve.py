"""`phusong serve`: the map of a project from a small server on this machine, at any size of the area."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import rasterio

from .errors import InputError, Problem
from .map_content import PROPOSAL_NAMES
from .map_folder import tile_content, tile_layers
from .map_server import MapServer, is_loopback
from .map_why import published_explanations
from .maps.tiles_content import TileContent
from .maps.tiles_layers import TileLayer
from .reuse import technology_digests
from .scene import Options, Scene, prepare
from .served_map import ServedMap

__all__ = ["open_server", "serve_job", "served_content"]


def serve_job(options: Options, host: str, port: int) -> None:
    """Serve the map of a project until Ctrl-C.

    Parameters
    ----------
    options : Options
    host : str
        Anything but this machine's loopback lets others on the network see the map, and is warned of.
    port : int

    Raises
    ------
    InputError
        Bad input, no coverage yet, or the port or address cannot be had.
    """
    reporter = options.reporter
    if not is_loopback(host):
        reporter.errors.print(reporter.say("serve_open", host=host), style="yellow", markup=False)
    with open_server(options, host, port) as server:
        print(f"{reporter.say('serve_at')}: {server.address}", flush=True)
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            reporter.note("serve_ends")


def open_server(options: Options, host: str, port: int) -> MapServer:
    """Read a project and its results, and listen; the caller serves and closes."""
    content = served_content(options)
    with options.reporter.stage("serve_reads"):
        shown = ServedMap(content)
    try:
        return MapServer(shown, host, port)
    except OSError as error:
        expected = "an address of this machine and a port that is free"
        taken = Problem("--port", expected, "give another --port", value=f"{host}:{port}")
        raise InputError([taken]) from error


def served_content(options: Options) -> TileContent:
    """Return what a server shows of a project: rasters, and verdicts and proposals where there are any."""
    scene, out = prepare(options), options.project.out
    layers = tile_layers(scene, [out / "coverage"])
    if not layers:
        missing = Problem(
            str(out / "coverage"), "coverage rasters", f"phusong coverage {options.project.folder}"
        )
        raise InputError([missing])
    if _stale(scene, layers):
        options.reporter.note("serve_stale")
    villages = _layer(out / "gaps.gpkg", "hamlets")
    stations = _layer(out / "proposals.gpkg", "stations")
    return tile_content(
        scene,
        layers,
        scene.layers.villages if villages is None else villages,
        scene.layers.places.iloc[:0] if stations is None else stations.rename(columns=PROPOSAL_NAMES),
        published_explanations(scene, out / "reasons.gpkg"),
    )


def _stale(scene: Scene, layers: tuple[TileLayer, ...]) -> bool:
    """Tell whether any of the rasters come from other input than the project has now."""
    digests = technology_digests(scene, scene.cells.active(scene.day))
    for layer in layers:
        with rasterio.open(next(iter(layer.paths.values()))) as source:
            if source.tags().get("digest") != digests[layer.technology]:
                return True
    return False


def _layer(path: Path, name: str) -> gpd.GeoDataFrame | None:
    return gpd.read_file(path, layer=name) if path.is_file() else None
