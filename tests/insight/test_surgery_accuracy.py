"""Accuracy before and after edits, against the network itself with those weights."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from trained_runs import Trained, drain

from playground.errors import PlaygroundError
from playground.insight.edited_accuracy import EditedAccuracy, Figures, edited_accuracy
from playground.insight.evaluation import evaluate
from playground.insight.surgery import KillUnit, Prune, ScaleLayer, edited_weights
from playground.insight.unit_paths import Blueprint


def test_the_figures_are_those_of_a_network_with_the_edited_weights(convolution: Trained) -> None:
    edits = (Prune(percent=80), KillUnit(layer=0, unit=1))
    progress, found = drain(edited_accuracy(convolution.run.to_json(), convolution.weights, edits))
    assert isinstance(found, EditedAccuracy)
    for state, figures in (
        (convolution.weights, found.before),
        (edited_weights(convolution.weights, edits, Blueprint.of(convolution.run)), found.after),
    ):
        _, asked = drain(evaluate(convolution.run.to_json(), state, "validation", 0))
        right = asked.predicted == asked.labels
        assert figures.accuracy == right.mean()
        assert figures.loss == pytest.approx(asked.losses.mean(), rel=1e-5)
        for label, (share, count) in enumerate(zip(figures.class_accuracy, figures.counts, strict=True)):
            assert count == (asked.labels == label).sum()
            assert share == pytest.approx(right[asked.labels == label].mean())
    assert found.before.accuracy != found.after.accuracy
    assert progress[-1].done == progress[-1].total == 2 * found.after.counts.sum()


def test_known_figures_are_not_computed_again(dense: Trained) -> None:
    known = Figures(np.zeros(10, np.int64), np.ones(10, np.int64), 3.0, 10)
    progress, found = drain(edited_accuracy(dense.run.to_json(), dense.weights, (Prune(),), "test", known))
    assert found.before is known and found.after.counts.sum() == progress[-1].total
    _, found = drain(edited_accuracy(dense.run.to_json(), dense.weights, (), "test"))
    assert found.before is found.after and found.after.accuracy == dense.test_accuracy


def test_no_number_is_told_as_it_is(dense: Trained) -> None:
    weights = dense.weights | {"1_dense_0.weight": torch.full_like(dense.weights["1_dense_0.weight"], torch.nan)}
    _, found = drain(edited_accuracy(dense.run.to_json(), weights, (ScaleLayer(layer=1),)))
    assert np.isnan(found.before.loss) and 0 <= found.after.accuracy <= 1


def test_a_split_without_images_is_a_sentence(without_validation: Trained) -> None:
    with pytest.raises(PlaygroundError, match="no validation images"):
        drain(edited_accuracy(without_validation.run.to_json(), without_validation.weights, ()))


def test_a_class_without_images_has_no_accuracy() -> None:
    figures = Figures(np.array([1, 0]), np.array([2, 0]), 0.0, 2)
    assert figures.class_accuracy[0] == 0.5 and np.isnan(figures.class_accuracy[1])
