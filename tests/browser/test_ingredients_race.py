"""The Ingredients page in a real browser: a number is dragged, balls are dropped, and they race."""

from __future__ import annotations

import re

import pytest
from conftest import ROOT, OpenPage, StartApp
from front_page import open_front_page
from playwright.sync_api import Page, expect

expect.set_options(timeout=60_000)  # the first page of a fresh server waits for torch, on a busy machine

# The race's figure among those of the page; what Plotly knows of it.
RACE = "[...document.querySelectorAll('.js-plotly-plot')].find((one) => one._fullLayout?.sliders?.length)"
BALLS = f"() => {RACE}.data.filter((one) => one.mode === 'markers').map((one) => [one.x[0], one.y[0]])"
PATHS = f"() => {RACE}.data.filter((one) => one.mode === 'lines').map((one) => one.x.length)"

# Formulas of which a part is cut off, by their text.
CUT_OFF = """() => [...document.querySelectorAll('.katex-display')].filter((formula) => {
  const { left, right } = formula.getBoundingClientRect();
  return left < 0 || right > innerWidth || formula.scrollWidth > formula.clientWidth + 1;
}).map((formula) => formula.textContent)"""
LONG_FORMULAS = {
    "Activations": ("GELU", "SiLU (swish)", "Tanh"),
    "Losses": ("Binary cross-entropy on one-hot", "Huber", "Hinge (multi-margin)"),
    "Optimizers": ("NAdam", "AdamW", "Adadelta"),
    "Race": ("Beale",),
}


@pytest.fixture
def page(start_app: StartApp, open_page: OpenPage) -> Page:
    shown = open_front_page(open_page, start_app(ROOT / "app.py"), height=1400)
    shown.get_by_role("link", name="Ingredients").first.click()
    shown.wait_for_url(re.compile("look=activation"))
    expect(shown.locator(".js-plotly-plot").first).to_be_visible()
    return shown


def _race(page: Page) -> None:
    page.get_by_role("tab", name="Race").click()
    expect(page.locator(".updatemenu-button").first).to_be_visible()


def _errors(page: Page) -> list[str]:
    errors: list[str] = page.errors  # type: ignore[attr-defined]
    return errors


def test_dragging_moves_the_point_along_the_curve_and_the_address_keeps_the_choice(page: Page, open_page: OpenPage) -> None:
    page.get_by_role("button", name="Tanh", exact=True).or_(page.get_by_role("radio", name="Tanh", exact=True)).click()
    page.wait_for_url(re.compile("look=activation.tanh"))
    value = page.get_by_test_id("stMetricValue").first
    expect(value).to_have_text("0.7616")
    slider = page.get_by_role("slider", name="Drag the weighted sum x")
    slider.press("End")
    expect(value).to_have_text("1")
    page.wait_for_function("() => document.querySelector('.js-plotly-plot').data.at(-1).x[0] === 6")
    again = open_page(page.url)
    expect(again.get_by_text("Tanh.", exact=True)).to_be_visible()
    assert _errors(page) == []


def test_the_race_has_a_path_for_each_optimizer_and_plays_from_where_one_drops_the_balls(page: Page) -> None:
    _race(page)
    assert len(page.evaluate(PATHS)) == len(page.evaluate(BALLS)) - 2 == 4  # two marks are the minimum and the start
    ended = page.evaluate(BALLS)
    page.locator(".updatemenu-button").first.click()
    page.wait_for_function(f"(ended) => JSON.stringify(({BALLS})()) !== JSON.stringify(ended)", arg=ended)
    assert max(page.evaluate(PATHS)) < 151
    page.wait_for_function(f"(ended) => JSON.stringify(({BALLS})()) === JSON.stringify(ended)", arg=ended)
    box = page.locator(".js-plotly-plot .nsewdrag").first.bounding_box()
    assert box
    page.mouse.move(box["x"] + box["width"] * 0.75, box["y"] + box["height"] * 0.25)
    page.wait_for_timeout(300)
    page.mouse.click(box["x"] + box["width"] * 0.75, box["y"] + box["height"] * 0.25)
    start_x, start_y = (page.get_by_role("spinbutton", name=f"Start {axis}") for axis in "xy")
    expect(start_x).to_have_value(re.compile(r"^(1\.9|2|2\.0)"))
    expect(start_y).to_have_value(re.compile(r"^1\.[45]"))
    page.wait_for_function(f"() => {RACE}.data[3].x[0] > 1.8")
    assert _errors(page) == []


