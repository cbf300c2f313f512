"""The optimizer's step. Oracle: `torch.optim` itself, and the trainer's own next step."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import nn
from trained_runs import Trained

from playground import data
from playground.catalog import OPTIMIZERS
from playground.catalog.activations import Identity
from playground.catalog.layers import Conv2d, Dense, Flatten, MaxPool
from playground.catalog.optimizers import SGD, RMSprop
from playground.catalog.schedules import Cosine
from playground.insight.microscope import WeightName, double, examine
from playground.insight.networks import trained_network
from playground.insight.optimizer_step import STATE_WORDS, state_at, step_by_hand
from playground.insight.step_trial import begin, learning_rate, next_batch, parameter_of, preview, take
from playground.spec import DatasetSpec, NetworkSpec, Regularisation, RunSpec, TrainingSpec
from playground.training.checkpoint import Checkpoint, epochs_done
from playground.training.runtime import Runtime
from playground.training.trainer import Trainer

OPTIONS: dict[str, Any] = {
    **{kind: entry() for kind, entry in OPTIMIZERS.items()},
    **{f"{kind} with decay": entry(weight_decay=0.1) for kind, entry in OPTIMIZERS.items()},
    "sgd with momentum": SGD(momentum=0.9),
    "sgd with Nesterov": SGD(momentum=0.7, nesterov=True),
    "rmsprop with momentum": RMSprop(momentum=0.8),
}
GRADIENTS = (0.5, -0.02, 1e-4, 0.0, 3.0, -3.0)


@pytest.mark.parametrize("entry", OPTIONS.values(), ids=OPTIONS)
def test_every_optimizer_by_hand_takes_the_steps_of_torch(entry: Any) -> None:
    parameter = nn.Parameter(torch.tensor([0.3, -1.2], dtype=torch.float64))
    optimizer = entry.torch_class([parameter], **entry.options())
    for gradient in GRADIENTS:
        state = state_at(optimizer, parameter, (1,))
        assert set(state) <= set(STATE_WORDS)
        found = step_by_hand(entry, optimizer.param_groups[0], state, float(parameter.detach()[1]), gradient)
        parameter.grad = torch.tensor([1.0, gradient], dtype=torch.float64)
        optimizer.step()
        # NAdam keeps its product of factors in float32.
        assert found.new_weight == pytest.approx(float(parameter.detach()[1]), rel=1e-6, abs=1e-9)
        assert found.lines[-1].symbol == "w" and found.lines[-1].value == found.new_weight


def test_plain_descent_on_paper() -> None:
    found = step_by_hand(SGD(learning_rate=0.1), {"lr": 0.1, "weight_decay": 0, "momentum": 0, "nesterov": False}, {}, 2.0, 0.5)
    assert found.new_weight == pytest.approx(1.95)


RUN = RunSpec(
    network=NetworkSpec(layers=(Conv2d(filters=3), MaxPool(), Flatten(), Dense(units=10, activation=Identity()))),
    dataset=DatasetSpec(name="mnist-5k", training_size=80),
    training=TrainingSpec(epochs=2, batch_size=16, schedule=Cosine(), regularisation=Regularisation(l1=1e-4, l2=1e-3)),
    seed=5,
)
KERNEL = WeightName("0_conv2d_0", "weight", (1, 0, 2, 1))


def trainer_at_the_first_epochs_end(run: RunSpec) -> Trainer:
    torch.set_num_threads(1)
    trainer = Trainer(run, data.load("mnist-5k"), runtime=Runtime())
    while trainer.progress.epoch < 1:
        next(trainer)
    return trainer


@pytest.mark.parametrize("entry", OPTIONS.values(), ids=OPTIONS)
def test_the_step_shown_is_the_one_that_the_run_itself_takes_next(entry: Any) -> None:
    """From a checkpoint: its optimizer's memory, its next batch, its schedule, its penalties."""
    run = RUN.model_copy(update={"training": RUN.training.model_copy(update={"optimizer": entry})})
    trainer = trainer_at_the_first_epochs_end(run)
    checkpoint = Checkpoint.from_bytes(trainer.checkpoint().to_bytes())
    network = trained_network(run, checkpoint.weights, Runtime())
    trial = begin(network, run.training, checkpoint)
    progress = checkpoint.progress
    images, labels = next_batch(network, progress["epoch"], progress["offset"], run.training.batch_size)
    rate = learning_rate(run.training, epochs_done(progress), tuple(progress["losses"]))
    inputs = network.batches.inputs(images)
    found = preview(trial, KERNEL, inputs, labels, rate)
    assert found.agrees and found.penalty != 0 and found.state == state_at(
        trial.optimizer, parameter_of(trial.network.network, KERNEL), KERNEL.index
    )  # fmt: skip
    take(trial, KERNEL, inputs, labels, rate, only=False)
    trainer.batch_limit = 1
    next(trainer)
    assert trainer.progress.step == progress["step"] + 1 and trainer.progress.learning_rate == rate
    for name, tensor in trainer.weights().items():
        torch.testing.assert_close(trial.network.network.state_dict()[name], tensor, rtol=1e-5, atol=1e-7)
    after = float(trainer.weights()["0_conv2d_0.weight"][KERNEL.index])
    assert found.real == pytest.approx(after, rel=1e-5, abs=1e-7)


