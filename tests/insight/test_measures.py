"""Against scikit-learn, and by hand."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn import metrics

from playground.insight.evaluation import Evaluation
from playground.insight.measures import measure
from playground.insight.mistakes import cell, most_confident_mistakes


def made(labels: list[int], predicted: list[int], num_classes: int, confidences: list[float] | None = None) -> Evaluation:
    """An evaluation with these answers, each given with its confidence; the rest is shared among the other classes."""
    n = len(labels)
    confidence = np.array(confidences or [0.9] * n, np.float32)
    probabilities = np.repeat(((1 - confidence) / (num_classes - 1))[:, None], num_classes, axis=1)
    probabilities[np.arange(n), predicted] = confidence
    losses = -np.log(probabilities[np.arange(n), labels])
    return Evaluation("test", 1, np.array(labels), np.array(predicted), probabilities, losses, np.arange(n))


@pytest.mark.parametrize("num_classes", [2, 10, 26])
@pytest.mark.parametrize("seed", range(5))
def test_every_measure_equals_scikit_learns(num_classes: int, seed: int) -> None:
    draws = np.random.default_rng(seed)
    labels = draws.integers(0, num_classes, 300)
    predicted = np.where(draws.random(300) < 0.6, labels, draws.integers(0, num_classes, 300))
    evaluation = made(list(labels), list(predicted), num_classes)
    found = measure(evaluation)
    classes = range(num_classes)
    expected = metrics.precision_recall_fscore_support(labels, predicted, labels=classes, zero_division=0)
    for ours, theirs in zip((found.precision, found.recall, found.f1, found.support), expected, strict=True):
        np.testing.assert_allclose(ours, theirs)
    macro = metrics.precision_recall_fscore_support(labels, predicted, labels=classes, average="macro", zero_division=0)
    np.testing.assert_allclose((found.macro_precision, found.macro_recall, found.macro_f1), macro[:3])
    np.testing.assert_array_equal(found.confusion, metrics.confusion_matrix(labels, predicted, labels=classes))
    assert found.accuracy == pytest.approx(metrics.accuracy_score(labels, predicted))
    assert found.loss == pytest.approx(metrics.log_loss(labels, evaluation.probabilities, labels=classes), rel=1e-5)
    assert found.mistakes == (labels != predicted).sum()


def test_a_class_that_is_never_predicted_and_one_that_never_occurs_count_as_zero() -> None:
    found = measure(made([0, 0, 1], [0, 0, 0], 3))
    np.testing.assert_allclose(found.precision, [2 / 3, 0, 0])
    np.testing.assert_allclose(found.recall, [1, 0, 0])
    np.testing.assert_allclose(found.f1, [0.8, 0, 0])
    assert found.macro_recall == pytest.approx(1 / 3)


def test_a_cell_holds_exactly_its_images_the_most_confident_first() -> None:
    evaluation = made([5, 5, 3, 5, 5], [3, 5, 5, 3, 3], 10, [0.5, 0.9, 0.8, 0.95, 0.5])
    assert cell(evaluation, 5, 3).tolist() == [3, 0, 4]
    assert cell(evaluation, 3, 5).tolist() == [2]
    assert cell(evaluation, 7, 7).tolist() == []


def test_the_cells_together_hold_every_image_once() -> None:
    draws = np.random.default_rng(1)
    evaluation = made(list(draws.integers(0, 4, 50)), list(draws.integers(0, 4, 50)), 4, list(draws.uniform(0.3, 1, 50)))
    rows = np.concatenate([cell(evaluation, true, read) for true in range(4) for read in range(4)])
    assert sorted(rows) == list(range(50))


def test_mistakes_leave_out_what_was_right_and_start_with_the_surest() -> None:
    evaluation = made([1, 1, 0, 0], [0, 1, 1, 1], 2, [0.6, 0.99, 0.9, 0.7])
    assert most_confident_mistakes(evaluation).tolist() == [2, 3, 0]
    assert most_confident_mistakes(evaluation, 2).tolist() == [2, 3]
