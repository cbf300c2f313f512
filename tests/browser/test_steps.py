"""Step by step in a real browser: the kernel slides, a click on the output map takes it there, and a step is tried."""

from __future__ import annotations

import re

import pytest
from conftest import ROOT, OpenPage, StartApp
from front_page import button, choose_preset, choose_speed, open_front_page, wait_for_batch
from playwright.sync_api import Page, expect

expect.set_options(timeout=60_000)  # the first page of a fresh server waits for torch, on a busy machine


@pytest.fixture
def page(start_app: StartApp, open_page: OpenPage) -> Page:
    """The page on a small convolutional network that has learned for a moment."""
    shown = open_front_page(open_page, start_app(ROOT / "app.py"), height=1400)
    choose_speed(shown, "20 batches/s")
    choose_preset(shown, "LeNet-5")
    shown.mouse.move(640, 1300)  # the preset's words, shown while the mouse rests on it, cover the buttons
    expect(shown.locator(".nn-row")).to_contain_text("Conv 6")
    button(shown, "Train").click()
    shown.wait_for_url(re.compile("run="))
    wait_for_batch(shown)
    stop = shown.get_by_test_id("stMainBlockContainer").get_by_role("button", name="Stop", exact=True)
    stop.click()
    expect(stop).to_be_disabled()
    shown.get_by_role("link", name="Step by step").first.click()
    expect(shown.locator(".number-grid").first).to_be_visible()
    return shown


def test_the_kernel_slides_with_the_arrow_keys_and_goes_where_one_clicks(page: Page) -> None:
    caption = page.get_by_text(re.compile(r"row \d+, column \d+ of \d+ × \d+"))
    before, grid = caption.inner_text(), page.locator(".number-grid").first.inner_text()
    page.get_by_role("slider", name=re.compile("Slide the kernel")).press("ArrowLeft")
    expect(caption).not_to_have_text(before)
    assert page.locator(".number-grid").first.inner_text() != grid
    width = int(before.rsplit("× ", 1)[1].rstrip("."))
    box = page.locator('[class*="steps-output"] .scatterlayer .point').nth(width * 9 + 13).bounding_box()
    assert box
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    expect(caption).to_contain_text("row 10, column 14 of")
    expect(page.locator(".tick-right").first).to_be_visible()
    assert page.locator(".tick-wrong").count() == 0
    assert page.errors == []  # type: ignore[attr-defined]


def test_a_step_is_tried_and_put_back_and_no_view_is_wider_than_a_phone(page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    for view in ("Pooling", "Dense", "Activation", "Softmax", "Loss", "Backprop microscope"):
        page.get_by_role("tab", name=view).click()
        expect(page.get_by_role("tab", name=view)).to_have_attribute("aria-selected", "true")
        expect(page.locator(".tick").first).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
    weight = page.get_by_test_id("stMetricValue").first
    before = weight.inner_text()
    button(page, "Step it").click()
    expect(weight).not_to_have_text(before)
    button(page, "Put back").click()
    expect(weight).to_have_text(before)
    assert page.errors == []  # type: ignore[attr-defined]
