"""The Explain page in a real browser: a click on a small picture enlarges it, and Grad-CAM is drawn over the image."""

from __future__ import annotations

import re

import pytest
from conftest import ROOT, OpenPage, StartApp
from front_page import button, choose_preset, open_front_page, wait_for_batch
from playwright.sync_api import Page, expect

expect.set_options(timeout=60_000)  # the first page of a fresh server waits for torch, on a busy machine


@pytest.fixture
def explain(start_app: StartApp, open_page: OpenPage) -> Page:
    """The Explain page on a network with convolutions that has just begun to learn."""
    page = open_front_page(open_page, start_app(ROOT / "app.py"), height=1100)
    choose_preset(page, "Fast CNN")
    expect(page.locator(".nn-row")).to_contain_text("Conv 64")
    button(page, "Train").click()
    page.wait_for_url(re.compile("run="))
    wait_for_batch(page)
    # Streamlit shows a Stop of its own, above, while a script runs.
    stop = page.get_by_test_id("stMainBlockContainer").get_by_role("button", name="Stop", exact=True)
    stop.click()
    expect(stop).to_be_disabled()
    page.get_by_role("link", name="Explain").first.click()
    expect(page.get_by_text("The network says")).to_be_visible()
    return page


def test_layers_are_looked_at_one_map_is_enlarged_and_grad_cam_is_drawn(explain: Page) -> None:
    page = explain
    strips = page.locator(".layer-strips section")
    expect(strips).to_have_count(14)  # the input and thirteen layers
    expect(strips.nth(1).locator("button[data-pick]")).to_have_count(12)
    picture = strips.nth(1).locator('[data-pick="1:7"]')
    picture.click()
    expect(picture).to_have_attribute("aria-pressed", "true")
    enlarged = page.locator(".st-key-explain_enlarged")
    expect(enlarged.get_by_role("spinbutton")).to_have_value("8")
    expect(enlarged.get_by_text("exactly 0")).to_be_visible()
    expect(enlarged.locator(".js-plotly-plot .heatmaplayer image")).to_have_count(1)
    assert page.evaluate("document.querySelector('.st-key-explain_enlarged .js-plotly-plot').data[0].z.length ?? 1") > 0

    page.get_by_role("tab", name="Inputs").click()
    page.get_by_role("radio", name="Grad-CAM").click()
    expect(page.get_by_text("stretched over the image")).to_be_visible()
    expect(page.locator(".st-key-explain_picture .js-plotly-plot .imagelayer image").first).to_be_visible()
    expect(page.get_by_test_id("stException")).to_have_count(0)
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
