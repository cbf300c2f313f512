""" "I don't know": counted by hand and by brute force, and against scikit-learn's precision and recall."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import precision_recall_curve

from playground.insight.threshold import GRID, answered, coverage_curve, lowest_threshold

SURE = np.array([0.3, 0.5, 0.5, 0.9, 1.0])
RIGHT = np.array([False, False, True, True, True])


def test_five_images_by_hand() -> None:
    now = answered(SURE, RIGHT, 0.5)
    assert (now.images, now.answered, now.right) == (5, 4, 3)
    assert now.coverage == pytest.approx(0.8) and now.accuracy == pytest.approx(0.75)
    curve = coverage_curve(SURE, RIGHT)
    np.testing.assert_allclose(curve.thresholds, [0.3, 0.5, 0.9, 1.0])
    np.testing.assert_allclose(curve.coverage, [1.0, 0.8, 0.4, 0.2])
    np.testing.assert_allclose(curve.accuracy, [0.6, 0.75, 1.0, 1.0])


def test_an_answer_exactly_as_sure_as_the_threshold_counts() -> None:
    assert answered(SURE, RIGHT, 1.0).answered == 1 and answered(SURE, RIGHT, 0.0).answered == 5


def test_nobody_answers_above_every_confidence() -> None:
    now = answered(SURE[:4], RIGHT[:4], 0.95)
    assert now.answered == 0 and now.accuracy is None and now.coverage == 0.0


def test_the_curve_is_scikit_learns_precision_with_coverage_in_place_of_recall() -> None:
    draws = np.random.default_rng(0)
    sure = draws.uniform(0.1, 1.0, 300).round(2)
    right = draws.random(300) < sure
    curve = coverage_curve(sure, right)
    precision, _, thresholds = precision_recall_curve(right, sure)
    np.testing.assert_allclose(curve.thresholds, thresholds)
    np.testing.assert_allclose(curve.accuracy, precision[:-1])
    np.testing.assert_allclose(curve.coverage, [(sure >= threshold).mean() for threshold in thresholds])


@pytest.mark.parametrize("target", [0.5, 0.7, 0.9, 0.99, 1.0])
def test_the_lowest_threshold_is_that_of_a_search_through_all(target: float) -> None:
    draws = np.random.default_rng(1)
    sure = draws.uniform(0.1, 1.0, 200)
    right = draws.random(200) < sure
    reach = [t for t in GRID if (sure >= t).any() and right[sure >= t].mean() >= target]
    assert lowest_threshold(sure, right, target) == (min(reach) if reach else None)


def test_exactly_99_of_100_is_99_percent() -> None:
    assert lowest_threshold(np.full(100, 0.5), np.arange(100) > 0, 0.99) == 0.0


def test_a_target_out_of_reach_gives_none() -> None:
    assert lowest_threshold([0.9, 0.99], [False, False], 0.5) is None
    assert lowest_threshold([], [], 0.5) is None
