"""Curves over thresholds against scikit-learn, and against counting by hand."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn import metrics

from playground.insight.thresholds import at_threshold, cheapest_threshold, threshold_curves


def drawn(seed: int, n: int, decimals: int | None) -> tuple[np.ndarray, np.ndarray]:
    """Labels and probabilities; rounded ones have many ties."""
    draws = np.random.default_rng(seed)
    labels = draws.integers(0, 2, n)
    labels[:2] = 0, 1
    scores = np.clip(draws.normal(0.4 + 0.2 * labels, 0.25), 0, 1)
    return labels, scores if decimals is None else scores.round(decimals)


CASES = [(seed, n, decimals) for seed in range(4) for n in (2, 9, 300) for decimals in (None, 2, 1, 0)]


@pytest.mark.parametrize(("seed", "n", "decimals"), CASES)
def test_the_roc_curve_and_its_area_are_those_of_scikit_learn(seed: int, n: int, decimals: int | None) -> None:
    labels, scores = drawn(seed, n, decimals)
    curves = threshold_curves(labels, scores)
    alarms, found, thresholds = metrics.roc_curve(labels, scores, drop_intermediate=False)
    np.testing.assert_allclose(curves.false_alarm_rate, alarms, atol=1e-12)
    np.testing.assert_allclose(curves.recall, found, atol=1e-12)
    np.testing.assert_array_equal(curves.thresholds, thresholds)
    assert curves.auc == pytest.approx(metrics.roc_auc_score(labels, scores), abs=1e-12)


@pytest.mark.parametrize(("seed", "n", "decimals"), CASES)
def test_the_precision_recall_curve_and_average_precision_are_those_of_scikit_learn(
    seed: int, n: int, decimals: int | None
) -> None:
    labels, scores = drawn(seed, n, decimals)
    curves = threshold_curves(labels, scores)
    precision, recall, thresholds = metrics.precision_recall_curve(labels, scores)
    np.testing.assert_allclose(curves.precision[::-1], precision, atol=1e-12)
    np.testing.assert_allclose(curves.recall[::-1], recall, atol=1e-12)
    np.testing.assert_array_equal(curves.thresholds[:0:-1], thresholds)
    assert curves.average_precision == pytest.approx(metrics.average_precision_score(labels, scores), abs=1e-12)


@pytest.mark.parametrize("threshold", [0.0, 0.3, 0.5, 0.51, 1.0])
def test_the_figures_at_one_threshold_are_those_of_scikit_learn(threshold: float) -> None:
    labels, scores = drawn(7, 120, 1)
    now, called = at_threshold(labels, scores, threshold), (scores >= threshold).astype(int)
    np.testing.assert_array_equal(now.confusion, metrics.confusion_matrix(labels, called, labels=[0, 1]))
    assert now.accuracy == pytest.approx(metrics.accuracy_score(labels, called))
    assert now.precision == pytest.approx(metrics.precision_score(labels, called))
    assert now.recall == pytest.approx(metrics.recall_score(labels, called))
    assert now.f1 == pytest.approx(metrics.f1_score(labels, called))
    assert now.false_alarm_rate == pytest.approx(1 - metrics.recall_score(labels, called, pos_label=0))


def test_the_area_is_how_often_a_yes_gets_more_than_a_no() -> None:
    labels, scores = drawn(3, 40, 1)
    yes, no = scores[labels == 1][:, None], scores[labels == 0][None]
    assert threshold_curves(labels, scores).auc == pytest.approx(((yes > no) + 0.5 * (yes == no)).mean())


def test_four_examples_by_hand() -> None:
    curves = threshold_curves([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8])
    np.testing.assert_array_equal(curves.thresholds, [np.inf, 0.8, 0.4, 0.35, 0.1])
    np.testing.assert_array_equal(curves.true_positives, [0, 1, 1, 2, 2])
    np.testing.assert_array_equal(curves.false_positives, [0, 0, 1, 1, 2])
    assert curves.auc == 0.75 and curves.average_precision == pytest.approx(0.5 + 0.5 * 2 / 3)
    now = at_threshold([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8], 0.4)
    assert (now.true_positives, now.false_positives, now.false_negatives, now.true_negatives) == (1, 1, 1, 1)


def test_with_class_0_alone_recall_f1_and_areas_do_not_exist() -> None:
    curves, now = threshold_curves([0, 0], [0.2, 0.7]), at_threshold([0, 0], [0.2, 0.7], 0.5)
    assert curves.recall is None and curves.auc is None and curves.average_precision is None
    assert curves.false_alarm_rate is not None and "recall" in curves.missing and "“no”" in curves.missing
    assert now.recall is None and now.precision == 0 and now.false_alarm_rate == 0.5 and now.accuracy == 0.5
    assert at_threshold([0, 0], [0.2, 0.7], 0.9).f1 is None


def test_with_class_1_alone_false_alarms_and_the_area_do_not_exist() -> None:
    curves, now = threshold_curves([1, 1], [0.2, 0.7]), at_threshold([1, 1], [0.2, 0.7], 0.5)
    assert curves.false_alarm_rate is None and curves.auc is None and "“yes”" in curves.missing
    assert curves.average_precision == 1 and now.false_alarm_rate is None and now.recall == 0.5


def test_nothing_at_all_has_no_figures_and_both_classes_miss_none() -> None:
    curves, now = threshold_curves([], []), at_threshold([], [], 0.5)
    assert len(curves.thresholds) == 1 and "no examples" in curves.missing
    assert (now.accuracy, now.precision, now.recall, now.f1, now.false_alarm_rate) == (None,) * 5
    assert cheapest_threshold([], [], 1, [0.5]) is None
    assert threshold_curves([0, 1], [0.5, 0.5]).missing == "" and threshold_curves([0, 1], [0.5, 0.5]).auc == 0.5


def test_nobody_called_yes_has_no_precision() -> None:
    assert at_threshold([0, 1], [0.2, 0.3], 0.5).precision is None


@pytest.mark.parametrize("miss_cost", [0.2, 1, 5, 50])
def test_the_cheapest_threshold_costs_no_more_than_any_other(miss_cost: float) -> None:
    labels, scores = drawn(5, 200, 2)
    grid = np.arange(1, 100) / 100

    def cost(threshold: float) -> float:
        now = at_threshold(labels, scores, threshold)
        return now.false_positives + miss_cost * now.false_negatives

    found = cheapest_threshold(labels, scores, miss_cost, grid)
    assert found in grid and cost(found) == pytest.approx(min(cost(one) for one in grid))


def test_dear_misses_lower_the_threshold() -> None:
    labels, scores = drawn(5, 200, None)
    grid = np.arange(1, 100) / 100
    careful, plain, strict = (cheapest_threshold(labels, scores, cost, grid) for cost in (20, 1, 0.05))
    assert careful < plain < strict


def test_other_labels_and_unequal_lengths_are_refused() -> None:
    with pytest.raises(ValueError, match="0 or 1"):
        threshold_curves([0, 2], [0.1, 0.2])
    with pytest.raises(ValueError, match="equally long"):
        at_threshold([0, 1, 1], [0.1, 0.2], 0.5)
