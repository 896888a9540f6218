"""``phusong export``: the published results in the files that other programs and offices work with."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from pyproj import CRS
from pyproj.exceptions import CRSError

from .errors import InputError, Problem
from .gis_data import exchange_files
from .gis_data.network_schema import COVERAGE_AREAS
from .gis_data.raster_copies import reprojected_copy
from .gis_data.writers import (
    Sheet,
    schema_formats,
    schema_headers,
    write_csv,
    write_geopackage,
    write_xlsx,
)
from .maps.exports.kmz import KmzContent, write_results_kmz
from .maps.exports.layer import ExportLayer
from .maps.exports.overlays import coverage_areas, ground_picture
from .maps.exports.profile_png import profile_png
from .maps.exports.qgis import layer_styles
from .maps.words import WORDS, Language
from .one_run import alone
from .publish import staged
from .published import WHATS, Published
from .scene import Options

__all__ = ["FORMATS", "ExportRequest", "export_job"]

FOLDER = "export"
_STEM = "results"
_OWNED = {
    "kmz": ("results.kmz",), "gpkg": ("results.gpkg",), "shp": ("shp/*",), "tab": ("tab/*",),
    "xlsx": ("results.xlsx",), "csv": ("csv/*",), "cog": ("coverage/*",),
}  # fmt: skip
FORMATS = tuple(_OWNED)
"""What ``--format`` may say."""

_TABLES_ONLY = ("xlsx", "csv")
_CLASS_WORDS = {
    "weak": "level_weak", "uncertain": "level_uncertain", "covered": "rule_met", "strong": "level_strong",
}  # fmt: skip


@dataclass(frozen=True)
class ExportRequest:
    """What the user asked for, as typed.

    Attributes
    ----------
    formats : sequence of str
        Of `FORMATS`; several may stand in one text, separated by commas. Empty: KMZ.
    whats : sequence of str
        Of `published.WHATS`, likewise. Empty: all that has been published.
    crs : str or None
        CRS of the files that can have one; None: that of the run.
    """

    formats: Sequence[str] = ()
    whats: Sequence[str] = ()
    crs: str | None = None


@alone
def export_job(options: Options, request: ExportRequest) -> None:
    """Write ``out/export/`` from the published results; nothing is computed again.

    Raises
    ------
    InputError
        The request is not understood, or what it asks for has not been published.
    """
    published = Published(options.project, options.language)
    formats, whats, crs = _understood(request, published)
    owned = [f"{FOLDER}/{pattern}" for kind in formats for pattern in _OWNED[kind]]
    with options.reporter.stage("export"):
        content = _Content(published, whats, crs)
        with staged(options.project.out, options.project.cache, owned=owned) as out:
            for kind in formats:
                _WRITERS[kind](content, out / FOLDER)
            written = sorted(path.relative_to(out) for path in (out / FOLDER).rglob("*") if path.is_file())
    for path in written:
        if path.suffix not in (".dbf", ".shx", ".prj", ".cpg", ".dat", ".map", ".id"):
            # plain print: a path must stay on one line to be copied
            print(f"{options.reporter.say('wrote')}: {options.project.out / path}")


def _understood(request: ExportRequest, published: Published) -> tuple[list[str], list[str], str | None]:
    problems: list[Problem] = []
    formats = _listed("--format", request.formats, FORMATS, problems) or ["kmz"]
    asked = _listed("--what", request.whats, WHATS, problems)
    if request.crs is not None:
        problems += _crs_problems(request.crs)
    if problems:
        raise InputError(problems)
    whats = asked or [what for what in WHATS if published.has(what)]
    problems += [published.missing(what) for what in (whats or WHATS) if not published.has(what)]
    if asked == ["coverage"] and set(formats) <= set(_TABLES_ONLY):
        problems.append(_problem("--what", "coverage", "a format for maps: kmz, gpkg, shp, tab, cog"))
    if "cog" in formats and "coverage" not in whats and not problems:
        problems.append(_problem("--format", "cog", "--what coverage: it holds rasters only"))
    if problems:
        raise InputError(problems)
    return formats, whats, request.crs


def _listed(option: str, texts: Sequence[str], known: Sequence[str], problems: list[Problem]) -> list[str]:
    words = [word.strip().lower() for text in texts for word in text.split(",") if word.strip()]
    problems += [_problem(option, word, f"one of {', '.join(known)}") for word in words if word not in known]
    return [word for word in known if word in words]


def _crs_problems(text: str) -> list[Problem]:
    expected = "a CRS for positions on a map, e.g. EPSG:5899 (VN-2000, Quảng Ninh) or EPSG:4326"
    try:
        crs = CRS.from_user_input(text)
    except CRSError:
        return [_problem("--crs", text, expected)]
    return [] if crs.is_projected or crs.is_geographic else [_problem("--crs", text, expected)]


def _problem(option: str, value: str, expected: str) -> Problem:
    return Problem("phusong export", expected, "see: phusong export --help", column=option, value=value)


class _Content:
    """The layers that were asked for, read once for all formats."""

    def __init__(self, published: Published, whats: Sequence[str], crs: str | None) -> None:
        self.published, self.whats, self.crs = published, whats, crs
        self.language: Language = "vi" if published.language == "vi" else "en"
        self.as_of, self.about = published.as_of, published.about
        self.tables: dict[str, ExportLayer] = {}
        for what in whats:
            if what != "coverage":
                self.tables.update({layer.name: layer for layer in published.layers(what)})

    @property
    def coverage(self) -> Sequence[str]:
        """Technologies whose coverage was asked for."""
        return self.published.technologies if "coverage" in self.whats else ()

    def areas(self) -> list[ExportLayer]:
        """Return the classes of coverage as areas, a layer for each technology."""
        at = 0 if self.language == "vi" else 1
        titles, formats = schema_headers(COVERAGE_AREAS, self.language), schema_formats(COVERAGE_AREAS)
        found = []
        for technology in self.coverage:
            raster, rule = self.published.coverage(technology)
            frame = coverage_areas(raster.values, raster.grid, rule).assign(as_of=pd.Timestamp(self.as_of))
            words = frame.assign(level_class=[WORDS[_CLASS_WORDS[c]][at] for c in frame["level_class"]])
            name = f"coverage_{technology.lower()}"
            found.append(
                ExportLayer(name, f"{WORDS['coverage'][at]} {technology}", frame, words, titles, formats)
            )
        return found

    def about_frame(self) -> pd.DataFrame:
        """Return what is behind the results as a table."""
        return pd.DataFrame(self.about, columns=["item", "value"])


def _write_kmz(content: _Content, folder: Path) -> None:
    project, tables = content.published.project, content.tables
    rasters = [content.published.coverage(technology) for technology in content.coverage]
    write_results_kmz(
        folder / f"{_STEM}.kmz",
        KmzContent(
            title=project.project.name, language=content.language, synthetic=project.project.synthetic,
            as_of=content.as_of, operators=project.operators, about=content.about,
            hamlets=tables.get("hamlets"), reasons=tables.get("hamlet_reasons"), masts=tables.get("masts"),
            cells=tables.get("cells"), proposals=tables.get("stations"), links=tables.get("links"),
            plans=tables.get("plan_items"),
            coverage=[(rule, ground_picture(found.values, found.grid, rule)) for found, rule in rasters],
            profiles=_profiles(content, "hamlet_reasons", "village_id"),
            link_profiles=_profiles(content, "links", "station_id"),
        ),
    )  # fmt: skip


def _profiles(content: _Content, layer_name: str, key: str) -> dict[str, bytes]:
    """The terrain profile of each row of a layer that has one, by its key."""
    layer, found = content.tables.get(layer_name), {}
    if layer is not None:
        for village, name in zip(layer.frame[key].astype(str), layer.frame["profile"], strict=True):
            path = content.published.project.out / str(name)
            if isinstance(name, str) and path.suffix == ".svg" and path.is_file():
                found[village] = profile_png(path.read_text(encoding="utf-8"))
    return found


def _write_gpkg(content: _Content, folder: Path) -> None:
    layers: dict[str, pd.DataFrame] = {name: layer.frame for name, layer in content.tables.items()}
    layers |= {layer.name: layer.frame for layer in content.areas()}
    styles = layer_styles(layers, content.language, content.published.project.operators)
    layers["about"] = content.about_frame()
    write_geopackage(
        folder / f"{_STEM}.gpkg", layers, as_of=content.as_of, crs=content.crs, styles=styles
    )  # fmt: skip


def _write_shp(content: _Content, folder: Path) -> None:
    _write_exchange(
        content,
        folder / "shp",
        lambda to, layer, crs: exchange_files.write_shapefile(
            to, layer.name, layer.words, as_of=content.as_of, crs=crs, language=content.language
        ),
    )


def _write_tab(content: _Content, folder: Path) -> None:
    _write_exchange(
        content,
        folder / "tab",
        lambda to, layer, crs: exchange_files.write_mapinfo(
            to, layer.name, layer.words, crs=crs, language=content.language
        ),
    )


def _write_exchange(
    content: _Content, folder: Path, write: Callable[[Path, ExportLayer, str], dict[str, str]]
) -> None:
    """Write a file a layer, and beside them what their columns mean and what is behind the results."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = []
    for layer in [*content.tables.values(), *content.areas()]:
        if len(layer.frame):
            names = write(folder, layer, content.crs or layer.frame.crs.to_string())
            rows += [(layer.name, short, name, layer.title(name)) for name, short in names.items()]
    write_csv(folder / "columns.csv", pd.DataFrame(rows, columns=["file", "column", "name", "title"]))
    write_csv(folder / "about.csv", content.about_frame())


