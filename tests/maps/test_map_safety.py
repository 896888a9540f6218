"""Hostile data in the map: shown as text, and nothing of it runs."""

import dataclasses

import pytest

from phusong.maps.plain_text import printable
from phusong.maps.web_map import write_map

HOSTILE = (
    "<script>window.hacked = 1</script>",
    "</script><script>window.hacked = 2</script>",
    "<img src=x onerror=\"window.hacked = 3\">",
    "{{ 7 * 7 }}{% raw %}{% endraw %}",
    "\"'`${window.hacked=4}",
    "=HYPERLINK(\"https://example.org\")",
    "\u202eright to left \U0001f4f6 " + "very long " * 30,
    "bell\x07 escape\x1b[31m null\x00 \x85 end\u2066",
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


@pytest.mark.browser
def test_hostile_names_are_text_and_run_nothing(open_map, content, tmp_path):
    villages = content.villages.copy()
    villages.loc[: len(HOSTILE) - 1, "name"] = HOSTILE
    villages.loc[: len(HOSTILE) - 1, "commune"] = HOSTILE[::-1]
    communes = content.communes.assign(name=list(HOSTILE[:2]))
    masts = content.masts.assign(
        mast_id=[HOSTILE[k % 8] + str(k) for k in range(len(content.masts))], owner=HOSTILE[2]
    )
    cells = content.cells.assign(
        cell_id=[HOSTILE[k % 8] + str(k) for k in range(len(content.masts))], mast_id=masts["mast_id"],
        operator=["__proto__", "constructor", *HOSTILE[:2]] * 25,
    )  # fmt: skip
    footprints = dataclasses.replace(
        content.footprints,
        masts=tuple(
            dataclasses.replace(one, owner_id=HOSTILE[0] + "0") for one in content.footprints.masts[:1]
        ),
    )
    profiles = tuple(
        dataclasses.replace(content.profiles[0], village_id=village_id, mast_id=HOSTILE[1])
        for village_id in ("QN0000", "__proto__")
    )
    hostile = dataclasses.replace(
        content, villages=villages, communes=communes, masts=masts, title=HOSTILE[1],
        places=content.places.assign(name=HOSTILE[2], kind=HOSTILE[0]),
        assumptions=dict.fromkeys(("vi", "en"), tuple((name, name) for name in HOSTILE)),
        data_versions=(("https://example.org", HOSTILE[1]),), cells=cells, footprints=footprints,
        profiles=profiles, operator_coverage=(
            dataclasses.replace(content.operator_coverage[0], operator=HOSTILE[1]),
        ),
    )  # fmt: skip
    path = tmp_path / "hostile.html"
    write_map(path, hostile)
    opened = open_map(path)
    opened.page.click("#ps-tab-table")
    for k, name in enumerate(HOSTILE):
        opened.run(f"PS.select('hamlet', PS.villages[{k}], true)")
        assert opened.page.text_content("#ps-detail-title") == printable(name)
        opened.page.fill("#ps-search", name[:12])
    opened.page.fill("#ps-search", "")
    opened.run("PS.state.view = 'best'; PS.select('mast', PS.masts[2]); PS.select('place', PS.places[0]);")
    opened.run("PS.speak('en'); PS.select('mast', PS.masts[0]); PS.printView(true); PS.printView(false);")
    opened.settle()
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
