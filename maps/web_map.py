"""The interactive map: one HTML file that needs nothing but a browser.

`web_shell` builds the page, its panes and the relief; everything else is drawn by the scripts of
``templates/`` from one data block and the rasters of `blobs`.
"""

from __future__ import annotations

import tempfile
from functools import cache
from importlib import resources
from importlib.metadata import version
from pathlib import Path

from ..cache import digest
from ..errors import OutputLockedError
from .blobs import raster_blobs
from .coast import coast_lines
from .content import MapContent
from .imagery import WebFrame, relief_picture, web_frame
from .payload import payload
from .pieces import Pieces
from .script_json import script_safe_json

__all__ = ["map_page", "write_map"]

_DATA_SLOT = "<!-- data of the page -->"  # that of `web_shell`, which is not imported for it
_RELIEF_PIXELS = 3_000_000
_MADE_BY = ("web_shell.py", "offline.py")


def write_map(
    path: Path, content: MapContent, *, pieces: Pieces | None = None, workers: int | None = None
) -> None:
    """Write the map of `content` to `path`: aside first, then moved into place.

    The same content gives the same bytes, whatever the other parameters.

    Parameters
    ----------
    path : Path
    content : MapContent
    pieces : Pieces, optional
        Encoded pieces of earlier maps; those of this one are added.
    workers : int or None
        Rasters that are encoded at a time; default: one for each core.

    Raises
    ------
    OutputLockedError
        The file cannot be written or replaced; an earlier file is untouched.
    """
    page = map_page(content, pieces=pieces, workers=workers)
    aside = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(
            "w",
            dir=path.parent,
            prefix=path.name,
            suffix=".part",
            delete=False,
            encoding="utf-8",
            newline="\n",
        ) as file:
            aside = Path(file.name)
            file.write(page)
        aside.chmod(0o644)
        aside.replace(path)
    except OSError as error:
        if aside is not None:
            aside.unlink(missing_ok=True)
        raise OutputLockedError(
            f"cannot write {path}: {error.strerror or error}; close the program that has it open (or mend "
            "the permission) and run again; the earlier map is untouched"
        ) from error


def map_page(content: MapContent, *, pieces: Pieces | None = None, workers: int | None = None) -> str:
    """Return the map as one self-contained HTML page; parameters as in `write_map`."""
    kept = Pieces() if pieces is None else pieces
    before, after = _shell(content, kept).split(_DATA_SLOT)
    return f"{before}{_data_blocks(content, kept, workers)}{after}"


def _shell(content: MapContent, pieces: Pieces) -> str:
    """Return the page without its data; as long as nothing in it changes, the one of the last map."""
    frame = web_frame(content.grid, _RELIEF_PIXELS)
    ground = digest("relief", content.terrain_m, content.land, content.grid, frame)
    start = _start_bounds(content, frame)

    def relief() -> bytes:
        return relief_picture(content.terrain_m, content.land, content.grid, frame).encode("ascii")

    def make() -> bytes:
        from .web_shell import page_shell  # folium takes long to import: only where a page is made

        south, west, north, east = frame.bounds_deg
        picture = pieces.get(ground, relief).decode("ascii")
        shell = page_shell(picture, [[south, west], [north, east]], start, content.language)
        return shell.encode("utf-8")

    key = digest("shell", _sources(), ground, start, content.language)
    pieces.keep([ground])
    return pieces.get(key, make).decode("utf-8")


@cache
def _sources() -> str:
    """Return the digest of all that a page is made from beside its data."""
    package = resources.files(__package__)
    names = [*_MADE_BY]
    for folder in ("templates", "assets"):
        names += [f"{folder}/{file.name}" for file in package.joinpath(folder).iterdir()]
    files = [(name, package.joinpath(name).read_bytes()) for name in sorted(names)]
    return digest(files, [version(name) for name in ("folium", "branca", "jinja2")])


def _data_blocks(content: MapContent, pieces: Pieces, workers: int | None) -> str:
    """Return the script elements that hold data: no browser runs them."""
    blobs = raster_blobs(content, pieces, workers)
    coast = pieces.get(
        digest("coast", content.land, content.grid),
        lambda: script_safe_json(coast_lines(content.land, content.grid)).encode("ascii"),
    )
    data = f'{script_safe_json(payload(content, blobs))[:-1]},"coast":{coast.decode("ascii")}}}'
    blocks = [f'<script type="application/json" id="ps-data">{data}</script>']
    for number, text in enumerate(blobs.raster_texts):
        blocks.append(f'<script type="text/plain" id="ps-raster-{number}">{text}</script>')
    blocks.append(f'<script type="application/json" id="ps-footprints">{blobs.footprint_table}</script>')
    return "\n".join(blocks)


def _start_bounds(content: MapContent, frame: WebFrame) -> list[list[float]]:
    """South-west and north-east corner of the hamlets, or of the grid where there are none."""
    if len(content.villages):
        west, south, east, north = content.villages.to_crs("EPSG:4326").total_bounds
        if east > west and north > south:
            return [
                [round(float(south), 5), round(float(west), 5)],
                [round(float(north), 5), round(float(east), 5)],
            ]
    south, west, north, east = frame.bounds_deg
    return [[south, west], [north, east]]
