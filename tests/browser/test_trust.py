"""The Trust page in a real browser: every view of a trained network, on a desk and on a phone."""

from __future__ import annotations

import re

from conftest import ROOT, OpenPage, StartApp
from front_page import button, choose_speed, open_front_page, wait_for_batch
from playwright.sync_api import expect

VIEWS = {
    "“I don't know”": "Refused",
    "Hard images": "Unchanged, it reads",
    "Strangers": "The strangers that it was surest of",
    "Does it know?": "Its temperature",
}


def test_every_view_of_a_network_comes_and_fits_a_phone(start_app: StartApp, open_page: OpenPage) -> None:
    page = open_front_page(open_page, start_app(ROOT / "app.py"), height=1100)
    choose_speed(page, "20 batches/s")
    button(page, "Train").click()
    page.wait_for_url(re.compile("run="))
    wait_for_batch(page)
    # Streamlit shows a Stop of its own, above, while a script runs.
    stop = page.get_by_test_id("stMainBlockContainer").get_by_role("button", name="Stop", exact=True)
    stop.click()
    expect(stop).to_be_disabled()
    page.get_by_role("link", name="Trust").first.click()
    for view, words in VIEWS.items():
        page.get_by_role("tab", name=view).click()
        expect(page.get_by_role("tab", name=view)).to_have_attribute("aria-selected", "true")
        expect(page.get_by_text(words).first).to_be_visible(timeout=60_000)
        expect(page.locator(".js-plotly-plot .main-svg").first).to_be_visible()
    page.set_viewport_size({"width": 400, "height": 800})
    for view, words in VIEWS.items():
        page.get_by_role("tab", name=view).click()
        expect(page.get_by_text(words).first).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= 400
    assert page.errors == []  # type: ignore[attr-defined]
