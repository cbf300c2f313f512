"""The Inspect page for yes or no, for numbers and for tables, over a real job service with a real worker."""

from __future__ import annotations

import numpy as np
import pytest
from page_app import metric_values, settled, train, visit
from sklearn import metrics
from streamlit.testing.v1 import AppTest

from playground import data
from playground.catalog.activations import Identity
from playground.catalog.layers import Dense, Flatten, LayerEntry
from playground.catalog.losses import BinaryCrossEntropyLogits, CrossEntropy, LossEntry, MeanSquaredError
from playground.insight.evaluation import Evaluation, RegressionEvaluation
from playground.jobs import JobService
from playground.spec import DatasetSpec, NetworkSpec, PointsSpec, RunSpec, TrainingSpec

ONE: tuple[LayerEntry, ...] = (Dense(units=1, activation=Identity()),)


def _trained(service: JobService, dataset: DatasetSpec, loss: LossEntry, layers: tuple[LayerEntry, ...], epochs: int) -> str:
    training = TrainingSpec(epochs=epochs, loss=loss)
    return train(service, RunSpec(network=NetworkSpec(layers=layers), dataset=dataset, training=training))


@pytest.fixture(scope="module")
def cancer(service: JobService) -> str:
    return _trained(service, DatasetSpec(name="breast-cancer"), BinaryCrossEntropyLogits(), ONE, 5)


@pytest.fixture(scope="module")
def diabetes(service: JobService) -> str:
    return _trained(service, DatasetSpec(name="diabetes"), MeanSquaredError(), ONE, 30)


@pytest.fixture(scope="module")
def iris(service: JobService) -> str:
    layers = (Dense(units=3, activation=Identity()),)
    return _trained(service, DatasetSpec(name="iris"), CrossEntropy(), layers, 5)


@pytest.fixture(scope="module")
def sevens(service: JobService) -> str:
    dataset = DatasetSpec(name="mnist-5k", one_class=7, training_size=400)
    return _trained(service, dataset, BinaryCrossEntropyLogits(), (Flatten(), *ONE), 3)


def _open(run_id: str, view: str | None = None) -> AppTest:
    """The page with its numbers there."""
    return settled(visit("pages/1_Inspect.py", run_id, **({"inspect_view": view} if view else {})))


def _words(page: AppTest) -> str:
    return " ".join(element.value for element in (*page.markdown, *page.caption, *page.info, *page.warning, *page.success))


def _tabs(page: AppTest) -> list[str]:
    return [tab.label for tab in page.tabs]


def _answers(page: AppTest) -> Evaluation:
    return page.session_state["shown_evaluation"][1]


def _figures(page: AppTest) -> int:
    return len(page.get("plotly_chart"))


def _counts(page: AppTest) -> list[int]:
    """The 2x2 table: found, missed, false alarms, rightly let go."""
    table = next(html.value for html in page.get("html") if 'class="four"' in html.value)
    return [int(part.split("</b>")[0].replace(",", "")) for part in table.split("<b>")[1:]]


def test_yes_or_no_has_the_figures_of_scikit_learn(cancer: str) -> None:
    page = _open(cancer)
    answers, numbers = _answers(page), metric_values(page)
    assert set(numbers) == {"Accuracy", "AUC", "Precision", "Recall", "F1", "Loss"}
    labels, said = answers.labels, answers.predicted
    assert numbers["AUC"] == f"{metrics.roc_auc_score(labels, answers.probabilities[:, 1]):.4f}"
    assert numbers["Precision"] == f"{100 * metrics.precision_score(labels, said):.2f} %"
    assert numbers["Recall"] == f"{100 * metrics.recall_score(labels, said):.2f} %"
    assert numbers["F1"] == f"{100 * metrics.f1_score(labels, said):.2f} %"
    assert numbers["Accuracy"] == f"{100 * metrics.accuracy_score(labels, said):.2f} %"
    assert "113 test rows" in _words(page)
    assert _tabs(page) == ["Confusion matrix", "Threshold", "Mistakes", "Per class", "Histograms"]


