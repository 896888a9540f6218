"""Measure the demo: first and second run of ``phusong demo``, and the opening of its map. Prints Markdown.

    python benchmarks/bench_demo.py

The first run starts with an empty cache of compiled kernels, as on a fresh machine. The browser is headless
Chromium with the network off; "usable" is the time from opening the file to the panel of a hamlet that was
clicked after one zoom step.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

CHROMIUM = "/usr/bin/chromium"
FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]


def run(folder: Path, kernels: Path) -> tuple[float, float]:
    """Seconds by the clock, and the largest resident size of any child so far (GB)."""
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(kernels)}
    started = time.perf_counter()
    command = [sys.executable, "-m", "phusong", "demo", str(folder), "--quiet"]
    subprocess.run(command, check=True, env=environment, stdout=subprocess.DEVNULL, cwd=folder.parent)
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    return time.perf_counter() - started, peak / (1e9 if sys.platform == "darwin" else 1e6)


def open_map(page: Path) -> dict[str, float]:
    """Seconds to first contentful paint, and to the panel of a clicked hamlet."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        context = browser.new_context(offline=True, viewport={"width": 1400, "height": 860})
        tab = context.new_page()
        started = time.perf_counter()
        tab.goto(page.resolve().as_uri())
        tab.wait_for_function("() => window.PS && PS.map && PS.villages && PS.villages.length > 0")
        ready = time.perf_counter() - started
        tab.click("#ps-zoom-in")
        tab.click("#ps-tab-table")
        tab.click("#ps-table tbody tr >> nth=0")
        tab.wait_for_selector("#ps-detail h2, #ps-detail h3")
        usable = time.perf_counter() - started
        paint = tab.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime") / 1000
        browser.close()
    return {"first paint": paint, "ready": ready, "usable": usable}


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        base = Path(name)
        folder, kernels = base / "demo", base / "kernels"
        first, _ = run(folder, kernels)
        second, memory = run(folder, kernels)
        page = folder / "out" / "map.html"
        size = page.stat().st_size / 1e6
        seconds = open_map(page)
    print("| what | measured | asked for |\n|---|---|---|")
    print(f"| demo, first run (kernels compiled) | {first:.0f} s | < 180 s |")
    print(f"| demo, second run | {second:.0f} s | < 60 s |")
    print(f"| largest process | {memory:.2f} GB | < 2 GB |")
    print(f"| map of the sample | {size:.1f} MB | < 10 MB |")
    for what, value in seconds.items():
        print(f"| map: {what} | {value:.2f} s | < 3 s |")


if __name__ == "__main__":
    main()
