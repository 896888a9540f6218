"""Styles for QGIS: well-formed whatever people wrote, and right for points, areas, and both together."""

from xml.etree import ElementTree as ET

import geopandas as gpd
import pandas as pd
import pytest
from shapely.geometry import Point, box

from phusong.gis_data.result_schema import VERDICT_LABELS
from phusong.maps.exports.qgis import layer_styles
from phusong.maps.exports.qml import Category, area_symbol, marker_symbol, qml
from phusong.maps.palette import VERDICT_STYLE, operator_colours


def parsed(text: str) -> ET.Element:
    return ET.fromstring(text.partition("\n")[2])


def hamlets(*shapes: object) -> gpd.GeoDataFrame:
    table = pd.DataFrame({"name": "Khe", "verdict": list(VERDICT_STYLE)[: len(shapes)]})
    return gpd.GeoDataFrame(table, geometry=list(shapes), crs=4326)


def test_verdicts_have_the_colours_of_the_map():
    root = parsed(layer_styles({"hamlets": hamlets(Point(0, 0))}, "vi")["hamlets"])
    categories = {c.attrib["value"]: c.attrib for c in root.iterfind("renderer-v2/categories/category")}
    assert list(categories) == list(VERDICT_STYLE)
    for code, (colour, _sign) in VERDICT_STYLE.items():
        assert categories[code]["label"] == VERDICT_LABELS[code][1]
        symbol = root.find(f"renderer-v2/symbols/symbol[@name='{categories[code]['symbol']}']")
        assert symbol is not None and symbol.attrib["type"] == "marker"
        drawn = {p.attrib["v"] for p in symbol.iter("prop") if p.attrib["k"] == "color"}
        assert ",".join(str(b) for b in bytes.fromhex(colour[1:])) + ",255" in drawn


@pytest.mark.parametrize(
    ("shapes", "kinds"),
    [
        ((Point(0, 0),), {"marker"}),
        ((box(0, 0, 1, 1),), {"fill"}),
        ((Point(0, 0), box(0, 0, 1, 1)), {"marker", "fill"}),
    ],
)
def test_points_and_areas_have_symbols_of_their_own(shapes, kinds):
    root = parsed(layer_styles({"hamlets": hamlets(*shapes)}, "en")["hamlets"])
    assert {symbol.attrib["type"] for symbol in root.iter("symbol")} == kinds
    renderer = root.find("renderer-v2")
    assert renderer is not None
    assert (renderer.attrib["type"] == "RuleRenderer") == (len(kinds) == 2)
    for rule in renderer.iterfind("rules/rule"):
        assert "geometry_type($geometry)" in rule.attrib["filter"]


def test_operators_have_the_colours_of_the_project():
    cells = gpd.GeoDataFrame(
        {"operator": ["VNPT", "=x<&\"'"], "cell_id": ["a", "b"]}, geometry=[box(0, 0, 1, 1)] * 2, crs=4326
    )
    root = parsed(layer_styles({"cells": cells}, "en", ["Viettel", "VNPT"])["cells"])
    values = [category.attrib["value"] for category in root.iter("category")]
    assert values == ["Viettel", "VNPT", "=x<&\"'"]
    colours = operator_colours(tuple(values))
    drawn = [p.attrib["v"] for p in root.iter("prop") if p.attrib["k"] == "color"]
    assert [text.rpartition(",")[0] for text in drawn] == [
        ",".join(str(b) for b in bytes.fromhex(colours[value][1:])) for value in values
    ]


def test_hostile_values_stay_texts_in_rules():
    both = (marker_symbol("dot", "#000000"), area_symbol("#000000"))
    root = parsed(qml("name", [Category("a' OR 1=1 --\x00\\", "<b>", both), Category(None, "", both)]))
    filters = [rule.attrib["filter"] for rule in root.iter("rule")]
    assert filters[0] == "\"name\" = 'a'' OR 1=1 --\\\\' AND geometry_type($geometry) = 'Point'"
    assert filters[3] == "geometry_type($geometry) = 'Polygon'"


def test_layers_that_are_no_map_have_no_style():
    assert (
        layer_styles({"about": pd.DataFrame({"item": []}), "hamlets": pd.DataFrame({"verdict": []})}, "en")
        == {}
    )
