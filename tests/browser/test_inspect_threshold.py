"""The Inspect page in a real browser on a yes-or-no task: the threshold slider moves the four counts and both curves."""

from __future__ import annotations

import re

from conftest import ROOT, OpenPage, StartApp
from front_page import button, open_front_page
from playwright.sync_api import Page, expect

from playground.catalog.activations import Identity
from playground.catalog.layers import Dense
from playground.catalog.losses import BinaryCrossEntropyLogits
from playground.spec import DatasetSpec, NetworkSpec, RunSpec, TrainingSpec

CANCER = RunSpec(
    network=NetworkSpec(layers=(Dense(units=1, activation=Identity()),)),
    dataset=DatasetSpec(name="breast-cancer"),
    training=TrainingSpec(loss=BinaryCrossEntropyLogits(), epochs=3),
)


def inspected(start_app: StartApp, open_page: OpenPage) -> Page:
    """The Threshold view of a run that was trained from a link."""
    page = open_front_page(open_page, f"{start_app(ROOT / 'app.py')}/?spec={CANCER.to_link()}", height=1200)
    button(page, "Train").click()
    page.wait_for_url(re.compile("run="))
    page.get_by_role("link", name="Inspect").first.click()
    page.get_by_role("tab", name="Threshold").click()
    page.locator("table.four").wait_for()
    return page


def mark_on_the_roc_curve(page: Page, height: int) -> list[float]:
    """Where the diamond stands, once it is this high."""
    plot = "document.querySelector('.st-key-roc .js-plotly-plot')"
    page.wait_for_function(f"height => {plot}?.data.at(-1).y[0] === height", arg=height)
    place: list[float] = page.evaluate(f"[{plot}.data.at(-1).x[0], {plot}.data.at(-1).y[0]]")
    return place


def test_the_slider_moves_the_counts_and_the_mark_and_every_view_fits_a_phone(start_app: StartApp, open_page: OpenPage) -> None:
    page = inspected(start_app, open_page)
    slider, cells = page.locator(".st-key-inspect_threshold_slider").get_by_role("slider"), page.locator("table.four td b")
    found, missed, alarms, let_go = (cells.nth(place) for place in range(4))
    expect(page.locator(".st-key-roc .js-plotly-plot").first).to_be_visible()
    slider.press("End")
    expect(found).to_have_text("0")
    expect(alarms).to_have_text("0")
    assert mark_on_the_roc_curve(page, 0) == [0, 0]
    slider.press("Home")
    expect(missed).to_have_text("0")
    expect(let_go).to_have_text("0")
    assert mark_on_the_roc_curve(page, 100) == [100, 100]

    page.set_viewport_size({"width": 390, "height": 844})
    for view in ("Confusion matrix", "Mistakes", "Per class", "Histograms", "Threshold"):
        page.get_by_role("tab", name=view).click()
        expect(page.get_by_role("tab", name=view)).to_have_attribute("aria-selected", "true")
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert page.errors == []  # type: ignore[attr-defined]
