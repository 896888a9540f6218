"""The stage that explains the gaps: reasons and profiles, operators, sharing of masts, places with a duty."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
from pyproj import Transformer

from .about import about_frame, about_sheet, document_properties
from .coverage.cells import PointLevels
from .coverage.gap_reasons import Reason, gap_reasons, services_lacking
from .coverage.gap_reasons_table import reasons_table
from .coverage.gap_totals import (
    by_operator_table,
    mast_operators,
    old_commune_totals,
    operator_totals,
    places_table,
    sharing_table,
)
from .coverage.gaps import Verdicts, verdicts
from .gap_evidence import hamlets_with_5g_duty, measured, place_duties, todays_communes
from .gis_data import gap_schema as schema
from .gis_data.result_schema import SERVICE_LABELS, VERDICT_LABELS
from .gis_data.writers import Sheet, schema_formats, schema_headers, write_csv, write_geopackage, write_xlsx
from .inputs import meridian_convergence_deg
from .maps.profile_plot import ProfilePlot, profile_svg
from .scene import Scene
from .stages import Gaps

__all__ = ["GapDetail", "gap_detail_stage", "write_gap_detail"]

_NOT_IN_NAMES = re.compile(r"[^\w.-]+")


@dataclass(frozen=True)
class GapDetail:
    """Everything beside the verdicts.

    Attributes
    ----------
    reasons : tuple of Reason
    reasons_table, places : GeoDataFrame
        `HAMLET_REASONS` and `PLACES_DUTY` of `gis_data.gap_schema`.
    by_operator, operators, old_communes, sharing, subscriptions : DataFrame
        `HAMLET_BY_OPERATOR`, `OPERATOR_TOTALS`, `OLD_COMMUNE_TOTALS`, `SHARING`, `SUBSCRIPTIONS`.
    """

    reasons: tuple[Reason, ...]
    reasons_table: gpd.GeoDataFrame
    places: gpd.GeoDataFrame
    by_operator: pd.DataFrame
    operators: pd.DataFrame
    old_communes: pd.DataFrame
    sharing: pd.DataFrame
    subscriptions: pd.DataFrame


def gap_detail_stage(scene: Scene, levels: PointLevels, gaps: Gaps) -> GapDetail:
    """Explain every hamlet that lacks a service, and sum up by operator, old commune, mast and place."""
    with scene.options.reporter.stage("reasons") as progress:
        reasons = tuple(
            gap_reasons(
                scene.terrain, scene.cells, scene.points, levels, scene.rule, services_lacking(gaps.verdicts),
                scene.settings, scene.range_m, scene.day, patterns=scene.patterns, budget=scene.budget,
                measured=measured(scene), progress=progress,
            )
        )  # fmt: skip
        villages = pd.DataFrame(scene.layers.villages.drop(columns="geometry"))
        on_its_own = _by_operator(scene, levels)
        masts = scene.layers.masts
        communes = _mast_communes(scene)
        mast_commune = dict(zip(masts["mast_id"].astype(str), communes, strict=True))
        stated = scene.options.project.sharing
        references = [
            (name, ratio, f"{stated.source}, {stated.date}") for name, ratio in stated.stated.items()
        ]
        return GapDetail(
            reasons,
            _reasons_frame(scene, gaps, reasons, villages),
            _places_frame(scene, levels),
            by_operator_table(on_its_own, villages, scene.cells),
            operator_totals(
                on_its_own, gaps.verdicts, villages.assign(commune=todays_communes(scene)), scene.cells,
                scene.day, mast_commune,
            ),
            old_commune_totals(
                pd.DataFrame(gaps.table.drop(columns="geometry")), scene.layers.commune_crosswalk
            ),
            sharing_table(masts, mast_operators(masts, scene.cells, scene.day), communes, references),
            _subscriptions(scene),
        )  # fmt: skip


def _by_operator(scene: Scene, levels: PointLevels) -> dict[str, Verdicts]:
    samples, required = measured(scene), hamlets_with_5g_duty(scene)
    return {
        operator: verdicts(
            scene.points, len(scene.layers.villages), levels, scene.cells, scene.rule, scene.day,
            operator=operator, required_5g=required, measured=samples,
        )
        for operator in scene.options.project.operators
    }  # fmt: skip


def _reasons_frame(
    scene: Scene, gaps: Gaps, reasons: tuple[Reason, ...], villages: pd.DataFrame
) -> gpd.GeoDataFrame:
    crs = scene.layers.grid.crs
    to_degrees = Transformer.from_crs(crs, "EPSG:4326", always_xy=True)

    def degrees(x_m: float, y_m: float) -> tuple[float, float]:
        lon, lat = to_degrees.transform(x_m, y_m)
        return float(lon), float(lat)

    def convergence(x_m: float, y_m: float) -> float:
        return float(meridian_convergence_deg(crs, np.array([x_m]), np.array([y_m]))[0])

    table = reasons_table(reasons, gaps.verdicts, villages, scene.points, scene.cells, degrees, convergence)
    names = _file_names([str(name) for name in table["village_id"]])
    drawn = [
        f"profiles/{name}.svg" if reason.profile is not None else None
        for name, reason in zip(names, reasons, strict=True)
    ]
    point = np.array([reason.point for reason in reasons], dtype=np.int64)
    at = gpd.points_from_xy(scene.points.x_m[point], scene.points.y_m[point])
    return gpd.GeoDataFrame(table.assign(profile=np.array(drawn, dtype=object)), geometry=at, crs=crs)


def _places_frame(scene: Scene, levels: PointLevels) -> gpd.GeoDataFrame:
    places = scene.layers.places
    table = places_table(
        pd.DataFrame(places.drop(columns="geometry")), place_duties(scene), scene.points, levels, scene.cells,
        scene.rule, scene.day,
    )  # fmt: skip
    at = places.geometry.iloc[table.index.to_numpy(dtype=np.int64)]
    return gpd.GeoDataFrame(table.reset_index(drop=True), geometry=at.to_numpy(), crs=places.crs)


def _subscriptions(scene: Scene) -> pd.DataFrame:
    """What ``[statistics]`` states, per 100 people; no rows without it."""
    stated = scene.options.project.statistics
    rows = []
    if stated is not None:
        for subject, count in stated.subscriptions.items():
            per_100 = 100.0 * count / stated.population
            rows.append((subject, count, stated.population, per_100, stated.source, stated.date.isoformat()))
    return pd.DataFrame(rows, columns=[column.name for column in schema.SUBSCRIPTIONS.columns])


def _mast_communes(scene: Scene) -> list[str]:
    """Commune of each mast: its own column, else the area in which it stands, else nothing."""
    masts, communes = scene.layers.masts, scene.layers.communes
    named = masts["commune"].fillna("").astype(str).to_numpy(dtype=object)
    areas = (
        communes[communes.geometry.geom_type.isin(["Polygon", "MultiPolygon"])] if len(communes) else communes
    )
    if len(areas) and (named == "").any():
        mast, area = areas.sindex.query(masts.geometry, predicate="intersects")
        first = np.unique(mast, return_index=True)[1]
        inside = np.full(len(masts), "", dtype=object)
        inside[mast[first]] = areas["name"].to_numpy(dtype=object)[area[first]]
        named = np.where(named == "", inside, named)
    return [str(name) for name in named]


def _file_names(ids: list[str]) -> list[str]:
    """A file name for each id, safe and distinct on every operating system."""
    taken: set[str] = set()
    names = []
    for village_id in ids:
        plain = _NOT_IN_NAMES.sub("_", village_id).strip(".") or "hamlet"
        name, number = plain, 2
        while name.casefold() in taken:
            name, number = f"{plain}_{number}", number + 1
        taken.add(name.casefold())
        names.append(name)
    return names


def write_gap_detail(scene: Scene, detail: GapDetail, out: Path) -> None:
    """Write reasons.xlsx, reasons.gpkg, hamlet_by_operator.csv and a profile plot for each reason."""
    language, as_of = scene.options.language, scene.options.as_of
    tables: list[tuple[str, pd.DataFrame]] = [
        ("hamlet_reasons", detail.reasons_table),
        ("places_duty", detail.places),
        ("operator_totals", detail.operators),
        ("old_commune_totals", detail.old_communes),
        ("sharing", detail.sharing),
    ]
    if len(detail.subscriptions):
        tables.append(("subscriptions", detail.subscriptions))
    sheets = []
    for name, frame in tables:
        table = schema.GAP_TABLES[name]
        title = table.label_vi if language == "vi" else table.label_en
        headers, formats = schema_headers(table, language), schema_formats(table)
        sheets.append(Sheet(title[:31], _in_words(frame, language), headers, formats))
    sheets.append(about_sheet(scene))
    write_xlsx(out / "reasons.xlsx", sheets, as_of=as_of, language=language, **document_properties(scene))
    layers = {
        "hamlet_reasons": detail.reasons_table,
        "places_duty": detail.places,
        "hamlet_by_operator": detail.by_operator,
    }
    filled = {name: frame for name, frame in layers.items() if len(frame)}
    write_geopackage(out / "reasons.gpkg", {**filled, "about": about_frame(scene)}, as_of=as_of)
    headers = schema_headers(schema.HAMLET_BY_OPERATOR, language)
    # A CSV file: in a large province a sheet of a hundred thousand rows would take most of the run.
    write_csv(out / "hamlet_by_operator.csv", _in_words(detail.by_operator, language), headers=headers)
    _write_profiles(scene, detail, out)


def _in_words(frame: pd.DataFrame, language: str) -> pd.DataFrame:
    words = {
        "verdict": VERDICT_LABELS,
        "service": SERVICE_LABELS,
        "cause": schema.CAUSE_LABELS,
        "remedy": schema.REMEDY_LABELS,
        "point_kind": schema.POINT_LABELS,
        "place_kind": schema.PLACE_KIND_LABELS,
        "scope": {**schema.SHARING_LABELS, "all": ("All", "Tất cả")},
    }
    at = 1 if language == "vi" else 0
    spoken = {
        name: frame[name].map(lambda code, labels=labels: labels[code][at] if code in labels else code)
        for name, labels in words.items()
        if name in frame.columns
    }
    return frame.assign(**spoken)


def _write_profiles(scene: Scene, detail: GapDetail, out: Path) -> None:
    language = scene.options.language
    for reason, row in zip(detail.reasons, detail.reasons_table.itertuples(index=False), strict=True):
        if reason.profile is None or reason.candidate is None:
            continue
        path = out / str(row.profile)
        path.parent.mkdir(parents=True, exist_ok=True)
        svg = profile_svg(_plot(scene, reason, row, language), "vi" if language == "vi" else "en")
        with path.open("w", encoding="utf-8", newline="\n") as stream:
            stream.write(svg)


def _short_words(short_db: float, language: str) -> str:
    """What the candidate lacks; where the model finds it enough, by how much."""
    if short_db > 0.0:
        return f"{'thiếu' if language == 'vi' else 'short by'} {short_db:.1f} dB"
    spare = f"{abs(short_db):.1f} dB"
    return f"theo mô hình dư {spare}" if language == "vi" else f"the model finds {spare} to spare"


def _plot(scene: Scene, reason: Reason, row: object, language: str) -> ProfilePlot:
    profile, candidate = reason.profile, reason.candidate
    assert profile is not None and candidate is not None
    at, cells, cell = (1 if language == "vi" else 0), scene.cells, candidate.cell
    lacks = "Thiếu" if language == "vi" else "Lacks"
    name, commune = str(getattr(row, "name")), str(getattr(row, "commune"))  # noqa: B009  (columns)
    verdict = (
        f"{lacks}: {SERVICE_LABELS[reason.service][at]} · {schema.CAUSE_LABELS[reason.cause][at]} · "
        f"{cells.cell_id[cell]} ({cells.operator[cell]} {cells.technology[cell]}) · "
        f"{_short_words(candidate.short_db, language)}"
    )
    obstacle = reason.obstacle if reason.obstacle_db > 0.0 else None
    return ProfilePlot(
        title=f"{name}, {commune}",
        verdict=verdict,
        mast=str(cells.mast_id[cell]),
        hamlet=name,
        distance_km=profile.distance_km,
        height_m=profile.height_m,
        clutter_m=profile.clutter_m,
        antenna_height_m=float(cells.antenna_height_m[cell]),
        receiver_height_m=scene.settings.receiver_height_m,
        frequency_mhz=float(cells.frequency_mhz[cell]),
        obstacle_km=None if obstacle is None else obstacle.distance_km,
        obstacle_db=reason.obstacle_db,
        synthetic=scene.options.project.project.synthetic,
    )
