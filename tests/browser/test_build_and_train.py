"""Build and train in a real Chromium, on a real server with real workers; on full MNIST where PLAYGROUND_DATA_DIR has it."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from front_page import (
    CHART,
    PROGRESS,
    accuracy,
    batch,
    button,
    choose_preset,
    choose_speed,
    errors,
    is_inside,
    open_front_page,
    open_section,
    screenshot,
    trace,
    wait_for_batch,
    wait_for_points,
    wait_for_progress,
)
from playwright.sync_api import Page, expect

OpenFront = Callable[..., Page]
RAW = "raw-y"


@pytest.fixture
def open_front(front_url: str, open_page: Callable[..., Page]) -> OpenFront:
    """open_front(query, **how) -> the front page of a new visitor."""

    def open_visitor(query: str = "", **how: object) -> Page:
        return open_front_page(open_page, f"{front_url}/{query}", **how)

    return open_visitor


def train_slowly(page: Page, speed: str = "20 batches/s") -> None:
    choose_speed(page, speed)
    button(page, "Train").click()
    wait_for_batch(page)


def stop(page: Page) -> None:
    button(page, "Stop").click()
    button(page, "Train").wait_for()


def test_a_first_visit_finds_everything_in_view_and_ready(open_front: OpenFront, tmp_path: Path) -> None:
    page = open_front()
    expect(button(page, "Train")).to_be_enabled()
    places = [page.locator(".st-key-presets"), page.locator(PROGRESS), page.locator(".nn-row")]
    places += [button(page, name) for name in ("Train", "Stop", "One batch", "One epoch")]
    places += page.locator(f"{CHART} .nsewdrag").all()
    places += page.locator(".nn-cell").all()
    assert len(places) == 3 + 4 + 2 + 4
    for place in places:
        assert is_inside(page, place), place
    screenshot(page, "front-light", tmp_path)
    assert not errors(page)


def test_one_click_trains_the_first_network_to_more_than_ninety_percent(open_front: OpenFront, tmp_path: Path) -> None:
    page = open_front()
    button(page, "Train").click()
    wait_for_points(page)
    expect(button(page, "Pause")).to_be_visible()
    wait_for_progress(page, "Done")
    assert (accuracy(page, "training accuracy") or 0) > 90
    assert (accuracy(page, "validation accuracy") or 0) > 90
    assert (accuracy(page, "test accuracy") or 0) > 90
    for place in (button(page, "Train"), page.locator(PROGRESS), page.locator(CHART), page.locator(".sample-row")):
        assert is_inside(page, place)
    assert page.locator(".sample").count() == 12
    screenshot(page, "trained-light", tmp_path)
    assert not errors(page)


def test_the_chart_keeps_its_element_and_its_zoom_while_the_curve_grows(open_front: OpenFront) -> None:
    page = open_front()
    page.evaluate("document.querySelector('.live-chart').keptMark = 'since the first drawing'")
    train_slowly(page)
    wait_for_points(page, 20)
    box = page.locator(f"{CHART} .nsewdrag").first.bounding_box()
    assert box
    middle = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + 0.2 * box["width"], middle)
    page.mouse.down()
    page.mouse.move(box["x"] + 0.4 * box["width"], middle + 2, steps=4)
    page.mouse.up()
    page.wait_for_function("document.querySelector('.live-chart').layout.xaxis.autorange === false")
    zoomed = page.evaluate("document.querySelector('.live-chart').layout.xaxis.range")
    epoch, seen = batch(page)
    wait_for_batch(page, (epoch, seen + 140))  # at 20 batches and 3 ticks a second: more than 20 ticks
    button(page, "Pause").click()  # which draws the whole page anew
    expect(button(page, "Resume")).to_be_visible()
    assert page.evaluate("document.querySelector('.live-chart').layout.xaxis.range") == zoomed
    assert page.evaluate("document.querySelector('.live-chart').keptMark") == "since the first drawing"
    stop(page)
    assert not errors(page)


def test_a_reload_and_another_page_find_the_run_again_with_its_curve(open_front: OpenFront) -> None:
    page = open_front()
    train_slowly(page)
    wait_for_points(page, 10)
    address = page.url
    assert re.search(r"[?&]run=[\w-]+", address)
    before, earlier = batch(page), trace(page, RAW)
    page.reload()
    wait_for_points(page, len(earlier))
    assert trace(page, RAW)[: len(earlier)] == earlier
    assert wait_for_batch(page, before) > before
    page.get_by_role("link", name="Inspect", exact=True).first.click()
    page.wait_for_url("**/Inspect**")
    assert page.url.split("?")[1] == address.split("?")[1]
    page.get_by_role("link", name="Build & train", exact=True).first.click()
    wait_for_points(page, len(earlier))
    assert trace(page, RAW)[: len(earlier)] == earlier
    assert page.url == address
    stop(page)
    assert not errors(page)


def test_pause_one_batch_resume_one_epoch_and_stop_do_exactly_that(open_front: OpenFront) -> None:
    page = open_front()
    train_slowly(page, "5 batches/s")
    button(page, "Pause").click()
    wait_for_progress(page, "paused")
    epoch, paused = batch(page)
    assert paused < 500, "slow motion is not slow"
    page.wait_for_timeout(1500)
    assert batch(page) == (epoch, paused)
    for number in (1, 2):
        button(page, "One batch").click()
        wait_for_batch(page, (epoch, paused + number - 1))
        page.wait_for_timeout(800)
        assert batch(page) == (epoch, paused + number)
    button(page, "Resume").click()
    wait_for_batch(page, (epoch, paused + 2))
    button(page, "Pause").click()
    wait_for_progress(page, "paused")
    choose_speed(page, "Full speed")
    button(page, "One epoch").click()
    wait_for_batch(page, (epoch, 1_000_000 - 1))  # the next epoch's first figure, which is 0
    wait_for_progress(page, "paused")
    assert batch(page) == (epoch + 1, 0)
    assert accuracy(page, "validation accuracy") is not None
    stop(page)
    wait_for_progress(page, "stopped")
    expect(button(page, "Stop")).to_be_disabled()
    assert not errors(page)


def test_one_batch_can_be_the_first_thing_that_a_network_does(open_front: OpenFront) -> None:
    page = open_front()
    button(page, "One batch").click()
    wait_for_progress(page, "paused")
    assert batch(page) == (1, 1)
    expect(button(page, "Resume")).to_be_enabled()
    stop(page)


def test_a_running_network_takes_up_a_new_learning_rate(open_front: OpenFront) -> None:
    page = open_front()
    train_slowly(page)
    address = page.url
    open_section(page, "Training")
    page.get_by_label("Learning rate", exact=True).fill("0.01")
    page.keyboard.press("Enter")
    button(page, "Use them now").click()
    expect(button(page, "Use them now")).to_have_count(0)
    wait_for_progress(page, "of it")
    assert page.url == address
    stop(page)
    assert not errors(page)


def test_two_visitors_train_at_the_same_time_each_their_own(open_front: OpenFront) -> None:
    first, second = open_front(), open_front()
    train_slowly(first)
    choose_preset(second, "Two layers, SGD")
    train_slowly(second)
    here, there = batch(first), batch(second)
    assert wait_for_batch(first, here) > here and wait_for_batch(second, there) > there
    assert first.url != second.url
    stop(first)
    assert wait_for_batch(second, batch(second))
    stop(second)


def test_a_broken_network_says_why_beside_the_greyed_train_button_and_mends_by_a_click(open_front: OpenFront) -> None:
    page = open_front()
    open_section(page, "Network")
    page.locator('[class*="st-key-delete-"] button').first.click()
    expect(button(page, "Train")).to_be_disabled()
    wait_for_progress(page, "needs Flatten")
    button(page, "Add Flatten").click()
    expect(button(page, "Train")).to_be_enabled()


def test_the_keyboard_alone_reaches_train_and_starts_it(open_front: OpenFront) -> None:
    page = open_front()
    choose_speed(page, "20 batches/s")
    page.evaluate("document.activeElement?.blur()")
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement?.innerText ?? ''").strip().endswith("Train"):
            break
    assert page.evaluate("document.activeElement.tagName") == "BUTTON"
    page.keyboard.press("Enter")
    wait_for_batch(page)
    stop(page)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_phone_shows_everything_without_scrolling_sideways(open_front: OpenFront, theme: str, tmp_path: Path) -> None:
    page = open_front(width=400, height=850, theme=theme)
    for place in (button(page, "Train"), button(page, "Stop"), page.locator(PROGRESS)):
        assert is_inside(page, place)
    train_slowly(page)
    wait_for_points(page, 10)
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    widest = "Math.max(...[...document.querySelectorAll('[data-testid=stMain] > div')].map(place => place.scrollWidth))"
    assert page.evaluate(widest) <= 400
    screenshot(page, f"phone-{theme}", tmp_path)
    stop(page)
    assert not errors(page)


def test_the_dark_theme_is_dark_from_the_curves_to_the_forms(open_front: OpenFront, tmp_path: Path) -> None:
    page = open_front(theme="dark")
    train_slowly(page)
    wait_for_points(page, 10)
    background = page.evaluate("getComputedStyle(document.querySelector('[data-testid=stApp]')).backgroundColor")
    assert sum(map(int, re.findall(r"\d+", background)[:3])) < 150
    screenshot(page, "training-dark", tmp_path)
    stop(page)


def test_the_curves_of_the_run_before_stand_behind_those_of_the_next(open_front: OpenFront) -> None:
    page = open_front()
    train_slowly(page)
    stop(page)
    button(page, "Change one thing").click()
    expect(page.get_by_text("Now change one setting of")).to_be_visible()
    train_slowly(page)
    wait_for_points(page)
    page.wait_for_function("document.querySelector('.live-chart').data.some(trace => trace.uid.startsWith('overlay-'))")
    expect(page.locator(CHART)).not_to_contain_text("Cannot")
    stop(page)
    assert not errors(page)
