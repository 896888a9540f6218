"""What the last whole run was made of: tells, without reading a layer, that nothing changed since."""

from __future__ import annotations

import hashlib
import json
import platform
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .cache import digest, source_digest

if TYPE_CHECKING:
    from .scene import Options, Scene

__all__ = ["nothing_changed", "record_run"]

_FILE = "last-run.json"
_LIBRARIES = ("geopandas", "highspy", "numba", "numpy", "pandas", "pyproj", "rasterio", "scipy", "shapely")


def record_run(scene: Scene) -> None:
    """Remember inputs, program and results of a whole run that has just been published.

    Not done where a layer lies outside the project: its files could not be found again by their names.
    """
    project = scene.options.project
    path, files = project.cache / _FILE, sorted(scene.layers.file_hashes)
    if not all((project.folder / name).is_file() for name in files):
        path.unlink(missing_ok=True)
        return
    told = {
        "files": files,
        "made_of": _made_of(scene.options, files),
        "results": _results(project.out),
    }
    aside = path.with_name(path.name + ".part")
    aside.write_text(json.dumps(told), encoding="utf-8")
    aside.replace(path)


def nothing_changed(options: Options) -> bool:
    """Tell whether the results are there, untouched, and a run would give the same again.

    Inputs are told by their contents, the program by its sources and libraries, results by size and time.
    """
    project = options.project
    try:
        told = json.loads((project.cache / _FILE).read_text(encoding="utf-8"))
        same_results = told["results"] == _results(project.out)
        return bool(same_results and told["made_of"] == _made_of(options, told["files"]))
    except (OSError, ValueError, KeyError, TypeError):
        return False


def _made_of(options: Options, files: list[str]) -> str:
    project = options.project
    asked = [options.as_of.isoformat(), options.language, project.model_dump_json(exclude={"folder"})]
    program = [platform.python_version(), *(f"{name} {version(name)}" for name in _LIBRARIES)]
    return digest(asked, program, _sources(), [_file(project.folder / name) for name in files])


def _sources() -> list[str]:
    """Digests of the package's folders, wherever an editable install has them."""
    from . import coverage, gis_data, maps

    packages = (coverage, gis_data, maps)
    folders = [Path(__file__).parent, *(Path(package.__path__[0]) for package in packages)]
    return [source_digest(folder) for folder in folders]


def _file(path: Path) -> tuple[str, list[str]]:
    """Content of a file, and names beside it (.cpg, .aux.xml) that change its meaning."""
    with path.open("rb") as stream:
        content = hashlib.file_digest(stream, "sha256").hexdigest()
    return content, sorted(other.name for other in path.parent.glob(f"{_glob_safe(path.stem)}.*"))


def _glob_safe(text: str) -> str:
    """Return a text that `glob` takes for itself."""
    return "".join(f"[{letter}]" if letter in "*?[" else letter for letter in text)


def _results(out: Path) -> dict[str, Any]:
    found = {}
    for path in sorted(out.rglob("*")):
        if path.is_file():
            state = path.stat()
            found[path.relative_to(out).as_posix()] = [state.st_size, state.st_mtime_ns]
    return found
