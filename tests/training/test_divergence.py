"""A loss that is no number any more ends the run with a diagnosis, and keeps weights that one can look at."""

from __future__ import annotations

import math
from typing import Any

import pytest
from plain_loop import SCORES, small_run, trainer

from playground.catalog.activations import ELU, Identity
from playground.catalog.initialisations import Normal
from playground.catalog.layers import Dense, Flatten
from playground.catalog.losses import CrossEntropy, L1Loss, MeanSquaredError, MultiMargin
from playground.catalog.optimizers import SGD
from playground.spec import EarlyStopping, Regularisation, RunSpec
from playground.training.events import EpochEnded, RunFailed
from playground.training.history import History
from playground.training.trainer import Trainer


def wild(depth: int = 1, activation: Any = None, rate: float = 10.0, **training: Any) -> RunSpec:
    hidden = [Dense(units=16, activation=activation or Identity()) for _ in range(depth)]
    options = {"loss": MeanSquaredError(), "optimizer": SGD(learning_rate=rate), **training}
    return small_run((Flatten(), *hidden, SCORES), **options)


def numbers(history: History) -> list[float]:
    """Every number that a view could draw."""
    epochs = [
        value
        for e in history.epochs
        for value in (e.train_loss, e.train_accuracy, e.validation_loss, e.validation_accuracy)
        if value is not None
    ]
    shown = [value for row in history.samples.probabilities for value in row] if history.samples else []
    exam = [history.finished.test_loss] if history.finished else []
    return [*history.batch_loss, *history.batch_accuracy, *history.batch_epochs, *epochs, *shown, *exam]


def assert_ends_well(made: Trainer) -> History:
    """The run fails in words, and all that is left of it is finite."""
    history = History()
    history.fold(made)
    assert history.status == "failed" and history.failed is not None
    assert all(math.isfinite(value) for value in numbers(history))
    assert all(weight.isfinite().all() for weight in made.weights().values())
    assert history.step == history.failed.step
    return history


@pytest.mark.parametrize("limit", [None, 1, 2, 3])
def test_a_diverging_run_fails_with_the_rate_named_and_finite_weights(limit: int | None) -> None:
    history = assert_ends_well(trainer(wild(rate=5.0), limit=limit))
    assert history.failed is not None
    assert "batch" in history.failed.what and "learning rate" in history.failed.mend
    assert "5" in history.failed.mend and "0.5" in history.failed.mend


@pytest.mark.parametrize("limit", [None, 1])
@pytest.mark.parametrize(
    "run",
    [
        wild(loss=MultiMargin()),
        wild(2, loss=MultiMargin()),
        wild(4, loss=MultiMargin(), optimizer=SGD(learning_rate=10.0, momentum=0.99)),
        wild(loss=L1Loss(), optimizer=SGD(learning_rate=10.0, momentum=0.99)),
        wild(2, ELU(), loss=CrossEntropy(), optimizer=SGD(learning_rate=10.0, momentum=0.99)),
        wild(2, ELU(), loss=L1Loss()),
        wild(2, ELU(), loss=MultiMargin(), optimizer=SGD(learning_rate=10.0, momentum=0.99)),
    ],
    ids=lambda run: f"{run.training.loss.kind}-{len(run.network.layers)}-{run.training.optimizer.momentum}",
)
def test_no_way_of_diverging_ends_as_a_success_or_leaves_a_number_that_is_none(run: RunSpec, limit: int | None) -> None:
    assert_ends_well(trainer(run, limit=limit))


@pytest.mark.parametrize("epochs", [1, 2, 3, 4, 5])
def test_a_loss_that_is_lost_in_the_last_step_of_an_epoch_is_noticed_there(epochs: int) -> None:
    """One batch an epoch: the next look at the loss is the validation's, or the final exam's."""
    for share in (0.05, 0.0):
        made = trainer(wild(size=64, batch_size=64, epochs=epochs, share=share))
        history = History()
        history.fold(made)
        assert all(math.isfinite(value) for value in numbers(history))
        assert all(weight.isfinite().all() for weight in made.weights().values())
        assert history.status in ("finished", "failed")


def test_a_step_into_infinity_leaves_the_weights_of_before_it() -> None:
    """The loss is still a number when the step that ruins the weights is taken, and the next event only sees ruins."""
    for depth in range(24, 31):
        run = wild(depth, rate=10.0, loss=CrossEntropy(), epochs=1)
        run = run.model_copy(
            update={"network": run.network.model_copy(update={"initialisation": Normal(standard_deviation=5.0)})}
        )
        for limit in (1, None):
            made = trainer(run, limit=limit)
            history = History()
            history.fold(made)
            assert all(weight.isfinite().all() for weight in made.weights().values()), (depth, limit)
            assert all(math.isfinite(value) for value in numbers(history))


def test_a_failed_run_says_how_far_it_came() -> None:
    events = list(trainer(wild(rate=3.0, size=400, batch_size=8), limit=4))
    failed = events[-1]
    assert isinstance(failed, RunFailed) and failed.expected and failed.mend
    assert not any(isinstance(event, RunFailed) for event in events[:-1])
    assert f"batch {failed.step + 1}, in epoch 1" in failed.what
    assert not any(isinstance(event, EpochEnded) for event in events)


def test_more_than_the_rate_is_suspected_when_there_is_reason() -> None:
    made = trainer(wild(rate=5.0, normalise=False, optimizer=SGD(learning_rate=5.0, momentum=0.99)))
    *_, failed = made
    assert isinstance(failed, RunFailed)
    assert "normalisation" in failed.mend and "momentum" in failed.mend


def test_early_stopping_does_not_take_a_ruined_epoch_for_the_best() -> None:
    stopping = Regularisation(early_stopping=EarlyStopping(patience=5))
    made = trainer(wild(size=64, batch_size=64, epochs=20, regularisation=stopping))
    assert_ends_well(made)
