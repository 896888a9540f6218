"""The map in a real browser with the network off: it asks for nothing, speaks, prints, links, fits a phone."""

import dataclasses
import io
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from phusong.errors import OutputLockedError
from phusong.gis_data.result_schema import VERDICTS
from phusong.maps.offline import outside_addresses
from phusong.maps.web_map import map_page, write_map
from phusong.maps.words import word


def test_file_names_no_outside_address_and_is_small(map_file):
    page = map_file.read_text(encoding="utf-8")
    assert outside_addresses(page) == []
    assert map_file.stat().st_size < 8_000_000
    assert "Content-Security-Policy" in page[:2000]
    assert "connect-src" not in page[:2000]  # default-src 'none' rules it


def test_same_content_same_bytes(content, map_file):
    assert map_page(content) == map_file.read_text(encoding="utf-8")


def test_unwritable_map_leaves_the_earlier_one_and_no_rest(content, tmp_path):
    folder = tmp_path / "map.html"
    folder.mkdir()
    (folder / "kept").write_text("kept", encoding="utf-8")
    with pytest.raises(OutputLockedError, match=re.escape(str(folder))):
        write_map(folder, content)
    assert (folder / "kept").read_text(encoding="utf-8") == "kept"
    assert list(tmp_path.iterdir()) == [folder]


@pytest.mark.browser
def test_opens_with_legend_scale_north_badges_and_without_a_word_missing(opened):
    text = opened.page.inner_text("body")
    assert "undefined" not in text
    assert "NaN" not in text
    for key in ("synthetic", "predicted", "legend", "overview"):
        assert word(key, "vi") in text
    legend = opened.page.inner_text("#ps-legend")
    assert all(word(f"verdict.{code}", "vi") in legend for code in VERDICTS)
    assert "−105 … −94,7" in legend
    assert all(word(f"level_{name}", "vi") in legend for name in ("weak", "uncertain", "strong"))
    assert word("level_met", "vi").replace("{p}", "90") in legend
    assert "31/12/2025" in text
    assert opened.page.inner_text(".leaflet-control-scale").strip().endswith("km")
    assert opened.page.is_visible("#ps-north")
    assert opened.page.title() == "Tỉnh thử"


@pytest.mark.browser
def test_each_layer_toggles(opened):
    opened.page.click("#ps-tab-layers")
    boxes = opened.page.locator("#ps-page-layers input[type=checkbox][data-layer]")
    assert boxes.count() == 10
    for k in range(boxes.count()):
        name = boxes.nth(k).get_attribute("data-layer")
        before = opened.get(f"PS.layerShown('{name}')")
        boxes.nth(k).click()
        assert opened.get(f"PS.layerShown('{name}')") is not before, name
        boxes.nth(k).click()
        assert opened.get(f"PS.layerShown('{name}')") is before, name


@pytest.mark.browser
def test_print_view_is_one_sheet_with_title_legend_scale_north_source_and_date(opened, tmp_path):
    opened.page.pdf(path=tmp_path / "map.pdf", prefer_css_page_size=True, print_background=True)
    pdf = (tmp_path / "map.pdf").read_bytes()
    assert pdf.startswith(b"%PDF")
    assert len(re.findall(rb"/Type\s*/Page\b", pdf)) == 1
    before = opened.get("[PS.map.getZoom(), PS.map.getSize().x]")
    opened.run("window.dispatchEvent(new Event('beforeprint'))")
    for seen in (
        "#ps-printed-title",
        "#ps-legend",
        ".leaflet-control-scale",
        "#ps-north",
        "#ps-printed-source",
    ):
        assert opened.page.is_visible(seen), seen
    for hidden in ("#ps-panel", "#ps-tools"):
        assert opened.page.is_hidden(hidden), hidden
    head = opened.page.inner_text("#ps-printed")
    assert "Tỉnh thử" in head
    assert "31/12/2025" in head
    assert word("predicted", "vi") in head
    assert word("synthetic", "vi") in head
    source = opened.page.inner_text("#ps-printed-source")
    assert "P.1812-8" in source
    assert "sha256 0123" in source
    sheet = opened.get("(({ x, y }) => [x, y])(PS.map.getSize())")
    assert sheet == [pytest.approx(1060, abs=4), pytest.approx(606, abs=4)]  # between title and source
    title, source_box, map_box = (
        opened.page.locator(part).bounding_box()
        for part in ("#ps-printed", "#ps-printed-source", ".leaflet-container")
    )
    assert title["y"] + title["height"] <= map_box["y"] + 1
    assert map_box["y"] + map_box["height"] <= source_box["y"] + 8
    opened.run("window.dispatchEvent(new Event('afterprint'))")
    assert opened.get("[PS.map.getZoom(), PS.map.getSize().x]") == before


