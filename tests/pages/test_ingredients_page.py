"""The Ingredients page: everything of the catalogue, live."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

import pytest
import torch
from page_app import metric_values, shown, visit, wait
from streamlit.testing.v1 import AppTest

from playground.catalog import ACTIVATIONS, LOSSES, OPTIMIZERS
from playground.catalog.activations import Tanh
from playground.catalog.losses import Huber
from playground.catalog.optimizers import SGD
from playground.insight.race import lane_on, lanes, race
from playground.insight.surfaces import SURFACES
from playground.jobs import JobService
from playground.ui.ingredients_look import FAMILIES
from playground.ui.ingredients_page import VIEWS

PAGE = "pages/12_Ingredients.py"


def _open(look: str = "") -> AppTest:
    page = visit(PAGE)
    if look:
        page.query_params["look"] = look
    return shown(page)


def _words(page: AppTest) -> str:
    said = (*page.markdown, *page.caption, *page.info, *page.warning, *page.get("html"), *page.latex)
    return " ".join(element.value for element in said)


def _look(page: AppTest) -> str:
    found: str | list[str] = page.query_params["look"]
    return found if isinstance(found, str) else found[-1]


def _pills(page: AppTest, family: str) -> Any:
    return page.button_group(key=f"ingredients.{family}")


def _slider(page: AppTest, label: str) -> Any:
    return next(slider for slider in page.slider if slider.label == label)


def _group(page: AppTest, label: str) -> Any:
    return next(group for group in page.button_group if group.label == label)


def _number(page: AppTest, label: str, place: int = 0) -> Any:
    return [field for field in page.number_input if field.label == label][place]


TABLES: dict[str, dict[str, Any]] = {"activation": ACTIVATIONS, "loss": LOSSES, "optimizer": OPTIMIZERS}


@pytest.mark.parametrize("family", TABLES)
def test_every_entry_shows_its_formula_its_use_and_its_source(family: str) -> None:
    table = TABLES[family]
    page = _open(f"{family}.{list(table)[-1]}")
    for kind, entry in reversed(table.items()):
        if _pills(page, family).value != kind:
            _pills(page, family).set_value(kind)
            shown(page)
        words = _words(page)
        assert entry.formula in words and entry.help in words and entry.when in words and entry.source in words
        assert _look(page) == f"{family}.{kind}"


def test_the_page_opens_with_the_first_activation_and_has_a_tab_for_every_view() -> None:
    page = _open()
    assert _look(page) == f"activation.{next(iter(ACTIVATIONS))}"
    assert [tab.label for tab in page.tabs][: len(VIEWS)] == [FAMILIES[family][0] for family, _, _ in VIEWS]


def test_an_address_that_names_nothing_is_said() -> None:
    page = _open("loss.hubris")
    assert "loss.hubris" in page.info[0].value
    assert _look(page) == f"activation.{next(iter(ACTIVATIONS))}"


def test_dragging_the_sum_tells_value_and_slope_of_an_activation_with_its_own_parameters() -> None:
    page = _open("activation.relu")
    _slider(page, "Drag the weighted sum x").set_value(2.5)
    assert metric_values(shown(page)) == {"f(x)": "2.5", "Slope f′(x)": "1"}
    _slider(page, "Drag the weighted sum x").set_value(-2.0)
    assert metric_values(shown(page)) == {"f(x)": "0", "Slope f′(x)": "0"}
    assert "flat here" in _words(page)
    _pills(page, "activation").set_value("leaky_relu")
    shown(page)
    _number(page, "Slope below 0").set_value(0.5)
    _slider(page, "Drag the weighted sum x").set_value(-2.0)
    assert metric_values(shown(page)) == {"f(x)": "−1", "Slope f′(x)": "0.5"}


def test_dragging_a_score_tells_loss_and_gradient() -> None:
    page = _open("loss.cross_entropy")
    for name, score in zip("ABC", (0.0, 0.0, 0.0), strict=True):
        _slider(page, f"Drag the score of {name}").set_value(score)
    assert metric_values(shown(page)) == {"Loss": "1.099", "Gradient": "−0.6667"}  # ln 3, and 1/3 - 1
    assert "**raises**" in _words(page)


def test_a_loss_for_yes_or_no_has_one_score_and_one_for_numbers_an_error() -> None:
    page = _open("loss.binary_cross_entropy_logits")
    _slider(page, "Drag the score").set_value(0.0)
    assert metric_values(shown(page)) == {"Loss": "0.6931", "Gradient": "−0.5"}
    _pills(page, "loss").set_value("negative_log_likelihood")
    assert "log-softmax is applied" in _words(shown(page))
    _pills(page, "loss").set_value("mean_squared_error")
    shown(page)
    _group(page, "The network is asked").set_value("number")
    shown(page)
    _slider(page, "Drag the error").set_value(-2.0)
    assert metric_values(shown(page)) == {"Loss": "4", "Gradient": "−4"}


def test_an_optimizer_tells_its_step_and_is_taken_to_the_race() -> None:
    page = _open("optimizer.adam")
    page.select_slider[0].set_value(100.0)
    words = _words(shown(page))
    assert "by **−0.001**" in words and "move it by −0.1." in words
    _pills(page, "optimizer").set_value("adadelta")
    shown(page)
    next(button for button in page.button if button.label == "Race it").click()
    shown(page)
    assert _look(page).startswith("race.") and "adadelta" in page.multiselect[0].value


def test_a_race_tells_how_it_ended_on_every_surface() -> None:
    page = _open("race.beale")
    racers = page.multiselect[0].value
    assert len(racers) == 4
    for kind, surface in reversed(SURFACES.items()):
        _pills(page, "race").set_value(kind)
        shown(page)
        table = next(html.value for html in page.get("html") if "<table>" in html.value)
        for path in race(surface, [lane_on(surface, key) for key in racers], surface.start, 150):
            assert path.name in table
            assert path.arrived is None or f"<td>{path.arrived}</td>" in table
        assert surface.formula in _words(page) and surface.help in _words(page)


def test_a_rate_that_is_too_large_and_a_race_without_racers_are_told_with_the_mend() -> None:
    page = _open("race.bowl")
    _number(page, "Learning rate").set_value(5.0)
    shown(page)
    assert "SGD flew away at step" in page.warning[0].value and "smaller learning rate" in page.warning[0].value
    page.multiselect[0].set_value([])
    assert "Choose at least one" in shown(page).info[0].value


def test_a_long_race_is_computed_by_a_worker(service: JobService) -> None:
    page = _open("race.ravine")
    _number(page, "Steps").set_value(1000)
    shown(page)
    wait(lambda: any("1,000 steps" in html.value for html in shown(page).get("html")))


def test_good_rates_are_found_and_put_into_the_fields(service: JobService) -> None:
    page = _open("race.ravine")
    page.multiselect[0].set_value(["sgd"])
    shown(page)
    next(button for button in page.button if "good learning rate" in button.label).click()
    shown(page)
    wait(lambda: any(field.label == "Learning rate" and field.value == 0.05 for field in shown(page).number_input))


class NewActivation(Tanh):
    kind: Literal["tanh"] = "tanh"
    title: ClassVar[str] = "Throwaway"
    formula: ClassVar[str] = "f(x) = 3x"

    def module(self) -> torch.nn.Module:
        class Triple(torch.nn.Module):
            def forward(self, x: torch.Tensor) -> torch.Tensor:
                return 3 * x

        return Triple()


class NewLoss(Huber):
    title: ClassVar[str] = "Throwaway loss"


class NewOptimizer(SGD):
    title: ClassVar[str] = "Throwaway optimizer"


def test_a_new_entry_appears_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    for table, new in ((ACTIVATIONS, NewActivation), (LOSSES, NewLoss), (OPTIMIZERS, NewOptimizer)):
        monkeypatch.setitem(table, "throwaway", new)  # type: ignore[arg-type]
    page = _open("activation.throwaway")
    assert "f(x) = 3x" in _words(page)
    _slider(page, "Drag the weighted sum x").set_value(2.0)
    assert metric_values(shown(page)) == {"f(x)": "6", "Slope f′(x)": "3"}
    assert "Throwaway loss" in _words(_open("loss.throwaway"))
    assert "Throwaway optimizer" in _words(_open("optimizer.throwaway"))
    page = _open("race.bowl")
    page.multiselect[0].set_value(["throwaway", "adam"])
    assert "Throwaway optimizer" in next(html.value for html in shown(page).get("html") if "<table>" in html.value)
    assert "throwaway" in lanes()
