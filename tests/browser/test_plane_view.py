"""The live view of a network on the plane in a real Chromium."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from typing import Any

import pytest
from conftest import APPS, OpenPage, StartApp
from playwright.sync_api import Page, expect

VIEW = ".plane-view[data-drawings]"
# The scale's ends and middle on a light page: below zero, at zero, above.
LOW, MIDDLE, HIGH = (0xE8, 0x93, 0x5C), (255, 255, 255), (0x5B, 0xA3, 0xD0)

OpenView = Callable[..., Page]


@pytest.fixture
def open_view(start_app: StartApp, open_page: OpenPage) -> OpenView:
    """open_view(query, **how) -> a page on which the view has been drawn."""

    def open_drawn(query: str = "", **how: Any) -> Page:
        page = open_page(f"{start_app(APPS / 'plane_view_app.py')}/?{query}", **how)
        page.wait_for_selector(VIEW)
        return page

    return open_drawn


def colour_at(page: Page, x1: float, x2: float) -> tuple[int, ...]:
    """What the surface's canvas holds at a place of the plane."""
    script = """([x1, x2]) => {
      const canvas = document.querySelector(".pv-surface");
      const at = (share) => Math.min(canvas.width - 1, Math.floor(share * canvas.width));
      return [...canvas.getContext("2d").getImageData(at((x1 + 6) / 12), at((6 - x2) / 12), 1, 1).data].slice(0, 3);
    }"""
    return tuple(page.evaluate(script, [x1, x2]))


def between(share: float) -> tuple[float, ...]:
    """The colour of a share from -1 to 1 on a light page."""
    end = HIGH if share > 0 else LOW
    return tuple(middle + abs(share) * (far - middle) for middle, far in zip(MIDDLE, end, strict=True))


def probability(x1: float, x2: float, weight: float = 2.0) -> float:
    """What the app's network without hidden layers says."""
    return 1 / (1 + math.exp(-(weight * x1 - 0.5 * x2)))


def done(page: Page, count: int) -> list[dict[str, Any]]:
    """The first `count` things that the page was told, once it was."""
    script = "count => JSON.parse(document.querySelector('pre')?.innerText ?? '[]').length >= count"
    page.wait_for_function(script, arg=count)
    found: list[dict[str, Any]] = json.loads(page.locator("pre").inner_text())
    return found


def middle_of_line(page: Page, source: str, goal: str) -> tuple[float, float]:
    """A line is point-symmetric: it passes half-way between the two tiles."""
    start, end = (
        page.get_by_role("button", name=source).bounding_box(),
        page.get_by_role("button", name=goal, exact=True).bounding_box(),
    )
    assert start and end
    x = (start["x"] + start["width"] + end["x"]) / 2
    return x, (start["y"] + start["height"] / 2 + end["y"] + end["height"] / 2) / 2


def test_the_surface_has_the_colours_of_the_network_s_output(open_view: OpenView) -> None:
    page = open_view()
    # Centres of cells of the grid, 0.2 wide.
    for x1, x2 in ((-5.9, 0.1), (-0.3, 0.1), (0.1, 0.1), (0.5, -1.1), (0.3, 5.9), (5.9, -5.9)):
        expected = between(2 * probability(x1, x2) - 1)
        assert colour_at(page, x1, x2) == pytest.approx(expected, abs=2), (x1, x2)


def test_discrete_output_has_two_colours_and_a_straight_border(open_view: OpenView) -> None:
    page = open_view("discrete=yes")
    for x2 in (-5.0, 0.0, 5.0):
        border = x2 / 4
        assert colour_at(page, border - 0.1, x2) == LOW
        assert colour_at(page, border + 0.1, x2) == HIGH


def test_points_lie_where_they_belong_and_test_points_only_when_asked_for(open_view: OpenView) -> None:
    script = """() => {
      const canvas = document.querySelector(".pv-points");
      const at = (share) => share * canvas.width;
      const pixel = (x1, x2) => canvas.getContext("2d").getImageData(at((x1 + 6) / 12), at((6 - x2) / 12), 1, 1).data;
      return [[-3, 3], [3, 3], [3, -3], [-3, -3]].map(([x1, x2]) => [...pixel(x1, x2)]);
    }"""
    orange, blue, nothing = [0xD5, 0x5E, 0x00, 255], [0x00, 0x72, 0xB2, 255], [0, 0, 0, 0]
    everything = [orange, blue, blue, orange]
    shown = open_view().evaluate(script)
    assert sorted(shown).count(nothing) == 2
    assert all(pixel in (nothing, colour) for pixel, colour in zip(shown, everything, strict=True))
    assert open_view("test=yes").evaluate(script) == everything


