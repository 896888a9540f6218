"""The report on a building plan, its frontier and the pictures of its hops."""

from __future__ import annotations

import math
import string
from dataclasses import replace
from datetime import date
from types import SimpleNamespace
from xml.etree import ElementTree

import geopandas as gpd
import numpy as np
import pytest
from shapely import LineString, Point

from phusong.coverage.siting.backhaul import Backhaul
from phusong.coverage.siting.costs import LINES, CostLine
from phusong.coverage.siting.evaluation.audit import Audit
from phusong.coverage.siting.evaluation.findings import Finding
from phusong.coverage.siting.proposal import (
    FrontierPoint,
    FundUse,
    PhaseResult,
    Proposal,
    ProposedStation,
    RobustRun,
    UnservedVillage,
)
from phusong.coverage.siting.tables import candidate_words
from phusong.gis_data.grid import Grid
from phusong.maps.figures_style import png_bytes, svg_bytes
from phusong.maps.frontier_plot import frontier_plot
from phusong.maps.profile_plot import ProfilePlot, profile_svg
from phusong.maps.report_blocks import Heading, KeyNumbers, Paragraph, Picture, ReportTable
from phusong.maps.siting_report import SitingReport, siting_blocks, write_siting_report
from phusong.maps.siting_report_words import SITING_WORDS

CRS = "EPSG:32648"


def point(budget, value, bound):
    gap = (bound - value) / value if value else math.inf
    return FrontierPoint(budget, 0.9 * budget, value, bound, gap, value / 2, 3, 2, "optimal", ("a",))


def hop(room_m=4.0) -> ProfilePlot:
    km = np.linspace(0.0, 5.0, 41)
    return ProfilePlot(
        title="S002 → M1", verdict="5.0 km, 15 GHz", mast="S002", hamlet="M1", distance_km=km,
        height_m=100.0 + 20.0 * np.sin(km), clutter_m=np.zeros(41), antenna_height_m=30.0,
        receiver_height_m=42.0, frequency_mhz=15_000.0, obstacle_km=1.5, obstacle_db=0.0, link=True,
        fresnel_share=0.6, room_m=room_m,
    )  # fmt: skip


def station(name, kind, **changes) -> ProposedStation:
    lines = tuple(CostLine(line, 10.0, 1.0, 20.0) for line in LINES)
    given = {
        "station_id": name, "candidate_id": f"{kind}:P1", "kind": kind, "host": "pole", "host_id": f"P-{name}",
        "owner": "EVN", "shared_with": "EVN", "operator": "A", "x_m": 5000.0, "y_m": 5000.0,
        "host_height_m": 30.0, "antenna_height_m": 29.0, "technologies": ("4G",), "azimuths_deg": (),
        "power_limit_dbm": 40.0, "power": "grid", "access_km": 0.0,
        "backhaul": Backhaul("microwave", "M1", 5.0, 4.0, 100.0, 0.0, 15.0, 1.5), "cost_lines": lines,
        "capital": 70.0, "total_cost": 140.0, "people_newly_served": 100.0, "people_only_by_it": 100.0,
        "villages_served": ("H1",), "villages_only_by_it": ("H1",), "hops": 1, "sharing_saves": 55.0,
    }  # fmt: skip
    return ProposedStation(**(given | changes))


def proposal(**changes) -> Proposal:
    stations = (station("S001", "pole"), station("S002", "new_tower", host="ground", hangs_on="S001", hops=2))
    given = {
        "operator": "A", "technologies": ("4G",), "currency": "million VND", "budget": 300.0,
        "stations": stations, "served_villages": ("H1",),
        "unserved_villages": (UnservedVillage("H2", 50.0, "budget", 1.0, 777.0, True, ("new:1:2:42m",)),),
        "people_newly_served": 100.0, "total_cost": 280.0, "total_capital": 140.0, "value": 200.0,
        "bound": 200.0, "gap": 0.0, "sharing_ratio": 0.5, "status": "optimal", "stopped": "",
        "cheapest_proven": True, "time_s": 1.0, "time_limit_s": 60.0, "gap_target": 1e-4,
        "feasibility_tolerance": 1e-6, "instance_hash": "x", "candidates": 12, "candidates_kept": 9,
        "demand_points": 3, "demand_classes": 2, "radio": (), "remarks": (),
    }  # fmt: skip
    return Proposal(**(given | changes))