def test_the_slider_moves_the_four_counts_and_keeps_its_place_between_splits_and_views(cancer: str) -> None:
    page = _open(cancer, "Threshold")
    answers = _answers(page)
    assert _figures(page) == 2 and "threshold turns it into an answer" in _words(page)
    for percent in (50.0, 90.0):
        page.slider(key="inspect_threshold_slider").set_value(percent)
        settled(page)
        yes, real = answers.probabilities[:, 1] >= percent / 100, answers.labels == 1
        assert _counts(page) == [(yes & real).sum(), (~yes & real).sum(), (yes & ~real).sum(), (~yes & ~real).sum()]
    page.session_state["inspect_view"] = "Mistakes"
    settled(page)
    page.session_state["inspect_view"] = "Threshold"
    page.session_state["inspect_split"] = "validation"
    settled(page)
    assert page.slider(key="inspect_threshold_slider").value == 90.0
    assert "the right ones to choose a threshold on" in _words(page) and "that is fair" not in _words(page)
    assert sum(_counts(page)) == len(_answers(page))


def test_a_threshold_is_chosen_on_the_validation_rows_by_what_mistakes_cost(cancer: str) -> None:
    page = _open(cancer, "Threshold")
    assert "that is fair" in _words(page)
    chosen = []
    for cost in (20.0, 0.05):
        page.selectbox(key="inspect_miss_cost").set_value(cost)
        settled(page)
        page.button(key="inspect_choose_threshold").click()
        settled(page)
        chosen.append(page.slider(key="inspect_threshold_slider").value)
        _, missed, alarms, _ = _counts(page)
        assert f"**{alarms + cost * missed:,.10g} false alarm" in _words(page)
    assert chosen[0] < chosen[1], "where misses are dear, “yes” is said earlier"


def test_without_validation_rows_the_page_says_why_it_cannot_choose_fairly(service: JobService) -> None:
    dataset = DatasetSpec(name="breast-cancer", validation_share=0.0)
    page = _open(_trained(service, dataset, BinaryCrossEntropyLogits(), ONE, 1), "Threshold")
    assert "no validation rows" in _words(page) and _figures(page) == 2


def test_regression_has_the_figures_of_scikit_learn_in_the_targets_own_unit(diabetes: str) -> None:
    page = _open(diabetes)
    answers, numbers = _answers(page), metric_values(page)
    assert isinstance(answers, RegressionEvaluation)
    assert list(numbers) == ["R²", "MAE", "RMSE", "Median error", "Largest error", "Loss"]
    assert numbers["R²"] == f"{metrics.r2_score(answers.targets, answers.predictions):.3f}"
    assert float(numbers["MAE"]) == pytest.approx(metrics.mean_absolute_error(answers.targets, answers.predictions), rel=1e-3)
    assert "88 test rows" in _words(page) and "“disease progression after one year”" in _words(page)
    assert _tabs(page) == ["Predicted and true", "Residuals", "Largest errors", "Histograms"] and _figures(page) == 1


def test_residuals_are_two_figures_and_the_largest_errors_a_table_of_rows(diabetes: str) -> None:
    assert _figures(_open(diabetes, "Residuals")) == 2
    page = _open(diabetes, "Largest errors")
    answers, table = _answers(page), page.dataframe[0].value
    worst = int(np.abs(answers.errors).argmax())
    assert table["Row"][0] == worst and table["Off by"][0] == pytest.approx(answers.errors[worst])
    diabetes_data = data.load("diabetes")
    np.testing.assert_allclose(table["body mass index"], diabetes_data.x_test[list(table["Row"]), 2])
    assert list(table["True"]) == list(diabetes_data.y_test[list(table["Row"]), 0])


