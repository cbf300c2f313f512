"""The Ingredients page's address holds all that was set there, and nothing that cannot be."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from page_app import metric_values, shown, visit
from streamlit.testing.v1 import AppTest

from playground.insight.race import Lane, lane_on, race
from playground.insight.surfaces import SURFACES
from playground.links import to_link
from playground.ui.ingredients_racers import MOST_RACERS

PAGE = "pages/12_Ingredients.py"


def _open(look: str) -> AppTest:
    page = visit(PAGE)
    page.query_params["look"] = look
    return shown(page)


def _look(page: AppTest) -> str:
    found: str | list[str] = page.query_params["look"]
    return found if isinstance(found, str) else found[-1]


def _labelled(widgets: Any, label: str) -> list[Any]:
    return [widget for widget in widgets if widget.label == label]


def _values(page: AppTest) -> dict[str, list[Any]]:
    """What every field of the page says, by its label; the fields come in no order where they are named alike."""
    widgets = [*page.slider, *page.select_slider, *page.number_input, *page.multiselect, *page.button_group]
    return {widget.label: [other.value for other in _labelled(widgets, widget.label)] for widget in widgets}


def _said(page: AppTest) -> str:
    return " ".join(info.value for info in page.info)


def _table(page: AppTest) -> str:
    found: str = next(html.value for html in page.get("html") if "<table>" in html.value)
    return found


def _set(page: AppTest, widgets: str, label: str, value: object, place: int = 0) -> None:
    shown(_labelled(getattr(page, widgets), label)[place].set_value(value))


def _drag_a_sum(page: AppTest) -> None:
    _set(page, "slider", "Drag the weighted sum x", -1.35)
    _set(page, "number_input", "Alpha", 2.5)


def _drag_softmax(page: AppTest) -> None:
    _set(page, "slider", "Drag x2", 4.05)
    _set(page, "button_group", "Along the axis", 2)


def _drag_scores(page: AppTest) -> None:
    _set(page, "slider", "Drag the score of B", -2.25)
    _set(page, "button_group", "True class", 2)
    _set(page, "button_group", "Along the axis", 1)
    _set(page, "number_input", "Label smoothing", 0.2)


def _answer_no(page: AppTest) -> None:
    _set(page, "button_group", "The truth", False)
    _set(page, "slider", "Drag the score", 3.3)


def _ask_for_a_number(page: AppTest) -> None:
    _set(page, "button_group", "The network is asked", "number")
    _set(page, "slider", "Drag the error", -2.95)


def _feed_an_optimizer(page: AppTest) -> None:
    _set(page, "button_group", "The gradients that come in", "kick")
    _set(page, "select_slider", "Drag their size", 10.0)
    _set(page, "slider", "Drag the step", 33)
    _set(page, "number_input", "Learning rate", 0.0123)


def _set_up_a_race(page: AppTest) -> None:
    shown(page.multiselect[0].set_value(["adam", "sgd"]))
    _set(page, "number_input", "Learning rate", 0.11, 1)
    _set(page, "number_input", "Momentum", 0.55)
    _set(page, "number_input", "Start x", 2.5)
    _set(page, "number_input", "Start y", -1.25)
    _set(page, "number_input", "Steps", 77)


@pytest.mark.parametrize(
    "look, change",
    [
        ("activation.elu", _drag_a_sum),
        ("activation.softmax", _drag_softmax),
        ("loss.cross_entropy", _drag_scores),
        ("loss.binary_cross_entropy_logits", _answer_no),
        ("loss.mean_squared_error", _ask_for_a_number),
        ("optimizer.rmsprop", _feed_an_optimizer),
        ("race.bowl", _set_up_a_race),
    ],
)
def test_a_copied_address_shows_the_same_to_somebody_else(look: str, change: Callable[[AppTest], None]) -> None:
    page = _open(look)
    first = _values(page)
    change(page)
    copied = _look(page)
    assert copied.startswith(f"{look}.1.") and len(copied) < 200
    other = _open(copied)
    assert _values(other) == _values(page) != first
    assert metric_values(other) == metric_values(page)
    assert _look(other) == copied and not other.info


def test_the_address_is_short_where_nothing_was_set_and_again_when_it_is_set_back() -> None:
    page = _open("activation.relu")
    assert _look(page) == "activation.relu"
    _set(page, "slider", "Drag the weighted sum x", 2.0)
    assert _look(page) != "activation.relu"
    _set(page, "slider", "Drag the weighted sum x", 1.0)
    assert _look(page) == "activation.relu"


def test_what_concerns_another_question_does_not_stand_in_the_address() -> None:
    page = _open("loss.huber")
    _set(page, "slider", "Drag the error", -2.0)
    shown(page.button_group(key="ingredients.loss").set_value("cross_entropy"))
    assert _look(page) == "loss.cross_entropy"
    shown(page.button_group(key="ingredients.loss").set_value("huber"))
    assert _labelled(page.slider, "Drag the error")[0].value == -2.0


def test_settings_stay_where_they_were_made_also_after_another_page_was_open() -> None:
    page = _open("race.bowl")
    _set(page, "number_input", "Learning rate", 0.31)
    shown(page.button_group(key="ingredients.race").set_value("ravine"))
    assert _labelled(page.number_input, "Learning rate")[0].value == SURFACES["ravine"].rates["sgd"]
    shown(page.switch_page("pages/3_Runs.py"))
    shown(page.switch_page(PAGE))
    assert _look(page).startswith("race.ravine")
    shown(page.button_group(key="ingredients.race").set_value("bowl"))
    assert _labelled(page.number_input, "Learning rate")[0].value == 0.31


def test_the_browsers_back_shows_what_was_shown_before() -> None:
    page = _open("race.bowl")
    _set(page, "number_input", "Steps", 40)
    edited = _look(page)
    page.query_params["look"] = "loss.huber." + to_link({"error": 2.0})  # as if somebody went there
    assert _labelled(shown(page).slider, "Drag the error")[0].value == 2.0
    page.query_params["look"] = edited
    assert _labelled(shown(page).number_input, "Steps")[0].value == 40


def test_one_optimizer_races_several_times_with_settings_of_its_own() -> None:
    page = _open("race.ravine")
    shown(page.multiselect[0].set_value(["sgd"]))
    _set(page, "number_input", "Learning rate", 0.06)
    for _ in range(2):
        shown(_labelled(page.button, "+ Twin")[0].click())
    rates = [field.value for field in _labelled(page.number_input, "Learning rate")]
    assert rates[0] == 0.06 and sorted(rates) == [0.03, 0.03, 0.06]
    _set(page, "number_input", "Learning rate", 0.01, 1)
    ravine = SURFACES["ravine"]
    for rate in (0.06, 0.03, 0.01):
        optimizer = lane_on(ravine, "sgd").optimizer.model_copy(update={"learning_rate": rate})
        (path,) = race(ravine, [Lane("it", optimizer)], ravine.start, 150)
        row = next(row for row in _table(page).split("<tr")[1:] if f"(rate {rate:g})" in row)
        assert (f"<td>{path.arrived}</td>" if path.arrived is not None else "not yet") in row
    assert _table(_open(_look(page))) == _table(page)


def test_no_more_racers_take_part_than_can_be_told_apart() -> None:
    link = to_link(
        {"racers": [["adam", {}], *([f"adam.{number}", {"learning_rate": number}] for number in range(2, 11))], "steps": 50}
    )
    page = _open(f"race.beale.{link}")
    assert len(page.multiselect[0].value) == 10
    for _ in range(MOST_RACERS - 10):
        shown(_labelled(page.button, "+ Twin")[0].click())
    assert len(set(page.multiselect[0].value)) == MOST_RACERS
    assert all(button.disabled for button in _labelled(page.button, "+ Twin"))
    assert _table(page).count("Adam") == MOST_RACERS


def test_nobody_races_also_in_a_copy() -> None:
    page = _open("race.bowl")
    shown(page.multiselect[0].set_value([]))
    assert "Choose at least one" in _said(_open(_look(page)))


def test_a_race_can_begin_again() -> None:
    page = _open("race.bowl")
    first = _values(page)
    _set_up_a_race(page)
    shown(_labelled(page.button, "Begin again")[0].click())
    assert _values(page) == first and _look(page) == "race.bowl"


WHOLE = "race.bowl." + to_link({"steps": 40})


@pytest.mark.parametrize(
    "look, sentence",
    [
        (WHOLE[:-2], "cut off or damaged"),
        ("race.bowl.9.abc", "newer playground"),
        ("race.bowl." + to_link({"racers": [["lion", {}]]}), "racer “lion”. Known are sgd"),
        ("race.bowl." + to_link({"racers": [["adam", {}], ["adam", {}]]}), "a racer twice"),
        ("race.bowl." + to_link({"racers": [["adam", {"beta2": 1.0}]]}), "allowed: a number from 0 to less than 1"),
        ("race.bowl." + to_link({"racers": [["adam", {"speed": 1.0}]]}), "speed is no field"),
        ("race.bowl." + to_link({"racers": [[f"adam.{number}", {}] for number in range(2, 20)]}), "18 entries"),
        ("race.bowl." + to_link({"start": [100, 0]}), "x goes from -4 to 4"),
        ("race.bowl." + to_link({"steps": 10**9}), "from 1 to 2,000"),
        ("activation.gelu." + to_link({"x": 9}), "from -6 to 6"),
        ("activation.elu." + to_link({"settings": [1]}), "no settings"),
        ("loss.huber." + to_link({"moved": 3}), "less than 3"),
        ("optimizer.adam." + to_link({"pattern": "zag"}), "none of steady"),
        ("optimizer.adam." + to_link({"size": 3.3}), "none of"),
    ],
)
def test_a_damaged_link_is_refused_with_a_sentence_and_the_page_begins_as_it_does(look: str, sentence: str) -> None:
    page = _open(look)
    assert sentence in _said(page)
    assert _look(page) == ".".join(look.split(".")[:2])
    assert _values(page) == _values(_open(_look(page)))


def test_a_setting_at_the_very_edge_of_what_is_allowed_can_be_shared() -> None:
    page = _open("race.bowl." + to_link({"racers": [["adam", {"learning_rate": 1e-9, "beta2": 0.99999999}]]}))
    assert _labelled(page.number_input, "Learning rate")[0].value == 1e-9
    assert _labelled(page.number_input, "Beta 2")[0].value == 0.99999999