@pytest.mark.browser
def test_fullscreen_is_asked_for(opened):
    opened.run("document.documentElement.requestFullscreen = () => { window.asked = true; };")
    opened.page.click("#ps-fullscreen")
    assert opened.get("window.asked") is True


@pytest.mark.browser
def test_language_switches_every_word_and_back(opened):
    opened.page.click("[data-lang=en]")
    text = opened.page.inner_text("body")
    assert opened.get("document.documentElement.lang") == "en"
    assert word("predicted", "en") in text
    assert word("predicted", "vi") not in text
    assert word("verdict.fragile", "en") in opened.page.inner_text("#ps-legend")
    assert opened.page.get_attribute("#ps-search", "placeholder") == word("search", "en")
    opened.page.click("[data-lang=vi]")
    assert word("predicted", "vi") in opened.page.inner_text("body")


@pytest.mark.browser
def test_link_opens_the_view_it_was_taken_from(opened, open_map, map_file):
    opened.run("PS.select('hamlet', PS.villageById.get('QN0042'), true)")
    opened.page.click("#ps-tab-layers")
    opened.page.check("input[name=technology][data-name='2G']")
    opened.page.click("[data-lang=en]")
    opened.page.check("input[data-layer=plan_items]")
    opened.page.uncheck("input[data-layer=masts]")
    opened.page.locator("#ps-month").fill("2")
    opened.page.locator("#ps-opacity").fill("0.5")
    opened.page.click("#ps-tab-table")
    opened.page.select_option("#ps-commune", "Xã 3")
    opened.settle()
    view = """[PS.map.getZoom(), PS.state.technology, PS.state.language, PS.state.selected.row.village_id,
      PS.state.opacity, PS.state.month, PS.filter.commune, PS.shown.length, PS.OVERLAYS.filter(PS.layerShown)]"""
    again = open_map(map_file, opened.get("location.hash"))
    assert again.get(view) == opened.get(view)
    assert again.get(view)[1:7] == ["2G", "en", "QN0042", 0.5, 2, "Xã 3"]
    again.close()


@pytest.mark.browser
@pytest.mark.parametrize(
    "link",
    ["#x/%E0%A4%A/<b>/9G", "#z=12&c=999,x&t=9G&o=nobody&v=q&l=xx&m=1&a=9&f=constructor&s=mast:%3Cb%3E&w=7"],
)
def test_broken_link_opens_the_map_as_it_is(open_map, map_file, link):
    broken = open_map(map_file, link)
    assert broken.get("[PS.state.technology, PS.state.operator, PS.state.view, PS.state.language]") == [
        "4G", None, "level", "vi",
    ]  # fmt: skip
    assert broken.get("PS.state.selected") is None
    broken.close()


@pytest.mark.browser
def test_measure_gives_the_distance(opened):
    opened.page.click("#ps-measure")
    for longitude in (107, 107.1):
        opened.run(f"PS.map.fire('click', {{ latlng: L.latLng(21, {longitude}) }})")
    assert opened.page.inner_text("#ps-measured") == "10,38 km"
    opened.page.keyboard.press("Escape")
    assert opened.page.is_hidden("#ps-measured")


@pytest.mark.browser
def test_keyboard_reaches_tabs_and_table(opened):
    opened.page.focus("#ps-tab-overview")
    opened.page.keyboard.press("ArrowRight")
    opened.page.keyboard.press("ArrowRight")
    assert opened.get("document.activeElement.id") == "ps-tab-table"
    opened.page.focus("#ps-table tbody button >> nth=0")
    opened.page.keyboard.press("Enter")
    assert opened.page.is_visible("#ps-detail")


