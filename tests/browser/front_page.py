"""The front page as its tests see it: what stands on it, and how it is used."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

from playwright.sync_api import Locator, Page, TimeoutError

APP = Path(__file__).parents[2] / "app.py"
CHART = ".live-chart"
PROGRESS = ".st-key-progress"
LIMIT_MS = 60_000


def button(page: Page, name: str) -> Locator:
    # Not in the header, which offers a Stop of its own while a script runs long.
    return page.get_by_test_id("stMainBlockContainer").get_by_role("button", name=name, exact=True)


def open_front_page(open_page: Any, url: str, **how: Any) -> Page:
    """The page once its empty chart is drawn and Train can be pressed."""
    page: Page = open_page(url, **how)
    page.set_default_timeout(LIMIT_MS)
    button(page, "Train").or_(button(page, "Pause")).or_(button(page, "Resume")).wait_for()
    page.wait_for_selector(f"{CHART}[data-drawings]")
    return page


def choose_speed(page: Page, speed: str) -> None:
    """As a person does: a list that closes, because the page was drawn anew in that moment, is opened again."""
    option = page.get_by_role("option", name=speed, exact=True)
    for tries_left in (2, 1, 0):
        page.locator(".st-key-speed [role=combobox]").click()
        try:
            option.click(timeout=5_000)
            return
        except TimeoutError:
            if not tries_left:
                raise


def choose_preset(page: Page, title: str) -> None:
    button(page, title).click()


def open_section(page: Page, title: str) -> None:
    page.locator(".st-key-section").get_by_text(title, exact=True).click()


def progress(page: Page) -> str:
    return page.locator(PROGRESS).inner_text()


def batch(page: Page) -> tuple[int, int]:
    """(epoch, batch of it), as the page says them."""
    found = re.search(r"Epoch (\d+) of \d+ · batch ([\d,]+) of", progress(page))
    assert found, progress(page)
    return int(found[1]), int(found[2].replace(",", ""))


def wait_for_batch(page: Page, after: tuple[int, int] = (1, 0)) -> tuple[int, int]:
    """Waits until the page says a later batch than `after`, and returns it."""
    page.wait_for_function(
        """([selector, epoch, batch]) => {
            const text = document.querySelector(selector)?.innerText ?? "";
            const found = text.match(/Epoch (\\d+) of \\d+ · batch ([\\d,]+) of/);
            return found && 1e6 * found[1] + Number(found[2].replaceAll(",", "")) > 1e6 * epoch + batch;
        }""",
        arg=[PROGRESS, *after],
        timeout=LIMIT_MS,
    )
    return batch(page)


def wait_for_progress(page: Page, words: str) -> None:
    page.wait_for_function(
        "([selector, words]) => document.querySelector(selector)?.innerText.includes(words)",
        arg=[PROGRESS, words],
        timeout=LIMIT_MS,
    )


def accuracy(page: Page, name: str) -> float | None:
    """One of the big figures in percent; None while it is a dash."""
    text = page.locator(".big", has_text=name).locator("b").inner_text()
    return None if text == "–" else float(text.rstrip("%"))


def trace(page: Page, name: str) -> list[list[float]]:
    """The (x, y) points of one of the chart's curves, such as "raw-y" for the loss of single batches."""
    script = """name => {
        const found = document.querySelector('.live-chart').data.find(trace => trace.uid === name);
        return [...found.x].map((x, index) => [x, found.y[index]]).filter(point => Number.isFinite(point[1]));
    }"""
    points: list[list[float]] = page.evaluate(script, name)
    return points


def wait_for_points(page: Page, more_than: int = 0) -> None:
    page.wait_for_function(
        """count => {
            const found = document.querySelector('.live-chart')?.data?.find(trace => trace.uid === 'smooth-y');
            return found && [...found.y].filter(Number.isFinite).length > count;
        }""",
        arg=more_than,
        timeout=LIMIT_MS,
    )


def is_inside(page: Page, place: Locator) -> bool:
    """Whether all of it is in view."""
    box, view = place.bounding_box(), page.viewport_size
    assert box and view
    return (
        box["x"] >= 0
        and box["y"] >= 0
        and box["x"] + box["width"] <= view["width"]
        and box["y"] + box["height"] <= view["height"]
    )


def screenshot(page: Page, name: str, folder: Path) -> None:
    """Kept where PLAYGROUND_SCREENSHOTS says, to be looked at by people; else with the test's other files."""
    chosen = Path(os.environ.get("PLAYGROUND_SCREENSHOTS") or folder)
    chosen.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=chosen / f"{name}.png")


def errors(page: Page) -> list[str]:
    found: list[str] = page.errors  # type: ignore[attr-defined]
    return found
