"""A copy of a network and its optimizer on which steps can be tried; the network itself is never touched."""

from __future__ import annotations

import copy
import importlib
import threading
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import torch
from torch import Tensor, nn

from playground.catalog.schedules import Position
from playground.insight.microscope import WeightName, as_double, double
from playground.insight.networks import TrainedNetwork
from playground.insight.optimizer_step import StepByHand, state_at, step_by_hand
from playground.spec import Regularisation, TrainingSpec
from playground.training.checkpoint import Checkpoint, restore_optimizer
from playground.training.penalties import add_penalties


@dataclass(frozen=True)
class Taken:
    """One step that was tried: what it did to the weight that was looked at.

    Attributes:
        loss: before the step, of the images that it learned from.
        only: whether this weight alone was moved.
        about: which images it learned from, in words.
    """

    weight: WeightName
    before: float
    after: float
    loss: float
    gradient: float
    only: bool
    about: str


@dataclass(eq=False)
class Trial:
    """The copy. It belongs to one visit.

    Attributes:
        network: with weights of its own.
        training: the settings in force.
        has_memory: whether the optimizer has the run's own memory; otherwise it stands as before its first step.
        taken: the steps so far.
    """

    network: TrainedNetwork
    training: TrainingSpec
    optimizer: torch.optim.Optimizer
    has_memory: bool
    taken: list[Taken]


@dataclass(frozen=True)
class Preview:
    """The step that is about to be taken on one weight.

    Attributes:
        before: the weight.
        gradient: dL/dw as float32 arithmetic, which training uses, has it.
        penalty: what L1 and L2 add to it.
        state: what the optimizer remembers of this weight.
        by_hand: the calculation.
        real: the weight after the step of PyTorch's optimizer, on a copy.
        frozen: the weight's layer does not learn in this run: no step is taken, and nothing calculated.
    """

    before: float
    gradient: float
    penalty: float
    state: dict[str, float]
    by_hand: StepByHand
    real: float
    frozen: bool = False

    @property
    def agrees(self) -> bool:
        """To the rounding of float32."""
        step = abs(self.real - self.before)
        return abs(self.by_hand.new_weight - self.real) <= 2e-7 * abs(self.before) + 1e-5 * step


@lru_cache(maxsize=1)
def read_ahead() -> None:
    """Has the parts of torch that a first step and a first chain need (1.6 s, once a process) read in the background."""
    names = ("torch._decomp.decompositions_for_jvp", "torch._dynamo")
    threading.Thread(target=lambda: [importlib.import_module(name) for name in names], name="read-ahead", daemon=True).start()


def begin(network: TrainedNetwork, training: TrainingSpec, checkpoint: Checkpoint | None) -> Trial:
    """A fresh copy.

    Args:
        training: the optimizer, schedule and penalties in force.
        checkpoint: of the same moment, for the optimizer's memory; None when there is none.
    """
    own = replace(network, network=copy.deepcopy(network.network))
    optimizer = training.optimizer.build(own.network.parameters())
    if checkpoint is not None:
        restore_optimizer(optimizer, checkpoint, training.optimizer)
    return Trial(own, training, optimizer, checkpoint is not None, [])


def learning_rate(training: TrainingSpec, epoch: float, losses: tuple[float, ...]) -> float:
    """What the schedule gives at a moment. epoch: epochs done; losses: as in `schedules.Position`."""
    factor = training.schedule.factor(Position(epoch, training.epochs, losses))
    return training.optimizer.learning_rate * factor


def next_batch(network: TrainedNetwork, epoch: int, offset: int, count: int) -> tuple[Tensor, Tensor]:
    """The images that a run learns from next: uint8 (n, c, h, w) and int64 (n,), n at most `count`.

    Args:
        epoch: epochs finished.
        offset: images of the current epoch that are done.
    """
    order = network.batches.order(epoch)
    if offset >= len(order):
        order, offset = network.batches.order(epoch + 1), 0
    chosen = order[offset : offset + count]
    return network.dataset.x_train[chosen], network.dataset.y_train[chosen]


