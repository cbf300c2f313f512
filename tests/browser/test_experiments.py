"""The Experiments page in a real browser: started, watched, and its best trial taken home."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from conftest import ROOT, OpenPage, StartApp
from front_page import button, errors, screenshot
from playwright.sync_api import Locator, Page, expect

expect.set_options(timeout=60_000)  # the first page of a fresh server waits for torch, on a busy machine

MAIN = "stMainBlockContainer"


@pytest.fixture
def url(start_app: StartApp, tmp_path_factory: pytest.TempPathFactory) -> str:
    runs = tmp_path_factory.getbasetemp() / "experiment-runs"  # one server for all tests of this file
    return start_app(ROOT / "app.py", PLAYGROUND_RUNS_DIR=str(runs))


def opened(open_page: OpenPage, url: str, **how: object) -> Page:
    page = open_page(url, **how)
    page.set_default_timeout(60_000)
    # By its link: at a deep address Streamlit's own first request fails, and the console calls that an error.
    page.get_by_role("link", name="Experiments").dispatch_event("click")
    expect(start(page)).to_be_enabled()
    return page


def start(page: Page) -> Locator:
    return page.get_by_test_id(MAIN).get_by_role("button", name="Start", exact=True)


def choose(page: Page, key: str, option: str) -> None:
    page.locator(f".st-key-{key} [role=combobox]").click()
    page.get_by_role("option", name=option, exact=True).click()


def kind(page: Page, title: str) -> None:
    page.locator(".st-key-experiment_kind").get_by_text(title, exact=True).click()
    expect(
        page.get_by_test_id(MAIN).get_by_text({"Search": "Let the computer try", "Cross-validation": "Judge one"}[title])
    ).to_be_visible()


def make_quick(page: Page) -> None:
    choose(page, "experiment_size", "at most 500")
    choose(page, "experiment_epochs", "2")


def fits(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"))


def test_a_comparison_runs_to_its_verdict_without_replacing_its_figures(open_page: OpenPage, url: str, tmp_path: Path) -> None:
    page = opened(open_page, url, height=1300)
    make_quick(page)
    screenshot(page, "experiments-form", tmp_path)
    start(page).click()
    page.wait_for_url(re.compile("study="))
    figure = page.locator(".st-key-bands .figure-view[data-drawings]")
    figure.wait_for()
    figure.evaluate("element => { element.dataset.marked = 'yes'; }")
    verdict = page.locator(".st-key-experiment_verdict h3")
    expect(verdict).to_contain_text(re.compile(r"^(?!So far).*seeds"), timeout=120_000)
    expect(page.locator(".experiment-table tr")).to_have_count(6)
    expect(page.locator(".experiment-table td b")).to_have_count(15)
    expect(page.locator(".figure-view[data-marked=yes]")).to_have_count(1)
    shown = figure.evaluate("plot => plot.data.filter(t => t.uid?.startsWith('mean')).map(t => (t.x._inputArray ?? t.x).length)")
    assert shown == [2, 2]
    screenshot(page, "experiments-seeds", tmp_path)
    page.set_viewport_size({"width": 390, "height": 1300})
    assert fits(page)
    screenshot(page, "experiments-seeds-narrow", tmp_path)
    assert errors(page) == []
    page.reload()
    expect(verdict).to_contain_text("seeds")


def test_a_trial_of_a_search_goes_to_the_workbench(open_page: OpenPage, url: str, tmp_path: Path) -> None:
    page = opened(open_page, url, height=1500, theme="dark")
    kind(page, "Search")
    make_quick(page)
    page.get_by_role("spinbutton", name="Budget").fill("6")
    page.get_by_role("spinbutton", name="Budget").press("Enter")
    expect(page.get_by_text("6 networks").first).to_be_visible()
    page.get_by_text("Give up hopeless trials").click()
    screenshot(page, "experiments-search-form", tmp_path)
    start(page).click()
    page.wait_for_url(re.compile("study="))
    expect(page.get_by_test_id(MAIN).get_by_text("6 of 6 networks").first).to_be_visible(timeout=120_000)
    expect(page.get_by_role("button", name="Resume")).to_have_count(0)
    page.locator(".st-key-importance .figure-view[data-drawings]").wait_for()
    lines = page.locator(".st-key-parallel .figure-view[data-drawings]")
    lines.wait_for()
    best = lines.evaluate("plot => plot.data.find(t => t.uid === 'best').hovertext[1]")
    screenshot(page, "experiments-search", tmp_path)
    chosen = page.locator(".st-key-experiment_chosen")
    trial = re.search(r"trial (\d+)", best)
    assert trial
    expect(chosen).to_contain_text(f"The best: trial {trial[1]}")
    button(page, "Use this one").click()
    chosen.get_by_role("link", name="Go to Build & train").click()
    expect(button(page, "Train")).to_be_visible()
    page.locator(".st-key-section").get_by_text("Training", exact=True).click()
    rate = re.search(r"Learning rate: ([\d.e-]+)", best)
    assert rate
    field = page.get_by_label("Learning rate", exact=True).first
    assert float(field.input_value()) == pytest.approx(float(rate[1]), rel=1e-3)
    assert errors(page) == []


def test_cross_validation_fits_a_phone(open_page: OpenPage, url: str, tmp_path: Path) -> None:
    page = opened(open_page, url, width=390, height=900)
    kind(page, "Cross-validation")
    make_quick(page)
    assert fits(page)
    start(page).click()
    expect(page.locator(".st-key-experiment_verdict h3")).to_contain_text(re.compile("^Mean .* over 5 folds"), timeout=120_000)
    dots = page.locator(".st-key-fold_dots .figure-view")
    dots.scroll_into_view_if_needed()
    expect(dots).to_have_attribute("data-drawings", re.compile(r"\d"))
    assert fits(page)
    screenshot(page, "experiments-folds-narrow", tmp_path)
    button(page, "New experiment").click()
    expect(start(page)).to_be_visible()
    assert errors(page) == []
