"""Curves of activations and losses, against finite differences and numbers worked out by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from playground.catalog import ACTIVATIONS, LOSSES
from playground.catalog.activations import ActivationEntry, ReLU, Softmax
from playground.catalog.losses import CrossEntropy, LossEntry, MeanSquaredError
from playground.insight.ingredients import (
    NUM_CLASSES,
    Question,
    activation_curves,
    loss_asked,
    loss_curves,
    output_curves,
    outputs_of,
    questions,
    works_alone,
)

STEP = 1e-6
KINKS = 1e-3  # a difference across a corner says nothing of either side
SCORES: dict[Question, tuple[float, ...]] = {"classes": (0.7, -1.2, 0.31), "yes or no": (0.43,), "number": (1.37,)}

activations = pytest.mark.parametrize("activation", [entry() for entry in ACTIVATIONS.values()], ids=list(ACTIVATIONS))
asked_losses = pytest.mark.parametrize(
    "loss, question", [(entry(), question) for entry in LOSSES.values() for question in questions(entry())]
)


@activations
def test_an_activations_slopes_are_what_finite_differences_find(activation: ActivationEntry) -> None:
    x = np.linspace(-5.9, 5.9, 120)
    x = x[np.abs(x) > KINKS]
    if works_alone(activation):
        curves = activation_curves(activation, x)
        before, after = (activation_curves(activation, x + side).values for side in (-STEP, STEP))
    else:
        curves = output_curves(activation, (0.5, -0.4, 1.5), 1)
        module = activation.module()
        before, after = (
            module(torch.tensor([[0.5, at + side, 1.5] for at in curves.x], dtype=torch.float64)).numpy().T
            for side in (-STEP, STEP)
        )
    assert curves.values.shape == curves.slopes.shape
    assert np.allclose(curves.slopes, (after - before) / (2 * STEP), atol=1e-6)


@activations
def test_the_place_that_is_looked_at_lies_on_the_curves(activation: ActivationEntry) -> None:
    inputs = (2.0, -1.0, 0.5)
    outputs, derivatives = outputs_of(activation, inputs)
    for moved in range(NUM_CLASSES):
        curves = output_curves(activation, inputs, moved)
        for index in range(NUM_CLASSES):
            assert np.interp(inputs[moved], curves.x, curves.values[index]) == pytest.approx(outputs[index], abs=1e-3)
            assert np.interp(inputs[moved], curves.x, curves.slopes[index]) == pytest.approx(derivatives[index, moved], abs=1e-3)


def test_only_what_looks_at_several_numbers_together_does_not_work_alone() -> None:
    together = {entry.kind for entry in (cls() for cls in ACTIVATIONS.values()) if not works_alone(entry)}
    assert together == {"softmax", "log_softmax"}


def test_softmax_and_relu_by_hand() -> None:
    outputs, derivatives = outputs_of(Softmax(), (0.0, math.log(2), math.log(5)))
    assert outputs == pytest.approx([1 / 8, 2 / 8, 5 / 8])
    assert derivatives[0] == pytest.approx([1 / 8 * 7 / 8, -1 / 8 * 2 / 8, -1 / 8 * 5 / 8])
    assert outputs_of(ReLU(), (2.0, -3.0))[1].tolist() == [[1.0, 0.0], [0.0, 0.0]]


@asked_losses
def test_a_losss_gradient_is_what_finite_differences_find(loss: LossEntry, question: Question) -> None:
    scores = SCORES[question]
    for truth in range(2 if question == "yes or no" else len(scores)):
        asked = loss_asked(loss, question, scores, truth)
        for index in range(len(scores)):
            up, down = (
                loss_asked(loss, question, tuple(s + side * (i == index) for i, s in enumerate(scores)), truth).value
                for side in (STEP, -STEP)
            )
            assert asked.gradient[index] == pytest.approx((up - down) / (2 * STEP), abs=1e-6)


@asked_losses
def test_a_losss_curve_goes_through_the_place_that_is_looked_at(loss: LossEntry, question: Question) -> None:
    scores = SCORES[question]
    for moved in range(len(scores)):
        curves = loss_curves(loss, question, scores, 0, moved, 3.0)
        asked = loss_asked(loss, question, scores, 0)
        assert np.interp(scores[moved], curves.x, curves.values[0]) == pytest.approx(asked.value, abs=1e-3)
        slopes = np.gradient(curves.values[0], curves.x)
        assert np.median(np.abs(slopes - curves.slopes[0])) < 1e-3


@asked_losses
def test_probabilities_are_told_where_there_are_classes(loss: LossEntry, question: Question) -> None:
    asked = loss_asked(loss, question, SCORES[question], 1)
    assert len(asked.probabilities) == {"classes": NUM_CLASSES, "yes or no": 2, "number": 0}[question]
    if len(asked.probabilities):
        assert asked.probabilities.sum() == pytest.approx(1)


def test_every_loss_is_asked_what_it_is_for() -> None:
    found = {kind: questions(entry()) for kind, entry in LOSSES.items()}
    assert all(found.values())
    assert found["cross_entropy"] == ("classes",)
    assert found["binary_cross_entropy_logits"] == ("yes or no",)
    assert found["huber"] == ("number",)
    assert found["mean_squared_error"] == ("classes", "number")


def test_cross_entropy_and_squared_error_by_hand() -> None:
    asked = loss_asked(CrossEntropy(), "classes", (0.0, math.log(2), math.log(5)), 2)
    assert asked.value == pytest.approx(-math.log(5 / 8))
    assert asked.gradient == pytest.approx([1 / 8, 2 / 8, 5 / 8 - 1])
    error = loss_asked(MeanSquaredError(), "number", (-1.5,), 0)
    assert (error.value, error.gradient[0]) == (pytest.approx(2.25), pytest.approx(-3.0))


def test_a_loss_on_log_probabilities_gets_them() -> None:
    asked = loss_asked(LOSSES["negative_log_likelihood"](), "classes", (1.0, 2.0, 3.0), 0)
    assert np.exp(asked.outputs).sum() == pytest.approx(1)
    assert asked.value == pytest.approx(loss_asked(CrossEntropy(), "classes", (1.0, 2.0, 3.0), 0).value)
