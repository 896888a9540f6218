"""Shared fixtures: real data beside the repository, one browser, a fresh numba cache, and no skip unseen."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

# A stale cache hides an edit to a kernel in another file, so every test session compiles afresh. An outer
# runner may name a folder of its own.
_CACHE = tempfile.TemporaryDirectory(prefix="phusong-numba-", ignore_cleanup_errors=True)
os.environ.setdefault("NUMBA_CACHE_DIR", _CACHE.name)

# hypothesis counts a slow example as a failure by default: that would be an assertion on time.
settings.register_profile("phusong", deadline=None, derandomize=True)
settings.load_profile("phusong")

REPOSITORY = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def repository() -> Path:
    """Root of the checkout."""
    return REPOSITORY


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Real terrain, population and reference vectors; never part of the project."""
    folder = Path(os.environ.get("PHUSONG_SHARED_DATA", REPOSITORY.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"needs ../shared/data (or PHUSONG_SHARED_DATA): {folder} is not there")
    return folder


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """Chromium under Playwright: one for the whole session, as Playwright allows only one loop at a time."""
    chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if chromium is None:
        pytest.skip("needs Chromium (make system-deps)")
    sync_api = pytest.importorskip("playwright.sync_api", reason="needs the playwright package")
    quiet = ["--disable-background-networking", "--disable-component-update", "--disable-sync"]
    with sync_api.sync_playwright() as playwright:
        made = playwright.chromium.launch(
            executable_path=chromium, args=["--no-sandbox", "--disable-gpu", "--no-first-run", *quiet]
        )
        yield made
        made.close()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    """Turn a skip into a failure where PHUSONG_FORBID_SKIPS=1: CI has everything installed."""
    outcome = yield
    report = outcome.get_result()  # type: ignore[attr-defined]
    if report.skipped and os.environ.get("PHUSONG_FORBID_SKIPS") == "1" and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"skipping is forbidden here: {report.longrepr}"
