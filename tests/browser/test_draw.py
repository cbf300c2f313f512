"""Drawing with a real mouse in a real browser, read by the network that comes with the playground."""

from __future__ import annotations

import math
import re

import pytest
from conftest import ROOT, OpenPage, StartApp
from front_page import button, open_front_page
from playwright.sync_api import Locator, Page, expect

expect.set_options(timeout=30_000)  # the first page of a fresh server waits for torch, on a busy machine

# Lines in shares of the canvas, as a hand might draw them.
Stroke = list[tuple[float, float]]
ONE: list[Stroke] = [[(0.52, 0.15), (0.5, 0.5), (0.49, 0.85)]]
SEVEN: list[Stroke] = [[(0.27, 0.22), (0.73, 0.2), (0.45, 0.84)]]
FOUR: list[Stroke] = [[(0.36, 0.15), (0.26, 0.55), (0.7, 0.55)], [(0.6, 0.3), (0.58, 0.88)]]
ZERO: list[Stroke] = [[(0.5 + 0.2 * math.sin(t / 12 * math.pi), 0.5 - 0.32 * math.cos(t / 12 * math.pi)) for t in range(25)]]
DIGITS = {"a 1": ONE, "a 0": ZERO, "a 7": SEVEN, "a 4": FOUR}


def canvas_of(page: Page) -> Locator:
    canvas = page.locator("canvas.upper-canvas")
    canvas.wait_for()
    return canvas


def draw(page: Page, strokes: list[Stroke]) -> None:
    box = canvas_of(page).bounding_box()
    assert box
    for stroke in strokes:
        places = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in stroke]
        page.mouse.move(*places[0])
        page.mouse.down()
        for place in places[1:]:
            page.mouse.move(*place, steps=4)
        page.mouse.up()


def ink_on_screen(page: Page) -> int:
    """White pixels of the canvas, as the browser shows it."""
    count: int = page.locator("canvas.dc-canvas").first.evaluate(
        """canvas => {
            const data = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
            let white = 0;
            for (let i = 0; i < data.length; i += 4) white += data[i] > 127;
            return white;
        }"""
    )
    return count


def answer(page: Page) -> Locator:
    return page.locator(".reading .words b")


@pytest.fixture
def draw_page(start_app: StartApp, open_page: OpenPage) -> Page:
    page = open_page(f"{start_app(ROOT / 'app.py')}/Draw")
    expect(page.get_by_text("Draw a digit from 0 to 9")).to_be_visible()
    canvas_of(page)
    return page


@pytest.mark.parametrize("digit", DIGITS)
def test_a_digit_drawn_with_the_mouse_is_read(draw_page: Page, digit: str) -> None:
    draw(draw_page, DIGITS[digit])
    expect(answer(draw_page)).to_have_text(digit)
    expect(draw_page.locator(".bar.top .name")).to_have_text(digit.split()[1])
    # At a page's own address Streamlit first looks for its server below that address: a 404 of its own.
    errors = [error for error in draw_page.errors if "404" not in error]  # type: ignore[attr-defined]
    assert errors == []


def test_undo_takes_back_one_stroke_at_a_time_and_clear_all(draw_page: Page) -> None:
    draw(draw_page, SEVEN)
    expect(answer(draw_page)).to_have_text("a 7")
    ink_of_seven = ink_on_screen(draw_page)
    for _ in range(2):  # the same stroke undone twice leaves the same drawing, which must be shown again each time
        draw(draw_page, [[(0.1, 0.9), (0.9, 0.9)], [(0.1, 0.1), (0.9, 0.6)]])
        expect(draw_page.get_by_role("button", name="Undo")).to_be_enabled()
        draw_page.wait_for_timeout(700)
        with_lines = ink_on_screen(draw_page)
        draw_page.get_by_role("button", name="Undo").click()
        draw_page.wait_for_timeout(700)
        assert ink_of_seven < ink_on_screen(draw_page) < with_lines
        draw_page.get_by_role("button", name="Undo").click()
        expect(answer(draw_page)).to_have_text("a 7")
        assert ink_on_screen(draw_page) == ink_of_seven
    draw_page.get_by_role("button", name="Clear").click()
    expect(draw_page.get_by_text("Draw a digit from 0 to 9")).to_be_visible()
    draw_page.wait_for_timeout(500)
    assert ink_on_screen(draw_page) == 0
    draw(draw_page, ONE)
    expect(answer(draw_page)).to_have_text("a 1")


