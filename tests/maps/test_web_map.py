"""The map in a real browser with the network off: it asks for nothing and shows the table's numbers."""

import dataclasses
import re

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

from phusong.errors import OutputLockedError
from phusong.gis_data.gap_schema import CAUSE_LABELS, REMEDY_LABELS
from phusong.gis_data.result_schema import VERDICTS
from phusong.maps.offline import outside_addresses
from phusong.maps.web_map import map_page, write_map
from phusong.maps.words import word

TECHNOLOGIES = ("2G", "3G", "4G", "5G")
HOSTILE = (
    "<script>window.hacked = 1</script>",
    "</script><script>window.hacked = 2</script>",
    "<img src=x onerror=\"window.hacked = 3\">",
    "{{ 7 * 7 }}{% raw %}{% endraw %}",
    "\"'`${window.hacked=4}",
    "=HYPERLINK(\"https://example.org\")",
    "\u202eright to left \U0001f4f6 " + "very long " * 30,
)  # fmt: skip

# What an attacker would do who found a way into the page: an event handler, a script, a request.
BREAK_IN = """() => {
  const box = document.createElement("div");
  box.innerHTML = '<img src="data:,x" onerror="window.hacked = 1">';
  const script = document.createElement("script");
  script.textContent = "window.hacked = 2";
  document.body.append(box, script);
  return fetch("https://example.org/x").catch(() => null);
}"""

# For every hamlet, how far (in pixels of the picture) the nearest coloured pixel lies from it on the screen.
DISTANCE_TO_NEAREST_PIXEL = """async () => {
  const image = document.querySelector(".leaflet-coverage-pane img");
  await image.decode();
  const [width, height] = [image.naturalWidth, image.naturalHeight];
  const ctx = Object.assign(document.createElement("canvas"), { width, height }).getContext("2d");
  ctx.drawImage(image, 0, 0);
  const rgba = ctx.getImageData(0, 0, width, height).data;
  const coloured = [];
  for (let k = 0; k < width * height; k++) {
    if (rgba[4 * k + 3]) coloured.push([k % width, Math.floor(k / width)]);
  }
  const box = image.getBoundingClientRect();
  const frame = PS.map.getContainer().getBoundingClientRect();
  const pixel = box.width / width;
  const [left, top] = [box.left - frame.left, box.top - frame.top];
  return PS.villages.map((v) => {
    const p = PS.map.latLngToContainerPoint([v.lat, v.lon]);
    const off = ([x, y]) => Math.hypot(left + (x + 0.5) * pixel - p.x, top + (y + 0.5) * pixel - p.y) / pixel;
    return Math.min(...coloured.map(off));
  });
}"""


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
    assert boxes.count() == 8
    for k in range(boxes.count()):
        name = boxes.nth(k).get_attribute("data-layer")
        before = opened.get(f"PS.layerShown('{name}')")
        boxes.nth(k).click()
        assert opened.get(f"PS.layerShown('{name}')") is not before, name
        boxes.nth(k).click()
        assert opened.get(f"PS.layerShown('{name}')") is before, name


@pytest.mark.browser
def test_each_technology_and_view_shows_its_own_picture(opened):
    opened.page.click("#ps-tab-layers")
    seen = set()
    for technology in TECHNOLOGIES:
        opened.page.check(f"input[name=technology][data-name='{technology}']")
        for view in ("show_level", "show_probability"):
            opened.page.check(f"input[name=view][data-name='{word(view, 'vi')}']")
            pictures = opened.page.locator(".leaflet-coverage-pane img")
            assert pictures.count() == 1
            seen.add(pictures.get_attribute("src"))
            assert technology in opened.page.inner_text("#ps-legend")
    assert len(seen) == 8
    opened.page.check(f"input[name=technology][data-name='{word('coverage_none', 'vi')}']")
    assert opened.page.locator(".leaflet-coverage-pane img").count() == 0


@pytest.mark.browser
@pytest.mark.parametrize(
    ("typed", "found"),
    [("Khe Tien", "Khe Tiền"), ("dai van", "Đài Van"), ("KHE TIỀN", "Khe Tiền"), ("m007", "M007")],
)
def test_search_finds_with_and_without_diacritics(opened, typed, found):
    opened.page.fill("#ps-search", typed)
    assert opened.page.inner_text("#ps-found li >> nth=0").split("\n")[0] == found
    opened.page.press("#ps-search", "Enter")
    assert opened.page.inner_text("#ps-detail-title") == found


@pytest.mark.browser
def test_search_that_finds_nothing_says_so(opened):
    opened.page.fill("#ps-search", "zzzz")
    assert opened.page.inner_text("#ps-found") == word("search_none", "vi")
    opened.page.press("#ps-search", "Enter")
    assert opened.page.is_hidden("#ps-detail")


def _shown_number(text: str) -> float | None:
    return None if text == "–" else float(text.replace("−", "-").replace(".", "").replace(",", "."))


