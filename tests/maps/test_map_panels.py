"""What opens beside the map in a browser: the table's own numbers, reasons, remedies, search, filters."""

import dataclasses

import numpy as np
import pandas as pd
import pytest

from phusong.gis_data.gap_schema import CAUSE_LABELS, REMEDY_LABELS
from phusong.gis_data.verdict_words import SPLIT_LABEL
from phusong.maps.profile_plot import bulge_m, fresnel_radius_m
from phusong.maps.web_map import write_map
from phusong.maps.words import word

TECHNOLOGIES = ("2G", "3G", "4G", "5G")


@pytest.mark.browser
def test_profile_of_a_dead_hamlet_is_drawn_from_the_data(opened, content):
    opened.run("PS.select('hamlet', PS.villageById.get('QN0000'))")
    picture = opened.page.locator("#ps-detail svg.ps-profile")
    assert "18,3 dB" in picture.text_content()
    assert "M007" in picture.text_content()
    profile = content.profiles[0]
    shape = opened.get("PS.profileShape(PS.data.profiles.QN0000)")
    middle = len(shape["ground"]) // 2
    km = opened.get(f"PS.data.profiles.QN0000.km[{middle}]")
    raised = np.interp(km, profile.distance_km, profile.height_m + bulge_m(profile.distance_km, 4.21))
    assert shape["ground"][middle] == pytest.approx(raised, abs=1.5)
    widest = fresnel_radius_m(np.array([4.21 / 2]), 4.21, 940.0)[0]
    assert max(shape["radius"]) == pytest.approx(widest, rel=1e-3)
    opened.run("PS.select('hamlet', PS.villageById.get('QN0007'))")
    assert opened.page.locator("#ps-detail svg.ps-profile").count() == 0


@pytest.mark.browser
def test_every_remedy_that_was_tried_is_told_and_which_is_enough(opened):
    opened.run("PS.speak('en'); PS.select('hamlet', PS.villageById.get('QN0000'))")
    tried = opened.page.locator("#ps-detail [data-field=measures] li").all_inner_texts()
    assert tried == [
        f"✗ {word('measure.tilt', 'en')}: 1.0° (+3.2 dB)",
        f"✓ {word('measure.carrier', 'en')}: M009, Viettel 2G, 900 MHz (+15.6 dB)",
    ]


@pytest.mark.browser
def test_places_without_this_technology_can_be_filtered(opened, content):
    opened.page.click("#ps-tab-table")
    opened.page.select_option("#ps-without", "4G")
    opened.page.select_option("#ps-verdict", "fragile")
    villages = content.villages
    expected = villages[(villages.verdict == "fragile") & ~villages.served_4g]
    assert opened.get("PS.listed.map((v) => v.village_id).sort()") == sorted(expected.village_id)
    again = opened.get("location.hash")
    assert "n=4G" in again
    assert "f=fragile" in again


@pytest.mark.browser
@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("Khe Tien", "Khe Tiền"),
        ("dai van", "Đài Van"),
        ("KHE TIỀN", "Khe Tiền"),
        ("m007", "M007"),
        ("qn0001", "Đài Van"),
    ],
)
def test_search_finds_with_and_without_diacritics(opened, typed, found):
    opened.page.fill("#ps-search", typed)
    title = opened.page.inner_text("#ps-found li >> nth=0").split("\n")[0]
    assert found in title
    if found != "Khe Tiền":
        assert opened.get("PS.find('m007')[0].name()") == f"{word('mast', 'vi')} M007"  # never a bare id
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
    assert opened.page.inner_text("#ps-detail [data-field=cost]") == "640 triệu đồng"
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
    assert opened.page.inner_text("#ps-detail [data-field=obstacle]").startswith(
        "cách trạm 1,6 km, cao 412 m"
    )
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
def test_clusters_that_operators_cover_between_them_do_not_lack_a_signal(opened, content):
    verdict = content.villages.set_index("village_id")["verdict"]
    assert verdict["QN0001"] == verdict["QN0008"] == "partial_signal"
    told = "#ps-detail [data-field=verdict]"
    for language in ("vi", "en"):
        opened.run(f"PS.speak('{language}'); PS.select('hamlet', PS.villageById.get('QN0001'))")
        split = opened.page.inner_text(told)
        assert split == SPLIT_LABEL[language == "vi"]
        assert opened.get("PS.nameOf('hamlet', PS.villageById.get('QN0001'))").endswith(split)
        opened.run("PS.select('hamlet', PS.villageById.get('QN0008'))")
        assert opened.page.inner_text(told) == word("verdict.partial_signal", language)


