"""The Inspect page over a real job service with a real worker."""

from __future__ import annotations

import numpy as np
import psutil
import pytest
from page_app import ended, metric_values, settled, shown, train, visit, wait
from streamlit.testing.v1 import AppTest

from playground.catalog.activations import Identity
from playground.catalog.layers import Dense, Flatten, LayerEntry
from playground.catalog.losses import MeanSquaredError
from playground.catalog.optimizers import SGD
from playground.insight.evaluation import Evaluation
from playground.jobs import JobService
from playground.spec import DatasetSpec, NetworkSpec, RunSpec, TrainingSpec

PAGE = "pages/1_Inspect.py"
DENSE: tuple[LayerEntry, ...] = (Flatten(), Dense(units=16), Dense(units=10, activation=Identity()))


def _run(layers: tuple[LayerEntry, ...] = DENSE, epochs: int = 1, validation_share: float = 0.1) -> RunSpec:
    dataset = DatasetSpec(name="mnist-5k", training_size=400, validation_share=validation_share)
    return RunSpec(network=NetworkSpec(layers=layers), dataset=dataset, training=TrainingSpec(epochs=epochs))


@pytest.fixture(scope="module")
def finished(service: JobService) -> str:
    return train(service, _run())


def _evaluation(page: AppTest) -> Evaluation:
    return page.session_state["shown_evaluation"][1]


def _cards(page: AppTest) -> str:
    return next((html.value for html in page.get("html") if 'class="cards"' in html.value), "")


def _words(page: AppTest) -> str:
    return " ".join(element.value for element in (*page.markdown, *page.caption, *page.info, *page.warning, *page.success))


def _view(page: AppTest, name: str) -> AppTest:
    page.session_state["inspect_view"] = name
    return settled(page)


def test_without_a_run_the_page_says_what_to_do_and_links_there(service: JobService) -> None:
    page = shown(visit(PAGE))
    assert "no network to look at" in page.subheader[-1].value
    assert any("Build & train" in link.label for link in page.get("page_link") if "Go to" in link.label)


def test_a_forgotten_run_in_the_address_is_told_and_not_an_error(service: JobService) -> None:
    page = shown(visit(PAGE, "no-such-run"))
    assert "not on this server any more" in page.info[0].value


def test_the_numbers_are_dashes_first_and_then_those_of_the_end_of_the_run(service: JobService, finished: str) -> None:
    page = shown(visit(PAGE, finished))
    assert set(metric_values(page)) == {"Accuracy", "Mistakes", "Loss", "Precision", "Recall", "F1"}
    settled(page)
    end = next(event for event in service.events_since(finished, 0)[0] if type(event).__name__ == "RunFinished")
    numbers = metric_values(page)
    assert numbers["Accuracy"] == f"{100 * end.test_accuracy:.2f} %"
    assert numbers["Mistakes"] == f"{round(1000 * (1 - end.test_accuracy)):,}"
    assert float(numbers["Loss"]) == pytest.approx(end.test_loss, abs=2e-4)
    assert "final weights" in _words(page) and "1,000 test images" in _words(page) and "final exam" in _words(page)


def test_a_chosen_cell_shows_exactly_its_images(service: JobService, finished: str) -> None:
    page = settled(visit(PAGE, finished))
    evaluation = _evaluation(page)
    true, predicted = page.selectbox(key="cell.true.mnist-5k"), page.selectbox(key="cell.predicted.mnist-5k")
    assert true.value != predicted.value, "the page opens with the most frequent mistake"
    for i, j in ((true.value, predicted.value), (1, 1), (0, 1)):
        page.selectbox(key="cell.true.mnist-5k").set_value(i)
        page.selectbox(key="cell.predicted.mnist-5k").set_value(j)
        settled(page)
        count = int(((evaluation.labels == i) & (evaluation.predicted == j)).sum())
        shown = min(12, count)
        assert _cards(page).count("<figcaption>") == shown
        assert _cards(page).count(f"{i} read as {j}") >= shown
        said = "No image" if count == 0 else "1 image" if count == 1 else f"{count:,} images"
        assert f"**{said} of “{i}” read as “{j}”**" in _words(page)


def test_more_images_come_on_demand(service: JobService, finished: str) -> None:
    page = settled(visit(PAGE, finished))
    for key in ("cell.true.mnist-5k", "cell.predicted.mnist-5k"):
        page.selectbox(key=key).set_value(1)
    settled(page)
    more = next(button for button in page.button if button.label.startswith("Show more"))
    more.click()
    settled(page)
    assert _cards(page).count("<figcaption>") == 48


def test_the_matrix_can_be_read_in_percent(service: JobService, finished: str) -> None:
    page = settled(visit(PAGE, finished))
    page.session_state["confusion_mode"] = "row"
    settled(page)
    assert page.get("plotly_chart")


