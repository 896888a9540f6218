"""The folder's page in a real browser with the network off: it shows its tiles and asks for nothing else."""

import dataclasses
import shutil

import numpy as np
import pytest
from pyproj import Transformer

from phusong.gis_data import cog
from phusong.maps.classes import level_edges
from phusong.maps.folder_map import write_folder_map
from phusong.maps.palette import LEVEL_COLOURS, PROBABILITY_COLOURS
from phusong.maps.tiles_words import TILE_WORDS, tile_catalogue
from phusong.maps.words import word

# Pixels of the coverage's tiles by 32-bit colour.
COLOURS = """() => {
  const counts = {};
  document.querySelectorAll("canvas.ps-tile").forEach((canvas) => {
    const rgba = canvas.getContext("2d").getImageData(0, 0, 256, 256).data;
    new Uint32Array(rgba.buffer).forEach((value) => value && (counts[value] = (counts[value] || 0) + 1));
  });
  return counts;
}"""

LOADED = """async () => {
  while (!PS.coverage || PS.coverage.isLoading()) await new Promise((done) => setTimeout(done, 20));
}"""


class Page:
    """A page of tiles, what it complained about and what it asked for."""

    def __init__(self, browser, path, **context):
        self.context = browser.new_context(
            offline=True, **{"viewport": {"width": 1280, "height": 800}, **context}
        )
        self.page = self.context.new_page()
        self.complaints, self.asked = [], []
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.page.goto(path.as_uri())
        self.page.wait_for_selector("html[data-ready=true]", timeout=15_000)

    def shown(self):
        """Share of each of the shown colours."""
        self.page.evaluate(LOADED)
        counts = self.page.evaluate(COLOURS)
        return {int(colour): count / sum(counts.values()) for colour, count in counts.items()}

    def number(self, colour):
        return self.page.evaluate(f"PS.pixelOf('{colour}')")

    def detail(self):
        self.page.wait_for_selector("#ps-detail:not([hidden]) :is(dl, p + p)")
        return self.page.inner_text("#ps-detail")

    def close(self):
        self.context.close()
        assert self.complaints == []


@pytest.fixture
def opened(browser, folder_map):
    made = Page(browser, folder_map / "index.html")
    yield made
    made.close()
    assert {url.split("/map/")[0] for url in made.asked if url.startswith("file:")} == {
        folder_map.parent.as_uri()
    }
    assert all(url.startswith(("file:", "data:", "blob:")) for url in made.asked)


@pytest.mark.browser
def test_tiles_show_the_classes_of_both_views(opened, tile_content):
    layer = tile_content.layers[0]
    by_view = {}
    for view, colours in (("level", LEVEL_COLOURS), ("p", PROBABILITY_COLOURS)):
        opened.page.select_option("#ps-view", view)
        shown = opened.shown()
        assert set(shown) <= {opened.number(colour) for colour in colours}
        by_view[view] = [shown.get(opened.number(colour), 0) for colour in colours]
    level = np.nan_to_num(cog.read_cog(layer.paths["level"]).values, nan=-999)
    above = [(level >= edge).sum() for edge in level_edges(layer.rule)]
    expected = -np.diff([*above, 0]) / above[0]
    np.testing.assert_allclose(by_view["level"], expected, atol=0.02)


@pytest.mark.browser
def test_other_views_operators_and_languages(opened, tile_content):
    page = opened.page
    legends = set()
    for view in ("best", "servers", "sinr", "p_indoor"):
        page.select_option("#ps-view", view)
        assert len(opened.shown()) >= 3
        legends.add(page.inner_text("#ps-legend-body h2 >> nth=0"))
    assert len(legends) == 4
    page.select_option("#ps-operator", "VNPT")
    assert page.inner_text("#ps-view-note") == tile_catalogue("vi")["view_all_only"]
    assert opened.shown()
    page.click("[data-lang=en]")
    assert TILE_WORDS["view_all_only"][1] in page.inner_text("body")
    assert page.get_attribute("html", "lang") == "en"
    page.check("input[name=technology][data-name='Off']")
    assert page.locator("canvas.ps-tile").count() == 0
    assert "undefined" not in page.inner_text("body")
    assert "NaN" not in page.inner_text("body")


