"""Take the README's picture of a map: ``python benchmarks/screenshot.py demo/out/map.html docs/map.png``."""

from __future__ import annotations

import sys
from io import BytesIO
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

CHROMIUM = "/usr/bin/chromium"
FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]


def screenshot(page: Path, picture: Path, *, width: int = 1400, height: int = 860) -> None:
    """Write the page as a person sees it after opening, in 256 colours: a picture for a README."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        tab = browser.new_page(viewport={"width": width, "height": height})
        tab.goto(page.resolve().as_uri())
        tab.wait_for_timeout(2000)
        raw = tab.screenshot()
        browser.close()
    Image.open(BytesIO(raw)).convert("RGB").quantize(256).save(picture, optimize=True)


if __name__ == "__main__":
    screenshot(Path(sys.argv[1]), Path(sys.argv[2]))