def _write_xlsx(content: _Content, folder: Path) -> None:
    about = {"vi": ("Giới thiệu", "Mục", "Nội dung"), "en": ("About", "Item", "Value")}[content.language]
    sheets = [
        Sheet(layer.label[:31], _with_position(layer, content), layer.titles, layer.formats)
        for layer in content.tables.values()
    ]
    headers = {"item": about[1], "value": about[2]}
    sheets.append(Sheet(about[0], content.about_frame(), headers))
    project = content.published.project.project
    marks = [WORDS[key][0 if content.language == "vi" else 1] for key in ("synthetic", "predicted")]
    write_xlsx(
        folder / f"{_STEM}.xlsx", sheets, as_of=content.as_of, language=content.language, title=project.name,
        description="; ".join(marks if project.synthetic else marks[1:]),
    )  # fmt: skip


def _write_csv(content: _Content, folder: Path) -> None:
    for layer in content.tables.values():
        write_csv(folder / "csv" / f"{layer.name}.csv", _with_position(layer, content), headers=layer.titles)
    write_csv(folder / "csv" / "about.csv", content.about_frame())


def _with_position(layer: ExportLayer, content: _Content) -> pd.DataFrame:
    """The words of a layer; with a CRS asked for, the position in it beside longitude and latitude."""
    frame = layer.words.drop(columns=[c for c in ("lon", "lat", "x_m", "y_m") if c in layer.words])
    if content.crs is None:
        return frame
    points = frame.geometry.representative_point().to_crs(content.crs)
    east, north = ("Toạ độ đông", "Toạ độ bắc") if content.language == "vi" else ("Easting", "Northing")
    geographic = CRS.from_user_input(content.crs).is_geographic
    digits, unit = (6, "°") if geographic else (2, "m")
    return frame.assign(
        **{
            f"{east} ({unit}, {content.crs})": points.x.round(digits).to_numpy(),
            f"{north} ({unit}, {content.crs})": points.y.round(digits).to_numpy(),
        }
    )


def _write_cog(content: _Content, folder: Path) -> None:
    target = folder / "coverage"
    target.mkdir(parents=True, exist_ok=True)
    for path in content.published.rasters():
        if content.crs is None:
            shutil.copyfile(path, target / path.name)
        else:
            reprojected_copy(path, target / path.name, content.crs)
    index = content.published.project.out / "coverage" / "best_cell_index.csv"
    if index.is_file():
        shutil.copyfile(index, target / index.name)


_WRITERS: dict[str, Callable[[_Content, Path], None]] = {
    "kmz": _write_kmz, "gpkg": _write_gpkg, "shp": _write_shp, "tab": _write_tab, "xlsx": _write_xlsx,
    "csv": _write_csv, "cog": _write_cog,
}  # fmt: skip
