"""The Maps page in a real browser: the image beside the pointer, the way through the layers, and a cancel."""

from __future__ import annotations

import re

from conftest import ROOT, OpenPage, StartApp
from front_page import button, choose_speed, open_front_page, wait_for_batch
from playwright.sync_api import Page, expect

expect.set_options(timeout=60_000)

MAP = ".map-view[data-drawings]"
POINTS = ".map-figure .scatterlayer .point"


def _trained(page: Page) -> Page:
    """The Maps page on a run that was stopped."""
    choose_speed(page, "20 batches/s")
    button(page, "Train").click()
    page.wait_for_url(re.compile("run="))
    wait_for_batch(page)
    # Streamlit shows a Stop of its own, above, while a script runs.
    stop = page.get_by_test_id("stMainBlockContainer").get_by_role("button", name="Stop", exact=True)
    stop.click()
    expect(stop).to_be_disabled()
    page.get_by_role("link", name="Maps").first.click()
    return page


def _first_place(page: Page) -> str:
    return str(page.locator(POINTS).first.get_attribute("transform"))


def test_maps_show_their_images_move_from_layer_to_layer_and_can_be_cancelled(start_app: StartApp, open_page: OpenPage) -> None:
    page = _trained(open_front_page(open_page, start_app(ROOT / "app.py")))
    page.wait_for_selector(MAP)
    assert page.locator(POINTS).count() == 1000
    page.locator(POINTS).nth(400).hover(force=True)
    card = page.locator(".map-card")
    expect(card).to_be_visible()
    expect(card).to_contain_text(re.compile(r"No\. \d+: \d, read"))
    assert "data:image/png" in str(page.locator(".map-digit").get_attribute("style"))
    page.get_by_role("tab", name="Layer by layer").click()
    slider = page.get_by_role("slider", name="Layer", exact=True)
    expect(slider).to_be_visible()
    expect(page.locator(".map-title")).to_have_text("The pixels")
    page.wait_for_selector(f"{MAP} {POINTS}")
    before = _first_place(page)
    slider.press("End")
    expect(page.locator(".map-title")).to_contain_text("Dense")
    expect(page.locator(POINTS).first).not_to_have_attribute("transform", before)
    page.get_by_text("t-SNE", exact=True).click()
    button(page, "Cancel").click()
    expect(page.get_by_text("You cancelled this")).to_be_visible()
