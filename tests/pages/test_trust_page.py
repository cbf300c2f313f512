"""The Trust page over a real job service with a real worker."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from page_app import metric_values, settled, shown, train, visit
from streamlit.testing.v1 import AppTest

from playground.catalog.activations import Identity
from playground.catalog.layers import Dense, Flatten
from playground.catalog.losses import MeanSquaredError
from playground.insight.calibration import reliability
from playground.insight.exam import Exam
from playground.insight.threshold import answered, lowest_threshold
from playground.jobs import JobService
from playground.spec import DatasetSpec, NetworkSpec, RunSpec, TrainingSpec

PAGE = "pages/9_Trust.py"
KNOWS, DONT_KNOW, HARD, STRANGERS = "Does it know?", "“I don't know”", "Hard images", "Strangers"


def _run(**changes: object) -> RunSpec:
    network = NetworkSpec(layers=(Flatten(), Dense(units=16), Dense(units=10, activation=Identity())))
    share = changes.pop("validation_share", 0.1)
    dataset = DatasetSpec(name="mnist-5k", training_size=800, validation_share=share)
    return RunSpec(network=network, dataset=dataset, training=TrainingSpec(**{"epochs": 2, **changes}))


@pytest.fixture(scope="module")
def finished(service: JobService) -> str:
    return train(service, _run())


def _open(run_id: str | None = None, view: str = KNOWS) -> AppTest:
    return shown(visit(PAGE, run_id, trust_view=view))


def _words(page: AppTest) -> str:
    return " ".join(element.value for element in (*page.markdown, *page.caption, *page.info, *page.warning))


def _html(page: AppTest, part: str) -> str:
    return next((html.value for html in page.get("html") if part in html.value), "")


def _exam(page: AppTest) -> Exam:
    answers = page.session_state["task_answers"]
    return next(answer.result for question, answer in answers.items() if question[0] == "trust_exam")


def test_without_a_run_the_page_says_what_to_do(service: JobService) -> None:
    assert "no network to look at" in _open().subheader[-1].value


def test_the_numbers_are_those_of_its_test_images_before_and_after_the_temperature(service: JobService, finished: str) -> None:
    page = settled(_open(finished))
    sat = _exam(page)
    assert sat.temperature is not None
    accuracy = f"{100 * sat.test.right.mean():.2f} %"
    for choice, temperature in (("As it is", 1.0), ("With its temperature", sat.temperature.value)):
        page.session_state["trust_confidence"] = choice
        settled(page)
        error = reliability(sat.test.confidences(temperature), sat.test.right, 15).error
        assert metric_values(page)["ECE"] == f"{100 * error:.2f} %" and metric_values(page)["Accuracy"] == accuracy
    assert f"{sat.temperature.value:.3f}" in _words(page) and "400 **validation** images" in _words(page)
    assert page.get("plotly_chart") and page.dataframe[0].value.shape == (4, 3)
    page.session_state["trust_bins"] = 10
    assert "10 bins" in _words(settled(page))


def test_a_run_without_validation_images_shows_what_applies_and_says_what_does_not(service: JobService) -> None:
    page = settled(_open(train(service, _run(validation_share=0.0))))
    assert "no validation images" in _words(page) and metric_values(page)["ECE"].endswith("%") and page.get("plotly_chart")
    page.session_state["trust_view"] = DONT_KNOW
    settled(page)
    assert "no validation images" in _words(page) and metric_values(page)["Coverage"].endswith("%")
    assert not [button for button in page.button if button.label.startswith("Choose it")]


def test_a_loss_without_softmax_says_what_its_temperature_acts_on(service: JobService) -> None:
    page = settled(_open(train(service, _run(loss=MeanSquaredError()))))
    assert not _exam(page).raw and "logarithms of these shares" in _words(page)


def test_the_slider_says_what_is_answered_and_shows_the_refused(service: JobService, finished: str) -> None:
    page = settled(_open(finished, DONT_KNOW))
    test = _exam(page).test
    for percent in (60.0, 100.0):
        page.slider(key="trust_threshold_slider").set_value(percent)
        settled(page)
        now = answered(test.confidences(), test.right, percent / 100)
        assert metric_values(page)["Coverage"] == f"{100 * now.coverage:.1f} %"
        assert metric_values(page)["“I don't know”"] == f"{now.images - now.answered:,}"
    assert "nothing is answered" in _words(page)
    assert _html(page, 'class="cards"').count("<figcaption>") == 12


def test_the_threshold_is_chosen_on_validation_images_and_holds_for_strangers(service: JobService, finished: str) -> None:
    page = settled(_open(finished, DONT_KNOW))
    sat = _exam(page)
    assert sat.validation is not None
    page.selectbox(key="trust_target").set_value(95.0)
    settled(page)
    found = lowest_threshold(sat.validation.confidences(), sat.validation.right, 0.95)
    assert found is not None and f"**{100 * found:.1f} %**" in _words(page)
    next(button for button in page.button if button.label.startswith("Choose it")).click()
    settled(page)
    now = answered(sat.test.confidences(), sat.test.right, found)
    assert page.slider(key="trust_threshold_slider").value == pytest.approx(100 * found)
    assert metric_values(page)["Right, of the answered"] == f"{100 * (now.accuracy or 0):.2f} %"
    page.session_state["trust_view"] = STRANGERS
    settled(page)
    assert metric_values(page)["Own images refused"] == f"{100 * (1 - now.coverage):.1f} %"
    page.session_state["trust_view"] = DONT_KNOW
    settled(page)
    assert page.slider(key="trust_threshold_slider").value == pytest.approx(100 * found)


def test_hard_images_are_drawn_beside_another_network(service: JobService, finished: str) -> None:
    page = _open(finished, HARD)
    other = train(service, _run(epochs=1), page.session_state["visitor"])
    page.session_state["trust_robustness_images"] = 200
    settled(page)
    assert "200 test images" in _words(page) and _html(page, 'class="strip"').count("<img") == 3 * 7
    page.session_state["trust_corruption"] = "Rotation"
    page.session_state[f"trust_beside.{finished}"] = [other]
    settled(page)
    assert _html(page, 'class="strip"').count("<img") == 3 * 8
    results = [
        answer.result for question, answer in page.session_state["task_answers"].items() if question[0] == "trust_robustness"
    ]
    assert len(results) == 2 and page.get("plotly_chart")
    before = _html(page, 'class="strip"')
    next(button for button in page.button if button.label == "Other images").click()
    assert _html(settled(page), 'class="strip"') != before


def test_printed_letters_are_told_apart_and_lookalikes_can_be_left_out(service: JobService, finished: str) -> None:
    page = settled(_open(finished, STRANGERS))
    assert "416 strangers" in _words(page) and "printed" in _words(page)
    assert _html(page, 'class="strangers"').count("<figcaption>") == 12
    assert metric_values(page)["Told apart (AUROC)"].endswith("%")
    page.toggle(key="trust_lookalikes").set_value(True)
    settled(page)
    kept = sum(symbol not in "OoQDIiLlJjZzSsbGTBgqa" for symbol in map(chr, (*range(65, 91), *range(97, 123)))) * 8
    assert f"{kept} strangers" in _words(page) and "looks like" not in _html(page, 'class="strangers"')


def test_a_data_set_that_is_not_here_is_offered(
    service: JobService, finished: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PLAYGROUND_DATA_DIR", str(tmp_path))
    page = _open(finished, STRANGERS)
    page.session_state["trust_stranger_set.mnist-5k"] = "fashion-mnist"
    shown(page)
    assert "not on this server yet" in _words(page)
    assert any(button.label == "Fetch it (31 MB)" for button in page.button)


def test_only_the_open_view_is_computed(service: JobService, finished: str) -> None:
    page = settled(_open(finished))
    kinds = {question[0] for question in page.session_state["task_answers"]}
    assert kinds == {"trust_exam"} and np.isfinite(_exam(page).test.logits).all()
