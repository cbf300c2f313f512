"""The page "Points in the plane" in Chromium: what its tests read and do."""

from __future__ import annotations

from conftest import OpenPage
from playwright.sync_api import Page, expect

NUMBERS = ".st-key-plane_numbers"
MAIN = ".st-key-plane_main button >> visible=true"
_SURFACE = "document.querySelector('.pv-surface').toDataURL()"


def open_plane(open_page: OpenPage, url: str, **how: object) -> Page:
    page = open_page(url, **how)
    page.wait_for_selector(".plane-view[data-drawings]")
    expect(page.locator(MAIN)).to_be_visible()
    return page


def reading(page: Page, name: str) -> float:
    """One of the large numbers."""
    words = page.locator(NUMBERS).inner_text().split("\n")
    return float(words[words.index(name) - 1].replace(",", "").replace("–", "nan"))


def surface(page: Page) -> str:
    """What is drawn of the network's output, as the picture's own data, once it changes no more: the numbers and buttons of the
    page may be a tick ahead of it."""
    found: str = page.evaluate(_SURFACE)
    for _ in range(30):
        page.wait_for_timeout(1300)  # a paused page ticks once a second
        before, found = found, page.evaluate(_SURFACE)
        if found == before:
            return found
    raise AssertionError("the picture still changes")


def wait_for_surface(page: Page, same_as: str = "", other_than: str = "") -> None:
    script = """([same, other]) => {
      const drawn = document.querySelector(".pv-surface")?.toDataURL();
      return drawn && (same ? drawn === same : drawn !== other);
    }"""
    page.wait_for_function(script, arg=[same_as, other_than])


def wait_for_epoch(page: Page, least: int) -> None:
    script = "([where, least]) => Number(document.querySelector(where).innerText.split('\\n')[0].replace(',', '')) >= least"
    page.wait_for_function(script, arg=[NUMBERS, least])


def wait_for_loss_above(page: Page, loss: float) -> None:
    script = "([where, loss]) => Number(document.querySelector(where).innerText.split('\\n')[2]) > loss"
    page.wait_for_function(script, arg=[NUMBERS, loss])


def set_output_bias(page: Page, value: str) -> None:
    page.locator(".pv-bias").last.click()
    field = page.locator(".pv-card input").first
    field.fill(value)
    field.press("Enter")
    page.keyboard.press("Escape")


def at(page: Page, x1: float, x2: float) -> tuple[float, float]:
    """Where a place of the plane is on the screen."""
    box = page.locator(".pv-surface").first.bounding_box()
    assert box is not None
    return box["x"] + (x1 + 6) / 12 * box["width"], box["y"] + (6 - x2) / 12 * box["height"]
