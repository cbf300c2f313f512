"""Softmax and losses by hand. Oracles: torch.softmax, and the losses that training uses."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from playground.catalog import LOSSES
from playground.catalog.losses import BinaryCrossEntropyLogits, CrossEntropy, CrossEntropyOneHot, Huber, MultiMargin
from playground.insight.arithmetic import Step
from playground.insight.calibration import negative_log_likelihood
from playground.insight.loss_step import loss_at
from playground.insight.softmax import from_outputs, inside_the_network, softmax_columns

EXAMPLES: tuple[Any, ...] = (
    *(loss() for loss in LOSSES.values() if "classification" in loss.tasks),
    CrossEntropy(label_smoothing=0.2),
    CrossEntropyOneHot(label_smoothing=0.5),
    MultiMargin(margin=3.0),
)
OUTPUTS: dict[str, np.ndarray] = {
    "ordinary": np.array([0.3, -1.2, 2.5, 0.0]),
    "scores": np.array([0.1, 0.9, -0.2, 1.3]),
    "all below 0": np.array([-3.0, -1.0, -2.0, -0.5]),
    "huge": np.array([900.0, -900.0, 0.0, 899.0]),
    "all equal": np.zeros(4),
    "one class": np.array([1.5]),
    "200 classes": np.random.default_rng(0).normal(size=200),
}


def test_softmax_on_paper() -> None:
    columns = softmax_columns(np.array([math.log(1.0), math.log(2.0), math.log(5.0)]))
    np.testing.assert_allclose(columns[2].values, [0.2, 0.4, 1.0])
    np.testing.assert_allclose(columns[3].values, [0.125, 0.25, 0.625])


@pytest.mark.parametrize("outputs", OUTPUTS.values(), ids=OUTPUTS)
def test_softmax_by_hand_is_that_of_torch(outputs: np.ndarray) -> None:
    expected = torch.softmax(torch.from_numpy(outputs).float(), dim=0).numpy()
    np.testing.assert_allclose(softmax_columns(outputs)[-1].values, expected, atol=1e-6)


@pytest.mark.parametrize("outputs", OUTPUTS.values(), ids=OUTPUTS)
@pytest.mark.parametrize("loss", EXAMPLES, ids=lambda loss: f"{loss!r}")
def test_every_loss_reads_the_outputs_as_the_page_does(loss: Any, outputs: np.ndarray) -> None:
    if loss.expects == "log-probabilities":
        outputs = torch.log_softmax(torch.from_numpy(outputs), dim=0).numpy()
    found = from_outputs(loss, outputs)
    np.testing.assert_allclose(found.by_hand, loss.probabilities(torch.from_numpy(outputs)[None])[0].numpy(), atol=1e-6)
    assert found.agrees and found.by_hand.sum() == pytest.approx(1)


@pytest.mark.parametrize("outputs", OUTPUTS.values(), ids=OUTPUTS)
@pytest.mark.parametrize("loss", EXAMPLES, ids=lambda loss: f"{loss!r}")
def test_every_loss_by_hand_is_that_of_training(loss: Any, outputs: np.ndarray) -> None:
    for label in (0, len(outputs) - 1):
        place = loss_at(loss, outputs, label)
        expected = float(loss.compute(torch.from_numpy(outputs)[None], torch.tensor([label])))
        assert place.result.by_hand == pytest.approx(expected, rel=1e-9, abs=1e-12)
        assert place.result.agrees
        total, last = place.result.by_hand, place.columns[-1].values
        assert last.sum() == pytest.approx(total) or last.sum() / len(last) == pytest.approx(total)


@pytest.mark.parametrize("output", [0.0, 1.5, -0.3, 40.0, -900.0])
def test_yes_or_no_by_hand_is_that_of_torch(output: float) -> None:
    outputs, loss = np.array([output]), BinaryCrossEntropyLogits()
    read = from_outputs(loss, outputs)
    assert read.agrees and read.rule == "sigmoid"
    np.testing.assert_allclose(read.by_hand, torch.sigmoid(torch.tensor([-output, output], dtype=torch.float64)), atol=1e-12)
    for label in (0, 1):
        place = loss_at(loss, outputs, label)
        expected = nn.functional.binary_cross_entropy_with_logits(
            torch.from_numpy(outputs), torch.tensor([float(label)]).double()
        )
        assert place.result.by_hand == pytest.approx(float(expected)) and place.result.agrees
        assert place.columns[-1].values.sum() == pytest.approx(place.result.by_hand)


def test_yes_or_no_on_paper() -> None:
    place = loss_at(BinaryCrossEntropyLogits(), np.array([math.log(3.0)]), 1)  # the sigmoid of ln 3 is 3 / 4
    assert place.result.by_hand == pytest.approx(-math.log(0.75))
    assert place.worked == "−ln(0.75) = 0.2877"


@pytest.mark.parametrize(
    "loss", [*(loss() for loss in LOSSES.values() if "regression" in loss.tasks), Huber(delta=0.25)], ids=repr
)
@pytest.mark.parametrize(("output", "target"), [(0.3, 0.1), (-2.0, 3.5), (1.0, 1.0)])
def test_a_loss_of_numbers_by_hand_is_that_of_training(loss: Any, output: float, target: float) -> None:
    place = loss_at(loss, np.array([output]), target)
    expected = float(loss.compute(torch.tensor([[output]]).double(), torch.tensor([[target]]).double()))
    assert place.result.by_hand == pytest.approx(expected) and place.result.agrees
    assert place.columns[1].values.tolist() == [target]


def test_the_usual_loss_on_paper() -> None:
    place = loss_at(CrossEntropy(), np.log([1.0, 2.0, 5.0]), 1)
    assert place.result.by_hand == pytest.approx(-math.log(0.25))
    assert place.worked == "−ln(0.25) = 1.386"


def ending(module: nn.Module, values: np.ndarray) -> Step:
    return Step(3, "4. End", "activation", module, values, module(torch.from_numpy(values)[None])[0].numpy())


def test_a_network_that_ends_with_softmax_or_log_softmax_shows_its_own() -> None:
    values = OUTPUTS["ordinary"]
    for module, reference in ((nn.Softmax(dim=1), torch.softmax), (nn.LogSoftmax(dim=1), torch.log_softmax)):
        found = inside_the_network(ending(module, values))
        assert found is not None and found.agrees
        np.testing.assert_allclose(found.by_hand, reference(torch.from_numpy(values), 0).numpy(), atol=1e-12)
    assert inside_the_network(ending(nn.Linear(4, 4).double().requires_grad_(False), values)) is None


@pytest.mark.parametrize(("outputs", "line"), [([0.0], "−ln(0.5) = 0.6931"), ([25.0], "−ln(1 − 1.389×10⁻¹¹) = 1.389×10⁻¹¹")])
def test_a_certain_answers_loss_is_not_the_logarithm_of_one(outputs: list[float], line: str) -> None:
    assert loss_at(BinaryCrossEntropyLogits(), np.array(outputs), 1).worked == line


def test_a_row_of_certain_answers_has_no_loss_below_zero() -> None:
    assert str(negative_log_likelihood([[900.0, 0.0]], np.array([0]))) == "0.0"
