"""The stage that explains the gaps: reasons and profiles, operators, sharing of masts, places with a duty."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd

from .about import about_frame, about_sheet, document_properties
from .coverage.commune_names import communes_of_today
from .coverage.gap_reasons import Reason
from .coverage.gap_totals import (
    by_operator_table,
    mast_operators,
    old_commune_totals,
    operator_totals,
    sharing_table,
)
from .coverage.gaps import Verdicts, verdicts
from .coverage.places_duty import places_table
from .coverage.walls import indoor_verdicts
from .gap_evidence import hamlets_with_5g_duty, measured, place_duties, todays_communes
from .gis_data import gap_schema as schema
from .gis_data.columns import in_currency
from .gis_data.result_schema import (
    ANY_OPERATOR,
    CONFIDENCE_LABELS,
    CONFIDENCES,
    EVIDENCE_LABELS,
    SERVICE_LABELS,
    VERDICT_LABELS,
)
from .gis_data.rounding import rounded
from .gis_data.writers import Sheet, schema_formats, schema_headers, write_csv, write_geopackage, write_xlsx
from .hamlet_reasons import indoor_reasons_frame, outdoor_reasons, reasons_frame
from .maps.exports.qgis import layer_styles
from .maps.profile_plot import ProfilePlot, profile_svg
from .remedies import remedy_limits
from .scene import Scene
from .stages import Gaps

__all__ = ["GapDetail", "gap_detail_stage", "hamlet_profile_svg", "reason_words", "write_gap_detail"]

_SAMPLES_LACK = {"vi": "theo mẫu đo thiếu {short:.1f} dB", "en": "by the samples short by {short:.1f} dB"}
_LEAST_DB = 0.05  # 0.0 would stand there
# What lies on the edge of the rule must not look as if nothing were missing.
_FORMATS = {"short_db": '[<0.05]"< 0.1";0.0', "p_point": "0.0000", "p_rule": "0.00"}


@dataclass(frozen=True)
class GapDetail:
    """Everything beside the verdicts.

    Attributes
    ----------
    reasons : tuple of Reason
    reasons_table, indoor_reasons, places : GeoDataFrame
        `HAMLET_REASONS`, `INDOOR_REASONS` and `PLACES_DUTY` of `gis_data.gap_schema`.
    by_operator, operators, old_communes, sharing, subscriptions : DataFrame
        `HAMLET_OPERATORS`, `OPERATOR_TOTALS`, `OLD_COMMUNE_TOTALS`, `SHARING`, `SUBSCRIPTIONS`.
    """

    reasons: tuple[Reason, ...]
    reasons_table: gpd.GeoDataFrame
    indoor_reasons: gpd.GeoDataFrame
    places: gpd.GeoDataFrame
    by_operator: pd.DataFrame
    operators: pd.DataFrame
    old_communes: pd.DataFrame
    sharing: pd.DataFrame
    subscriptions: pd.DataFrame


def gap_detail_stage(scene: Scene, gaps: Gaps) -> GapDetail:
    """Explain every hamlet that lacks a service, and sum up by operator, old commune, mast and place."""
    with scene.options.reporter.stage("reasons") as progress:
        limits = remedy_limits(scene)
        reasons = outdoor_reasons(scene, gaps, limits, progress)
        inside = indoor_reasons_frame(scene, gaps, limits, progress)
        villages = pd.DataFrame(scene.layers.villages.drop(columns="geometry"))
        on_its_own = _by_operator(scene, gaps)
        masts = scene.layers.masts
        communes = _mast_communes(scene)
        mast_commune = dict(zip(masts["mast_id"].astype(str), communes, strict=True))
        stated = scene.options.project.sharing
        references = [
            (name, ratio, f"{stated.source}, {stated.date}") for name, ratio in stated.stated.items()
        ]
        return GapDetail(
            reasons,
            reasons_frame(scene, gaps, reasons),
            inside,
            _places_frame(scene, gaps),
            _hamlet_operators(scene, gaps, on_its_own, villages),
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


def _by_operator(scene: Scene, gaps: Gaps) -> dict[str, Verdicts]:
    samples, required = measured(scene), hamlets_with_5g_duty(scene)
    return {
        operator: verdicts(
            scene.points, len(scene.layers.villages), gaps.levels.model, scene.cells, scene.rule,
            scene.day, operator=operator, required_5g=required, measured=samples,
            shifted=gaps.levels.shifted, heard=gaps.levels.heard,
        )
        for operator in scene.options.project.operators
    }  # fmt: skip


def _hamlet_operators(
    scene: Scene, gaps: Gaps, outdoors: dict[str, Verdicts], villages: pd.DataFrame
) -> pd.DataFrame:
    """`HAMLET_OPERATORS`: each operator alone, outdoors, and the same indoors beside it."""
    required = hamlets_with_5g_duty(scene)
    indoors = {
        operator: indoor_verdicts(
            scene.points, len(villages), gaps.levels.indoors, scene.cells, scene.rule, scene.day,
            operator=operator, required_5g=required, heard=gaps.levels.heard_indoors,
        )
        for operator in scene.options.project.operators
    }  # fmt: skip
    inside = by_operator_table(indoors, villages, scene.cells)
    sure = np.array(CONFIDENCES, dtype=object)
    by_hamlet = [np.repeat(sure[one.confidence][:, np.newaxis], len(one.technologies), axis=1)
                 for one in indoors.values()]  # fmt: skip
    return by_operator_table(outdoors, villages, scene.cells).assign(
        verdict_indoor=inside["verdict"],
        confidence_indoor=np.concatenate(by_hamlet, axis=1).reshape(-1) if by_hamlet else None,
        p_indoor=inside["p_covered"],
        share_people_indoor=inside["share_people"],
        served_indoor=inside["served"],
    )


def _places_frame(scene: Scene, gaps: Gaps) -> gpd.GeoDataFrame:
    places = scene.layers.places
    table = places_table(
        pd.DataFrame(places.drop(columns="geometry")), place_duties(scene), scene.points, gaps.levels.model,
        scene.cells, scene.rule, scene.day, measured(scene), gaps.levels.shifted,
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
    """Commune of today of each mast: by its own column, else the area in which it stands, else nothing."""
    masts, communes = scene.layers.masts, scene.layers.communes
    names = communes["name"].astype(str)
    named = communes_of_today(masts["commune"], scene.layers.commune_crosswalk, names).to_numpy(dtype=object)
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


def write_gap_detail(scene: Scene, detail: GapDetail, out: Path) -> None:
    """Write reasons.xlsx, reasons.gpkg, hamlet_by_operator.csv and a profile plot for each reason."""
    language, as_of = scene.options.language, scene.options.as_of
    tables: list[tuple[str, pd.DataFrame]] = [
        ("hamlet_reasons", detail.reasons_table),
        ("indoor_reasons", detail.indoor_reasons),
        ("places_duty", detail.places),
        ("operator_totals", detail.operators),
        ("old_commune_totals", detail.old_communes),
        ("sharing", _with_definition(detail.sharing, language)),
    ]
    if len(detail.subscriptions):
        tables.append(("subscriptions", detail.subscriptions))
    sheets = []
    for name, frame in tables:
        table = schema.GAP_TABLES[name]
        title = table.label_vi if language == "vi" else table.label_en
        priced = in_currency(table, scene.options.project.costs.currency)
        headers, formats = schema_headers(priced, language), {**schema_formats(table), **_FORMATS}
        sheets.append(Sheet(title[:31], reason_words(frame, language), headers, formats))
    sheets.append(about_sheet(scene))
    kept, properties = scene.options.project.cache, document_properties(scene)
    write_xlsx(out / "reasons.xlsx", sheets, as_of=as_of, language=language, kept=kept, **properties)
    layers = {
        "hamlet_reasons": detail.reasons_table,
        "indoor_reasons": detail.indoor_reasons,
        "places_duty": detail.places,
        "hamlet_by_operator": detail.by_operator,
    }
    filled = {name: frame for name, frame in layers.items() if len(frame)}
    filled["about"] = about_frame(scene)
    write_geopackage(out / "reasons.gpkg", filled, as_of=as_of, styles=layer_styles(filled, language))
    headers = schema_headers(schema.HAMLET_OPERATORS, language)
    # A CSV file: in a large province a sheet of a hundred thousand rows would take most of the run.
    by_operator = rounded(detail.by_operator, schema.HAMLET_OPERATORS)
    spoken = reason_words(by_operator, language)
    write_csv(out / "hamlet_by_operator.csv", spoken, headers=headers, kept=kept)
    _write_profiles(scene, detail, out)


def _with_definition(sharing: pd.DataFrame, language: str) -> pd.DataFrame:
    """The sheet says itself what its ratio is."""
    text = schema.SHARING_DEFINITION[1 if language == "vi" else 0]
    row = pd.DataFrame([{"scope": "definition", "subject": text}])
    return pd.concat([sharing, row], ignore_index=True).astype(sharing.dtypes.to_dict())


def reason_words(frame: pd.DataFrame, language: str) -> pd.DataFrame:
    """Return a table of reasons, operators or places with words in place of its codes."""
    words = {
        "verdict": VERDICT_LABELS,
        "verdict_indoor": VERDICT_LABELS,
        "confidence_indoor": CONFIDENCE_LABELS,
        "service": SERVICE_LABELS,
        "cause": schema.CAUSE_LABELS,
        "remedy": schema.REMEDY_LABELS,
        "point_kind": schema.POINT_LABELS,
        "decided_by": EVIDENCE_LABELS,
        "place_kind": schema.PLACE_KIND_LABELS,
        "operator": {"": ANY_OPERATOR},
        "scope": {**schema.SHARING_LABELS, "all": ("All", "Tất cả")},
    }
    at = 1 if language == "vi" else 0
    spoken = {
        name: [labels[code][at] if code in labels else code for code in frame[name].tolist()]
        for name, labels in words.items()
        if name in frame.columns
    }
    return frame.assign(**spoken)


def _write_profiles(scene: Scene, detail: GapDetail, out: Path) -> None:
    for reason, row in zip(detail.reasons, detail.reasons_table.itertuples(index=False), strict=True):
        svg = _profile_svg(scene, reason, row)
        if svg is not None:
            path = out / str(row.profile)
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("w", encoding="utf-8", newline="\n") as stream:
                stream.write(svg)


def hamlet_profile_svg(scene: Scene, detail: GapDetail, village_id: str) -> str | None:
    """Return the plot of the ground between a hamlet and its best candidate cell.

    Parameters
    ----------
    scene : Scene
    detail : GapDetail
    village_id : str

    Returns
    -------
    str or None
        SVG; None where the hamlet lacks nothing, or no cell is in reach.
    """
    rows = detail.reasons_table.itertuples(index=False)
    for reason, row in zip(detail.reasons, rows, strict=True):
        if row.village_id == village_id:
            return _profile_svg(scene, reason, row)
    return None


def _profile_svg(scene: Scene, reason: Reason, row: object) -> str | None:
    if reason.profile is None or reason.candidate is None:
        return None
    language = scene.options.language
    return profile_svg(_plot(scene, reason, row, language), "vi" if language == "vi" else "en")


def _short_words(short_db: float, language: str) -> str:
    """What the candidate lacks; where the model finds it enough, by how much."""
    if 0.0 < short_db < _LEAST_DB:
        return "thiếu chưa đến 0,1 dB" if language == "vi" else "short by less than 0.1 dB"
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
    if reason.cause == "measured" and reason.short_db > 0.0:
        verdict += f" · {_SAMPLES_LACK[language].format(short=reason.short_db)}"
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
