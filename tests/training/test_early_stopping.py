"""Early stopping: the patience, and the best weights."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from plain_loop import SCORES, cut, evaluate, small_run, trainer
from torch import nn

from playground import data
from playground.catalog.layers import Dense, Flatten
from playground.catalog.optimizers import SGD
from playground.spec import EarlyStopping, Regularisation, RunSpec
from playground.training.events import EpochEnded, RunFinished


def overfitting(patience: int, epochs: int = 40, **training: Any) -> RunSpec:
    """A run whose validation loss soon rises."""
    regularisation = Regularisation(early_stopping=EarlyStopping(patience=patience))
    return small_run(
        (Flatten(), Dense(units=16), SCORES),
        size=60,
        epochs=epochs,
        batch_size=10,
        optimizer=SGD(learning_rate=0.3),
        regularisation=regularisation,
        **training,
    )


def validation_losses(events: list[Any]) -> list[float]:
    return [event.validation_loss for event in events if isinstance(event, EpochEnded)]


@pytest.mark.parametrize("patience", [1, 2, 4])
def test_a_run_ends_exactly_when_its_patience_is_over(patience: int) -> None:
    events = list(trainer(overfitting(patience)))
    found = validation_losses(events)
    finished = events[-1]
    assert isinstance(finished, RunFinished) and finished.stopped_early
    best = found.index(min(found))
    assert len(found) == finished.epochs == best + 1 + patience < 40
    # It would not have ended a single epoch earlier.
    for length in range(1, len(found)):
        earlier = found[:length]
        assert length - 1 - earlier.index(min(earlier)) < patience


def test_the_best_weights_come_back_and_take_the_final_exam() -> None:
    run, digits = overfitting(3), data.load("mnist-5k")
    made = trainer(run)
    events = list(made)
    finished, found = events[-1], validation_losses(events)
    assert isinstance(finished, RunFinished) and finished.best_epoch == found.index(min(found)) + 1
    network = nn.Sequential(nn.Flatten(), nn.Linear(784, 16), nn.ReLU(), nn.Linear(16, 10))
    network.load_state_dict(dict(zip(network.state_dict(), made.weights().values(), strict=True)))
    _, validation = cut(run)
    loss, _ = evaluate(run, network, digits.x_train[validation], digits.y_train[validation])
    assert loss == pytest.approx(min(found), rel=1e-5) and loss < found[-1]
    exam = (finished.test_loss, finished.test_accuracy)
    assert exam == pytest.approx(evaluate(run, network, digits.x_test, digits.y_test), rel=1e-5)


def test_a_run_that_keeps_improving_is_not_ended() -> None:
    run = small_run(size=400, epochs=4, regularisation=Regularisation(early_stopping=EarlyStopping(patience=3)))
    events = list(trainer(run))
    finished = events[-1]
    assert isinstance(finished, RunFinished) and not finished.stopped_early and finished.epochs == 4


def test_without_early_stopping_the_last_weights_stay() -> None:
    stopping = overfitting(40, epochs=12)
    run = stopping.model_copy(update={"training": stopping.training.model_copy(update={"regularisation": Regularisation()})})
    made, best = trainer(run), trainer(stopping)
    finished = list(made)[-1]
    restored = list(best)[-1]
    assert isinstance(finished, RunFinished) and finished.best_epoch is None
    assert isinstance(restored, RunFinished) and restored.best_epoch is not None and restored.best_epoch < 12
    assert not torch.equal(made.weights()["1_dense_0.weight"], best.weights()["1_dense_0.weight"])
