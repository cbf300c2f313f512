"""Trust in yes or no, and in numbers: the page's figures against what scikit-learn and plain numpy say of the same weights."""

from __future__ import annotations

import numpy as np
import pytest
from page_app import metric_values, settled, train, visit
from sklearn.metrics import brier_score_loss, log_loss
from streamlit.testing.v1 import AppTest
from task_runs import RUNS

from playground import data
from playground.data.splits import split
from playground.jobs import JobService
from playground.spec import RunSpec
from playground.ui import session

PAGE = "pages/9_Trust.py"
OWNER = "one who trusts numbers"
TABLES = {"breast cancer": 0.2, "diabetes": 0.2, "diabetes alone": 0.0, "sine": 0.3}


def _with_share(run: RunSpec, share: float) -> RunSpec:
    return run.model_copy(update={"dataset": run.dataset.model_copy(update={"validation_share": share})})


@pytest.fixture(scope="module")
def runs(service: JobService) -> dict[str, str]:
    points = RUNS["circles"].dataset.model_copy(update={"name": "sine"})
    sine = RUNS["diabetes"].model_copy(update={"dataset": points})
    wanted = {
        "breast cancer": RUNS["breast cancer"],
        "diabetes": RUNS["diabetes"],
        "diabetes alone": RUNS["diabetes"],
        "sine": sine,
    }
    return {name: train(service, _with_share(run, TABLES[name]), OWNER) for name, run in wanted.items()}


def _open(run_id: str, view: str) -> AppTest:
    page = settled(visit(PAGE, run_id, OWNER, trust_view=view))
    assert not page.error and not page.warning
    return page


def _words(page: AppTest) -> str:
    return " ".join(element.value for element in (*page.markdown, *page.caption, *page.info))


def _by_hand(run_id: str) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """Outputs and truth of validation and test rows, from the weights alone; a number's in its own unit."""
    run, weights = session.service().info(run_id).run, session.service().weights(run_id).tensors
    dataset = data.load(run.dataset)
    cut = split(dataset, None, run.dataset.validation_share, run.seed, None, None)
    learned = dataset.x_train[cut.train].numpy().astype(np.float64)
    goal = dataset.y_train[cut.train].numpy().astype(np.float64)
    parts = {"validation": (dataset.x_train[cut.validation], dataset.y_train[cut.validation])}
    parts["test"] = (dataset.x_test, dataset.y_test)
    matrices = [weights[name].numpy().astype(np.float64) for name in sorted(weights)]  # bias, weight, bias, weight
    outputs, truths = {}, {}
    for name, (rows, truth) in parts.items():
        seen = (rows.numpy() - learned.mean(axis=0)) / learned.std(axis=0)
        hidden = np.maximum(seen @ matrices[1].T + matrices[0], 0)
        said = (hidden @ matrices[3].T + matrices[2])[:, 0]
        is_number = dataset.task == "regression"
        outputs[name] = said * goal.std() + goal.mean() if is_number else said
        truths[name] = truth.numpy().reshape(-1)
    return outputs, truths


def test_the_interval_is_the_right_validation_error_and_holds_what_is_counted(runs: dict[str, str]) -> None:
    page = _open(runs["diabetes"], "How far off?")
    said, true = _by_hand(runs["diabetes"])
    sizes = np.sort(np.abs(said["validation"] - true["validation"]))
    for percent in (80, 95):
        page.session_state["trust_level"] = percent
        settled(page)
        half = sizes[int(np.ceil((len(sizes) + 1) * percent / 100)) - 1]
        held = int((np.abs(said["test"] - true["test"]) <= half).sum())
        shown = metric_values(page)
        assert float(shown["Interval"].removeprefix("± ")) == pytest.approx(half, rel=1e-3)
        assert shown["Inside"] == f"{100 * held / 88:.1f} %" and f"{held} of 88 rows lie inside" in _words(page)
    assert len(page.get("plotly_chart")) == 2 and "class" not in _words(page) and "image" not in _words(page)


def test_each_group_of_predictions_is_as_far_off_as_counted_by_hand(runs: dict[str, str]) -> None:
    page = _open(runs["diabetes"], "Good everywhere?")
    said, true = _by_hand(runs["diabetes"])
    order = np.argsort(said["test"])
    table = page.dataframe[0].value
    expected = [np.abs(said["test"] - true["test"])[rows].mean() for rows in np.array_split(order, 5)]
    np.testing.assert_allclose([float(cell) for cell in table["Off by"]], expected, rtol=1e-3)
    assert table["Rows"].sum() == 88


def test_without_validation_rows_no_interval_is_taken_from_the_test_rows(runs: dict[str, str]) -> None:
    page = _open(runs["diabetes alone"], "How far off?")
    assert "no validation rows" in _words(page) and not page.metric and not page.get("plotly_chart")


def test_too_few_validation_rows_for_a_promise_are_told(service: JobService) -> None:
    run_id = train(service, _with_share(RUNS["diabetes"], 0.02), OWNER)  # seven rows
    page = _open(run_id, "How far off?")
    assert "7 rows for validation are too few to promise 90 %" in _words(page) and not page.metric


def test_points_speak_of_points(runs: dict[str, str]) -> None:
    page = _open(runs["sine"], "How far off?")
    assert "points lie inside" in _words(page) and "rows" not in _words(page)
    page.session_state["trust_view"] = "Noisy inputs"
    settled(page)
    assert "Without noise it is off by" in _words(page) and "right" not in _words(page)


def test_yes_or_no_is_judged_by_the_probability_of_yes(runs: dict[str, str]) -> None:
    page = _open(runs["breast cancer"], "Does it know?")
    logits, is_yes = _by_hand(runs["breast cancer"])
    chances, truth = 1 / (1 + np.exp(-logits["test"])), is_yes["test"]
    shown = metric_values(page)
    assert float(shown["Brier score"]) == pytest.approx(brier_score_loss(truth, chances), abs=6e-5)
    assert float(shown["NLL"]) == pytest.approx(log_loss(truth, chances), abs=6e-5)
    assert float(shown["Says yes with"].removesuffix(" %")) == pytest.approx(100 * chances.mean(), abs=6e-3)
    assert float(shown["Yes in truth"].removesuffix(" %")) == pytest.approx(100 * truth.mean(), abs=6e-3)
    places = np.clip(np.ceil(chances * 15) - 1, 0, 14)
    error = sum(abs(chances[places == bin_].sum() - truth[places == bin_].sum()) for bin_ in range(15)) / len(truth)
    assert float(shown["ECE"].removesuffix(" %")) == pytest.approx(100 * error, abs=6e-3)
    assert "probability of 80 %, 80 % should be “malignant”" in _words(page) and "sigmoid" in _words(page)


def test_the_open_tab_of_another_task_does_not_stand_in_the_way(runs: dict[str, str]) -> None:
    page = _open(runs["diabetes"], "“I don't know”")
    assert "How far off may it be?" in _words(page)
    assert [tab.label for tab in page.tabs] == ["How far off?", "Good everywhere?", "Noisy inputs"]
