"""A proposal as files: proposals.xlsx and proposals.gpkg, pictures of the hops, and its part of run.json."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd

from .about import about_frame
from .coverage.siting import tables as siting
from .coverage.siting.evaluation import audit_tables
from .coverage.siting.proposal import Proposal
from .gis_data.placing import WGS84
from .gis_data.result_schema import VERDICTS
from .gis_data.units import number_format, unit_words, with_unit
from .gis_data.writers import Sheet, write_geopackage
from .maps.exports.qgis import layer_styles
from .outputs import proposal_frame, write_workbook
from .proposal_links import backhaul_links, links_table, write_link_profiles
from .scene import Scene
from .siting_check import Checked, check_record
from .siting_inputs import SitingAsk, village_table
from .stages import Gaps

__all__ = [
    "OF_SITING",
    "hamlet_names",
    "proposal_hamlets",
    "siting_record",
    "write_proposal",
    "write_siting_record",
]

OF_SITING = ("profiles/link-*.svg", "proposals*.html", "proposals*.docx", "proposals*.pdf", "proposals-*.png",
             "proposals-*.svg")  # fmt: skip
"""Files that a proposal may or may not have."""


def write_proposal(scene: Scene, gaps: Gaps, proposal: Proposal, checked: Checked, out: Path) -> None:
    """Write the stations, bills, links, hamlets before and after, what is left out, studies and checks."""
    stations = _station_places(scene, proposal)
    hamlets = proposal_hamlets(scene, gaps, proposal, checked)
    unserved = _unserved_places(scene, proposal)
    about = _siting_facts(scene, proposal, checked)
    sheets = _sheets(scene, proposal, checked, stations, hamlets, unserved)
    write_workbook(scene, out / "proposals.xlsx", sheets, about)
    added = stations[[column.name for column in siting.STATION_PLACE_COLUMNS]]
    served = hamlets[(hamlets["plan_result"] == "served").to_numpy()].reset_index(drop=True)
    layers = {
        "stations": proposal_frame(scene, proposal).assign(**added),
        "links": backhaul_links(scene, checked.audit),
        "hamlets_served": served,
        "unserved": _placed(scene, unserved).merge(
            pd.DataFrame(hamlets.drop(columns="geometry"))[["village_id", *_verdict_columns(hamlets)]],
            on="village_id", how="left",
        ),
        "about": about_frame(scene, about),
    }  # fmt: skip
    styles = layer_styles(layers, scene.options.language)
    write_geopackage(out / "proposals.gpkg", layers, as_of=scene.options.as_of, styles=styles)
    write_link_profiles(scene, checked.audit, out)


def siting_record(
    scene: Scene, proposal: Proposal, checked: Checked, ask: SitingAsk | None = None
) -> dict[str, Any]:
    """Return what run.json says of a proposal: the request, the plan in figures, and the check."""
    said = {
        "phusong": version("phusong"),
        "as_of": scene.options.as_of.isoformat(),
        "inputs": dict(sorted(scene.layers.file_hashes.items())),
        "asked": {} if ask is None else _asked(ask),
        **siting.summary(proposal),
        "check": check_record(checked.audit),
    }
    finite: dict[str, Any] = _finite(said)
    return finite


def write_siting_record(scene: Scene, record: dict[str, Any], out: Path) -> None:
    """Write run.json anew with this record under "siting"; what the last whole run wrote there stays."""
    try:
        whole = json.loads((scene.options.project.out / "run.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        whole = {}
    whole = whole if isinstance(whole, dict) else {}
    text = json.dumps(whole | {"siting": record}, ensure_ascii=False, indent=2) + "\n"
    (out / "run.json").write_text(text, encoding="utf-8")


def hamlet_names(scene: Scene) -> dict[str, str]:
    """Return the names of the hamlets by their ids; empty where they have none."""
    return _hamlet_texts(scene, "name")


def proposal_hamlets(scene: Scene, gaps: Gaps, proposal: Proposal, checked: Checked) -> gpd.GeoDataFrame:
    """Return every hamlet in need, before and after: `audit_tables.HAMLET_COLUMNS` and the levels."""
    table = audit_tables.hamlet_table(proposal, checked.audit, scene.points, village_table(scene.layers))
    index = table.pop("village").to_numpy(int)
    before, after = gaps.verdicts, checked.after
    table = table.assign(
        verdict_before=[VERDICTS[v] for v in before.verdict[index]],
        verdict_after=[VERDICTS[v] for v in after.verdict[index]],
    )
    for technology in proposal.technologies:
        column = before.technologies.index(technology)
        name = f"level_{technology.lower()}"
        table[f"{name}_before_dbm"] = before.level_dbm[index, column]
        table[f"{name}_after_dbm"] = after.level_dbm[index, column]
    return _placed(scene, _named(scene, table))


def _sheets(
    scene: Scene,
    proposal: Proposal,
    checked: Checked,
    stations: pd.DataFrame,
    hamlets: gpd.GeoDataFrame,
    unserved: pd.DataFrame,
) -> list[Sheet]:
    station_columns = siting.STATION_COLUMNS + siting.STATION_PLACE_COLUMNS
    unserved_columns = siting.UNSERVED_COLUMNS + siting.UNSERVED_PLACE_COLUMNS
    hamlet_columns = audit_tables.HAMLET_COLUMNS + audit_tables.level_columns(proposal.technologies)
    always = (
        ("Proposed stations", "Trạm đề xuất", station_columns, stations),
        ("Costs by line", "Chi phí từng khoản", siting.COST_COLUMNS, siting.cost_table(proposal)),
        ("Links", "Tuyến truyền dẫn", audit_tables.LINK_COLUMNS, links_table(scene, checked.audit)),
        ("Hamlets before and after", "Thôn trước và sau", hamlet_columns, hamlets),
        ("Hamlets left out", "Thôn chưa được phủ", unserved_columns, unserved),
    )
    studies = (
        ("Funds", "Nguồn vốn", siting.FUND_COLUMNS, siting.fund_table(proposal)),
        ("Years", "Giai đoạn", siting.PHASE_COLUMNS, siting.phase_table(proposal)),
        ("Frontier", "Theo ngân sách", siting.FRONTIER_COLUMNS, siting.frontier_table(proposal)),
        ("Robustness", "Độ bền", siting.ROBUST_COLUMNS, siting.robust_table(proposal)),
    )
    checks = audit_tables.check_table(checked.audit)
    parts = (*always, *(study for study in studies if len(study[3])))
    parts = (*parts, ("Checks", "Kiểm tra", audit_tables.CHECK_COLUMNS, checks))
    return [_sheet(scene, proposal, *part) for part in parts]


def _sheet(
    scene: Scene,
    proposal: Proposal,
    english: str,
    local: str,
    columns: Sequence[siting.TableColumn],
    frame: pd.DataFrame,
) -> Sheet:
    """One sheet of the proposal; names stand beside the ids that they belong to."""
    language, vietnamese = scene.options.language, scene.options.language == "vi"
    headers, formats = {}, {}
    for column in columns:
        unit = proposal.currency if column.unit == "currency" else column.unit
        headers[column.name] = with_unit(column.label_vi if vietnamese else column.label_en, unit, language)
        formats[column.name] = number_format(column.unit)
    words = {
        name: [_say(value, vietnamese) for value in frame[name]]
        for name in ("plan_result", "check", "check_result", "says", "recomputed")
        if name in frame.columns
    }
    return Sheet(local if vietnamese else english, frame.assign(**words), headers, formats)


def _say(value: Any, vietnamese: bool) -> Any:
    words = audit_tables.CHECK_WORDS
    return words[value][vietnamese] if isinstance(value, str) and value in words else value


def _siting_facts(scene: Scene, proposal: Proposal, checked: Checked) -> list[tuple[str, str]]:
    vietnamese = scene.options.language == "vi"
    status = siting.WORDS.get(proposal.status, (proposal.status, proposal.status))[vietnamese]
    currency = unit_words(proposal.currency, scene.options.language)
    money = f"{proposal.total_cost:,.0f} / {proposal.budget:,.0f} {currency}"
    if math.isinf(proposal.budget):
        money = f"{proposal.total_cost:,.0f} {currency}"
    gap = f" ({proposal.gap:.2%})" if math.isfinite(proposal.gap) else ""
    wrong, made = len(checked.audit.discrepancies), sum(checked.audit.made.values())
    verdict = f"{made} mục, {wrong} không khớp" if vietnamese else f"{made} things, {wrong} differ"
    costs, rules = scene.options.project.costs, scene.options.project.siting_rules
    engineering = f"{rules.preset}, {rules.date}: {rules.status}"
    return [
        ("Tổng chi phí / ngân sách" if vietnamese else "Total cost / budget", money),
        ("Chứng minh phương án" if vietnamese else "Proof of the plan", status + gap),
        ("Kiểm tra độc lập" if vietnamese else "Independent check", verdict),
        ("Đơn giá" if vietnamese else "Prices", f"{costs.preset}, {costs.date}: {costs.status}"),
        ("Quy tắc kỹ thuật" if vietnamese else "Engineering rules", engineering),
    ]


def _station_places(scene: Scene, proposal: Proposal) -> pd.DataFrame:
    """The stations with the names and communes of their hamlets, and longitude and latitude."""
    table = siting.station_table(proposal)
    names, communes = _hamlet_texts(scene, "name"), _hamlet_texts(scene, "commune")
    places = proposal_frame(scene, proposal).geometry.to_crs(WGS84)
    served = [station.villages_served for station in proposal.stations]
    alone = [station.villages_only_by_it for station in proposal.stations]
    table = table.assign(
        villages_served_names=["; ".join(names[v] for v in ids) for ids in served],
        villages_only_by_it_names=["; ".join(names[v] for v in ids) for ids in alone],
        commune=["; ".join(dict.fromkeys(communes[v] for v in ids if communes[v])) for ids in served],
        lon=places.x.round(6).to_numpy(),
        lat=places.y.round(6).to_numpy(),
    )
    return _beside(
        table,
        {
            "station_id": ["commune"],
            "y_m": ["lon", "lat"],
            "villages_served": ["villages_served_names"],
            "villages_only_by_it": ["villages_only_by_it_names"],
        },
    )


def _unserved_places(scene: Scene, proposal: Proposal) -> pd.DataFrame:
    return _named(scene, siting.unserved_table(proposal))


def _hamlet_texts(scene: Scene, column: str) -> dict[str, str]:
    villages = scene.layers.villages
    if column not in villages:
        return dict.fromkeys(villages["village_id"].astype(str), "")
    return dict(zip(villages["village_id"].astype(str), villages[column].fillna("").astype(str), strict=True))


def _beside(table: pd.DataFrame, neighbours: Mapping[str, Sequence[str]]) -> pd.DataFrame:
    """Put columns right behind those that they belong to."""
    moved = {name for names in neighbours.values() for name in names}
    order = [
        name
        for column in table.columns
        if column not in moved
        for name in (column, *neighbours.get(str(column), ()))
    ]
    return table[order]


def _named(scene: Scene, table: pd.DataFrame) -> pd.DataFrame:
    """Put name and commune behind the id of the hamlet."""
    names, communes = _hamlet_texts(scene, "name"), _hamlet_texts(scene, "commune")
    ids = table["village_id"].tolist()
    table = table.assign(name=[names[v] for v in ids], commune=[communes[v] for v in ids])
    return _beside(table, {"village_id": ["name", "commune"]})


def _placed(scene: Scene, table: pd.DataFrame) -> gpd.GeoDataFrame:
    """Give a table of hamlets their geometry."""
    villages = scene.layers.villages
    shapes = dict(zip(villages["village_id"].astype(str), villages.geometry, strict=True))
    at = [shapes[v] for v in table["village_id"]]
    return gpd.GeoDataFrame(table, geometry=gpd.GeoSeries(at, crs=villages.crs), crs=villages.crs)


def _verdict_columns(hamlets: pd.DataFrame) -> list[str]:
    return [name for name in hamlets.columns if name.startswith(("verdict_", "level_"))]


def _asked(ask: SitingAsk) -> dict[str, Any]:
    asked = {name: value for name, value in vars(ask).items() if value not in (None, False)}
    if ask.phases is not None:
        asked["phases"] = [vars(phase) for phase in ask.phases]
    return asked


def _finite(value: Any) -> Any:
    """JSON has no infinity and no NaN."""
    if isinstance(value, float) and not math.isfinite(value):
        return None if math.isnan(value) else str(value)
    if isinstance(value, Mapping):
        return {key: _finite(part) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(part) for part in value]
    return value
