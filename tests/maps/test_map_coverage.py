"""The pictures of the map in a browser: classes, operators, best servers, footprints, swipe, months."""

import dataclasses

import geopandas as gpd
import numpy as np
import pytest
from pyproj import Transformer

from phusong.coverage.link_budget import probability_covered
from phusong.maps.classes import class_edges_dbm, classify, level_edges, probability_edges
from phusong.maps.content import CoverageLayer
from phusong.maps.palette import LEVEL_COLOURS, PROBABILITY_COLOURS
from phusong.maps.pictures import ArrayPicture
from phusong.maps.web_map import write_map
from phusong.maps.words import word

TECHNOLOGIES = ("2G", "3G", "4G", "5G")

# For every hamlet, how far (in pixels of the raster) the nearest coloured pixel lies from it on the screen.
DISTANCE_TO_NEAREST_PIXEL = """() => {
  const canvas = document.querySelector(".ps-raster");
  const { width, height } = canvas;
  const rgba = canvas.getContext("2d").getImageData(0, 0, width, height).data;
  const coloured = [];
  for (let k = 0; k < width * height; k++) {
    if (rgba[4 * k + 3]) coloured.push([k % width, Math.floor(k / width)]);
  }
  const box = canvas.getBoundingClientRect();
  const frame = PS.map.getContainer().getBoundingClientRect();
  const [left, top] = [box.left - frame.left, box.top - frame.top];
  const metres = PS.EARTH / (256 * 2 ** PS.map.getZoom());
  const pixel = PS.coverage.source.raster.pixel / metres;
  return PS.villages.map((v) => {
    const p = PS.map.latLngToContainerPoint([v.lat, v.lon]);
    const off = ([x, y]) => Math.hypot(left + x + 0.5 - p.x, top + y + 0.5 - p.y) / pixel;
    return Math.min(...coloured.map(off));
  });
}"""

# The colours of the coverage that lie on the screen, with their number of pixels.
COLOURS = """(side) => {
  const canvas = document.querySelector(".ps-raster");
  const { width, height } = canvas;
  const copy = Object.assign(document.createElement("canvas"), { width, height }).getContext("2d", { willReadFrequently: true });
  copy.drawImage(canvas, 0, 0);
  const pixels = new Uint32Array(copy.getImageData(0, 0, width, height).data.buffer);
  const counts = {};
  const cut = side ? PS.coverage.dividerX() : 0;
  pixels.forEach((value, k) => {
    const x = k % width;
    if (value && (!side || (side === "left" ? x < cut : x >= cut))) counts[value] = (counts[value] || 0) + 1;
  });
  return counts;
}"""


def shown_colours(opened, side=""):
    return opened.page.evaluate(COLOURS, side)


@pytest.mark.browser
def test_each_technology_and_view_shows_its_own_picture(opened):
    opened.page.click("#ps-tab-layers")
    seen = set()
    for technology in TECHNOLOGIES:
        opened.page.check(f"input[name=technology][data-name='{technology}']")
        for view in ("show_level", "show_probability"):
            opened.page.check(f"input[name=view][data-name='{word(view, 'vi')}']")
            opened.settle()
            seen.add(str(shown_colours(opened)))
            assert technology in opened.page.inner_text("#ps-legend")
    assert len(seen) == 8
    opened.page.check(f"input[name=technology][data-name='{word('coverage_none', 'vi')}']")
    opened.settle()
    assert shown_colours(opened) == {}


@pytest.mark.browser
def test_picture_has_the_colours_of_the_classes_in_both_views(opened, content):
    shown = opened.get("PS.state.technology")
    layer = next(one for one in content.coverage if one.rule.technology == shown)
    for view, colours, edges in (
        ("level", LEVEL_COLOURS, level_edges(layer.rule)),
        ("p", PROBABILITY_COLOURS, probability_edges(layer.rule)),
    ):
        opened.run(f"PS.state.view = '{view}'")
        opened.settle()
        counts = shown_colours(opened)
        by_class = [counts.get(str(opened.get(f"PS.pixelOf('{colour}')")), 0) for colour in colours]
        assert sum(by_class) == sum(counts.values())
        values = layer.level_dbm
        if view == "p":
            values = probability_covered(values, layer.rule.threshold_dbm, layer.rule.sigma_db)
        classes = classify(values, edges)
        expected = np.array([(classes == k + 1).sum() for k in range(4)])
        np.testing.assert_allclose(np.array(by_class) / sum(by_class), expected / expected.sum(), atol=0.02)


