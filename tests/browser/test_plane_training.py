"""The page "Points in the plane" in a real Chromium: training watched and steered, weights edited, points painted."""

from __future__ import annotations

import re

import pytest
from conftest import OpenPage
from plane_in_browser import (
    MAIN,
    NUMBERS,
    at,
    open_plane,
    reading,
    set_output_bias,
    surface,
    wait_for_epoch,
    wait_for_loss_above,
    wait_for_surface,
)
from playwright.sync_api import expect


@pytest.fixture
def plane_url(front_url: str) -> str:
    return f"{front_url}/Plane"


def test_start_pause_edit_reset_and_undo(open_page: OpenPage, plane_url: str) -> None:
    page = open_plane(open_page, plane_url)
    first, first_loss = surface(page), reading(page, "training loss")
    page.locator(MAIN).click()
    wait_for_epoch(page, 20)
    expect(page.locator(MAIN)).to_contain_text("Pause")
    wait_for_surface(page, other_than=first)
    page.locator(MAIN).click()
    expect(page.locator(MAIN)).to_contain_text("Go on")
    paused = surface(page)
    # A number set by hand is in the run's network, and so in its losses and its surface.
    loss = reading(page, "training loss")
    set_output_bias(page, "9")
    wait_for_loss_above(page, loss + 0.5)
    wait_for_surface(page, other_than=paused)
    expect(page.locator(MAIN)).to_contain_text("Go on")
    page.get_by_role("button", name="Reset", exact=True).click()
    expect(page.locator(MAIN)).to_contain_text("Start")
    page.wait_for_function("where => document.querySelector(where).innerText.startsWith('0')", arg=NUMBERS)
    assert reading(page, "training loss") == first_loss
    wait_for_surface(page, same_as=first)
    page.get_by_role("button", name="Undo").click()
    expect(page.locator(MAIN)).to_contain_text("Go on")
    wait_for_loss_above(page, loss + 0.5)
    real = [error for error in page.errors if "404" not in error]  # type: ignore[attr-defined]
    assert not real


def test_the_address_shows_the_same_in_another_browser(open_page: OpenPage, plane_url: str) -> None:
    page = open_plane(open_page, plane_url)
    page.get_by_role("button", name="Moons").click()
    expect(page.locator(".st-key-plane_columns")).to_contain_text("Moons:")
    page.get_by_role("button", name=re.compile("sin x₂, off")).click()
    expect(page.get_by_role("button", name=re.compile("sin x₂, on"))).to_be_visible()
    page.get_by_text("Discrete output").click()
    page.get_by_role("button", name="One epoch").click()
    wait_for_epoch(page, 1)
    expect(page.locator(MAIN)).to_contain_text("Go on")
    page.wait_for_function("location.search.includes('run=') && location.search.includes('look=')")
    other = open_plane(open_page, page.url)
    expect(other.locator(".st-key-plane_columns")).to_contain_text("Moons:")
    wait_for_epoch(other, 1)
    expect(other.locator(NUMBERS)).to_have_text(page.locator(NUMBERS).inner_text(), use_inner_text=True)
    wait_for_surface(other, same_as=surface(page))


def test_points_are_painted_class_by_class_and_learned(open_page: OpenPage, plane_url: str) -> None:
    page = open_plane(open_page, plane_url)
    page.get_by_role("button", name="Your own points").click()
    expect(page.get_by_text("There is no point yet.").first).to_be_visible()
    expect(page.locator(MAIN)).to_be_disabled()
    page.mouse.click(*at(page, -3, 3))
    expect(page.get_by_text("There is only one point").first).to_be_visible()
    for brush, x2 in (("A", 3.0), ("B", -3.0)):
        page.locator("[data-testid=stButtonGroup] button", has_text=re.compile(f"^{brush}$")).first.click()
        page.mouse.move(*at(page, -2, x2))
        page.mouse.down()
        page.mouse.move(*at(page, 3, x2), steps=12)
        page.mouse.up()
        expect(page.get_by_text(re.compile("(4|5|6|7|8|9|[1-9][0-9]) of at most 500 points"))).to_be_visible()
    expect(page.locator(MAIN)).to_be_enabled()
    page.locator(MAIN).click()
    wait_for_epoch(page, 30)
    page.mouse.click(*at(page, 0, 0))
    expect(page.locator(MAIN)).to_contain_text("Start")


def test_steps_that_run_away_are_mended_by_one_click(open_page: OpenPage, plane_url: str) -> None:
    page = open_plane(open_page, plane_url, width=390, height=844)
    page.get_by_role("button", name="Too fast").click()
    page.locator(MAIN).click()
    mend = page.get_by_role("button", name="Take a rate 10 times smaller")
    expect(mend).to_be_visible()
    mend.click()
    script = "where => Number(document.querySelector(where).innerText.split('\\n')[2]) < 0.1"
    page.wait_for_function(script, arg=NUMBERS)
    expect(mend).to_be_hidden()
