"""The page "Points in the plane" in Chromium: the browser's Back and Forward, and Undo of numbers set by hand."""

from __future__ import annotations

import re

import pytest
from conftest import OpenPage
from plane_in_browser import MAIN, NUMBERS, at, open_plane, reading, set_output_bias, surface, wait_for_epoch, wait_for_surface
from playwright.sync_api import Page, expect

from playground.catalog.plane_presets import PLANE_PRESETS
from playground.edits import with_training

CIRCLES = PLANE_PRESETS[0].run


@pytest.fixture
def plane_url(front_url: str) -> str:
    return f"{front_url}/Plane"


def _expect_epoch(page: Page, number: int) -> None:
    expect(page.locator(NUMBERS)).to_have_text(re.compile(rf"^{number}\s"), use_inner_text=True)


def _query_is(page: Page, search: str) -> None:
    page.wait_for_function("wanted => location.search === wanted", arg=search)


def test_back_and_forward_walk_through_what_was_shown(open_page: OpenPage, plane_url: str) -> None:
    page = open_plane(open_page, plane_url)
    family, undo = page.locator(".st-key-plane_columns"), page.get_by_role("button", name="Undo")
    expect(undo).to_be_disabled()
    first, entries = page.evaluate("location.search"), page.evaluate("history.length")
    page.get_by_role("button", name="One epoch").click()
    wait_for_epoch(page, 1)
    page.wait_for_function("location.search.includes('run=')")
    trained, drawn = page.evaluate("location.search"), surface(page)
    page.get_by_role("button", name="Moons").click()
    expect(family).to_contain_text("Moons:")
    page.wait_for_function("!location.search.includes('run=')")
    moons = page.evaluate("location.search")
    assert page.evaluate("history.length") == entries + 2, "one entry for each thing that was shown"
    page.go_back()
    _query_is(page, trained)
    _expect_epoch(page, 1)
    expect(page.locator(MAIN)).to_contain_text("Go on")
    wait_for_surface(page, same_as=drawn)
    page.go_back()
    _query_is(page, first)
    _expect_epoch(page, 0)
    expect(family).to_contain_text("Circles:")
    expect(page.locator(MAIN)).to_contain_text("Start")
    page.go_forward()
    _expect_epoch(page, 1)
    page.go_forward()
    _query_is(page, moons)
    expect(family).to_contain_text("Moons:")
    _expect_epoch(page, 0)
    # It stays where it was walked to, and all buttons belong to it.
    page.locator(MAIN).click()
    wait_for_epoch(page, 5)
    expect(family).to_contain_text("Moons:")


def test_back_takes_a_stroke_of_the_brush_away(open_page: OpenPage, plane_url: str) -> None:
    page = open_plane(open_page, plane_url)
    page.get_by_role("button", name="Your own points").click()
    expect(page.get_by_text("There is no point yet.").first).to_be_visible()
    for count in (1, 2):
        page.mouse.click(*at(page, 3 * count - 4, 2))
        expect(page.get_by_text(f"{count} of at most 500 points")).to_be_visible()
        page.wait_for_function("before => location.search !== before", arg=page.evaluate("window.before ?? ''"))
        page.evaluate("window.before = location.search")
    page.go_back()
    expect(page.get_by_text("1 of at most 500 points")).to_be_visible()
    page.go_back()
    expect(page.get_by_text("0 of at most 500 points")).to_be_visible()


def test_back_from_another_page_and_on_loses_no_workbench(open_page: OpenPage, plane_url: str) -> None:
    page = open_plane(open_page, plane_url)
    family = page.locator(".st-key-plane_columns")
    page.get_by_role("button", name="Moons").click()
    expect(family).to_contain_text("Moons:")
    page.get_by_role("link", name="Ingredients").click()
    page.wait_for_url("**/Ingredients*")
    expect(page.get_by_role("heading", name="Ingredients")).to_be_visible()
    page.get_by_role("link", name="Points in the plane").click()
    expect(family).to_contain_text("Moons:")
    page.wait_for_function("location.search.includes('plane=')")
    page.go_back()  # to the address that the link led to, which did not say yet what was there
    page.wait_for_timeout(500)
    if "/Ingredients" in page.url:  # the link's address and the whole one became one entry, as on a busy computer
        page.go_forward()
    expect(page.locator(MAIN)).to_be_visible()
    expect(family).to_contain_text("Moons:")


def test_undo_takes_back_a_number_before_the_start(open_page: OpenPage, plane_url: str) -> None:
    page = open_plane(open_page, plane_url)
    first, undo = surface(page), page.get_by_role("button", name="Undo")
    set_output_bias(page, "2")
    wait_for_surface(page, other_than=first)
    expect(undo).to_be_enabled()
    once = surface(page)
    set_output_bias(page, "-3")
    wait_for_surface(page, other_than=once)
    undo.click()
    wait_for_surface(page, same_as=once)
    undo.click()
    wait_for_surface(page, same_as=first)
    expect(undo).to_be_disabled()
    page.wait_for_function("!location.search.includes('look=')")


def test_undo_takes_back_a_number_of_a_paused_a_running_and_an_ended_run(open_page: OpenPage, plane_url: str) -> None:
    optimizer = CIRCLES.training.optimizer.model_copy(update={"learning_rate": 1e-5})
    still = with_training(CIRCLES, optimizer=optimizer, epochs=2)
    page = open_plane(open_page, f"{plane_url}?plane={still.to_link()}")
    undo = page.get_by_role("button", name="Undo")
    page.get_by_role("button", name="One epoch").click()
    _expect_epoch(page, 1)
    expect(page.locator(MAIN)).to_contain_text("Go on")
    paused = surface(page)
    set_output_bias(page, "3")
    wait_for_surface(page, other_than=paused)
    undo.click()
    wait_for_surface(page, same_as=paused)
    _expect_epoch(page, 1)
    page.locator(MAIN).click()
    _expect_epoch(page, 2)
    run = page.evaluate("location.search")
    ended = surface(page)
    set_output_bias(page, "3")
    wait_for_surface(page, other_than=ended)
    undo.click()
    wait_for_surface(page, same_as=ended)
    _query_is(page, run)
    # While it learns, in steps too small to be seen: the loss tells.
    loss = reading(page, "training loss")
    page.locator(MAIN).click()
    wait_for_epoch(page, 5)
    near = """([where, loss, wanted]) => {
      const now = Number(document.querySelector(where).innerText.split("\\n")[2]);
      return (Math.abs(now - loss) < 0.05) === wanted;
    }"""
    set_output_bias(page, "5")
    page.wait_for_function(near, arg=[NUMBERS, loss, False])
    expect(page.locator(MAIN)).to_contain_text("Pause")
    undo.click()
    page.wait_for_function(near, arg=[NUMBERS, loss, True])
    expect(page.locator(MAIN)).to_contain_text("Pause")


def test_one_pull_of_the_slider_is_taken_back_at_once(open_page: OpenPage, plane_url: str) -> None:
    page = open_plane(open_page, plane_url)
    first, undo = surface(page), page.get_by_role("button", name="Undo")
    page.locator(".pv-bias").last.click()
    box = page.get_by_role("slider", name="Bias of the output").bounding_box()
    assert box
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    for share in (0.6, 0.7, 0.8, 0.9):
        page.mouse.move(box["x"] + box["width"] * share, box["y"] + box["height"] / 2)
        page.wait_for_timeout(300)
    page.mouse.up()
    page.keyboard.press("Escape")
    expect(undo).to_be_enabled()
    wait_for_surface(page, other_than=first)
    undo.click()
    wait_for_surface(page, same_as=first)
    expect(undo).to_be_disabled()