def test_a_weight_tells_its_value_and_takes_another_while_the_element_stays(open_view: OpenView) -> None:
    page = open_view()
    page.evaluate("document.querySelector('.pv-surface').mark = 'same'")
    place = middle_of_line(page, "Input x₁,", "Output")
    page.mouse.move(*place)
    card = page.locator(".pv-card")
    expect(card).to_contain_text("Weight from x₁ to the output: 2.00")
    page.mouse.click(*place)
    field = page.get_by_role("spinbutton", name="Weight from x₁ to the output")
    expect(field).to_have_value("2")
    field.fill("-1")
    field.press("Enter")
    assert done(page, 1) == [{"kind": "edit", "name": "0_dense_0.weight", "index": [0, 0], "value": -1, "before": 2}]
    expected = between(2 * probability(0.7, 0.1, weight=-1) - 1)
    at = "document.querySelector('.pv-surface').getContext('2d').getImageData(33, 29, 1, 1).data[2]"
    page.wait_for_function(f"Math.abs({at} - {expected[2]}) < 3")
    assert colour_at(page, 0.7, 0.1) == pytest.approx(expected, abs=2)
    assert page.evaluate("document.querySelector('.pv-surface').mark") == "same"
    expect(card).to_be_visible()
    page.keyboard.press("Escape")
    expect(card).to_be_hidden()


def test_a_bias_shows_its_value_and_a_slider_changes_it(open_view: OpenView) -> None:
    page = open_view()
    dot = page.get_by_role("button", name="Bias of the output")
    dot.hover()
    expect(page.locator(".pv-card")).to_contain_text("Bias of the output: 0.00")
    dot.click()
    page.get_by_role("slider", name="Bias of the output").fill("1.5")
    edit = done(page, 1)[-1]
    assert (edit["kind"], edit["name"], edit["index"]) == ("edit", "0_dense_0.bias", [0])
    assert edit["value"] == pytest.approx(1.5)


def test_all_numbers_of_a_neuron_are_reached_by_keyboard(open_view: OpenView) -> None:
    page = open_view("hidden=3")
    neuron = page.get_by_role("button", name="Neuron 2", exact=True)
    neuron.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog", name="Neuron 2")).to_be_visible()
    expect(page.get_by_role("spinbutton", name="Bias of neuron 2")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_role("spinbutton", name="Weight from x₁ to neuron 2")).to_be_focused()
    page.keyboard.type("0.75")
    page.keyboard.press("Enter")
    (edit,) = done(page, 1)
    assert (edit["name"], edit["index"], edit["value"]) == ("0_dense_0.weight", [1, 0], 0.75)
    page.keyboard.press("Escape")
    expect(neuron).to_be_focused()


def test_a_neuron_that_is_pointed_at_takes_the_plane_and_gives_it_back(open_view: OpenView) -> None:
    page = open_view("hidden=3")
    title = page.locator(".pv-title")
    expect(title).to_have_text("Output")
    page.get_by_role("button", name="Input x₁,").hover()
    expect(title).to_have_text("Input x₁: −5.90 to 5.90")
    assert colour_at(page, -5.8, 0) == pytest.approx(LOW, abs=6)
    page.get_by_role("button", name="Neuron 3", exact=True).hover()
    expect(title).to_contain_text("Neuron 3: ")
    page.mouse.move(5, 5)
    expect(title).to_have_text("Output")


def test_every_click_arrives_in_order_however_fast_they_come(open_view: OpenView) -> None:
    page = open_view("hidden=3&tick=yes")
    more = page.get_by_role("button", name="One neuron more")
    for _ in range(4):
        more.click()
    page.get_by_role("button", name="Add a hidden layer").click()
    page.get_by_role("button", name="Take the last hidden layer away").click()
    page.get_by_role("button", name="Input x₁x₂, off").click()
    expected = [{"kind": "units", "layer": 0, "delta": 1}] * 4
    expected += [{"kind": "add_layer"}, {"kind": "remove_layer"}, {"kind": "input", "name": "x1_times_x2"}]
    assert done(page, 7) == expected


