"""The Inspect page in a real browser: a click on the confusion matrix, and a run watched while it learns."""

from __future__ import annotations

import re

import pytest
from conftest import ROOT, OpenPage, StartApp
from front_page import button, choose_speed, open_front_page, wait_for_batch
from playwright.sync_api import Page, expect

expect.set_options(timeout=60_000)  # the first page of a fresh server waits for torch, on a busy machine


MATRIX = '[class*="st-key-confusion-mnist"]'  # the live chart of the page before may stand there a moment longer


def trained(page: Page, stopped: bool = True) -> Page:
    """The Inspect page on a run that was started on the front page, slowly, so that it does not end by itself."""
    choose_speed(page, "20 batches/s")
    button(page, "Train").click()
    page.wait_for_url(re.compile("run="))
    wait_for_batch(page)
    if stopped:
        # Streamlit shows a Stop of its own, above, while a script runs.
        stop = page.get_by_test_id("stMainBlockContainer").get_by_role("button", name="Stop", exact=True)
        stop.click()
        expect(stop).to_be_disabled()
    page.get_by_role("link", name="Inspect").first.click()
    expect(page.get_by_test_id("stMetricValue").first).to_contain_text("%")
    page.locator(f"{MATRIX} .scatterlayer .point").last.wait_for(state="attached")
    return page


@pytest.fixture
def front_page(start_app: StartApp, open_page: OpenPage) -> Page:
    return open_front_page(open_page, start_app(ROOT / "app.py"), height=1100)


def shown_count(page: Page, true: int, predicted: int) -> int:
    """The number of a cell, as the matrix tells it on hovering."""
    told: str = page.locator(f"{MATRIX} .js-plotly-plot").evaluate(
        "(plot, cell) => plot.data.find(t => t.hovertext).hovertext[cell]", 10 * true + predicted
    )
    found = re.match(rf"really {true}, called {predicted}: <b>([\d,]+)</b>", told)
    assert found
    return int(found[1].replace(",", ""))


def test_a_click_on_a_cell_shows_exactly_its_images(front_page: Page) -> None:
    page = trained(front_page)
    for true, predicted in ((4, 4), (9, 4), (4, 9)):
        count = shown_count(page, true, predicted)
        box = page.locator(f"{MATRIX} .scatterlayer .point").nth(10 * true + predicted).bounding_box()
        assert box
        place = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        page.mouse.move(*place, steps=5)
        expect(page.locator(".hoverlayer .hovertext")).to_contain_text(f"{true}, called {predicted}")
        page.wait_for_timeout(500)  # two clicks within 0.3 s, even on different cells, are a double click to plotly
        page.mouse.click(*place)
        words = "No image" if count == 0 else "1 image" if count == 1 else f"{count:,} images"
        expect(page.locator("strong", has_text="read as").first).to_have_text(f"{words} of “{true}” read as “{predicted}”")
        expect(page.locator(".card figcaption")).to_have_count(min(12, count))
        captions = page.locator(".card figcaption").all_inner_texts()
        assert all(f"{true} read as {predicted} ·" in caption for caption in captions)
    assert page.errors == []  # type: ignore[attr-defined]


def test_new_weights_are_looked_at_when_asked_for(front_page: Page) -> None:
    page = trained(front_page, stopped=False)
    caption = page.get_by_test_id("stCaptionContainer").filter(has_text="images;").first
    before = caption.inner_text()
    button(page, "Look again").click()
    expect(caption).not_to_have_text(before)
    expect(page.get_by_test_id("stMetricValue").first).to_contain_text("%")


def test_the_page_is_no_wider_than_a_phone(front_page: Page) -> None:
    page = trained(front_page)
    page.set_viewport_size({"width": 400, "height": 800})
    for view in ("Mistakes", "Per class", "Filters", "Histograms", "Confusion matrix"):
        page.get_by_role("tab", name=view).click()
        expect(page.get_by_role("tab", name=view)).to_have_attribute("aria-selected", "true")
        assert page.evaluate("document.documentElement.scrollWidth") <= 400
