"""The results of a run for Google Earth: hamlets, masts, sectors, proposed stations and coverage."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pandas as pd
import shapely
from shapely.geometry.base import BaseGeometry

from ...coverage.cells import TechnologyRule
from ...gis_data.placing import WGS84
from ...gis_data.result_schema import VERDICT_LABELS
from ..classes import level_edges
from ..palette import INK, LEVEL_COLOURS, VERDICT_STYLE, operator_colours
from ..words import Language, word
from . import kml
from .layer import ExportLayer, told
from .legend import LegendLine, legend_png
from .overlays import GroundPicture
from .qgis import HOST_STYLE, PLAN_SIGNS
from .signs import sign_png

__all__ = ["KmzContent", "write_results_kmz"]

_HAMLET_TELLS = (
    "village_id", "commune", "population", "households", "grid_power", "verdict", "confidence", "decided_by",
    "verdict_indoor",
)  # fmt: skip
_REASON_TELLS = (
    "service", "cause", "candidate_cell", "candidate_operator", "distance_m", "level_dbm", "short_db",
    "obstacle_db", "obstacle_distance_m", "obstacle_height_m", "remedy", "remedy_price",
)  # fmt: skip
_MAST_TELLS = (
    "owner", "kind", "height_m", "power", "backhaul", "tenants", "operators", "technologies", "commune",
)  # fmt: skip
_CELL_TELLS = (
    "mast_id", "operator", "technology", "band", "frequency_mhz", "bandwidth_mhz", "antenna_height_m",
    "azimuth_deg", "beamwidth_deg", "mechanical_tilt_deg", "electrical_tilt_deg", "tx_power_dbm", "on_air",
)  # fmt: skip
_STATION_TELLS = (
    "kind", "operator", "host_id", "owner", "shared_with", "antenna_height_m", "technologies", "azimuths_deg",
    "power", "backhaul", "backhaul_target", "backhaul_km", "hangs_on", "people_newly_served",
    "villages_served_names", "commune", "capital", "total_cost", "year",
)  # fmt: skip
_LINK_TELLS = ("backhaul", "backhaul_target", "backhaul_km", "frequency_ghz")
_PLAN_TELLS = (
    "plan_id", "kind", "operator", "village_name", "commune", "mast_id", "deadline", "reported_on", "state",
    "support", "reason", "discrepancy", "source",
)  # fmt: skip
_TECHNOLOGIES = ("2g", "3g", "4g", "5g")
_OVERLAY_OPACITY = 0.65


@dataclass(frozen=True)
class KmzContent:
    """What `write_results_kmz` writes; a layer that is missing leaves its folder away.

    Attributes
    ----------
    title : str
    language : {"vi", "en"}
    synthetic : bool
    as_of : date
    operators : sequence of str
        In the order of the project: fixes their colours.
    about : sequence of (str, str)
        What is behind the results.
    hamlets, reasons, masts, cells, proposals, links, plans : ExportLayer or None
        `village_verdicts`, `hamlet_reasons`, `masts_of_day`, `cells_on_air`, the proposed stations,
        `backhaul_links` and `plan_items`.
    coverage : sequence of (TechnologyRule, GroundPicture)
    profiles, link_profiles : mapping of str to bytes
        PNG of the terrain profile by village_id, and of a microwave hop by station_id.
    """

    title: str
    language: Language
    synthetic: bool
    as_of: date
    operators: Sequence[str]
    about: Sequence[tuple[str, str]]
    hamlets: ExportLayer | None = None
    reasons: ExportLayer | None = None
    masts: ExportLayer | None = None
    cells: ExportLayer | None = None
    proposals: ExportLayer | None = None
    links: ExportLayer | None = None
    plans: ExportLayer | None = None
    coverage: Sequence[tuple[TechnologyRule, GroundPicture]] = ()
    profiles: Mapping[str, bytes] = field(default_factory=dict)
    link_profiles: Mapping[str, bytes] = field(default_factory=dict)


def write_results_kmz(path: Path, content: KmzContent) -> None:
    """Write the KMZ; the same content gives the same bytes.

    Raises
    ------
    OutputLockedError
        The file cannot be replaced.
    """
    writer = _Writer(content)
    kml.write_kmz(path, writer.root, writer.files, content.as_of)


class _Writer:
    """Builds the document and gathers the pictures that it names."""

    def __init__(self, content: KmzContent) -> None:
        self.content, self.language = content, content.language
        self.files: dict[str, bytes] = {}
        self.pictures: list[str] = []
        note = self._word("synthetic") if content.synthetic else self._word("predicted")
        name = f"{content.title} · {content.as_of.isoformat()}" + (f" · {note}" if content.synthetic else "")
        description = kml.balloon(
            content.title, list(content.about), notes=[note, self._word("predicted_help")]
        )
        self.root, self.body = kml.document(name, description)
        self._view()
        self._styles()
        self._legend()
        for part in (self._coverage, self._hamlets, self._proposals, self._plans, self._masts, self._cells):
            part()

    def _word(self, key: str) -> str:
        return word(key, self.language)

    def _view(self) -> None:
        content = self.content
        layers = (content.hamlets, content.masts, content.proposals, content.cells, content.plans)
        frames = [layer.frame.to_crs(WGS84) for layer in layers if layer is not None and len(layer.frame)]
        if frames:
            edges = pd.DataFrame([frame.total_bounds for frame in frames])
            bounds = (edges[0].min(), edges[1].min(), edges[2].max(), edges[3].max())
            kml.view(self.body, bounds, self.content.as_of)

    def _styles(self) -> None:
        def icon(key: str, sign: str, colour: str, scale: float, label: float) -> None:
            name = f"icons/{key}.png"
            self.files[name] = sign_png(sign, colour)
            kml.icon_style(self.body, key, name, scale, label)

        for code, (colour, sign) in VERDICT_STYLE.items():
            icon(f"verdict-{code}", sign, colour, 0.7, 0.7)
            kml.polygon_style(self.body, f"area-{code}", colour)
        icon("mast", "mast", INK, 0.6, 0.6)
        for code, (colour, sign) in PLAN_SIGNS.items():
            icon(f"plan-{code}", sign, colour, 0.8, 0.7)
        for kind, colour in HOST_STYLE.items():
            icon(f"station-{kind}", "star", colour, 1.0, 0.9)
        self.sectors = {}
        for number, (operator, colour) in enumerate(operator_colours(self._operators()).items()):
            self.sectors[operator] = f"sector-{number}"
            kml.polygon_style(self.body, f"sector-{number}", colour)
        kml.polygon_style(self.body, "link-fibre", "#009e73", width=3.0)
        kml.polygon_style(self.body, "link-microwave", "#0072b2", width=3.0)
        kml.polygon_style(self.body, "serves", "#737b84", width=1.2)

    def _operators(self) -> tuple[str, ...]:
        cells = self.content.cells
        present = sorted(set(cells.frame["operator"].astype(str))) if cells is not None else []
        return tuple(dict.fromkeys([*self.content.operators, *present]))

    def _legend(self) -> None:
        content = self.content
        lines = [LegendLine(content.title), LegendLine(f"{self._word('as_of')} {content.as_of.isoformat()}")]
        if content.synthetic:
            lines.append(LegendLine(self._word("synthetic"), warning=True))
        lines.append(LegendLine(self._word("predicted"), warning=True))
        lines += _legend_lines(content)
        self.files["legend.png"] = legend_png(lines)
        overlay = kml.add(self.body, "ScreenOverlay")
        kml.add(overlay, "name", self._word("legend"))
        kml.add(kml.add(overlay, "Icon"), "href", "legend.png")
        for tag, x, y in (("overlayXY", "0", "1"), ("screenXY", "0.01", "0.97")):
            kml.add(overlay, tag, x=x, y=y, xunits="fraction", yunits="fraction")

    def _coverage(self) -> None:
        if not self.content.coverage:
            return
        parent = kml.folder(self.body, self._word("coverage"))
        kml.add(kml.add(kml.add(parent, "Style"), "ListStyle"), "listItemType", "radioFolder")
        for number, (rule, picture) in enumerate(self.content.coverage):
            name = f"coverage/{picture.technology.lower()}.png"
            self.files[name] = picture.png
            overlay = kml.add(parent, "GroundOverlay")
            kml.add(overlay, "name", picture.technology)
            kml.add(overlay, "visibility", "1" if number == len(self.content.coverage) - 1 else "0")
            required = f"{self._word('threshold')} {rule.threshold_dbm:g} dBm, P ≥ {rule.probability:g}"
            kml.add(
                overlay, "description", kml.balloon(picture.technology, [(self._word("coverage"), required)])
            )
            kml.add(overlay, "color", kml.kml_colour("#ffffff", _OVERLAY_OPACITY))
            kml.add(kml.add(overlay, "Icon"), "href", name)
            box = kml.add(overlay, "LatLonBox")
            for edge in ("north", "south", "east", "west"):
                kml.add(box, edge, f"{getattr(picture, edge):.7f}")

    def _hamlets(self) -> None:
        layer = self.content.hamlets
        if layer is None or not len(layer.frame):
            return
        parent = kml.folder(self.body, layer.label, opened=True)
        at = {code: number for number, code in enumerate(VERDICT_LABELS)}
        reasons = self._reasons()
        order = layer.frame["verdict"].map(at).to_numpy().argsort(kind="stable")
        folders: dict[str, ET.Element] = {}
        counts = layer.frame["verdict"].value_counts()
        for code, shape, row in _rows(layer, "verdict", order):
            if code not in folders:
                label = VERDICT_LABELS[code][1 if self.language == "vi" else 0]
                folders[code] = kml.folder(parent, f"{label} ({counts[code]})")
            village = str(row["village_id"])
            told_rows = told(layer, row, _HAMLET_TELLS, self.language) + self._levels(layer, row)
            reason = reasons.get(village)
            if reason is not None and self.content.reasons is not None:
                told_rows += told(self.content.reasons, reason, _REASON_TELLS, self.language)
            picture = self._picture(self.content.profiles.get(village))
            point = shape.geom_type in ("Point", "MultiPoint")
            kml.placemark(
                folders[code], str(row["name"]), shape, f"verdict-{code}" if point else f"area-{code}",
                snippet=str(row["verdict"]),
                data=self._data(layer, row),
                description=kml.balloon(
                    str(row["name"]), told_rows, picture=picture, notes=[self._word("predicted")]
                ),
            )  # fmt: skip

    def _picture(self, png: bytes | None) -> str:
        """Put a profile into the file and return its name; empty where there is none."""
        if png is None:
            return ""
        name = f"profiles/{len(self.pictures):05d}.png"
        self.pictures.append(name)
        self.files[name] = png
        return name

    def _data(self, layer: ExportLayer, row: Mapping[str, Any]) -> dict[str, tuple[str, object]]:
        """All columns, numbers as they are, for programs that read the file."""
        found: dict[str, tuple[str, object]] = {}
        for name, value in row.items():
            missing = value is None or value is pd.NA or value != value
            if isinstance(value, bool):
                value = self._word("yes" if value else "no")
            elif isinstance(value, datetime) and not missing:
                value = value.date().isoformat()
            found[name] = layer.title(name), None if missing else value
        return found

    def _levels(self, layer: ExportLayer, row: Mapping[str, Any]) -> list[tuple[str, str]]:
        """One line a technology: level, probability, and whether the hamlet is served."""
        found = []
        for technology in _TECHNOLOGIES:
            columns = [f"level_{technology}_dbm", f"p_{technology}", f"served_{technology}"]
            texts = [text for _, text in told(layer, row, columns, self.language)]
            if len(texts) == 3:
                served = f"{self._word('served').lower()}: {texts[2].lower()}"
                found.append((technology.upper(), f"{texts[0]} dBm · P {texts[1]} · {served}"))
        return found

    def _reasons(self) -> dict[str, Mapping[str, Any]]:
        layer = self.content.reasons
        if layer is None:
            return {}
        rows = layer.words.drop(columns=layer.words.geometry.name).to_dict("records")
        return {str(row["village_id"]): row for row in rows}

    def _proposals(self) -> None:
        layer = self.content.proposals
        if layer is None or not len(layer.frame):
            return
        parent = kml.folder(self.body, self._word("proposals"), opened=True)
        for code, shape, row in _rows(layer, "kind"):
            rows = told(layer, row, _STATION_TELLS, self.language)
            year = row.get("year")
            begin = None if year is None or pd.isna(year) else date(int(year), 1, 1)
            name = str(row["station_id"])
            kml.placemark(
                parent, name, shape, f"station-{code}", snippet=str(row["kind"]),
                description=kml.balloon(name, rows), data=self._data(layer, row), begin=begin,
            )  # fmt: skip
        self._links(parent)
        self._served(parent, layer)

    def _links(self, parent: ET.Element) -> None:
        layer = self.content.links
        if layer is None or not len(layer.frame):
            return
        folder = kml.folder(parent, self._word("backhaul"))
        for code, shape, row in _rows(layer, "backhaul"):
            name = f"{row['station_id']} – {row['backhaul_target']}"
            rows = told(layer, row, _LINK_TELLS, self.language)
            picture = self._picture(self.content.link_profiles.get(str(row["station_id"])))
            told_link = kml.balloon(name, rows, picture=picture)
            kml.placemark(folder, name, shape, f"link-{code}", description=told_link)

    def _served(self, parent: ET.Element, layer: ExportLayer) -> None:
        """A line from each proposed station to each hamlet that it would serve."""
        hamlets = self.content.hamlets
        if hamlets is None or "villages_served" not in layer.frame:
            return
        points = hamlets.frame.to_crs(WGS84).geometry.representative_point()
        places = dict(zip(hamlets.frame["village_id"].astype(str), points, strict=True))
        names = dict(
            zip(hamlets.frame["village_id"].astype(str), hamlets.frame["name"].astype(str), strict=True)
        )
        folder = kml.folder(parent, self._word("villages_served"))
        for _, shape, row in _rows(layer, "kind"):
            for village in filter(None, str(row["villages_served"] or "").split("; ")):
                if village in places:
                    line = shapely.LineString([shape, places[village]])
                    kml.placemark(folder, f"{row['station_id']} – {names[village]}", line, "serves")

    def _plans(self) -> None:
        """Plan items in folders by state, the ones that need a look first."""
        layer = self.content.plans
        if layer is None or not len(layer.frame):
            return
        parent = kml.folder(self.body, self._word("plan_items"))
        rows = list(_rows(layer, "state"))
        for state in PLAN_SIGNS:
            own = [(shape, row) for code, shape, row in rows if code == state]
            if not own:
                continue
            inside = kml.folder(parent, f"{self._word(f'plan_state.{state}')} ({len(own)})")
            for shape, row in own:
                name = str(row["item_id"])
                told_item = kml.balloon(name, told(layer, row, _PLAN_TELLS, self.language))
                kml.placemark(
                    inside, name, shape, f"plan-{state}", snippet=str(row["plan_id"]),
                    description=told_item, data=self._data(layer, row),
                )  # fmt: skip

    def _masts(self) -> None:
        layer = self.content.masts
        if layer is None or not len(layer.frame):
            return
        parent = kml.folder(self.body, self._word("masts"), shown=True)
        for _, shape, row in _rows(layer, "kind"):
            name = str(row["mast_id"])
            rows = told(layer, row, _MAST_TELLS, self.language)
            kml.placemark(
                parent, name, shape, "mast", snippet=str(row.get("operators") or ""),
                description=kml.balloon(name, rows), data=self._data(layer, row),
            )  # fmt: skip

    def _cells(self) -> None:
        """Sectors in folders by operator and technology, each since its cell is on air."""
        layer = self.content.cells
        if layer is None or not len(layer.frame):
            return
        parent = kml.folder(self.body, self._word("cells"))
        folders: dict[tuple[str, ...], ET.Element] = {}
        order = layer.frame.reset_index(drop=True).sort_values(["operator", "technology", "cell_id"]).index
        for operator, shape, row in _rows(layer, "operator", order):
            above = folders.get((operator,))
            if above is None:
                above = folders[(operator,)] = kml.folder(parent, operator)
            technology = str(row["technology"])
            inside = folders.get((operator, technology))
            if inside is None:
                inside = folders[operator, technology] = kml.folder(above, technology)
            name, since = str(row["cell_id"]), row.get("on_air")
            begin = since.date() if isinstance(since, datetime) and not pd.isna(since) else None
            rows = told(layer, row, _CELL_TELLS, self.language)
            kml.placemark(
                inside, name, shape, self.sectors[operator], snippet=f"{operator} {technology}",
                description=kml.balloon(name, rows), data=self._data(layer, row), begin=begin,
            )  # fmt: skip


def _rows(
    layer: ExportLayer, code: str, order: Any = None
) -> Iterator[tuple[str, BaseGeometry, dict[str, Any]]]:
    """The code, place (WGS 84) and words of each row that has a place."""
    shapes = layer.frame.geometry.to_crs(WGS84).tolist()
    codes = layer.frame[code].astype(str).tolist()
    plain = pd.DataFrame(layer.words.drop(columns=layer.words.geometry.name))
    rows = [{str(name): value for name, value in row.items()} for row in plain.to_dict("records")]
    for number in range(len(rows)) if order is None else order:
        if shapes[number] is not None and not shapes[number].is_empty:
            yield codes[number], shapes[number], rows[number]


def _legend_lines(content: KmzContent) -> list[LegendLine]:
    at = 1 if content.language == "vi" else 0
    lines: list[LegendLine] = []
    if content.hamlets is not None:
        lines.append(LegendLine(word("hamlets", content.language)))
        lines += [
            LegendLine(VERDICT_LABELS[c][at], colour, sign) for c, (colour, sign) in VERDICT_STYLE.items()
        ]
    if content.proposals is not None:
        lines.append(LegendLine(word("proposals", content.language)))
        used = set(content.proposals.frame["kind"].astype(str))
        lines += [
            LegendLine(word(f"host.{kind}", content.language), colour, "star")
            for kind, colour in HOST_STYLE.items()
            if kind in used
        ]
    if content.cells is not None:
        lines.append(LegendLine(word("operators", content.language)))
        present = set(content.cells.frame["operator"].astype(str))
        named = tuple(dict.fromkeys([*content.operators, *sorted(present)]))
        lines += [LegendLine(o, colour) for o, colour in operator_colours(named).items() if o in present]
    for rule, picture in content.coverage:
        lines.append(LegendLine(f"{word('level_unit', content.language)} {picture.technology}"))
        keys = ("level_weak", "level_uncertain", "rule_met", "level_strong")
        lines += [
            LegendLine(f"≥ {edge:g}: {word(key, content.language)}", colour)
            for edge, key, colour in zip(level_edges(rule), keys, LEVEL_COLOURS, strict=True)
        ]
    return lines
