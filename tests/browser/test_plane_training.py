"""The page "Points in the plane" in a real Chromium: training watched and steered, weights edited, points painted."""

from __future__ import annotations

import re

import pytest
from conftest import OpenPage
from playwright.sync_api import Page, expect

NUMBERS = ".st-key-plane_numbers"
MAIN = ".st-key-plane_main button >> visible=true"


@pytest.fixture
def plane_url(front_url: str) -> str:
    return f"{front_url}/Plane"


def _open(open_page: OpenPage, url: str, **how: object) -> Page:
    page = open_page(url, **how)
    page.wait_for_selector(".plane-view[data-drawings]")
    expect(page.locator(MAIN)).to_be_visible()
    return page


def _reading(page: Page, name: str) -> float:
    """One of the large numbers."""
    words = page.locator(NUMBERS).inner_text().split("\n")
    return float(words[words.index(name) - 1].replace(",", "").replace("–", "nan"))


def _surface(page: Page) -> str:
    """What is drawn of the network's output, as the picture's own data."""
    found: str = page.evaluate("document.querySelector('.pv-surface').toDataURL()")
    return found


def _wait_for_surface(page: Page, same_as: str = "", other_than: str = "") -> None:
    script = """([same, other]) => {
      const drawn = document.querySelector(".pv-surface").toDataURL();
      return same ? drawn === same : drawn !== other;
    }"""
    page.wait_for_function(script, arg=[same_as, other_than])


def _wait_for_epoch(page: Page, least: int) -> None:
    script = "([where, least]) => Number(document.querySelector(where).innerText.split('\\n')[0].replace(',', '')) >= least"
    page.wait_for_function(script, arg=[NUMBERS, least])


def _wait_for_loss_above(page: Page, loss: float) -> None:
    script = "([where, loss]) => Number(document.querySelector(where).innerText.split('\\n')[2]) > loss"
    page.wait_for_function(script, arg=[NUMBERS, loss])


def _set_output_bias(page: Page, value: str) -> None:
    page.locator(".pv-bias").last.click()
    field = page.locator(".pv-card input").first
    field.fill(value)
    field.press("Enter")
    page.keyboard.press("Escape")


def _at(page: Page, x1: float, x2: float) -> tuple[float, float]:
    """Where a place of the plane is on the screen."""
    box = page.locator(".pv-surface").first.bounding_box()
    assert box is not None
    return box["x"] + (x1 + 6) / 12 * box["width"], box["y"] + (6 - x2) / 12 * box["height"]


def test_start_pause_edit_reset_and_undo(open_page: OpenPage, plane_url: str) -> None:
    page = _open(open_page, plane_url)
    first, first_loss = _surface(page), _reading(page, "training loss")
    page.locator(MAIN).click()
    _wait_for_epoch(page, 20)
    expect(page.locator(MAIN)).to_contain_text("Pause")
    _wait_for_surface(page, other_than=first)
    page.locator(MAIN).click()
    expect(page.locator(MAIN)).to_contain_text("Go on")
    paused = _surface(page)
    # A number set by hand is in the run's network, and so in its losses and its surface.
    loss = _reading(page, "training loss")
    _set_output_bias(page, "9")
    _wait_for_loss_above(page, loss + 0.5)
    _wait_for_surface(page, other_than=paused)
    expect(page.locator(MAIN)).to_contain_text("Go on")
    page.get_by_role("button", name="Reset", exact=True).click()
    expect(page.locator(MAIN)).to_contain_text("Start")
    page.wait_for_function("where => document.querySelector(where).innerText.startsWith('0')", arg=NUMBERS)
    assert _reading(page, "training loss") == first_loss
    _wait_for_surface(page, same_as=first)
    page.get_by_role("button", name="Undo").click()
    expect(page.locator(MAIN)).to_contain_text("Go on")
    _wait_for_loss_above(page, loss + 0.5)
    real = [error for error in page.errors if "404" not in error]  # type: ignore[attr-defined]
    assert not real


def test_the_address_shows_the_same_in_another_browser(open_page: OpenPage, plane_url: str) -> None:
    page = _open(open_page, plane_url)
    page.get_by_role("button", name="Moons").click()
    expect(page.locator(".st-key-plane_columns")).to_contain_text("Moons:")
    page.get_by_role("button", name=re.compile("sin x₂")).click()
    page.get_by_text("Discrete output").click()
    page.get_by_role("button", name="One epoch").click()
    _wait_for_epoch(page, 1)
    expect(page.locator(MAIN)).to_contain_text("Go on")
    page.wait_for_function("location.search.includes('run=') && location.search.includes('look=')")
    other = _open(open_page, page.url)
    expect(other.locator(".st-key-plane_columns")).to_contain_text("Moons:")
    _wait_for_epoch(other, 1)
    expect(other.locator(NUMBERS)).to_have_text(page.locator(NUMBERS).inner_text(), use_inner_text=True)
    _wait_for_surface(other, same_as=_surface(page))


def test_points_are_painted_class_by_class_and_learned(open_page: OpenPage, plane_url: str) -> None:
    page = _open(open_page, plane_url)
    page.get_by_role("button", name="Your own points").click()
    expect(page.get_by_text("There is no point yet.").first).to_be_visible()
    expect(page.locator(MAIN)).to_be_disabled()
    page.mouse.click(*_at(page, -3, 3))
    expect(page.get_by_text("There is only one point").first).to_be_visible()
    for brush, x2 in (("A", 3.0), ("B", -3.0)):
        page.locator("[data-testid=stButtonGroup] button", has_text=re.compile(f"^{brush}$")).first.click()
        page.mouse.move(*_at(page, -2, x2))
        page.mouse.down()
        page.mouse.move(*_at(page, 3, x2), steps=12)
        page.mouse.up()
        expect(page.get_by_text(re.compile("(4|5|6|7|8|9|[1-9][0-9]) of at most 500 points"))).to_be_visible()
    expect(page.locator(MAIN)).to_be_enabled()
    page.locator(MAIN).click()
    _wait_for_epoch(page, 30)
    page.mouse.click(*_at(page, 0, 0))
    expect(page.locator(MAIN)).to_contain_text("Start")


def test_steps_that_run_away_are_mended_by_one_click(open_page: OpenPage, plane_url: str) -> None:
    page = _open(open_page, plane_url, width=390, height=844)
    page.get_by_role("button", name="Too fast").click()
    page.locator(MAIN).click()
    mend = page.get_by_role("button", name="Take a rate 10 times smaller")
    expect(mend).to_be_visible()
    mend.click()
    script = "where => Number(document.querySelector(where).innerText.split('\\n')[2]) < 0.1"
    page.wait_for_function(script, arg=NUMBERS)
    expect(mend).to_be_hidden()


def test_back_leads_to_the_run_that_was_left(open_page: OpenPage, plane_url: str) -> None:
    page = _open(open_page, plane_url)
    page.get_by_role("button", name="One epoch").click()
    _wait_for_epoch(page, 1)
    page.wait_for_function("location.search.includes('run=')")
    page.get_by_role("button", name="Reset", exact=True).click()
    page.wait_for_function("!location.search.includes('run=')")
    expect(page.locator(MAIN)).to_contain_text("Start")
    page.evaluate("history.go(-2)")  # each parameter that changed is an entry of its own
    page.wait_for_function("location.search.includes('run=')")
    _wait_for_epoch(page, 1)
    expect(page.locator(MAIN)).to_contain_text("Go on")