def report(plan: Proposal, language="en", findings=()) -> SitingReport:
    walks = [
        SimpleNamespace(
            station_id=s.station_id, kind="microwave", target_id="M1", hops=s.hops, frequency_ghz=15.0,
            length_km=5.0, clearance_m=4.0, tightest_km=1.5,
        )
        for s in plan.stations
    ]  # fmt: skip
    evaluation = SimpleNamespace(in_need=("H1", "H2"), walks=walks)
    grid = Grid(CRS, 0.0, 10_000.0, 100.0, 100, 100)
    places = [Point(s.x_m, s.y_m) for s in plan.stations]
    hamlets = gpd.GeoDataFrame({"village_id": ["H1"]}, geometry=[Point(4000, 4000)], crs=CRS)
    lines = [LineString([(5000, 5000), (9000, 9000)])] * len(plan.stations)
    return SitingReport(
        area="Tỉnh $x$ <b>", language=language, synthetic=True, as_of=date(2025, 12, 31), version="0",
        currency="million VND", horizon_years=10, proposal=plan,
        audit=Audit(evaluation, {"cost": 40}, tuple(findings)),  # type: ignore[arg-type]
        names={"H1": "Khe Tiền", "H2": "Ngàn Chi"}, communes={"H2": "Vô Ngại"},
        stations=gpd.GeoDataFrame(
            {"station_id": [s.station_id for s in plan.stations], "kind": [s.kind for s in plan.stations]},
            geometry=places, crs=CRS,
        ),
        links=gpd.GeoDataFrame({"backhaul": ["microwave"] * len(lines)}, geometry=lines, crs=CRS),
        served=hamlets, left=hamlets, borders=hamlets[:0], terrain_m=np.zeros((100, 100), np.float32),
        land=np.ones((100, 100), np.uint8), grid=grid, profiles=(hop(),) if plan.stations else (),
        profile_files={"S001": "profiles/link-S001.svg"}, assumptions=(("Model", "P.1812"),),
    )  # fmt: skip


def words(blocks) -> str:
    texts = []
    for block in blocks:
        if isinstance(block, (Paragraph, Heading)):
            texts.append(block.text)
        elif isinstance(block, KeyNumbers):
            texts += [text for pair in block.pairs for text in pair]
        elif isinstance(block, ReportTable):
            texts += [cell for row in (block.header, *block.rows) for cell in row]
    return "\n".join(texts)


@pytest.mark.parametrize("language", ["vi", "en"])
def test_the_report_says_what_who_how_much_and_what_not(language):
    text = words(siting_blocks(report(proposal(), language)))
    for said in ("280", "Khe Tiền", "Ngàn Chi", "777", "profiles/link-S001.svg", "P.1812"):
        assert said in text, said
    assert ("this is proven" if language == "en" else "đã chứng minh") in text
    assert ("50.0 %" if language == "en" else "50,0 %") in text
    assert "110" in text  # what sharing saves, of both stations


def test_the_proof_is_told_in_plain_words():
    def proof(**changes):
        return words(siting_blocks(report(proposal(**changes))))

    assert "at most 5.00 % better" in proof(status="time_limit", gap=0.05, bound=210.0)
    assert "at most 5.00 % cheaper" in proof(
        status="time_limit", gap=0.05, bound=266.0, objective="least_cost", budget=math.inf
    )
    assert "loses at most 5.00 %" in proof(status="by_years", gap=0.05, bound=210.0)
    nothing = proof(status="interrupted", gap=math.inf, stations=(), sharing_ratio=None)
    assert "No plan was found" in nothing
    assert "No station is built" in nothing


def test_a_discrepancy_stands_at_the_head_in_bold():
    wrong = [Finding("cost", "S001", 1.0, 2.0)]
    blocks = siting_blocks(report(proposal(), findings=wrong))
    warnings = [b.text for b in blocks if isinstance(b, Paragraph) and b.kind == "warning"]
    assert any("THE INDEPENDENT CHECK DIFFERS in 1 of 40" in text and "S001" in text for text in warnings)