def test_mistakes_start_with_the_surest(service: JobService, finished: str) -> None:
    page = _view(settled(visit(PAGE, finished)), "Mistakes")
    evaluation = _evaluation(page)
    wrong = np.flatnonzero(evaluation.labels != evaluation.predicted)
    surest = wrong[evaluation.confidences[wrong].argmax()]
    first = _cards(page).split("<figcaption>")[1]
    assert f"{evaluation.labels[surest]} read as {evaluation.predicted[surest]}" in first
    assert f"{len(wrong):,} of 1,000 images are read wrong" in _words(page)


def test_the_table_has_one_row_a_class(service: JobService, finished: str) -> None:
    page = _view(settled(visit(PAGE, finished)), "Per class")
    table = page.dataframe[0].value
    assert list(table["Class"]) == [str(digit) for digit in range(10)]
    assert table["Images"].sum() == 1000


def test_each_neuron_has_its_picture(service: JobService, finished: str) -> None:
    page = _view(settled(visit(PAGE, finished)), "Filters")
    pictures = next(html.value for html in page.get("html") if 'class="filters"' in html.value)
    assert pictures.count("<img") == 16
    assert "16 neurons" in _words(page)


def test_histograms_of_weights_and_activations_are_drawn_for_each_layer(service: JobService, finished: str) -> None:
    page = _view(settled(visit(PAGE, finished)), "Histograms")
    assert "12,544 weights" in _words(page) and len(page.get("plotly_chart")) == 2
    page.session_state["histogram_kind"] = "Activations"
    settled(page)
    assert "exactly 0" in _words(page) and len(page.get("plotly_chart")) == 2


def test_validation_and_training_images_have_numbers_of_their_own(service: JobService, finished: str) -> None:
    page = settled(visit(PAGE, finished))
    for split, count in (("validation", 400), ("training", 400)):
        page.session_state["inspect_split"] = split
        settled(page)
        assert len(_evaluation(page)) == count and f"{count} {split} images" in _words(page)


def test_an_answer_is_kept_when_the_split_is_changed_and_back(service: JobService, finished: str) -> None:
    page = settled(visit(PAGE, finished))
    first = _evaluation(page)
    page.session_state["inspect_split"] = "validation"
    settled(page)
    page.session_state["inspect_split"] = "test"
    shown(page)
    assert not page.session_state["tasks_asked"] and _evaluation(page) is first


def test_a_run_without_validation_images_says_so(service: JobService) -> None:
    page = shown(visit(PAGE, train(service, _run(validation_share=0.0))))
    page.session_state["inspect_split"] = "validation"
    shown(page)
    assert "kept no images back" in _words(page)


def test_a_live_run_is_looked_at_as_it_was_and_again_on_a_click(service: JobService) -> None:
    run_id = service.submit(_run(epochs=5), "ann", mode="epoch")
    wait(lambda: service.info(run_id).status == "paused")
    page = settled(visit(PAGE, run_id))
    before = _evaluation(page)
    assert "It is paused" in _words(page) and f"{before.step:,} batches" in _words(page)
    service.step_batch(run_id)
    wait(lambda: service.info(run_id).status == "paused" and service.weights(run_id).step == before.step + 1)
    settled(page)
    assert _evaluation(page) is before
    next(button for button in page.button if button.label == "Look again").click()
    settled(page)
    assert _evaluation(page).step == before.step + 1
    service.stop(run_id)
    wait(lambda: service.info(run_id).status == "stopped")
    assert "final weights" in _words(settled(page))


def test_a_cancelled_evaluation_can_be_asked_for_again(service: JobService, finished: str) -> None:
    workers = [psutil.Process(pid) for pid in service.worker_pids() if pid is not None]
    for worker in workers:
        worker.suspend()  # so that the answer cannot come before the click
    try:
        page = shown(visit(PAGE, finished))
        next(button for button in page.button if button.label == "Cancel").click()
        shown(page)
        assert "You cancelled this" in _words(page) and metric_values(page)["Accuracy"] == "–"
    finally:
        for worker in workers:
            worker.resume()
    next(button for button in page.button if button.label == "Compute it").click()
    settled(page)
    assert metric_values(page)["Accuracy"].endswith("%")


def test_a_failed_run_shows_why_and_its_last_good_weights(service: JobService) -> None:
    training = TrainingSpec(loss=MeanSquaredError(), optimizer=SGD(learning_rate=10.0), epochs=50)
    layers = (Flatten(), Dense(units=16, activation=Identity()), Dense(units=10, activation=Identity()))
    run_id = service.submit(_run(layers).model_copy(update={"training": training}), "ann")
    assert ended(service, run_id) == "failed"
    page = settled(visit(PAGE, run_id))
    assert "last good weights" in _words(page) and "failed" in _words(page)
    assert metric_values(page)["Accuracy"].endswith("%")
