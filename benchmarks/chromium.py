"""A headless Chromium that draws the page in software."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from playground.errors import PlaygroundError

ARGUMENTS = ["--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"]
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


@contextmanager
def chromium_page() -> Iterator[Any]:
    """A page of 1280 x 800 pixels, Playwright's `Page`.

    Raises:
        PlaygroundError: Playwright is not installed.
    """
    try:
        from playwright.sync_api import sync_playwright
    except ModuleNotFoundError:
        raise PlaygroundError(
            "Playwright is not installed: nothing is drawn.", mend="pip install -r requirements-dev.txt, and make chromium."
        ) from None
    # Chromium refuses its sandbox to root, which is who runs in most containers.
    as_root = hasattr(os, "geteuid") and os.geteuid() == 0
    executable = next((found for found in map(shutil.which, NAMES) if found), None)
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=executable, args=ARGUMENTS + ["--no-sandbox"] * as_root)
        try:
            page = browser.new_context(viewport={"width": 1280, "height": 800}).new_page()
            page.set_default_timeout(60_000)
            yield page
        finally:
            browser.close()