@pytest.mark.browser
@pytest.mark.parametrize("index", [0, 8, 123])
def test_click_on_a_hamlet_shows_the_numbers_of_the_table(opened, content, index):
    row = content.villages.iloc[index]
    opened.run(f"const v = PS.villages[{index}]; PS.map.setView([v.lat, v.lon], 16, {{ animate: false }});")
    centre = opened.page.locator(".leaflet-container").bounding_box()
    opened.page.mouse.click(centre["x"] + centre["width"] / 2, centre["y"] + centre["height"] / 2)
    assert opened.page.inner_text("#ps-detail-title") == row["name"]
    field = "#ps-detail [data-field='{}']".format
    assert opened.page.inner_text(field("verdict")) == word(f"verdict.{row['verdict']}", "vi")
    assert _shown_number(opened.page.inner_text(field("population"))) == row["population"]
    assert _shown_number(opened.page.inner_text(field("households"))) == row["households"]
    assert opened.page.inner_text(field("decided_by")) == word(f"evidence.{row['decided_by']}", "vi")
    for technology in TECHNOLOGIES:
        line = f"#ps-detail tr[data-technology='{technology}'] "
        low = technology.lower()
        level = _shown_number(opened.page.inner_text(line + "[data-field='level']"))
        expected = row[f"level_{low}_dbm"]
        if np.isnan(expected):
            assert level is None
        else:
            assert level == pytest.approx(expected, abs=0.0501)
            percent = _shown_number(opened.page.inner_text(line + "[data-field='p']").replace("\u00a0%", ""))
            assert percent == pytest.approx(100 * row[f"p_{low}"], abs=0.0501)
        share = _shown_number(opened.page.inner_text(line + "[data-field='share']").replace("\u00a0%", ""))
        assert share == pytest.approx(100 * row[f"share_people_{low}"], abs=0.0501)
        assert opened.page.inner_text(line + "[data-field='served']") == "✗✓"[int(row[f"served_{low}"])]
        assert opened.page.inner_text(line + "[data-field='best']") == row[f"best_cell_{low}"]
    opened.page.keyboard.press("Escape")
    assert opened.page.is_hidden("#ps-detail")


@pytest.mark.browser
def test_hamlet_tells_its_remedy_and_its_plan(opened):
    opened.run("PS.select('hamlet', PS.villageById.get('QN0000'))")
    text = opened.page.inner_text("#ps-detail")
    assert "S001" in text
    assert "13/KH-UBND" in text
    assert word("support.contradicted", "vi") in text
    opened.page.click("#ps-detail .ps-row")
    assert opened.page.inner_text("#ps-detail-title") == "S001"
    assert opened.page.inner_text("#ps-detail [data-field=cost_million_vnd]") == "640"
    opened.run("PS.select('mast', PS.masts[3])")
    assert opened.page.inner_text("#ps-detail [data-field=operators]") == "Vietnamobile; VNPT"


@pytest.mark.browser
def test_dead_hamlet_tells_the_cause_and_the_remedy_of_the_table(opened, content):
    row = content.reasons.set_index("village_id").loc["QN0000"]
    opened.run("PS.speak('en'); PS.select('hamlet', PS.villageById.get('QN0000'))")
    shown = {
        key: opened.page.inner_text(f"#ps-detail [data-field={key}]")
        for key in ("lacks", "cause", "short_db", "candidate", "obstacle", "measure")
    }
    assert shown["lacks"] == word(f"service.{row['service']}", "en")
    assert shown["cause"] == CAUSE_LABELS[row["cause"]][0]
    assert shown["short_db"] == f"{row['short_db']:.1f} dB"
    assert row["candidate_cell"] in shown["candidate"]
    assert shown["obstacle"].startswith("1.6 km from the mast, 412 m above sea level")
    assert f"{row['obstacle_db']:.1f} dB" in shown["obstacle"]
    assert shown["measure"].startswith(REMEDY_LABELS[row["remedy"]][0])
    assert f"{row['carrier_mast']}, {row['carrier_operator']}" in shown["measure"]
    assert f"+{row['carrier_gain_db']:.1f} dB" in shown["measure"]
    opened.run("PS.speak('vi')")
    assert opened.page.inner_text("#ps-detail [data-field=cause]") == CAUSE_LABELS[row["cause"]][1]
    opened.run("PS.select('hamlet', PS.villageById.get('QN0007'))")
    assert opened.page.inner_text("#ps-detail [data-field=cause]") == CAUSE_LABELS["no_mast"][1]
    assert opened.page.inner_text("#ps-detail [data-field=measure]") == word("measure_none", "vi")
    assert opened.page.locator("#ps-detail [data-field=short_db]").count() == 0
    opened.run("PS.select('hamlet', PS.villageById.get('QN0006'))")
    assert opened.page.locator("#ps-detail [data-field=cause]").count() == 0


@pytest.mark.browser
def test_plan_table_counts_what_is_not_checkable(opened):
    heads = opened.page.locator(".ps-plan-list thead th").all_inner_texts()
    assert heads[-1] == word("not_checkable", "vi")
    assert opened.page.locator(".ps-plan-list tbody td").all_inner_texts() == ["2", "2", "1", "1", "0"]