def test_answer_and_bars_stand_still_while_one_draws(draw_page: Page) -> None:
    bars, told = draw_page.locator(".bars"), draw_page.locator(".reading")
    before = bars.bounding_box(), told.bounding_box()
    draw(draw_page, SEVEN)
    expect(answer(draw_page)).to_have_text("a 7")
    assert (bars.bounding_box(), told.bounding_box()) == before
    for box in (*before, canvas_of(draw_page).bounding_box()):
        assert box and box["y"] + box["height"] <= 800  # all of it without scrolling


def test_a_drawing_survives_a_visit_to_another_page(draw_page: Page) -> None:
    draw(draw_page, SEVEN)
    expect(answer(draw_page)).to_have_text("a 7")
    draw_page.get_by_role("link", name="Inspect").click()
    expect(draw_page.locator("canvas.upper-canvas")).to_have_count(0)
    draw_page.get_by_role("link", name="Draw", exact=True).click()
    expect(answer(draw_page)).to_have_text("a 7")
    canvas_of(draw_page)
    draw_page.wait_for_timeout(500)
    assert ink_on_screen(draw_page) > 1000
    draw_page.get_by_role("button", name="Undo").click()
    expect(draw_page.get_by_text("Draw a digit from 0 to 9")).to_be_visible()


def test_switching_a_step_off_changes_what_the_network_sees(draw_page: Page) -> None:
    draw(draw_page, [[(x / 4 + 0.02, y / 4 + 0.02) for x, y in SEVEN[0]]])
    expect(answer(draw_page)).to_be_visible()
    seen = draw_page.locator(".seen img")
    prepared = seen.get_attribute("src")
    draw_page.get_by_text("Scale to 20 pixels").click()
    expect(draw_page.get_by_text("Switched off: the whole sheet shrinks")).to_be_visible()
    assert seen.get_attribute("src") != prepared


def test_a_phone_shows_the_whole_canvas_and_the_answer_under_it(start_app: StartApp, open_page: OpenPage) -> None:
    page = open_page(f"{start_app(ROOT / 'app.py')}/Draw", width=400, height=800)
    box = canvas_of(page).bounding_box()
    assert box and box["x"] >= 0 and box["x"] + box["width"] <= 400
    draw(page, SEVEN)
    expect(answer(page)).to_have_text("a 7")
    assert page.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth") <= 400
    shown = answer(page).bounding_box()
    assert shown and box["y"] + box["height"] < shown["y"] and shown["y"] + shown["height"] <= 800


def test_the_canvas_own_toolbar_does_not_cover_the_page(draw_page: Page) -> None:
    canvas_of(draw_page).hover()
    draw_page.wait_for_timeout(500)
    expect(draw_page.locator(".dc-toolbar")).to_be_hidden()


def test_a_network_in_training_reads_the_drawing_again_as_it_learns(start_app: StartApp, open_page: OpenPage) -> None:
    page = open_front_page(open_page, start_app(ROOT / "app.py"))
    # It goes on for minutes: the First network would be done before the drawing is.
    button(page, "Accurate CNN").click()
    expect(page.get_by_text("Conv 192")).to_be_visible()
    page.get_by_role("button", name="Train", exact=True).click()
    expect(page.get_by_role("button", name="Pause")).to_be_visible()
    page.get_by_role("link", name="Draw", exact=True).click()
    draw(page, SEVEN)
    when = page.get_by_text(re.compile(r"after [\d.]+ epochs of training"))
    expect(when).to_be_visible()
    first = when.inner_text()
    expect(when).not_to_have_text(first)
    assert ink_on_screen(page) > 1000
    expect(answer(page)).to_have_text("a 7", timeout=60_000)
    page.get_by_role("link", name="Build & train").click()
    page.get_by_test_id("stMainBlockContainer").get_by_role("button", name="Stop").click()