def preview(trial: Trial, weight: WeightName, inputs: Tensor, labels: Tensor, rate: float) -> Preview:
    """The step on one weight: by hand, and by PyTorch's own optimizer on a copy of the weight's tensor.

    Args:
        inputs: float32 (n, c, h, w).
        rate: the learning rate.
    """
    parameter = parameter_of(trial.network.network, weight)
    _compute_gradients(trial, inputs, labels)
    plain = float(_gradient_of(parameter)[weight.index])
    if _is_frozen(trial, weight.module):
        trial.optimizer.zero_grad(set_to_none=True)
        value = float(parameter.detach()[weight.index])
        return Preview(value, plain, 0.0, {}, StepByHand((), value), value, frozen=True)
    _add_penalties(trial.network.network, trial.training.regularisation)
    gradient = _gradient_of(parameter).clone()
    state = state_at(trial.optimizer, parameter, weight.index)
    group: dict[str, Any] = dict(trial.optimizer.param_groups[0], lr=rate)
    value = float(parameter.detach()[weight.index])
    by_hand = step_by_hand(trial.training.optimizer, group, state, value, float(gradient[weight.index]))
    real = _real_step(trial, parameter, gradient, rate)[weight.index]
    trial.optimizer.zero_grad(set_to_none=True)
    return Preview(value, plain, float(gradient[weight.index]) - plain, state, by_hand, float(real))


def take(trial: Trial, weight: WeightName, inputs: Tensor, labels: Tensor, rate: float, only: bool, about: str = "") -> None:
    """Takes the optimizer's step for good (in the copy).

    Args:
        only: move this one weight and leave all others where they are.
    """
    parameter = parameter_of(trial.network.network, weight)
    loss = _exact_loss(trial, inputs, labels)
    _compute_gradients(trial, inputs, labels)
    before, gradient = float(parameter.detach()[weight.index]), float(_gradient_of(parameter)[weight.index])
    for name, module in trial.network.network.named_children():
        if _is_frozen(trial, name):
            module.zero_grad(set_to_none=True)  # as in training: neither penalties nor the optimizer touch it then
    _add_penalties(trial.network.network, trial.training.regularisation)
    kept = [one.detach().clone() for one in trial.network.network.parameters()] if only else []
    for group in trial.optimizer.param_groups:
        group["lr"] = rate
    trial.optimizer.step()
    after = float(parameter.detach()[weight.index])
    with torch.no_grad():
        for one, old in zip(trial.network.network.parameters(), kept, strict=False):
            one.copy_(old)
        if only:
            parameter[weight.index] = after
    trial.optimizer.zero_grad(set_to_none=True)
    trial.taken.append(Taken(weight, before, after, loss, gradient, only, about))


def parameter_of(network: nn.Sequential, weight: WeightName) -> nn.Parameter:
    return network.get_submodule(weight.module).get_parameter(weight.tensor)


def _is_frozen(trial: Trial, module: str) -> bool:
    return int(module.split("_", 1)[0]) in trial.training.frozen_layers


def _exact_loss(trial: Trial, inputs: Tensor, labels: Tensor) -> float:
    """The mean loss in 64-bit arithmetic, as `examine` gives it afterwards: one weight's step changes less than float32 shows."""
    with torch.no_grad():
        return float(trial.training.loss.compute(double(trial.network)(inputs.double()), as_double(labels)))


def _compute_gradients(trial: Trial, inputs: Tensor, labels: Tensor) -> None:
    """Leaves dL/dw in every parameter's `grad`."""
    trial.optimizer.zero_grad(set_to_none=True)
    with torch.enable_grad():
        loss = trial.training.loss.compute(trial.network.network(inputs), labels)
        loss.backward()


def _gradient_of(parameter: nn.Parameter) -> Tensor:
    return parameter.grad if parameter.grad is not None else torch.zeros_like(parameter)


def _add_penalties(network: nn.Sequential, regularisation: Regularisation) -> None:
    add_penalties([module.weight for module in network if isinstance(module, nn.Linear | nn.Conv2d)], regularisation)


def _real_step(trial: Trial, parameter: nn.Parameter, gradient: Tensor, rate: float) -> Tensor:
    """The tensor after a step of PyTorch's optimizer, on copies of the tensor and of what is remembered of it."""
    own = nn.Parameter(parameter.detach().clone())
    own.grad = gradient.clone()
    optimizer = trial.training.optimizer.build([own])
    state = trial.optimizer.state.get(parameter)
    if state:
        optimizer.state[own] = {name: value.clone() if isinstance(value, Tensor) else value for name, value in state.items()}
    for group, original in zip(optimizer.param_groups, trial.optimizer.param_groups, strict=True):
        group.update({name: value for name, value in original.items() if name != "params"}, lr=rate)
    optimizer.step()
    return own.detach()