@pytest.mark.browser
def test_hamlet_in_need_tells_its_verdict_with_the_proposal(opened):
    opened.run("PS.speak('en'); PS.select('hamlet', PS.villageById.get('QN0000'))")
    change = opened.page.locator("#ps-detail [data-field=verdict_change] b")
    assert change.all_inner_texts() == [word("verdict.no_signal", "en"), word("verdict.no_5g", "en")]
    assert opened.page.inner_text("#ps-detail [data-field=people_with_service]") == "12 → 300"
    assert opened.page.inner_text("#ps-detail [data-field=level_change]") == "4G −118.2 → −88.0 dBm"
    opened.run("PS.select('hamlet', PS.villageById.get('QN0007'))")
    assert set(change.all_inner_texts()) == {word("verdict.no_signal", "en")}
    assert opened.page.inner_text("#ps-detail [data-field=level_change]") == "4G – → – dBm"
    opened.run("PS.select('hamlet', PS.villageById.get('QN0001'))")
    assert opened.page.locator("#ps-detail [data-field=verdict_change]").count() == 0


@pytest.mark.browser
def test_link_of_a_station_is_drawn_and_tells_its_clearance(opened):
    opened.run("PS.speak('en'); PS.select('proposal', PS.proposals[0])")
    shown = {
        key: opened.page.inner_text(f"#ps-detail [data-field={key}]")
        for key in ("link_length", "link_hops", "link_band", "link_room")
    }
    assert shown == {
        "link_length": "7.3 km", "link_hops": "1", "link_band": "18 GHz", "link_room": "3.5 m beyond the zone",
    }  # fmt: skip
    picture = opened.page.locator("#ps-detail svg.ps-profile").text_content()
    assert "S001 · 28 m → M004 · 40 m · 18 GHz" in picture
    assert "3.5 m" in picture
    opened.run("PS.select('proposal', PS.proposals[1])")
    assert opened.page.locator("#ps-detail svg.ps-profile").count() == 0
    assert "N1" in opened.page.inner_text("#ps-detail")
    lines = opened.get(
        "PS.layers.links.getLayers().map((l) => [l.options.color, l.options.dashArray || null])"
    )
    assert [line for line in lines if line[0] != "#fff"] == [["#0072b2", "7 5"], ["#009e73", None]]
    assert word("backhaul.microwave", "en").lower() in opened.page.inner_text("#ps-legend")
    opened.run("PS.deselect(); PS.layers.links.getLayers()[1].fire('click')")
    assert opened.page.inner_text("#ps-detail-title") == "S001"


@pytest.mark.browser
def test_signs_have_no_dashes_of_the_lines_beside_them(opened):
    dashes = opened.page.evaluate(
        """() => {
          const ctx = document.createElement("canvas").getContext("2d");
          const seen = [];
          const stroke = ctx.stroke.bind(ctx);
          ctx.stroke = () => (seen.push(ctx.getLineDash().length), stroke());
          ctx.setLineDash([7, 5]);
          PS.drawSign(ctx, "ring", 20, 20, 8, "#ffffff", true);
          return seen;
        }"""
    )
    assert dashes and not any(dashes)


@pytest.mark.browser
def test_money_is_told_in_the_currency_of_the_project(open_map, content, tmp_path):
    path = tmp_path / "kip.html"
    write_map(path, dataclasses.replace(content, currency={"vi": "triệu kíp", "en": "million LAK"}))
    opened = open_map(path)
    opened.run("PS.select('proposal', PS.proposals[1])")
    assert opened.page.inner_text("#ps-detail [data-field=cost]") == "1.511 triệu kíp"
    opened.run("PS.speak('en')")
    assert "million LAK" in opened.page.inner_text("#ps-page-overview")
    assert "VND" not in opened.page.inner_text("body")
    opened.close()


@pytest.mark.browser
def test_coast_is_a_layer_of_lines(opened, content):
    lines = opened.get("PS.data.coast")
    west, south, east, north = content.villages.to_crs(4326).total_bounds
    lat, lon = np.array([point for line in lines for point in line]).T
    assert len(lines) > 3
    assert south - 0.05 < lat.min() < lat.max() < north + 0.05
    assert west - 0.05 < lon.min() < lon.max() < east + 0.05
    assert opened.get("PS.map.hasLayer(PS.layers.coast)")
