"""The Hands on page in a real browser: a weight is clicked and cut, a neuron killed, and both are undone."""

from __future__ import annotations

import re

from conftest import ROOT, OpenPage, StartApp
from front_page import button, open_front_page, wait_for_batch
from playwright.sync_api import expect

GRID = '[class*="st-key-hands_on_grid"]'


def test_a_weight_is_clicked_and_cut_and_a_neuron_killed(start_app: StartApp, open_page: OpenPage) -> None:
    page = open_front_page(open_page, start_app(ROOT / "app.py"), height=1100)
    button(page, "Train").click()
    page.wait_for_url(re.compile("run="))
    wait_for_batch(page)
    page.get_by_test_id("stMainBlockContainer").get_by_role("button", name="Stop", exact=True).click()
    page.get_by_role("link", name="Hands on").first.click()
    plot = page.locator(f"{GRID} .nsewdrag").first
    expect(page.get_by_test_id("stMetricValue").first).to_contain_text("%")
    box = plot.bounding_box()
    assert box
    place = box["x"] + 14.5 / 28 * box["width"], box["y"] + 9.5 / 28 * box["height"]
    page.mouse.move(*place, steps=5)
    expect(page.locator(".hoverlayer .hovertext")).to_contain_text(f"{9 * 28 + 14 + 1}:")
    page.mouse.click(*place)
    main = page.get_by_test_id("stMain")
    expect(main.get_by_text("The weight in row 10, column 15 of neuron 1").first).to_be_visible()
    button(page, "Set to 0").click()
    expect(main.get_by_text(re.compile("neuron 1 of layer 2 .* set to 0: (accuracy|the answers)"))).to_be_visible()
    button(page, "Kill it").click()
    expect(main.get_by_text(re.compile("Neuron 1 of layer 2 .* killed: (accuracy|the answers)"))).to_be_visible()
    expect(main.get_by_test_id("stMetricDelta").first).to_be_visible()
    page.set_viewport_size({"width": 400, "height": 900})
    expect(plot).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 400
    button(page, "Undo all").click()
    expect(main.get_by_text("None yet.")).to_be_visible()
    assert page.errors == []  # type: ignore[attr-defined]
