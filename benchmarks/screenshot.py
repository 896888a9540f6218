"""Take pictures of a map as people see it.

    python benchmarks/screenshot.py demo/out/map.html docs/map.png       # the README's picture
    python benchmarks/screenshot.py demo/out/map.html shots --all        # a folder of views, and a print

With ``--all``: desktop, phone and projector, Vietnamese and English, a hamlet that lacks a service, a
proposed station with its link, before and after, and the printed sheet as PDF. The network is off.
"""

from __future__ import annotations

import argparse
from io import BytesIO
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import Browser, sync_playwright

CHROMIUM = "/usr/bin/chromium"
FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
DESK: dict[str, Any] = {"viewport": {"width": 1400, "height": 860}}
PHONE: dict[str, Any] = {
    "viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True, "device_scale_factor": 2,
}  # fmt: skip
PROJECTOR: dict[str, Any] = {"viewport": {"width": 1920, "height": 1080}}
HAMLET = (
    "PS.select('hamlet', PS.villages.find((v) => PS.reasonOf.has(v.village_id)) || PS.villages[0], true);"
)
STATION = "if (PS.proposals.length) PS.select('proposal', PS.proposals[0], true);"
VIEWS: dict[str, tuple[dict[str, Any], str]] = {
    "desk-vi": (DESK, ""),
    "desk-en-hamlet": (DESK, f"PS.speak('en'); {HAMLET}"),
    "desk-vi-station": (DESK, STATION),
    "desk-vi-table": (DESK, "PS.openTab('table');"),
    "phone-vi": (PHONE, ""),
    "phone-en-hamlet": (PHONE, f"PS.speak('en'); {HAMLET}"),
    "projector-vi-swipe": (PROJECTOR, "PS.openTab('layers'); await PS.swipe.set(true);"),
}


def taken(browser: Browser, page: Path, screen: dict[str, Any], script: str) -> bytes:
    """Return a PNG of the page on a screen, after a script."""
    context = browser.new_context(offline=True, **screen)
    tab = context.new_page()
    tab.goto(page.resolve().as_uri(), timeout=120_000)
    tab.wait_for_selector("html[data-ready=true]", timeout=120_000)
    tab.evaluate(f"async () => {{ {script} await PS.showCoverage(); }}")
    tab.wait_for_timeout(800)
    raw = tab.screenshot()
    context.close()
    return raw


def screenshot(page: Path, picture: Path) -> None:
    """Write the page as a person sees it after opening, in 256 colours: a picture for a README."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        raw = taken(browser, page, DESK, "")
        browser.close()
    Image.open(BytesIO(raw)).convert("RGB").quantize(256).save(picture, optimize=True)


def all_views(page: Path, folder: Path) -> None:
    """Write every view, and the printed sheet."""
    folder.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        for name, (screen, script) in VIEWS.items():
            (folder / f"{name}.png").write_bytes(taken(browser, page, screen, script))
        tab = browser.new_context(offline=True).new_page()
        tab.goto(page.resolve().as_uri(), timeout=120_000)
        tab.wait_for_selector("html[data-ready=true]", timeout=120_000)
        tab.pdf(path=folder / "print.pdf", prefer_css_page_size=True, print_background=True)
        browser.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("page", type=Path)
    parser.add_argument("to", type=Path, help="a picture, or with --all a folder")
    parser.add_argument("--all", action="store_true")
    asked = parser.parse_args()
    (all_views if asked.all else screenshot)(asked.page, asked.to)
