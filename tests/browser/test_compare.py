"""The Compare page in a real browser: two runs from the front page, their curves, and a click on the matrix."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from conftest import ROOT, OpenPage, StartApp
from front_page import button, choose_speed, errors, open_front_page, screenshot, wait_for_batch
from playwright.sync_api import Page, expect

expect.set_options(timeout=60_000)

CHART = ".live-chart"
MATRIX = '[class*="st-key-compare_matrix"]'


@pytest.fixture
def compared(start_app: StartApp, open_page: OpenPage) -> Page:
    """The Compare page of a visitor who has trained two runs for a moment."""
    page = open_front_page(open_page, start_app(ROOT / "app.py"), height=1200)
    choose_speed(page, "20 batches/s")
    for _ in range(2):
        before = page.url
        button(page, "Train").click()
        page.wait_for_function("before => location.href !== before && location.href.includes('run=')", arg=before)
        wait_for_batch(page)
        # Streamlit shows a Stop of its own, above, while a script runs.
        stop = page.get_by_test_id("stMainBlockContainer").get_by_role("button", name="Stop", exact=True)
        stop.click()
        expect(stop).to_be_disabled()
    page.get_by_role("link", name="Compare").first.click()
    page.wait_for_url(re.compile("Compare.*runs="))
    return page


def drawn(page: Page) -> dict[str, int]:
    """How many points each curve has, by its name."""
    page.wait_for_function("document.querySelector('.live-chart')?.data?.some(t => t.uid === 'B-training-loss')")
    script = """() => Object.fromEntries(document.querySelector('.live-chart').data.map(
        trace => [trace.uid, [...trace.y].filter(Number.isFinite).length]))"""
    points: dict[str, int] = page.evaluate(script)
    return points


def test_two_runs_lie_over_one_another_and_a_click_shows_what_is_behind_a_cell(compared: Page, tmp_path: Path) -> None:
    page = compared
    points = drawn(page)
    assert points["A-training-loss"] > 0 and points["B-training-accuracy"] > 0
    expect(page.locator(".compared").nth(1)).to_contain_text("The two are the same.")
    page.get_by_text("per second", exact=True).click()
    page.wait_for_function("document.querySelector('.live-chart').layout.xaxis.title.text.includes('seconds')")
    screenshot(page, "compare", tmp_path)
    page.get_by_role("tab", name="Numbers").click()
    expect(page.get_by_test_id("stDataFrame")).to_be_visible()
    page.get_by_role("tab", name="Who fixes what").click()
    headline = page.get_by_role("heading", name=re.compile("B fixes .* validation images: net"))
    expect(headline).to_be_visible()
    cell = page.locator(f"{MATRIX} .scatterlayer .point").nth(10 * 3 + 5)
    cell.wait_for(state="attached")
    box = cell.bounding_box()
    assert box
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2, steps=5)
    expect(page.locator(".hoverlayer .hovertext")).to_contain_text("3 read as 5")
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    expect(page.get_by_text(re.compile("A reads [0-9]+ so, B reads [0-9]+"))).to_be_visible()
    assert errors(page) == []


def test_the_page_is_no_wider_than_a_phone(compared: Page) -> None:
    page = compared
    page.set_viewport_size({"width": 390, "height": 800})
    for view in ("Numbers", "Size and time", "Who fixes what", "Curves"):
        page.get_by_role("tab", name=view).click()
        expect(page.get_by_role("tab", name=view)).to_have_attribute("aria-selected", "true")
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