@pytest.mark.browser
def test_operator_has_its_own_coverage_or_the_page_says_that_it_has_none(opened, content):
    opened.page.click("#ps-tab-layers")
    everything = sum(shown_colours(opened).values())
    opened.page.select_option("#ps-operator", "VNPT")
    opened.settle()
    own = sum(shown_colours(opened).values())
    share = (content.operator_coverage[1].classes.whole > 0).mean() / (
        classify(content.coverage[2].level_dbm, level_edges(content.coverage[2].rule)) > 0
    ).mean()
    assert own / everything == pytest.approx(share, abs=0.02)
    assert "VNPT · 4G" in opened.page.inner_text("#ps-legend")
    opened.page.check("input[name=technology][data-name='2G']")
    opened.settle()
    assert shown_colours(opened) == {}
    assert opened.page.inner_text("#ps-view-note") == word("view_nothing", "vi")


@pytest.mark.browser
def test_best_servers_are_areas_and_a_click_opens_the_mast(opened, content):
    opened.page.click("#ps-tab-layers")
    opened.page.check(f"input[name=view][data-name='{word('show_best', 'vi')}']")
    opened.settle()
    assert opened.page.inner_text("#ps-legend h2 >> nth=0") == f"4G · {word('show_best', 'vi')}"
    layer, grid = content.coverage[2], content.grid
    for row, column in ((50, 60), (100, 120), (150, 40)):
        best = int(layer.best_cell[row, column])
        x = grid.x_left_m + (column + 0.5) * grid.resolution_m
        y = grid.y_top_m - (row + 0.5) * grid.resolution_m
        lon, lat = Transformer.from_crs(grid.crs, "EPSG:4326", always_xy=True).transform(x, y)
        near = {int(one) for one in layer.best_cell[row - 1 : row + 2, column - 1 : column + 2].flat}
        found = opened.page.evaluate(f"() => PS.bestCellAt(L.latLng({lat}, {lon}))")
        assert (None if found is None else found["index"]) in ({best} if len(near) == 1 else {*near, None})
    opened.run(f"PS.map.fire('click', {{ latlng: L.latLng({lat}, {lon}) }})")
    opened.page.wait_for_selector("#ps-detail-title")
    assert opened.page.inner_text("#ps-cells .ps-on .ps-cell").startswith("4G M")


@pytest.mark.browser
def test_mast_shows_its_own_footprint_and_its_cells(opened, content):
    everything = shown_colours(opened)
    opened.run("PS.select('mast', PS.mastById.get('M003'), true)")
    opened.page.wait_for_selector("#ps-own input")
    own = shown_colours(opened)
    assert own != everything
    assert "M003 · 4G" in opened.page.inner_text("#ps-legend")
    raster = opened.get(
        "({ n: PS.own.raster.values.filter(Boolean).length, m: Math.max(...PS.own.raster.values) })"
    )
    classes = content.footprints.masts[3].make()[0].classes
    assert raster["m"] == classes.max()
    assert raster["n"] * 280**2 == pytest.approx((classes > 0).sum() * 300**2, rel=0.25)
    row = opened.page.locator("#ps-cells tbody tr")
    assert row.count() == 1
    assert row.locator("td").all_inner_texts() == ["Vietnamobile", "1.840", "90°", "4°", "38", "46"]
    assert opened.get("PS.sectors.getLayers().length") == 1
    opened.page.keyboard.press("Escape")
    opened.settle()
    assert shown_colours(opened).keys() == everything.keys()
    assert opened.get("PS.sectors") is None
    opened.run("PS.select('mast', PS.mastById.get('M008'))")  # it covers nothing: the coverage of all stays
    opened.settle()
    assert opened.page.locator("#ps-own input").count() == 0
    assert "M008" not in opened.page.inner_text("#ps-legend")