def test_stepping_one_weight_leaves_all_others_and_the_kept_network_alone(convolution: Trained) -> None:
    network = trained_network(convolution.run, convolution.weights, Runtime())
    trial = begin(network, convolution.run.training, None)
    assert not trial.has_memory
    inputs, labels = network.batches.inputs(network.dataset.x_test[:1]), network.dataset.y_test[:1]
    weight = WeightName("0_conv2d_0", "weight", (0, 0, 2, 2))
    for number in range(3):
        expected = preview(trial, weight, inputs, labels, 0.01)
        assert expected.state.get("step", 0) == number and expected.agrees
        take(trial, weight, inputs, labels, 0.01, only=True, about="one image")
        assert trial.taken[-1].after == pytest.approx(expected.real, abs=1e-7)
    changed = {
        (name, tuple(index.tolist()))
        for name, tensor in trial.network.network.state_dict().items()
        for index in (tensor != convolution.weights[name]).nonzero()
    }
    assert changed == {("0_conv2d_0.weight", (0, 0, 2, 2))}
    assert all(torch.equal(convolution.weights[name], tensor) for name, tensor in network.network.state_dict().items())
    assert [one.before for one in trial.taken[1:]] == [one.after for one in trial.taken[:-1]]


def test_small_steps_change_the_loss_as_the_slope_promises(convolution: Trained) -> None:
    network = trained_network(convolution.run, convolution.weights, Runtime())
    run = convolution.run.training.model_copy(update={"optimizer": SGD(learning_rate=0.05)})
    trial = begin(network, run, None)
    inputs, labels = network.batches.inputs(network.dataset.x_test[:8]), network.dataset.y_test[:8]
    losses = []
    for _ in range(4):
        take(trial, WeightName("4_dense_0", "bias", (0,)), inputs, labels, 0.05, only=False)
        losses.append(trial.taken[-1].loss)
    assert losses == sorted(losses, reverse=True)


def test_one_weights_tiny_step_changes_the_shown_loss_by_slope_times_step(convolution: Trained) -> None:
    network = trained_network(convolution.run, convolution.weights, Runtime())
    trial = begin(network, convolution.run.training.model_copy(update={"optimizer": SGD()}), None)
    inputs, labels = network.batches.inputs(network.dataset.x_test[:1]), network.dataset.y_test[:1]
    weight = WeightName("4_dense_0", "bias", (int(labels[0]),))
    take(trial, weight, inputs, labels, 1e-3, only=True)
    taken = trial.taken[0]
    after = examine(double(trial.network), trial.training.loss, weight, inputs, labels)
    assert after.loss - taken.loss == pytest.approx(taken.gradient * (taken.after - taken.before), rel=0.01)


def test_the_next_batch_goes_over_to_the_next_epoch() -> None:
    trainer = trainer_at_the_first_epochs_end(RUN)
    network = trained_network(RUN, trainer.weights(), Runtime())
    images, labels = next_batch(network, 0, len(network.batches.train), 16)
    order = network.batches.order(1)
    assert torch.equal(labels, network.dataset.y_train[order[:16]]) and images.shape == (16, 1, 28, 28)


def test_a_frozen_layer_takes_no_step_here_as_in_its_own_run() -> None:
    optimizer, penalties = SGD(momentum=0.9, weight_decay=0.1), Regularisation(l1=1e-3, l2=1e-2)
    changes = {"optimizer": optimizer, "regularisation": penalties, "frozen_layers": (0,)}
    run = RUN.model_copy(update={"training": RUN.training.model_copy(update=changes)})
    trainer = trainer_at_the_first_epochs_end(run)
    checkpoint = Checkpoint.from_bytes(trainer.checkpoint().to_bytes())
    network = trained_network(run, checkpoint.weights, Runtime())
    trial = begin(network, run.training, checkpoint)
    images, labels = next_batch(network, 1, 0, run.training.batch_size)
    inputs, rate = network.batches.inputs(images), learning_rate(run.training, 1.0, ())
    found = preview(trial, KERNEL, inputs, labels, rate)
    assert found.frozen and found.real == found.before == found.by_hand.new_weight and found.gradient != 0
    other = WeightName("3_dense_0", "weight", (2, 300))
    assert not preview(trial, other, inputs, labels, rate).frozen
    take(trial, KERNEL, inputs, labels, rate, only=False)
    trainer.batch_limit = 1
    next(trainer)
    for name, tensor in trainer.weights().items():
        torch.testing.assert_close(trial.network.network.state_dict()[name], tensor, rtol=1e-5, atol=1e-7)
    assert trial.taken[0].before == trial.taken[0].after