def test_mistakes_of_a_table_are_rows_with_their_values(iris: str) -> None:
    page = _open(iris, "Mistakes")
    answers, table = _answers(page), page.dataframe[0].value
    wrong = int((answers.labels != answers.predicted).sum())
    assert wrong and len(table) == wrong and f"**{wrong} of 30 rows are answered wrong.**" in _words(page)
    assert (table["True"] != table["Said"]).all() and (np.diff(table["How sure"]) <= 1e-6).all()
    np.testing.assert_allclose(table["petal width (cm)"], data.load("iris").x_test[list(table["Row"]), 3])
    assert _tabs(page) == ["Confusion matrix", "Mistakes", "Per class", "Histograms"]


def test_a_cell_of_a_table_holds_its_rows(iris: str) -> None:
    page = _open(iris)
    answers = _answers(page)
    most = int(np.bincount(3 * answers.labels + answers.predicted).argmax())
    for key, index in zip(("cell.true.iris", "cell.predicted.iris"), divmod(most, 3), strict=True):
        page.selectbox(key=key).set_value(index)
    settled(page)
    cell = np.flatnonzero(3 * answers.labels + answers.predicted == most)
    assert set(page.dataframe[0].value["Row"]) == set(cell)
    true, said = (data.source("iris").class_names[index] for index in divmod(most, 3))
    assert f"**{len(cell)} rows of “{true}” called “{said}”**" in _words(page)


def test_is_it_a_seven_shows_images_and_a_threshold(sevens: str) -> None:
    page = _open(sevens, "Threshold")
    assert _tabs(page) == ["Confusion matrix", "Threshold", "Mistakes", "Per class", "Filters", "Histograms"]
    assert sum(_counts(page)) == 1000 and "“not 7”" in _words(page) and "images" in _words(page)
    page.session_state["inspect_view"] = "Confusion matrix"
    settled(page)
    assert any('class="cards"' in html.value for html in page.get("html"))


def test_points_are_called_points(service: JobService) -> None:
    dataset = DatasetSpec(name="circles", points=PointsSpec(num_points=100), validation_share=0.0)
    page = _open(_trained(service, dataset, BinaryCrossEntropyLogits(), (Dense(units=4), *ONE), 5), "Mistakes")
    assert "50 test points" in _words(page) and "Threshold" in _tabs(page)


def test_from_one_task_to_another_the_open_view_changes_without_an_error(cancer: str, diabetes: str) -> None:
    page = _open(cancer, "Threshold")
    page.query_params["run"] = diabetes
    assert metric_values(settled(page))["R²"] != "–"


def _compared(*run_ids: str) -> AppTest:
    """The view of the Compare page that asks who fixes whose mistakes."""
    page = visit("pages/4_Compare.py", compare_view="Who fixes what")
    page.query_params["runs"] = ",".join(run_ids)
    return settled(page)


def test_two_networks_are_compared_row_by_row_on_a_table(service: JobService, iris: str) -> None:
    longer = _trained(service, DatasetSpec(name="iris"), CrossEntropy(), (Dense(units=3, activation=Identity()),), 40)
    page = _compared(iris, longer)
    assert "validation rows: net" in _words(page)
    table = page.dataframe[-1].value
    assert {"Row", "True", "A said", "A sure", "B said", "B sure", "petal width (cm)"} <= set(table.columns)


def test_networks_that_tell_numbers_have_no_mistakes_to_compare(service: JobService, diabetes: str) -> None:
    shorter = _trained(service, DatasetSpec(name="diabetes"), MeanSquaredError(), ONE, 2)
    assert "no mistakes to count" in _words(_compared(diabetes, shorter))


def test_two_questions_about_the_same_images_are_two_data_sets(service: JobService, sevens: str) -> None:
    dataset = DatasetSpec(name="mnist-5k", one_class=3, training_size=400)
    threes = _trained(service, dataset, BinaryCrossEntropyLogits(), (Flatten(), *ONE), 1)
    assert "different data sets" in _words(_compared(sevens, threes))