@pytest.mark.browser
def test_swipe_shows_more_on_the_right_and_moves_by_mouse_and_keyboard(opened):
    opened.page.click("#ps-tab-layers")
    opened.page.check("input[name=swipe]")
    opened.page.wait_for_selector("#ps-swipe-handle")
    opened.settle()
    handle = opened.page.locator("#ps-swipe-handle")
    totals = {}
    for at in (0, 1):
        opened.run(f"PS.swipe.move({at})")
        totals[at] = sum(shown_colours(opened).values())
    assert totals[0] > totals[1]  # the divider at the left: all of it with the proposal
    opened.run("PS.swipe.move(0.5)")
    box = handle.bounding_box()
    opened.page.mouse.move(box["x"] + 22, box["y"] + 22)
    opened.page.mouse.down()
    opened.page.mouse.move(box["x"] + 122, box["y"] + 22)
    opened.page.mouse.up()
    stage = opened.page.locator("#ps-stage").bounding_box()
    assert opened.get("PS.swipe.at") == pytest.approx(0.5 + 100 / stage["width"], abs=0.01)
    opened.page.keyboard.press("Home")
    assert handle.get_attribute("aria-valuenow") == "0"
    assert opened.get("PS.villageById.get('QN0000').marker.options.sign") == "served"
    opened.page.keyboard.press("End")
    assert opened.get("PS.villageById.get('QN0000').marker.options.sign") == "cross"
    opened.page.evaluate(  # written after it is painted; the page's policy forbids wait_for_function's eval
        """async () => {
          for (let k = 0; k < 900 && !location.hash.includes("w=1.000"); k++)
            await new Promise((done) => requestAnimationFrame(done));
        }"""
    )
    assert opened.get("location.hash.includes('w=1.000')")
    opened.page.uncheck("input[name=swipe]")
    assert opened.page.is_hidden("#ps-swipe")
    assert opened.get("PS.coverage.source.after") is None


@pytest.mark.browser
def test_slider_of_months_changes_the_states_of_plan_items(opened):
    opened.page.click("#ps-tab-layers")
    assert opened.page.is_hidden("#ps-months")
    opened.page.check("input[data-layer=plan_items]")
    slider = opened.page.locator("#ps-month")

    def text():
        return opened.page.inner_text("#ps-months output")

    assert text() == (
        f"31/12/2025: 1 {word('plan_state.contradicted', 'vi').lower()}; 1 {word('plan_state.done', 'vi').lower()}"
    )
    slider.fill("3")
    assert text() == (
        f"31/10/2022: 1 {word('plan_state.pending', 'vi').lower()}; 1 {word('plan_state.early', 'vi').lower()}"
    )
    slider.focus()
    opened.page.keyboard.press("Home")
    assert text() == f"31/07/2022: 2 {word('plan_state.pending', 'vi').lower()}"
    assert set(opened.get("PS.layers.plan_items.getLayers().map((m) => m.options.sign)")) == {"flag"}
    opened.run("PS.select('plan', PS.layers.plan_items.getLayers()[1].row)")
    field = "#ps-detail [data-field=plan_state]"
    assert opened.page.inner_text(field) == f"31/07/2022: {word('plan_state.pending', 'vi')}"
    slider.fill("6")
    assert opened.page.inner_text(field) == f"31/12/2025: {word('plan_state.done', 'vi')}"


@pytest.mark.browser
def test_raster_and_vector_meet_within_a_pixel(open_map, content, tmp_path):
    grid = content.grid
    level = np.full(grid.shape, np.nan, np.float32)
    corners = [(10, 12), (10, 187), (189, 12), (189, 187), (101, 99)]
    for row, column in corners:
        level[row, column] = -60.0
    x = [grid.x_left_m + (column + 0.5) * grid.resolution_m for _, column in corners]
    y = [grid.y_top_m - (row + 0.5) * grid.resolution_m for row, _ in corners]
    villages = content.villages.iloc[: len(corners)].set_geometry(gpd.points_from_xy(x, y, crs=grid.crs))
    rule = content.coverage[2].rule
    coverage = (CoverageLayer(rule, ArrayPicture(grid, classify(level, class_edges_dbm(rule)))),)
    path = tmp_path / "aligned.html"
    write_map(path, dataclasses.replace(content, villages=villages, coverage=coverage))
    opened = open_map(path)
    assert max(opened.page.evaluate(DISTANCE_TO_NEAREST_PIXEL)) < 1.0
    opened.close()
