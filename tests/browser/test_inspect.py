"""The Inspect page in a real browser: a click on the confusion matrix, and a run watched while it learns."""

from __future__ import annotations

import re

import pytest
from conftest import ROOT, OpenPage, StartApp
from playwright.sync_api import Page, expect

expect.set_options(timeout=60_000)  # the first page of a fresh server waits for torch, on a busy machine


@pytest.fixture
def trained_page(start_app: StartApp, open_page: OpenPage) -> Page:
    """The Inspect page on a run that has been started on the front page, with its numbers."""
    page = open_page(start_app(ROOT / "app.py"), height=1100)
    page.get_by_role("button", name="Train", exact=True).first.click()
    page.wait_for_url(re.compile("run="))
    page.get_by_role("link", name="Inspect").first.click()
    expect(page.get_by_test_id("stMetricValue").first).to_contain_text("%")
    page.locator(".scatterlayer .point").last.wait_for(state="attached")
    return page


def shown_count(page: Page, true: int, predicted: int) -> int:
    """The number that stands in the matrix; empty cells hold none."""
    text = page.locator(".scatterlayer .textpoint").nth(10 * true + predicted).inner_text()
    return int(text or 0)


def test_a_click_on_a_cell_shows_exactly_its_images(trained_page: Page) -> None:
    page = trained_page
    for true, predicted in ((4, 4), (9, 4), (4, 9)):
        count = shown_count(page, true, predicted)
        box = page.locator(".scatterlayer .point").nth(10 * true + predicted).bounding_box()
        assert box
        page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        words = "No image" if count == 0 else "1 image" if count == 1 else f"{count:,} images"
        expect(page.locator("strong", has_text="read as").first).to_have_text(f"{words} of “{true}” read as “{predicted}”")
        expect(page.locator(".card figcaption")).to_have_count(min(12, count))
        captions = page.locator(".card figcaption").all_inner_texts()
        assert all(f"{true} read as {predicted} ·" in caption for caption in captions)
    assert page.errors == []  # type: ignore[attr-defined]


def test_new_weights_are_looked_at_when_asked_for(trained_page: Page) -> None:
    page = trained_page
    caption = page.get_by_test_id("stCaptionContainer").filter(has_text="images;").first
    before = caption.inner_text()
    again = page.get_by_role("button", name="Look again")
    if again.count():  # else the run has ended already
        again.click()
    expect(caption).not_to_have_text(before)
    expect(page.get_by_test_id("stMetricValue").first).to_contain_text("%")


def test_the_page_is_no_wider_than_a_phone(trained_page: Page) -> None:
    page = trained_page
    page.set_viewport_size({"width": 400, "height": 800})
    for view in ("Mistakes", "Per class", "Filters", "Histograms", "Confusion matrix"):
        page.get_by_role("tab", name=view).click()
        expect(page.get_by_role("tab", name=view)).to_have_attribute("aria-selected", "true")
        assert page.evaluate("document.documentElement.scrollWidth") <= 400
