"""The Runs page in a real browser: a run is found, opened, renamed, taken along as a zip, and brought to another visitor."""

from __future__ import annotations

import io
import re
import zipfile
from pathlib import Path

import pytest
from conftest import ROOT, OpenPage, StartApp
from front_page import button, choose_speed, errors, open_front_page, screenshot, wait_for_batch
from playwright.sync_api import Locator, Page, expect

TABLE = '.st-key-runs_list [data-testid="stDataFrame"]'
HEADER, ROW = 37, 36  # pixels


@pytest.fixture
def front_page(start_app: StartApp, open_page: OpenPage) -> Page:
    return open_front_page(open_page, start_app(ROOT / "app.py"))


def train(page: Page) -> None:
    """One more run, stopped after its first batches."""
    choose_speed(page, "20 batches/s")
    button(page, "Train").click()
    wait_for_batch(page)
    # Streamlit shows a Stop of its own, above, while a script runs.
    page.get_by_test_id("stMainBlockContainer").get_by_role("button", name="Stop", exact=True).click()
    expect(button(page, "Train")).to_be_enabled()


def open_runs(page: Page) -> Locator:
    page.get_by_role("link", name="Runs", exact=True).first.click()
    table = page.locator(TABLE)
    table.locator("canvas").first.wait_for()
    page.wait_for_timeout(500)  # the table takes clicks a moment after it is drawn
    return table


def names(page: Page) -> list[str]:
    """The second column, as a screen reader is told it."""
    rows = page.locator(f"{TABLE} table tbody tr")
    return [row.locator("td").nth(2).inner_text() for row in rows.all()]


def tap(page: Page, row: int, x: float = 150) -> None:
    box = page.locator(TABLE).bounding_box()
    assert box
    page.mouse.click(box["x"] + x, box["y"] + HEADER + ROW * (row + 0.5))


def opened(page: Page) -> Locator:
    return page.locator(".st-key-run_detail").get_by_role("textbox", name="Name")


def test_runs_are_opened_renamed_compared_deleted_and_brought_back(front_page: Page, tmp_path: Path) -> None:
    page = front_page
    train(page)
    train(page)
    open_runs(page)
    tap(page, 1)
    expect(opened(page)).to_have_value(re.compile("^Run 1 "))
    opened(page).fill("My first network")
    opened(page).press("Enter")
    page.wait_for_function("([t]) => document.querySelector(t)?.textContent.includes('My first network')", arg=[TABLE])
    screenshot(page, "runs", tmp_path)
    for row in (0, 1):
        tap(page, row, x=20)
    expect(page.get_by_text("2 ticked")).to_be_visible()
    expect(page.locator(".st-key-runs_ticked_bar").get_by_role("link", name="Compare")).to_have_attribute(
        "href", re.compile("runs=.+")
    )
    page.locator(".st-key-run-delete button").first.click()
    expect(page.get_by_text("1 run is deleted.")).to_be_visible()
    expect(page.get_by_text("1 run ·")).to_be_visible()
    button(page, "Undo").click()
    expect(page.get_by_text("2 runs ·")).to_be_visible()
    assert errors(page) == []


def test_a_sorted_table_opens_the_run_that_was_tapped(front_page: Page) -> None:
    page = front_page
    train(page)
    train(page)
    open_runs(page)
    page.mouse.move(0, 0)
    box = page.locator(TABLE).bounding_box()
    assert box
    page.mouse.click(box["x"] + 150, box["y"] + HEADER / 2)  # by name: the older run comes first now
    page.wait_for_timeout(500)
    expect(opened(page)).to_have_value(re.compile("^Run 2 "))  # and the one that was open stays so
    tap(page, 0)
    expect(opened(page)).to_have_value(re.compile("^Run 1 "))
    tap(page, 1)
    expect(opened(page)).to_have_value(re.compile("^Run 2 "))


def test_a_zip_goes_from_one_visitor_to_another(front_page: Page, open_page: OpenPage, tmp_path: Path) -> None:
    train(front_page)
    open_runs(front_page)
    with front_page.expect_download(timeout=60_000) as downloading:
        button(front_page, "Download all").click()
    file = tmp_path / "runs.zip"
    downloading.value.save_as(file)
    with zipfile.ZipFile(io.BytesIO(file.read_bytes())) as archive:
        assert "manifest.json" in archive.namelist()
    other = open_page(front_page.url.partition("/Runs")[0] + "/Runs")
    expect(other.get_by_text("Nothing trained yet")).to_be_visible(timeout=60_000)
    button(other, "Import runs").click()
    other.locator("input[type=file]").set_input_files(file)
    expect(other.get_by_text("1 run added.")).to_be_visible()
    expect(other.locator(f"{TABLE} canvas").first).to_be_visible()


def test_the_search_narrows_the_list_while_one_types(front_page: Page) -> None:
    page = front_page
    train(page)
    open_runs(page)
    search = page.get_by_placeholder("Search names, notes and settings")
    search.press_sequentially("zebra", delay=30)
    expect(page.get_by_text("No run fits.")).to_be_visible()
    search.fill("")
    expect(page.locator(f"{TABLE} canvas").first).to_be_visible()


def test_the_page_is_no_wider_than_a_phone(front_page: Page, tmp_path: Path) -> None:
    page = front_page
    train(page)
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(page.url.replace("/?", "/Runs?"))
    page.locator(f"{TABLE} canvas").first.wait_for()
    for view in ("Family", "Take it home", "Overview"):
        page.get_by_role("tab", name=view).click()
        expect(page.get_by_role("tab", name=view)).to_have_attribute("aria-selected", "true")
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
    screenshot(page, "runs_phone", tmp_path)


def test_a_file_is_taken_home(front_page: Page, tmp_path: Path) -> None:
    page = front_page
    train(page)
    page.goto(page.url.replace("/?", "/Runs?"))
    page.get_by_role("tab", name="Take it home").click()
    page.locator(".st-key-run_detail").get_by_text("Weights (safetensors)", exact=True).click()
    expect(page.get_by_text("--format safetensors")).to_be_visible()
    button(page, "Make the file").click()
    with page.expect_download(timeout=60_000) as downloading:
        page.locator(".st-key-take_home_file").get_by_role("button", name=re.compile("^Download")).click()
    downloading.value.save_as(tmp_path / "weights")
    assert (tmp_path / "weights").stat().st_size > 100_000