def test_a_race_is_interrupted_in_every_way_without_a_word_in_the_console(page: Page) -> None:
    _race(page)
    play, pause = page.locator(".updatemenu-button").first, page.locator(".updatemenu-button").nth(1)
    for button in (play, pause, play, play, pause, play):
        button.click()
        page.wait_for_timeout(150)
    rail = page.locator(".slider-rail-touch-rect").bounding_box()
    assert rail
    page.mouse.move(rail["x"] + 5, rail["y"] + rail["height"] / 2)
    page.mouse.down()
    for share in range(1, 30):
        page.mouse.move(rail["x"] + rail["width"] * share / 30, rail["y"] + rail["height"] / 2)
    page.mouse.up()
    rate = page.get_by_role("spinbutton", name="Learning rate").first
    play.click()
    rate.fill("0.3")
    rate.press("Enter")
    page.wait_for_url(re.compile(r"look=race\.bowl\.1"))
    page.wait_for_timeout(500)
    assert _errors(page) == []


def test_a_race_is_stepped_and_played_on_the_keyboard(page: Page) -> None:
    _race(page)
    ended = page.evaluate(BALLS)
    page.evaluate(f"() => {RACE}.focus()")
    for _ in range(3):
        page.keyboard.press("ArrowLeft")
    expect(page.locator(".slider-label").first).to_have_text("step 141")
    assert page.evaluate(BALLS) != ended
    page.keyboard.press("Space")
    page.wait_for_function(f"(ended) => JSON.stringify(({BALLS})()) === JSON.stringify(ended)", arg=ended)
    assert page.evaluate("document.querySelector('[data-testid=stMain]').scrollTop") == 0
    assert _errors(page) == []


def test_two_rates_of_one_optimizer_race_and_the_copied_address_shows_them_again(page: Page, open_page: OpenPage) -> None:
    _race(page)
    page.get_by_role("button", name="+ Twin", exact=True).first.click()
    rates = page.get_by_role("spinbutton", name="Learning rate")
    expect(rates).to_have_count(5)
    page.wait_for_function(f"() => {RACE}.data.filter((one) => one.mode === 'lines').length === 5")
    before = page.url
    expect(rates.nth(1)).to_have_value("0.05")
    rates.nth(1).fill("0.7")
    rates.nth(1).press("Enter")
    page.wait_for_function("(before) => location.href !== before", arg=before)
    expect(page.locator(".race table")).to_contain_text("SGD 2 (rate 0.7)")
    again = open_page(page.url, height=1400)
    expect(again.get_by_role("spinbutton", name="Learning rate").nth(1)).to_have_value("0.7")
    expect(again.locator(".race table")).to_have_text(page.locator(".race table").text_content() or "")
    assert again.url == page.url
    page.go_back()
    page.wait_for_function("(before) => location.href === before", arg=before)
    expect(rates.nth(1)).to_have_value("0.05")
    assert _errors(page) == []


@pytest.mark.parametrize("width", [390, 320])
def test_every_formula_can_be_read_on_a_phone(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 844})
    for view, names in LONG_FORMULAS.items():
        page.get_by_role("tab", name=view).click()
        for name in names:
            page.get_by_role("button", name=name, exact=True).or_(page.get_by_role("radio", name=name, exact=True)).click()
            expect(page.get_by_text(f"{name}.", exact=True).or_(page.locator("p strong", has_text=name)).first).to_be_visible()
            page.wait_for_timeout(200)
            assert page.evaluate(CUT_OFF) == [], name


def test_no_view_is_wider_than_a_phone(page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    for view in ("Losses", "Optimizers", "Race", "Activations"):
        page.get_by_role("tab", name=view).click()
        expect(page.get_by_role("tab", name=view)).to_have_attribute("aria-selected", "true")
        expect(page.locator(".figure-view").first).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert _errors(page) == []