def test_funds_years_and_robustness_are_told():
    runs = (
        RobustRun(0.5, -6.0, 1.0, 0.0, 90.0, 1, 80.0, 1, ("a",)),
        RobustRun(0.9, 6.0, 1.0, 0.0, 110.0, 1, 100.0, 1, ("a",)),
    )
    plan = proposal(
        funds=(FundUse("Quỹ công ích", 200.0, 150.0, ("tower",)),),
        phases=(PhaseResult(2026, 150.0, 140.0, 1, 1, 100.0, 100.0, 110.0),),
        robustness=runs,
        stations=(
            station("S001", "pole", chosen_share=1.0, year=2026),
            station("S002", "pole", chosen_share=0.25, year=2027),
        ),
    )
    text = words(siting_blocks(report(plan)))
    for said in ("Quỹ công ích", "2026", "2027", "9.09 %", "between 80 and 100", "S002 (25%)"):
        assert said in text, said


def test_the_files_are_written_and_repeat(tmp_path):
    first = [p.read_bytes() for p in write_siting_report(tmp_path, report(proposal()))]
    paths = write_siting_report(tmp_path, report(proposal()))
    assert [p.name for p in paths] == ["proposals.html", "proposals.docx", "proposals.pdf"]
    assert [p.read_bytes() for p in paths] == first
    html = paths[0].read_text(encoding="utf-8")
    assert "&lt;b&gt;" in html
    assert "<b>" not in html


def test_the_frontier_draws_cost_value_and_bound():
    plan = proposal(frontier=(point(100.0, 50.0, 60.0), point(200.0, 90.0, 90.0), point(0.0, 0.0, 5.0)))
    figure = frontier_plot(plan, "triệu đồng", "vi", "nguồn")
    drawn = {line.get_label(): line.get_xydata().tolist() for line in figure.axes[0].lines}
    assert drawn["cận đã chứng minh"] == [[90.0, 60.0], [180.0, 90.0]]
    assert drawn["phương án"] == [[90.0, 50.0], [180.0, 90.0]]
    assert [text.get_text() for text in figure.axes[0].texts] == ["20,00 %", "0,00 %"]
    again = frontier_plot(plan, "triệu đồng", "vi", "nguồn")
    assert png_bytes(figure) == png_bytes(again)
    ElementTree.fromstring(svg_bytes(figure))
    assert frontier_plot(proposal(), "", "en", "") is None


def test_a_hop_is_drawn_with_its_tightest_point_and_the_share_of_the_zone():
    clear, blocked = (profile_svg(hop(room), "en") for room in (4.0, -2.0))
    text = " ".join(ElementTree.fromstring(clear).itertext())
    assert "Tightest point: 1.50 km" in text
    assert "4.0 m beyond the zone" in text
    assert "0.60 of the first Fresnel zone" in text
    assert "15 GHz" in text
    assert "dish 30 m" in text
    assert "2.0 m inside the zone" in " ".join(ElementTree.fromstring(blocked).itertext())
    whole = profile_svg(replace(hop(), fresnel_share=1.0), "vi")
    assert whole != clear
    assert "chảo vi ba" in whole


def test_the_report_shows_pictures_with_words():
    blocks = siting_blocks(report(proposal(frontier=(point(100.0, 50.0, 60.0),))))
    pictures = [block for block in blocks if isinstance(block, Picture)]
    assert len(pictures) == 3
    assert all(block.alternative and block.png.startswith(b"\x89PNG") for block in pictures)


def test_words_come_in_both_languages_with_the_same_blanks():
    def blanks(text):
        return {name for _, name, _, _ in string.Formatter().parse(text) if name}

    for key, (vietnamese, english) in SITING_WORDS.items():
        assert vietnamese, key
        assert english, key
        assert blanks(vietnamese) == blanks(english), key


def test_candidates_have_names_for_people():
    assert candidate_words("new:730755:2380365:30m/need", "en") == "new tower 30 m"
    assert candidate_words("pole:CD0630", "vi") == "cột điện, trạm biến áp CD0630"
    assert candidate_words("remote_sector:mast:M1@20m", "en") == "remote sector M1"
    assert candidate_words("unknown", "en") == "unknown"