@pytest.mark.browser
def test_table_follows_the_filters_of_the_map(opened, content):
    villages = content.villages
    opened.page.click("button[data-verdict=covered]")
    opened.page.click("#ps-tab-table")
    opened.page.select_option("#ps-commune", "Xã 3")
    expected = villages[(villages.commune == "Xã 3") & (villages.verdict != "covered")]
    assert opened.get("PS.listed.map((v) => v.village_id).sort()") == sorted(expected.village_id)
    assert opened.get("PS.layers.hamlets.getLayers().length") == len(expected)
    opened.page.click("#ps-table [data-sort=population]")
    shown = opened.get("PS.listed.map((v) => v.population)")
    assert shown == sorted(expected.population, reverse=True)
    opened.page.click("#ps-table tbody tr >> nth=0")
    assert opened.page.inner_text("#ps-detail [data-field=population]") == str(shown[0])


@pytest.mark.browser
def test_csv_holds_what_the_table_shows(opened, content, tmp_path):
    opened.page.click("#ps-tab-table")
    with opened.page.expect_download() as download:
        opened.page.click("#ps-csv")
    path = tmp_path / "table.csv"
    download.value.save_as(path)
    table = pd.read_csv(path).set_index("village_id").loc[content.villages.village_id]
    assert table["name"].tolist() == content.villages["name"].tolist()
    np.testing.assert_allclose(table["level_4g_dbm"], content.villages["level_4g_dbm"], atol=0.0501)


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
    view = "[PS.map.getZoom(), PS.state.technology, PS.state.language, PS.state.selected.row.village_id]"
    again = open_map(map_file, opened.get("location.hash"))
    assert again.get(view) == opened.get(view) == [13, "2G", "en", "QN0042"]
    again.close()
    broken = open_map(map_file, "#x/%E0%A4%A/<b>/9G/q/xx/%")
    assert broken.get("PS.state.technology") == "4G"
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
def test_hostile_names_are_text_and_run_nothing(open_map, content, tmp_path):
    villages = content.villages.copy()
    villages.loc[: len(HOSTILE) - 1, "name"] = HOSTILE
    villages.loc[: len(HOSTILE) - 1, "commune"] = HOSTILE[::-1]
    communes = content.communes.assign(name=list(HOSTILE[:2]))
    masts = content.masts.assign(
        mast_id=[HOSTILE[k % 7] + str(k) for k in range(len(content.masts))], owner=HOSTILE[2]
    )
    hostile = dataclasses.replace(
        content, villages=villages, communes=communes, masts=masts, title=HOSTILE[1],
        places=content.places.assign(name=HOSTILE[2], kind=HOSTILE[0]),
        assumptions=dict.fromkeys(("vi", "en"), tuple((name, name) for name in HOSTILE)),
        data_versions=(("https://example.org", HOSTILE[1]),),
    )  # fmt: skip
    path = tmp_path / "hostile.html"
    write_map(path, hostile)
    opened = open_map(path)
    opened.page.click("#ps-tab-table")
    for k, name in enumerate(HOSTILE):
        opened.run(f"PS.select('hamlet', PS.villages[{k}], true)")
        assert opened.page.text_content("#ps-detail-title") == name
        opened.page.fill("#ps-search", name[:12])
    opened.page.fill("#ps-search", "")
    opened.run("PS.select('mast', PS.masts[2]); PS.select('place', PS.places[0]); PS.speak('en')")
    opened.page.click("#ps-tab-about")
    assert opened.page.text_content("#ps-title") == HOSTILE[1]
    assert opened.get("window.hacked") is None
    assert (
        opened.get("document.querySelectorAll('#ps-panel img, #ps-stage img, #ps-panel script').length") == 0
    )
    assert "'=HYPERLINK" in opened.get("PS.csv()")
    opened.close()


@pytest.mark.browser
def test_policy_stops_a_script_that_got_in_all_the_same(open_map, map_file):
    opened = open_map(map_file)
    opened.page.evaluate(BREAK_IN)
    opened.page.wait_for_timeout(100)
    assert opened.get("window.hacked") is None
    assert sum("Content Security Policy" in text for text in opened.complaints) >= 3
    assert opened.asked == []
    opened.context.close()


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
    coverage = (dataclasses.replace(content.coverage[2], level_dbm=level),)
    path = tmp_path / "aligned.html"
    write_map(path, dataclasses.replace(content, villages=villages, coverage=coverage))
    opened = open_map(path)
    assert max(opened.page.evaluate(DISTANCE_TO_NEAREST_PIXEL)) < 1.0
    opened.close()


@pytest.mark.browser
def test_phone_shows_the_map_the_sheet_and_the_detail(open_map, map_file):
    phone = open_map(map_file, viewport={"width": 390, "height": 844}, is_mobile=True, has_touch=True)
    assert phone.get("document.documentElement.scrollWidth") <= 390
    folded = phone.page.locator(".leaflet-container").bounding_box()["height"]
    phone.page.tap("#ps-tab-table")
    assert phone.page.is_visible("#ps-table tbody tr >> nth=0")
    assert phone.page.locator(".leaflet-container").bounding_box()["height"] < folded
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