@pytest.mark.browser
def test_a_click_tells_the_classes_and_the_cell_of_a_place(opened, tile_content):
    layer, grid = tile_content.layers[0], tile_content.grid
    best = cog.read_cog(layer.paths["best_cell"]).values
    row, column = next(
        (r, c)
        for r, c in np.argwhere(best >= 0)
        if 50 < r < 150 and 50 < c < 150 and np.ptp(best[r - 2 : r + 3, c - 2 : c + 3]) == 0
    )
    x, y = grid.x_left_m + (column + 0.5) * grid.resolution_m, grid.y_top_m - (row + 0.5) * grid.resolution_m
    lon, lat = Transformer.from_crs(grid.crs, "EPSG:4326", always_xy=True).transform(x, y)
    opened.page.evaluate(f"() => void PS.map.fire('click', {{ latlng: L.latLng({lat}, {lon}) }})")
    cell = tile_content.cells.iloc[int(best[row, column])]
    text = opened.detail()
    assert f"{cell['cell_id']} · {cell['operator']}" in text
    assert "SINR" in text
    opened.page.keyboard.press("Escape")
    assert opened.page.is_hidden("#ps-detail")


@pytest.mark.browser
def test_a_hamlet_is_found_without_diacritics_and_tells_what_is_known(opened):
    opened.page.fill("#ps-search", "dai van")
    opened.page.click("#ps-found button")
    opened.page.wait_for_selector("#ps-detail .ps-levels")
    text = opened.page.inner_text("#ps-detail")
    assert "Đài Van" in text
    assert "QN0001" in text
    assert word("verdict.partial_signal", "vi") in text


@pytest.mark.browser
def test_markup_in_names_stays_text(browser, tile_content, tmp_path):
    villages = tile_content.villages.copy()
    villages["name"] = "</script><img src=x onerror=alert(1)>"
    communes = tile_content.communes.assign(name="<b onclick=alert(1)>Xã</b>")
    folder = tmp_path / "map"
    write_folder_map(
        folder,
        dataclasses.replace(
            tile_content, villages=villages, communes=communes, title="</title><script>alert(1)</script>"
        ),
    )
    opened = Page(browser, folder / "index.html")
    opened.page.fill("#ps-search", "onerror")
    opened.page.click("#ps-found button")
    opened.page.wait_for_selector("#ps-detail .ps-levels")
    assert opened.page.locator("img[src=x], b[onclick]").count() == 0
    assert "onerror=alert(1)" in opened.page.inner_text("#ps-detail-title")
    opened.close()


@pytest.mark.browser
def test_a_missing_chunk_leaves_the_rest_of_the_map(browser, folder_map, tmp_path):
    folder = shutil.copytree(folder_map, tmp_path / "map")
    (folder / "data" / "4g_level.0.js").unlink()
    opened = Page(browser, folder / "index.html")
    opened.page.select_option("#ps-view", "servers")
    assert opened.shown()
    opened.context.close()


def test_words_have_both_languages():
    assert all(len(words) == 2 and all(words) for words in TILE_WORDS.values())
    assert tile_catalogue("vi").keys() == tile_catalogue("en").keys()


@pytest.mark.browser
def test_a_dead_hamlet_tells_why_and_shows_the_ground(opened, tile_content):
    reason = tile_content.why["QN0000"]["reason"]
    opened.page.click("[data-lang=en]")
    opened.page.fill("#ps-search", "khe tien")
    opened.page.click("#ps-found button")
    opened.page.wait_for_selector("#ps-detail svg.ps-profile")
    assert opened.page.inner_text("#ps-detail [data-field=cause]") == word("cause.obstacle", "en")
    assert reason["candidate_cell"] in opened.page.inner_text("#ps-detail [data-field=candidate]")
    assert "18.3 dB" in opened.page.text_content("#ps-detail svg.ps-profile")
    measures = opened.page.locator("#ps-detail [data-field=measures] li").all_inner_texts()
    assert len(measures) == 2
    assert "M009, Viettel 2G, 900 MHz" in measures[1]
    opened.page.fill("#ps-search", "ban 7")  # no mast reaches it: a cause, and no ground to be drawn
    opened.page.click("#ps-found button")
    opened.page.wait_for_selector("#ps-detail [data-field=cause]")
    assert opened.page.locator("#ps-detail svg.ps-profile").count() == 0
    opened.page.fill("#ps-search", "ban 6")
    opened.page.click("#ps-found button")
    opened.page.wait_for_selector("#ps-detail .ps-levels")
    assert opened.page.locator("#ps-detail [data-field=cause]").count() == 0


@pytest.mark.browser
def test_costs_are_told_in_the_currency_of_the_project(browser, tile_content, tmp_path):
    kip = dataclasses.replace(tile_content, currency={"vi": "triệu kíp", "en": "million LAK"})
    write_folder_map(tmp_path / "map", kip)
    opened = Page(browser, tmp_path / "map" / "index.html")
    opened.page.evaluate("PS.open('proposals', { station_id: 'S001', lat: 0, lon: 0, cost: 640 })")
    assert "640 triệu kíp" in opened.detail()
    opened.close()
