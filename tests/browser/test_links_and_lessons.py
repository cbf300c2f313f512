"""Links in a real Chromium: the address that is copied, the QR code that is scanned, and a lesson from beginning to end."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import pytest
import segno
from front_page import button, choose_preset, errors, open_front_page, open_section, screenshot, wait_for_progress
from PIL import Image
from playwright.sync_api import Page, expect

from playground.catalog.presets import preset
from playground.lessons import Goal, Lesson
from playground.spec import DatasetSpec, RunSpec

OpenPage = Callable[..., Page]
FIRST = preset("first-network").run
LESSON = Lesson(
    title="Read digits",
    text="Train the network until it reads 80 of 100 digits. You may change its layers.",
    run=FIRST.model_copy(update={"dataset": DatasetSpec(name="mnist-5k")}),
    locked=("optimizer", "learning_rate"),
    hidden_pages=("inspect",),
    goal=Goal(min_accuracy=80, max_parameters=150_000),
)


def edit_neurons(page: Page, neurons: int) -> None:
    open_section(page, "Network")
    page.get_by_role("button", name="Edit").nth(1).click()
    page.get_by_label("Neurons", exact=True).fill(str(neurons))
    page.keyboard.press("Enter")
    expect(page.get_by_text(f"2. Dense {neurons}")).to_be_visible()


def linked(page: Page) -> RunSpec:
    """The run in the page's address."""
    return RunSpec.from_link(page.url.partition("spec=")[2].partition("&")[0])


def modules(picture: bytes, count: int, border: int) -> list[list[int]]:
    """A picture of a QR code read at the middle of each of its squares: 1 for dark."""
    image = Image.open(io.BytesIO(picture)).convert("L")
    size = image.width / (count + 2 * border)
    places = [(place + border + 0.5) * size for place in range(count)]
    return [[int(image.getpixel((int(x), int(y))) < 128) for x in places] for y in places]  # type: ignore[operator]


def test_the_copied_address_opens_the_edited_network_in_another_browser(front_url: str, open_page: OpenPage) -> None:
    page = open_front_page(open_page, front_url)
    assert "spec=" not in page.url
    edit_neurons(page, 77)
    page.wait_for_url("**spec=**")
    assert linked(page).network.layers[1].label() == "Dense 77"
    other = open_front_page(open_page, page.url)
    expect(other.locator(".nn-row")).to_contain_text("Dense 77")
    page.reload()
    expect(page.locator(".nn-row")).to_contain_text("Dense 77")
    page.get_by_role("link", name="Draw", exact=True).first.click()
    page.wait_for_url("**/Draw**spec=**")
    page.get_by_role("link", name="Build & train", exact=True).first.click()
    expect(page.locator(".nn-row")).to_contain_text("Dense 77")
    choose_preset(page, "First network")
    page.wait_for_function("!location.search.includes('spec=')")
    assert not errors(other)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_qr_code_holds_the_link_that_stands_beside_it(
    front_url: str, open_page: OpenPage, theme: str, tmp_path: Path
) -> None:
    page = open_front_page(open_page, front_url, theme=theme)
    choose_preset(page, "LeNet-5")
    page.wait_for_url("**spec=**")
    button(page, "Share").click()
    shown = page.locator(".qr img").first
    expect(shown).to_be_visible()
    link = page.locator("[role=dialog] code").first.inner_text()
    assert RunSpec.from_link(link.partition("spec=")[2]) == preset("lenet-5").run
    page.wait_for_timeout(600)  # the window glides in
    expected = segno.make(link, error="l", micro=False)
    matrix = [list(row) for row in expected.matrix]
    assert modules(shown.screenshot(), len(matrix), 4) == matrix
    box = shown.bounding_box()
    assert box and box["width"] > 380, "too small for the back row"
    screenshot(page, f"share-{theme}", tmp_path)
    assert not errors(page)


def test_a_lesson_locks_hides_shows_its_goal_and_sees_it_reached(front_url: str, open_page: OpenPage, tmp_path: Path) -> None:
    page = open_front_page(open_page, f"{front_url}/?lesson={LESSON.to_link()}")
    expect(page.locator(".lesson")).to_contain_text("Read digits")
    expect(page.locator(".lesson")).to_contain_text("at least 80 % validation accuracy · not measured yet")
    expect(page.get_by_role("link", name="Draw", exact=True).first).to_be_visible()
    assert page.get_by_role("link", name="Inspect", exact=True).count() == 0
    open_section(page, "Training")
    expect(page.get_by_role("spinbutton", name="Learning rate")).to_be_disabled()
    expect(page.get_by_role("spinbutton", name="Batch size")).to_be_enabled()
    button(page, "Train").click()
    wait_for_progress(page, "Done")
    expect(page.locator(".lesson")).to_contain_text("Goal reached!")
    assert "lesson=" in page.url and "run=" in page.url
    screenshot(page, "lesson", tmp_path)
    page.goto(f"{front_url}/Inspect?lesson={LESSON.to_link()}")
    expect(page.get_by_text("This lesson does without “Inspect”")).to_be_visible()
    page.get_by_role("link", name="Back to Build & train").click()
    expect(page.locator(".lesson")).to_contain_text("Read digits")
    button(page, "Leave the lesson").click()
    expect(page.locator(".lesson")).to_have_count(0)
    expect(page.get_by_role("link", name="Inspect", exact=True).first).to_be_visible()
    assert "lesson=" not in page.url
