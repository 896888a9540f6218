"""axe-core finds no serious fault, whatever is open, on a desk and on a phone."""

from pathlib import Path

import pytest

axe = pytest.importorskip("axe_playwright_python", reason="needs axe-playwright-python (test extra)")

STATES = (
    "",
    "PS.openTab('layers'); PS.showLayer('plan_items', true); await PS.swipe.set(true);",
    "await PS.swipe.set(false); PS.openTab('table'); PS.select('hamlet', PS.villageById.get('QN0000'));",
    "PS.openTab('about'); PS.select('mast', PS.mastById.get('M003')); await PS.showCoverage();",
    "PS.select('proposal', PS.proposals[0]); await PS.showCoverage(); PS.speak('en');",
    "PS.select('plan', PS.layers.plan_items.getLayers()[0].row);",
    "const box = PS.byId('ps-search'); box.value = 'ban 1'; box.dispatchEvent(new Event('input'));",
)


@pytest.mark.browser
@pytest.mark.parametrize("phone", [False, True])
def test_no_serious_fault_in_any_state(open_map, map_file, phone):
    screen = {"viewport": {"width": 390, "height": 844}, "is_mobile": True} if phone else {}
    opened = open_map(map_file, **screen)
    opened.page.evaluate((Path(axe.__file__).parent / "axe.min.js").read_text(encoding="utf-8"))
    for state in STATES[:3] if phone else STATES:
        opened.page.evaluate(f"async () => {{ {state} }}")
        found = opened.page.evaluate("() => axe.run(document)")
        assert len(found["passes"]) > 15
        serious = [
            f"{fault['id']}: {fault['help']} {[node['target'] for node in fault['nodes']][:3]}"
            for fault in found["violations"]
            if fault["impact"] in ("serious", "critical")
        ]
        assert serious == [], state
    opened.close()
