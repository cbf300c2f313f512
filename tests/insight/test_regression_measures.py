"""Measures of predicted numbers against scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn import metrics

from playground.insight.evaluation import RegressionEvaluation
from playground.insight.regression import largest_errors, measure_regression, r_squared


def evaluation(targets: np.ndarray, predictions: np.ndarray) -> RegressionEvaluation:
    n = len(targets)
    return RegressionEvaluation("test", 1, targets, predictions, np.ones(n, np.float32), np.arange(n))


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("n", [2, 3, 50])
def test_all_measures_are_those_of_scikit_learn(seed: int, n: int) -> None:
    draws = np.random.default_rng(seed)
    targets = draws.normal(150, 70, n)
    said = targets + draws.normal(5, 40, n)
    measures = measure_regression(evaluation(targets, said))
    assert measures.r2 == pytest.approx(metrics.r2_score(targets, said))
    assert measures.mae == pytest.approx(metrics.mean_absolute_error(targets, said))
    assert measures.rmse == pytest.approx(metrics.root_mean_squared_error(targets, said))
    assert measures.median_absolute_error == pytest.approx(metrics.median_absolute_error(targets, said))
    assert measures.largest_error == pytest.approx(metrics.max_error(targets, said))
    assert measures.mean_error == pytest.approx(said.mean() - targets.mean())
    assert measures.loss == 1.0


@pytest.mark.parametrize("said", [[3.0, 3.0, 3.0], [3.0, 2.0, 4.0]])
def test_equal_targets_have_the_r_squared_of_scikit_learn(said: list[float]) -> None:
    targets = [3.0, 3.0, 3.0]
    assert r_squared(targets, said) == metrics.r2_score(targets, said, force_finite=True)


def test_one_example_has_no_r_squared_and_its_error() -> None:
    measures = measure_regression(evaluation(np.array([2.0]), np.array([5.0])))
    assert measures.r2 is None and measures.mae == measures.rmse == measures.largest_error == 3


def test_saying_the_mean_explains_nothing() -> None:
    targets = np.array([1.0, 2.0, 6.0])
    assert r_squared(targets, np.full(3, 3.0)) == 0


def test_the_largest_errors_come_first_and_equal_ones_in_their_order() -> None:
    rows = largest_errors(evaluation(np.zeros(4), np.array([1.0, -3.0, 3.0, 0.5])))
    np.testing.assert_array_equal(rows, [1, 2, 0, 3])
    assert len(largest_errors(evaluation(np.zeros(4), np.ones(4)), 2)) == 2