def test_a_click_that_was_lost_on_its_way_is_told_again(open_view: OpenView) -> None:
    page = open_view("hidden=3")
    page.evaluate("""() => {
      const view = document.querySelector(".plane-view").planeView;
      const { tell } = view;
      view.tell = () => { view.tell = tell; };
    }""")
    page.get_by_role("button", name="Input x₁x₂, off").click()
    assert done(page, 1) == [{"kind": "input", "name": "x1_times_x2"}]


def test_a_click_counts_also_when_the_network_is_built_anew_under_it(open_view: OpenView) -> None:
    page = open_view("hidden=3")
    tile = page.get_by_role("button", name="Input x₁x₂, off")
    tile.hover()
    page.mouse.down()
    drawings = int(page.locator(VIEW).get_attribute("data-drawings") or 0)
    page.set_viewport_size({"width": 1270, "height": 800})
    page.wait_for_timeout(300)
    page.mouse.up()
    assert done(page, 1) == [{"kind": "input", "name": "x1_times_x2"}]
    page.wait_for_function("before => Number(document.querySelector('.plane-view').dataset.drawings) > before", arg=drawings)
    stage = page.locator(".pv-stage").bounding_box()
    network = page.locator(".pv-network").bounding_box()
    assert stage and network and abs(stage["width"] - network["width"]) < 2


def test_a_stroke_paints_points_and_the_eraser_takes_them(open_view: OpenView) -> None:
    for query, kind, extra in (("paint=1", "paint", {"value": 1}), ("paint=erase", "erase", {"radius": 0.5})):
        page = open_view(query)
        box = page.locator(".pv-points").bounding_box()
        assert box
        page.mouse.move(box["x"] + box["width"] * 0.25, box["y"] + box["height"] * 0.5)
        page.mouse.down()
        page.mouse.move(box["x"] + box["width"] * 0.5, box["y"] + box["height"] * 0.5, steps=12)
        page.mouse.up()
        (command,) = done(page, 1)
        points = command.pop("points")
        assert command == {"kind": kind} | extra
        assert points[0] == pytest.approx([-3, 0], abs=0.05) and -0.5 < points[-1][0] < 0.1
        steps = [math.dist(one, other) for one, other in zip(points, points[1:], strict=False)]
        assert 5 <= len(points) <= 11 and min(steps) >= 0.29


def test_a_ticking_page_redraws_in_the_same_element(open_view: OpenView) -> None:
    page = open_view("tick=yes")
    page.evaluate("document.querySelectorAll('.plane-view canvas').forEach(canvas => { canvas.mark = 'same'; })")
    before = colour_at(page, 0.1, 0.1)
    drawings = int(page.locator(VIEW).get_attribute("data-drawings") or 0)
    page.wait_for_function("goal => Number(document.querySelector('.plane-view').dataset.drawings) >= goal", arg=drawings + 8)
    assert page.evaluate("[...document.querySelectorAll('.plane-view canvas')].every(canvas => canvas.mark === 'same')")
    assert colour_at(page, 0.1, 0.1) != before


def test_weights_that_are_no_numbers_are_told_over_the_plane(open_view: OpenView) -> None:
    page = open_view("broken=yes")
    expect(page.locator(".pv-problem")).to_contain_text("1 of the network's 3 weights is no number any more")
    assert page.errors == []  # type: ignore[attr-defined]


def test_on_a_phone_the_plane_comes_first_and_nothing_sticks_out(open_view: OpenView) -> None:
    page = open_view("hidden=3", width=390, height=844)
    plane, network = page.locator(".pv-plane").bounding_box(), page.locator(".pv-network").bounding_box()
    assert plane and network and network["y"] >= plane["y"] + plane["height"]
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_the_picture_is_said_in_words_and_follows_a_dark_page(open_view: OpenView) -> None:
    page = open_view("hidden=3", theme="dark")
    words = page.locator(".pv-plane").get_attribute("aria-label") or ""
    assert "2 inputs, 3 neurons and 1 output, over 2 points to learn from and 2 to test." in words
    assert "Training loss 0." in words and "Test loss" in words
    plain = open_view("", theme="dark")
    assert max(colour_at(plain, 0.1, 0.1)) < 0x60  # near one half: as dark as the page
    assert page.errors == []  # type: ignore[attr-defined]
