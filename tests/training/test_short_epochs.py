"""Epochs that take milliseconds, of which only some are told: commands, divergence and early stopping in those that are not."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pytest
import torch

from playground import data
from playground.catalog.activations import Identity, ReLU, Tanh
from playground.catalog.layers import BatchNorm, Dense
from playground.catalog.losses import BinaryCrossEntropyLogits, CrossEntropy, L1Loss, LossEntry, MeanSquaredError
from playground.catalog.optimizers import SGD
from playground.catalog.schedules import Constant, ReduceOnPlateau
from playground.checks import check
from playground.spec import DatasetSpec, EarlyStopping, NetworkSpec, PointsSpec, Regularisation, RunSpec, TrainingSpec
from playground.training.checkpoint import Checkpoint
from playground.training.evaluation import example_scores, r_squared
from playground.training.events import BatchesEnded, EpochEnded, Event, LayersMeasured, RunFailed, RunFinished
from playground.training.history import History
from playground.training.rate import ScheduledRate
from playground.training.runtime import Runtime
from playground.training.trainer import Trainer


def a_run(name: str, loss: LossEntry, outputs: int = 1, dataset: dict[str, Any] | None = None, **training: Any) -> RunSpec:
    hidden = training.pop("hidden", Dense(units=4, activation=Tanh()))
    chosen = {"validation_share": 0.0} | (dataset or {})
    return RunSpec(
        network=NetworkSpec(layers=(hidden, Dense(units=outputs, activation=Identity()))),
        dataset=DatasetSpec(name=name, **chosen),
        training=TrainingSpec(**{"loss": loss, "optimizer": SGD(learning_rate=0.03), "batch_size": 16} | training),
    )


def trainer_of(run: RunSpec) -> Trainer:
    return Trainer(run, data.load(run.dataset), runtime=Runtime())


def test_one_epoch_that_is_asked_for_in_the_middle_of_an_untold_one_is_that_one() -> None:
    made = trainer_of(a_run("circles", BinaryCrossEntropyLogits(), epochs=3_000, dataset={"points": PointsSpec(num_points=100)}))
    looks = (event for event in made if isinstance(event, LayersMeasured))
    next(looks), next(looks)
    present = made.progress.epoch
    assert present > 1 and made.progress.offset > 0
    made.tells_all = True
    assert next(event for event in made if isinstance(event, EpochEnded)).epoch == present + 1


def test_a_run_that_diverges_in_an_untold_epoch_has_told_all_its_batches_and_keeps_good_weights() -> None:
    points = {"points": PointsSpec(num_points=60), "validation_share": 0.2}
    hidden = Dense(units=8, activation=ReLU())
    run = a_run("plane", MeanSquaredError(), hidden=hidden, optimizer=SGD(learning_rate=0.9), epochs=2_000, dataset=points)
    made = trainer_of(run)
    history = History()
    history.fold(made)
    assert history.failed is not None and "try 0.09" in history.failed.mend
    assert history.epochs[-1].epoch < made.progress.epoch, "it did not diverge in an untold epoch"
    assert history.step == history.failed.step
    assert all(tensor.isfinite().all() for tensor in made.weights().values())


def a_stopped_run() -> RunSpec:
    stopping = Regularisation(early_stopping=EarlyStopping(patience=20))
    rows = {"validation_share": 0.3}
    return a_run("iris", CrossEntropy(), 3, rows, epochs=2_000, optimizer=SGD(learning_rate=0.5), regularisation=stopping)


def test_all_figures_of_restored_weights_are_told_though_their_epoch_was_not() -> None:
    made = trainer_of(a_stopped_run())
    history = History()
    history.fold(made)
    finished, kept = history.finished, history.final_epoch
    assert finished and kept and finished.best_epoch == kept.epoch
    assert kept.epoch not in [event.epoch for event in history.epochs]
    x, labels = made.batches.split_images("validation")
    outputs = made.network(made.batches.inputs(x))
    assert kept.validation_accuracy == pytest.approx((outputs.argmax(dim=1) == labels).float().mean().item())
    assert kept.validation_loss == pytest.approx(torch.nn.functional.cross_entropy(outputs, labels).item(), rel=1e-5)
    everything = trainer_of(a_stopped_run())
    everything.tells_all = True
    assert kept == next(event for event in everything if isinstance(event, EpochEnded) and event.epoch == kept.epoch)


def test_a_run_that_goes_on_from_a_checkpoint_anywhere_tells_the_epoch_that_it_stopped_at_and_the_one_it_kept() -> None:
    made = trainer_of(a_stopped_run())
    events: list[Event] = []
    checkpoints = []
    for event in made:
        events.append(event)
        checkpoints.append((made.checkpoint().to_bytes(), len(events)))
    told = [event for event in events if isinstance(event, EpochEnded)]
    assert told[-1].epoch == made.progress.epoch
    for content, count in checkpoints[-12:-1]:
        before = [event for event in events[:count] if isinstance(event, EpochEnded)]
        run = a_stopped_run()
        resumed = Trainer(run, data.load(run.dataset), runtime=Runtime(), checkpoint=Checkpoint.from_bytes(content))
        after = list(resumed)
        assert [*before, *(event for event in after if isinstance(event, EpochEnded))] == told
        assert after[-1] == events[-1]


@pytest.mark.parametrize(
    ("name", "points", "watched"),
    [
        ("circles", None, True),
        ("circles", PointsSpec(), True),
        ("breast-cancer", None, False),
        ("breast-cancer", PointsSpec(), False),
    ],
)
def test_the_test_set_is_watched_of_points_only_whatever_a_link_says(name: str, points: PointsSpec | None, watched: bool) -> None:
    events = list(trainer_of(a_run(name, BinaryCrossEntropyLogits(), epochs=2, dataset={"points": points})))
    told = [event.test_loss is not None for event in events if isinstance(event, EpochEnded)]
    assert told == [watched, watched]


def test_test_points_that_only_are_watched_end_no_run() -> None:
    run = a_run("plane", MeanSquaredError(), epochs=3, hidden=Dense(units=4, activation=ReLU()))
    loaded = data.load(run.dataset)
    far = replace(loaded, x_test=loaded.x_test * 1e25)
    events = list(Trainer(run, far, runtime=Runtime()))
    assert [event.test_loss for event in events if isinstance(event, EpochEnded)] == [None] * 3
    assert isinstance(events[-1], RunFailed) and "test examples" in events[-1].what  # the one look at the end


def test_scores_of_numbers_stay_finite_where_the_square_of_an_error_does_not_fit_into_a_float32() -> None:
    outputs, targets = torch.tensor([[1e30], [0.5]]), torch.tensor([[0.0], [1.0]])
    scores = example_scores(outputs, targets, L1Loss(), 1.0)
    assert scores.isfinite().all() and scores[0] < -1e20 and scores[1] == 0.75
    assert math.isfinite(r_squared(outputs, targets))


def test_the_score_where_all_targets_are_equal_is_no_rounding_error() -> None:
    painted = tuple((place / 50, 1.0, 0.1) for place in range(100))
    spec = {"points": PointsSpec(painted=painted), "normalise": False}
    finished = list(trainer_of(a_run("painted-values", MeanSquaredError(), epochs=2, dataset=spec)))[-1]
    assert isinstance(finished, RunFinished) and finished.test_accuracy == 0.0


def test_batch_normalisation_of_one_example_is_refused_before_it_divides_by_zero() -> None:
    few = PointsSpec(num_points=4, train_share=0.1)
    run = a_run("circles", BinaryCrossEntropyLogits(), dataset={"points": few})
    first, last = run.network.layers
    run = run.model_copy(update={"network": NetworkSpec(layers=(first, BatchNorm(), last))})
    (finding,) = check(run).errors
    assert "only one point" in finding.message and finding.mend is not None
    assert check(finding.mend.run).can_train
    assert isinstance(list(trainer_of(finding.mend.run))[-1], RunFinished)


def test_a_schedule_that_watches_losses_says_the_same_though_it_is_asked_once_an_epoch() -> None:
    from playground.catalog.schedules import Position

    rate, schedule, losses = ScheduledRate(), ReduceOnPlateau(patience=2, gamma=0.5), list[float]()
    for loss in (3.0, 2.0, 2.5, 2.5, 1.0, 1.0, 1.0, 1.0):
        for share in (0.0, 0.5):
            done = len(losses) + share
            expected = schedule.factor(Position(done, 8, tuple(losses)))
            assert rate.factor(schedule, done, 8, losses) == expected
        losses.append(loss)
    assert rate.factor(schedule, 8.0, 8, losses) == 0.25
    assert rate.factor(Constant(), 8.0, 8, losses) == 1.0


def test_batches_that_are_told_in_part_stand_at_their_own_steps_and_epochs() -> None:
    run = a_run("circles", BinaryCrossEntropyLogits(), epochs=600, dataset={"points": PointsSpec(num_points=100)})
    events = list(trainer_of(run))
    assert any(event.every > 1 for event in events if isinstance(event, BatchesEnded))
    history = History()
    history.fold(events)
    assert history.batch_steps == sorted(set(history.batch_steps))
    assert history.batch_epochs == pytest.approx([step / 4 for step in history.batch_steps], abs=0.3)  # 4 batches an epoch