@pytest.mark.browser
def test_phone_shows_the_map_the_sheet_and_the_detail(open_map, map_file):
    phone = open_map(map_file, viewport={"width": 390, "height": 844}, is_mobile=True, has_touch=True)
    assert phone.get("document.documentElement.scrollWidth") <= 390
    whole = phone.page.locator(".leaflet-container").bounding_box()
    assert phone.page.is_visible("#ps-page-overview")  # half map, half overview: neither is blank
    drawn = phone.get("PS.map.latLngToContainerPoint(L.latLngBounds(PS.home).getSouthEast())")
    assert (
        0.9 * whole["width"] < drawn["x"] <= whole["width"]
        or 0.7 * whole["height"] < drawn["y"] <= whole["height"]
    )
    phone.page.tap("#ps-tab-overview")  # a second tap lowers the sheet
    assert phone.page.locator(".leaflet-container").bounding_box()["height"] > 1.5 * whole["height"]
    phone.page.tap("#ps-tab-table")
    assert phone.page.is_visible("#ps-table tbody tr >> nth=0")
    phone.page.tap("#ps-table tbody tr >> nth=0")
    assert phone.page.is_visible("#ps-detail-title")
    box = phone.page.locator("#ps-detail").bounding_box()
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 390
    phone.close()


@pytest.mark.browser
def test_an_empty_project_opens_too(open_map, content, tmp_path):
    empty = dataclasses.replace(
        content, synthetic=False, villages=content.villages.iloc[:0], masts=content.masts.iloc[:0],
        communes=content.communes.iloc[:0], places=content.places.iloc[:0],
        proposals=content.proposals.iloc[:0], plan_items=content.plan_items.iloc[:0], coverage=(),
        cells=None, operator_coverage=(), footprints=None, profiles=(), plan_months=None,
    )  # fmt: skip
    path = tmp_path / "empty.html"
    write_map(path, empty)
    opened = open_map(path)
    for tab in ("layers", "table", "about"):
        opened.page.click(f"#ps-tab-{tab}")
    assert opened.page.is_hidden("#ps-synthetic")
    opened.close()


@pytest.mark.browser
def test_a_sign_that_was_chosen_leaves_no_trace(opened):
    # far from the tools, so that the screenshots differ by nothing but the sign
    opened.run("const v = PS.villages[5]; PS.map.setView([v.lat, v.lon], 15, { animate: false });")
    opened.page.wait_for_timeout(200)
    area = {"x": 760, "y": 320, "width": 160, "height": 160}
    before = opened.page.screenshot(clip=area)
    opened.run("PS.select('hamlet', PS.villages[5])")
    opened.page.wait_for_timeout(200)
    assert opened.page.screenshot(clip=area) != before
    opened.run("PS.deselect()")
    opened.page.wait_for_timeout(200)
    assert opened.page.screenshot(clip=area) == before


@pytest.mark.browser
def test_first_view_looks_as_it_did(open_map, map_file, tmp_path):
    """Compared small and with tolerance: fonts differ from machine to machine. To renew the picture copy ``seen``."""
    opened = open_map(map_file, viewport={"width": 1280, "height": 800})
    opened.settle()
    opened.page.wait_for_timeout(300)
    raw = opened.page.screenshot(path=tmp_path / "full.png")
    opened.close()
    seen = Image.open(io.BytesIO(raw)).convert("RGB").resize((320, 200), Image.Resampling.BOX)
    seen.save(tmp_path / "seen.png")
    known = Image.open(Path(__file__).parent / "data" / "first-view.png").convert("RGB")
    off = np.abs(np.asarray(seen, dtype=int) - np.asarray(known, dtype=int)).max(axis=2)
    assert off.mean() < 8, f"compare {tmp_path / 'seen.png'} with the known picture"
    assert (off > 80).mean() < 0.03, f"compare {tmp_path / 'seen.png'} with the known picture"
