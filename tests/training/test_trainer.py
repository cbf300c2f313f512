"""The trainer against a loop written by hand: the same seed gives the same losses."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from plain_loop import (
    CONVOLUTION,
    DENSE,
    NORMALISED,
    SCORES,
    WITH_DROPOUT,
    cut,
    evaluate,
    losses,
    plain_loop,
    seeded,
    small_run,
    trainer,
)
from torch import nn

from playground import data
from playground.catalog import OPTIMIZERS
from playground.catalog.augmentations import Noise, Rotation, Shift, augment
from playground.catalog.initialisations import HeNormal
from playground.catalog.layers import BatchNorm, Conv2d, Dense, Flatten, LayerNorm
from playground.catalog.losses import MeanSquaredError
from playground.catalog.optimizers import SGD, Adam
from playground.catalog.schedules import Cosine, OneCycle
from playground.seeds import generator
from playground.spec import Regularisation
from playground.training.events import BatchesEnded, EpochEnded, RunFinished, RunStarted, SamplesPredicted
from playground.training.runtime import Runtime
from playground.training.trainer import Trainer

CLOSE = {"rel": 2e-5, "abs": 1e-6}


def dense() -> nn.Sequential:
    return nn.Sequential(nn.Flatten(), nn.Linear(784, 16), nn.ReLU(), nn.Linear(16, 10))


def dense_with_dropout() -> nn.Sequential:
    return nn.Sequential(nn.Flatten(), nn.Linear(784, 16), nn.ReLU(), nn.Dropout(0.3), nn.Linear(16, 10))


def convolution() -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(1, 4, 5, 2, 2), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Dropout(0.2), nn.Linear(4 * 49, 10)
    )


def normalised() -> nn.Sequential:
    return nn.Sequential(nn.Flatten(), nn.Linear(784, 16), nn.BatchNorm1d(16), nn.Linear(16, 10))


@pytest.mark.parametrize(
    "layers, make, channels_last",
    [
        (DENSE, dense, False),
        (WITH_DROPOUT, dense_with_dropout, False),
        (CONVOLUTION, convolution, False),
        (CONVOLUTION, convolution, True),
        (NORMALISED, normalised, False),
    ],
    ids=["dense", "dropout", "convolution", "convolution with channels last", "batch norm"],
)
def test_losses_validation_and_test_are_those_of_a_loop_written_by_hand(
    layers: Any, make: Callable[[], nn.Sequential], channels_last: bool
) -> None:
    run, digits = small_run(layers), data.load("mnist-5k")
    network = seeded(run, make)
    wanted = plain_loop(run, network, torch.optim.SGD(network.parameters(), lr=0.1))
    events = list(trainer(run, channels_last=channels_last))
    assert losses(events) == pytest.approx(wanted, rel=1e-4 if channels_last else 2e-5)
    _, validation = cut(run)
    *_, ended = [event for event in events if isinstance(event, EpochEnded)]
    measured = (ended.validation_loss, ended.validation_accuracy)
    assert measured == pytest.approx(evaluate(run, network, digits.x_train[validation], digits.y_train[validation]), rel=1e-4)
    finished = events[-1]
    assert isinstance(finished, RunFinished)
    measured = (finished.test_loss, finished.test_accuracy)
    assert measured == pytest.approx(evaluate(run, network, digits.x_test, digits.y_test), rel=1e-4)


@pytest.mark.parametrize("entry", OPTIMIZERS.values(), ids=list(OPTIMIZERS))
def test_every_optimizer_takes_the_steps_of_torchs_own(entry: Any) -> None:
    run = small_run(optimizer=entry(weight_decay=0.01), epochs=1)
    network = seeded(run, dense)
    wanted = plain_loop(run, network, eval(run.training.optimizer.pytorch_source(), {"torch": torch, "network": network}))
    assert losses(trainer(run)) == pytest.approx(wanted, **CLOSE)


def test_without_normalisation_pixels_go_from_0_to_1() -> None:
    run = small_run(normalise=False)
    network = seeded(run, dense)
    wanted = plain_loop(run, network, torch.optim.SGD(network.parameters(), lr=0.1))
    assert losses(trainer(run)) == pytest.approx(wanted, **CLOSE)


def test_augmented_batches_are_those_of_the_step() -> None:
    changes = (Rotation(degrees=15), Shift(distance=2), Noise(strength=0.1))
    run = small_run(WITH_DROPOUT, augmentation=changes)
    network = seeded(run, dense_with_dropout)
    wanted = plain_loop(
        run, network, torch.optim.SGD(network.parameters(), lr=0.1), augment=lambda images, draws: augment(images, changes, draws)
    )
    assert losses(trainer(run)) == pytest.approx(wanted, **CLOSE)


def test_penalties_are_terms_of_the_loss_that_count_weights_and_not_biases() -> None:
    run = small_run(regularisation=Regularisation(l1=0.002, l2=0.01))
    network = seeded(run, dense)
    weights = [network[1].weight, network[3].weight]

    def penalty() -> torch.Tensor:
        return sum((0.002 * w.abs().sum() + 0.01 * w.square().sum() for w in weights), torch.zeros(()))

    wanted = plain_loop(run, network, torch.optim.SGD(network.parameters(), lr=0.1), penalty=penalty)
    assert losses(trainer(run)) == pytest.approx(wanted, **CLOSE)


def test_penalties_leave_the_scales_of_normalisation_alone() -> None:
    layers = (Conv2d(filters=2, kernel_size=3, stride=4), BatchNorm(), LayerNorm(), Flatten(), SCORES)
    run = small_run(layers, epochs=1, regularisation=Regularisation(l1=0.01, l2=0.05))
    network = seeded(
        run,
        lambda: nn.Sequential(
            nn.Conv2d(1, 2, 3, 4, 1), nn.ReLU(), nn.BatchNorm2d(2), nn.LayerNorm([2, 7, 7]), nn.Flatten(), nn.Linear(98, 10)
        ),
    )
    weights = [network[0].weight, network[5].weight]

    def penalty() -> torch.Tensor:
        return sum((0.01 * w.abs().sum() + 0.05 * w.square().sum() for w in weights), torch.zeros(()))

    wanted = plain_loop(run, network, torch.optim.SGD(network.parameters(), lr=0.1), penalty=penalty)
    assert losses(trainer(run)) == pytest.approx(wanted, **CLOSE)


def test_a_schedule_sets_the_rate_before_every_batch() -> None:
    run = small_run(schedule=Cosine())
    network = seeded(run, dense)
    wanted = plain_loop(
        run,
        network,
        torch.optim.SGD(network.parameters(), lr=0.1),
        rate=lambda epochs: 0.1 * (1 + math.cos(math.pi * epochs / 2)) / 2,
    )
    events = list(trainer(run, limit=1))
    assert losses(events) == pytest.approx(wanted, **CLOSE)
    rates = [event.learning_rate for event in events if isinstance(event, BatchesEnded)]
    assert rates[0] == 0.1 and rates == sorted(rates, reverse=True) and rates[-1] < 0.01


def test_another_loss_and_another_initialisation_are_used() -> None:
    run = small_run(loss=MeanSquaredError(), epochs=1)
    run = run.model_copy(update={"network": run.network.model_copy(update={"initialisation": HeNormal()})})
    network = dense()
    draws = generator(run.seed, "initialisation")
    for layer in (network[1], network[3]):
        nn.init.normal_(layer.weight, 0.0, math.sqrt(2 / layer.in_features), generator=draws)
        nn.init.zeros_(layer.bias)
    wanted = plain_loop(
        run,
        network,
        torch.optim.SGD(network.parameters(), lr=0.1),
        loss=lambda outputs, labels: F.mse_loss(outputs, torch.eye(10)[labels]),
    )
    assert losses(trainer(run)) == pytest.approx(wanted, **CLOSE)


def test_the_same_seed_gives_the_same_events_alone_and_in_turns_with_another_run() -> None:
    first = small_run(WITH_DROPOUT, augmentation=(Shift(), Noise()), optimizer=Adam(), seed=1)
    second = small_run(CONVOLUTION, augmentation=(Rotation(),), optimizer=SGD(momentum=0.9), schedule=OneCycle(), seed=2)
    alone = [list(trainer(run, limit=2)) for run in (first, second)]
    turns = [trainer(run, limit=2) for run in (first, second)]
    together: list[list[Any]] = [[], []]
    for events in itertools.zip_longest(*turns):
        for collected, event in zip(together, events, strict=True):
            collected.extend([event] if event is not None else [])
        torch.rand(7)  # what other parts of the process draw
    assert together == alone


def test_another_seed_gives_another_run() -> None:
    assert losses(trainer(small_run(seed=1))) != losses(trainer(small_run(seed=2)))


def test_training_leaves_the_data_as_they_were() -> None:
    digits = data.load("mnist-5k")
    before = digits.x_train.clone(), digits.y_train.clone()
    list(trainer(small_run(augmentation=(Shift(), Noise()), epochs=1)))
    assert torch.equal(digits.x_train, before[0]) and torch.equal(digits.y_train, before[1])


def test_the_test_set_has_no_influence_before_the_end() -> None:
    """With other test labels, nothing changes but the final exam."""
    digits = data.load("mnist-5k")
    scrambled = replace(digits, y_test=digits.y_test.roll(1, 0).flip(0))
    run = small_run(regularisation=Regularisation(early_stopping={"patience": 1}), epochs=3)
    real, other = (list(Trainer(run, chosen, runtime=Runtime())) for chosen in (digits, scrambled))
    assert real[:-1] == other[:-1]
    assert isinstance(real[-1], RunFinished) and isinstance(other[-1], RunFinished)
    assert real[-1].test_accuracy != other[-1].test_accuracy


def test_the_images_of_validation_are_never_trained_on() -> None:
    made = trainer(small_run(size=None, share=0.25))
    train, validation = set(made.batches.train.tolist()), set(made.batches.validation.tolist())
    assert not train & validation and len(train) == 3000 and len(validation) == 1000
    assert set(made.batches.order(0).tolist()) == set(made.batches.order(1).tolist()) == train
    assert made.batches.order(0).tolist() != made.batches.order(1).tolist()


def test_a_run_starts_with_its_record_and_counts_its_batches() -> None:
    events = list(trainer(small_run()))
    started = events[0]
    assert isinstance(started, RunStarted)
    assert (started.num_parameters, started.train_size, started.validation_size) == (784 * 16 + 16 + 170, 200, 200)
    assert (started.batches_per_epoch, started.epochs, started.threads) == (7, 2, 1)
    assert len(losses(events)) == 14
    last = [event for event in events if isinstance(event, BatchesEnded)][-1]
    assert (last.step, last.epoch, last.images) == (14, 2.0, 400)


def test_the_means_of_an_epoch_weigh_every_image_alike() -> None:
    events = list(trainer(small_run(epochs=1), limit=1))
    batches = [event for event in events if isinstance(event, BatchesEnded)]
    sizes = [32] * 6 + [8]
    (ended,) = [event for event in events if isinstance(event, EpochEnded)]
    assert ended.train_loss == pytest.approx(sum(b.losses[0] * n for b, n in zip(batches, sizes, strict=True)) / 200)
    right = sum(b.accuracies[0] * n for b, n in zip(batches, sizes, strict=True))
    assert ended.train_accuracy == pytest.approx(right / 200)


def test_samples_are_read_with_probabilities_for_the_images_that_the_start_names() -> None:
    events = list(trainer(small_run(WITH_DROPOUT)))
    started, samples = events[0], [event for event in events if isinstance(event, SamplesPredicted)]
    assert isinstance(started, RunStarted) and samples
    for sample in samples:
        assert len(sample.probabilities) == len(started.sample_indices) == 12
        assert all(sum(row) == pytest.approx(1.0, abs=1e-5) for row in sample.probabilities)


def test_stepping_one_batch_at_a_time_gives_the_same_curve() -> None:
    run = small_run(WITH_DROPOUT, augmentation=(Shift(),))
    at_once, stepped = list(trainer(run)), list(trainer(run, limit=1))
    assert losses(at_once) == losses(stepped)
    epochs = [[event for event in events if isinstance(event, EpochEnded)] for events in (at_once, stepped)]
    for one, other in zip(*epochs, strict=True):
        assert (one.validation_loss, one.validation_accuracy) == (other.validation_loss, other.validation_accuracy)
        assert one.train_loss == pytest.approx(other.train_loss, rel=1e-12)
    assert at_once[-1] == stepped[-1]
    assert sum(isinstance(event, BatchesEnded) for event in stepped) == 14


def test_a_run_without_validation_images_learns_and_has_no_validation_figures() -> None:
    events = list(trainer(small_run(share=0.0)))
    assert all(event.validation_loss is None for event in events if isinstance(event, EpochEnded))
    assert isinstance(events[-1], RunFinished)


@pytest.mark.parametrize("size, batch", [(33, 32), (65, 32), (100, 99)])
def test_batch_norm_leaves_out_a_last_batch_of_one(size: int, batch: int) -> None:
    events = list(trainer(small_run(NORMALISED, size=size, batch_size=batch)))
    assert isinstance(events[-1], RunFinished)
    assert len(losses(events)) == 2 * (size // batch)
    assert [event.images for event in events if isinstance(event, BatchesEnded)][-1] == 2 * (size - 1)


def test_without_batch_norm_a_last_batch_of_one_is_learned_from() -> None:
    events = list(trainer(small_run(size=33)))
    assert [event.images for event in events if isinstance(event, BatchesEnded)][-1] == 66


def test_real_digits_are_learned() -> None:
    *_, finished = trainer(small_run((Flatten(), Dense(units=64), SCORES), size=2000, epochs=4))
    assert isinstance(finished, RunFinished) and finished.test_accuracy > 0.85
