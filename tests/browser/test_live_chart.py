"""The live chart in a real Chromium, fed by a real Streamlit server that ticks three times a second."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page

APP = Path(__file__).parent / "apps" / "live_chart_app.py"
CHART = ".live-chart"
DRAWN = ".live-chart[data-drawings]"
TICK_LIMIT_MS = 30_000


@pytest.fixture
def open_chart(start_app: Callable[..., str], open_page: Callable[..., Page]) -> Callable[..., Page]:
    """open_chart(query, **how) -> a page on which the chart has been drawn once."""

    def open_drawn(query: str = "", **how: object) -> Page:
        page = open_page(f"{start_app(APP)}/?{query}", **how)
        page.wait_for_selector(DRAWN)
        return page

    return open_drawn


def ticks(page: Page) -> int:
    return int(page.get_by_text("ticks:").inner_text().split()[-1])


def wait_for_ticks(page: Page, more: int) -> None:
    goal = ticks(page) + more
    page.wait_for_function(
        "goal => Number([...document.querySelectorAll('p')].map(p => p.innerText)"
        ".find(text => text.startsWith('ticks:')).split(' ')[1]) >= goal",
        arg=goal,
        timeout=TICK_LIMIT_MS,
    )


def wait_for_drawings(page: Page, more: int) -> None:
    page.wait_for_function(
        "([before, more]) => Number(document.querySelector('.live-chart').dataset.drawings) >= before + more",
        arg=[int(page.locator(CHART).get_attribute("data-drawings") or 0), more],
        timeout=TICK_LIMIT_MS,
    )


def x_range(page: Page) -> list[float]:
    return page.evaluate("document.querySelector('.live-chart').layout.xaxis.range.map(Number)")


def last_x(page: Page) -> float:
    """Where the smoothed loss curve ends, in epochs."""
    script = "document.querySelector('.live-chart').data.find(trace => trace.uid === 'smooth-y').x.at(-1)"
    return float(page.evaluate(script))


def drag_across(page: Page, left: float, right: float) -> None:
    """Drag over the loss panel, from and to shares of its width."""
    box = page.locator(f"{CHART} .nsewdrag").first.bounding_box()
    assert box
    middle = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + left * box["width"], middle)
    page.mouse.down()
    page.mouse.move(box["x"] + (left + right) / 2 * box["width"], middle + 3, steps=4)
    page.mouse.move(box["x"] + right * box["width"], middle + 3, steps=4)
    page.mouse.up()


def test_the_element_stays_the_same_and_the_curve_grows_over_twenty_ticks(open_chart: Callable[..., Page]) -> None:
    page = open_chart()
    page.evaluate("document.querySelector('.live-chart').keptMark = 'same element'")
    page.evaluate("document.querySelector('.live-chart .main-svg').keptMark = 'same drawing'")
    before = last_x(page)
    wait_for_ticks(page, 20)
    wait_for_drawings(page, 1)
    assert page.evaluate("document.querySelector('.live-chart').keptMark") == "same element"
    assert page.evaluate("document.querySelector('.live-chart .main-svg').keptMark") == "same drawing"
    assert page.locator(CHART).count() == 1
    assert last_x(page) > before + 1
    assert not page.errors  # type: ignore[attr-defined]


def test_a_range_zoomed_with_the_mouse_survives_new_data_and_a_double_click_resets_it(
    open_chart: Callable[..., Page],
) -> None:
    page = open_chart("start=900")
    full = x_range(page)
    drag_across(page, 0.2, 0.5)
    page.wait_for_function("document.querySelector('.live-chart').layout.xaxis.autorange === false")
    zoomed = x_range(page)
    assert full[0] < zoomed[0] < zoomed[1] < full[1]
    wait_for_ticks(page, 20)
    wait_for_drawings(page, 1)
    assert x_range(page) == zoomed
    page.locator(f"{CHART} .nsewdrag").first.dblclick()
    page.wait_for_function("document.querySelector('.live-chart').layout.xaxis.autorange === true")
    assert x_range(page)[0] == 0
    assert x_range(page)[1] >= last_x(page)


def test_a_drag_that_lasts_longer_than_a_tick_is_not_thrown_away(open_chart: Callable[..., Page]) -> None:
    page = open_chart("start=900")
    box = page.locator(f"{CHART} .nsewdrag").first.bounding_box()
    assert box
    middle = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + 0.3 * box["width"], middle)
    page.mouse.down()
    page.mouse.move(box["x"] + 0.4 * box["width"], middle, steps=3)
    wait_for_ticks(page, 4)
    page.mouse.move(box["x"] + 0.6 * box["width"], middle, steps=3)
    page.mouse.up()
    page.wait_for_function("document.querySelector('.live-chart').layout.xaxis.autorange === false")


def test_a_curve_hidden_through_the_legend_stays_hidden_in_both_panels(open_chart: Callable[..., Page]) -> None:
    page = open_chart("start=900")
    page.locator(f"{CHART} .legendtoggle").nth(2).click()
    hidden = "document.querySelector('.live-chart').data.filter(trace => trace.visible === 'legendonly').map(trace => trace.uid)"
    page.wait_for_function(f"{hidden}.length > 0")
    wait_for_ticks(page, 10)
    wait_for_drawings(page, 1)
    assert sorted(page.evaluate(hidden)) == ["validation_accuracy", "validation_loss"]


def test_zoom_and_hidden_curves_come_back_with_a_chart_that_was_off_the_page(open_chart: Callable[..., Page]) -> None:
    page = open_chart("grow=no&start=900")
    drag_across(page, 0.2, 0.5)
    page.wait_for_function("document.querySelector('.live-chart').layout.xaxis.autorange === false")
    zoomed = x_range(page)
    page.locator(f"{CHART} .legendtoggle").nth(0).click()
    hidden = "document.querySelector('.live-chart').data.filter(trace => trace.visible === 'legendonly').map(trace => trace.uid)"
    page.wait_for_function(f"{hidden}.length === 4")
    page.get_by_text("chart on the page").click()
    page.wait_for_selector(CHART, state="detached")
    page.get_by_text("chart on the page").click()
    page.wait_for_selector(DRAWN)
    assert x_range(page) == zoomed
    assert sorted(page.evaluate(hidden)) == ["raw-y", "raw-y2", "smooth-y", "smooth-y2"]
    page.locator(f"{CHART} .nsewdrag").first.dblclick()
    page.wait_for_function("document.querySelector('.live-chart').layout.xaxis.autorange === true")


def test_the_loss_axis_turns_logarithmic_and_back_without_a_new_element(open_chart: Callable[..., Page]) -> None:
    page = open_chart("start=900")
    page.evaluate("document.querySelector('.live-chart').keptMark = 'same element'")
    for expected in ("log", "linear"):
        page.get_by_text("log loss").click()
        page.wait_for_function(f"document.querySelector('.live-chart').layout.yaxis.type === '{expected}'")
        assert page.evaluate("document.querySelector('.live-chart').keptMark") == "same element"
    assert page.evaluate("document.querySelector('.live-chart').layout.yaxis2.type") == "linear"


def test_unsmoothed_values_can_be_switched_off(open_chart: Callable[..., Page]) -> None:
    page = open_chart("grow=no&start=900")
    raw_points = "document.querySelector('.live-chart').data.find(trace => trace.uid === 'raw-y').x.length"
    assert page.evaluate(raw_points) > 100
    page.get_by_text("raw", exact=True).click()
    page.wait_for_function(f"{raw_points} === 1")


def test_nothing_is_drawn_while_nothing_changes(open_chart: Callable[..., Page]) -> None:
    page = open_chart("grow=no&start=900")
    page.wait_for_timeout(1500)
    before = page.locator(CHART).get_attribute("data-drawings")
    page.wait_for_timeout(1500)
    assert page.locator(CHART).get_attribute("data-drawings") == before


def test_the_chart_keeps_its_height_from_empty_to_full(open_chart: Callable[..., Page]) -> None:
    page = open_chart("grow=no&start=0")
    empty = page.locator(CHART).bounding_box()
    assert page.get_by_text("Press Train").count() == 2
    full = open_chart("grow=no&start=900").locator(CHART).bounding_box()
    assert empty and full
    assert (empty["y"], empty["height"], empty["width"]) == (full["y"], full["height"], full["width"])


@pytest.mark.parametrize(("theme", "light_text"), [("light", False), ("dark", True)])
def test_text_and_curves_follow_the_theme(open_chart: Callable[..., Page], theme: str, light_text: bool) -> None:
    page = open_chart("grow=no&start=900", theme=theme)
    script = "getComputedStyle(document.querySelector('.live-chart .xtick text')).fill.match(/[\\d.]+/g).map(Number)"
    red, green, blue, *_ = page.evaluate(script)
    assert (red + green + blue > 382) == light_text
    stroke = page.evaluate("getComputedStyle(document.querySelector('.live-chart .scatterlayer .js-line')).stroke")
    assert stroke == ("rgb(86, 180, 233)" if light_text else "rgb(0, 114, 178)")


def test_a_narrow_page_sets_the_panels_one_above_the_other(open_chart: Callable[..., Page]) -> None:
    page = open_chart("grow=no&start=900", width=400)
    panels = page.locator(f"{CHART} .nsewdrag")
    first, second = panels.nth(0).bounding_box(), panels.nth(1).bounding_box()
    assert first and second
    assert second["y"] > first["y"] + first["height"]
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_the_latest_values_are_said_in_words(open_chart: Callable[..., Page]) -> None:
    page = open_chart("grow=no&start=900")
    words = page.get_by_role("img", name="Curves of loss and accuracy").get_attribute("aria-label")
    assert words and "epoch 4.50" in words and "training loss" in words and "validation accuracy" in words
