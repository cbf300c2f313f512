"""Small runs, and a training loop as one would write it by hand, without anything of the trainer."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from playground import data
from playground.catalog.activations import Identity
from playground.catalog.layers import BatchNorm, Conv2d, Dense, Dropout, Flatten, MaxPool
from playground.catalog.optimizers import SGD
from playground.seeds import generator, stream_seed
from playground.spec import DatasetSpec, NetworkSpec, RunSpec, TrainingSpec
from playground.training.checkpoint import Checkpoint
from playground.training.events import BatchesEnded, EpochEnded, Event, RunFinished
from playground.training.runtime import Runtime
from playground.training.trainer import Trainer

SCORES = Dense(units=10, activation=Identity())
DENSE = (Flatten(), Dense(units=16), SCORES)
WITH_DROPOUT = (Flatten(), Dense(units=16), Dropout(rate=0.3), SCORES)
CONVOLUTION = (Conv2d(filters=4, kernel_size=5, stride=2), MaxPool(), Flatten(), Dropout(rate=0.2), SCORES)
NORMALISED = (Flatten(), Dense(units=16, activation=Identity()), BatchNorm(), SCORES)


def small_run(
    layers: Sequence[Any] = DENSE,
    *,
    size: int | None = 200,
    share: float = 0.05,
    normalise: bool = True,
    seed: int = 11,
    **training: Any,
) -> RunSpec:
    """A run over some of the 4,000 sample digits, with 200 to validate on."""
    return RunSpec(
        network=NetworkSpec(layers=tuple(layers)),
        dataset=DatasetSpec(name="mnist-5k", training_size=size, validation_share=share, normalise=normalise),
        training=TrainingSpec(**{"optimizer": SGD(), "epochs": 2, "batch_size": 32, **training}),
        seed=seed,
    )


def trainer(
    run: RunSpec, *, channels_last: bool = False, checkpoint: Checkpoint | None = None, limit: int | None = None
) -> Trainer:
    """A trainer on one thread, as all tests need it that compare numbers."""
    made = Trainer(run, data.load("mnist-5k"), runtime=Runtime(channels_last=channels_last), checkpoint=checkpoint)
    made.batch_limit = limit
    return made


def losses(events: Iterable[Event]) -> list[float]:
    """The loss of every batch."""
    return [loss for event in events if isinstance(event, BatchesEnded) for loss in event.losses]


def learning(events: Iterable[Event]) -> list[Event]:
    """What was learned and measured, without what is only shown on the way."""
    return [event for event in events if isinstance(event, BatchesEnded | EpochEnded | RunFinished)]


def cut(run: RunSpec) -> tuple[Tensor, Tensor]:
    """The images that the run trains on and those that it validates on, by the promised order of the draws."""
    count = len(data.load("mnist-5k").x_train)
    order = torch.randperm(count, generator=generator(run.seed, "split"))
    kept = round(count * run.dataset.validation_share)
    return order[kept:][: run.dataset.training_size], order[:kept]


def pixels(run: RunSpec, images: Tensor, augment: Callable[[Tensor], Tensor] | None = None) -> Tensor:
    """uint8 images as the network sees them."""
    inputs = images.double() / 255
    if augment:
        inputs = augment(inputs.float()).double()
    if run.dataset.normalise:
        learned = data.load("mnist-5k").x_train[cut(run)[0]].double() / 255
        inputs = (inputs - learned.mean()) / learned.std(correction=0)
    return inputs.float()


def seeded(run: RunSpec, make: Callable[[], nn.Sequential]) -> nn.Sequential:
    """The network with the run's first weights."""
    torch.manual_seed(stream_seed(run.seed, "initialisation"))
    return make()


def plain_loop(
    run: RunSpec,
    network: nn.Module,
    optimizer: torch.optim.Optimizer,
    *,
    loss: Callable[[Tensor, Tensor], Tensor] = F.cross_entropy,
    penalty: Callable[[], Tensor] | None = None,
    augment: Callable[[Tensor, torch.Generator], Tensor] | None = None,
    rate: Callable[[float], float] | None = None,
) -> list[float]:
    """Trains by hand; returns the loss of every batch without the penalty.

    Args:
        rate: the learning rate at a number of epochs done, as a fraction.
    """
    digits = data.load("mnist-5k")
    train, _ = cut(run)
    size, step, found = run.training.batch_size, 0, []
    network.train()
    for epoch in range(run.training.epochs):
        order = train[torch.randperm(len(train), generator=generator(run.seed, "shuffle", epoch))]
        for position in range(math.ceil(len(order) / size)):
            batch = order[position * size : (position + 1) * size]
            draws = generator(run.seed, "augmentation", step)
            changed = (lambda images, draws=draws: augment(images, draws)) if augment else None
            inputs, labels = pixels(run, digits.x_train[batch], changed), digits.y_train[batch]
            if rate:
                for group in optimizer.param_groups:
                    group["lr"] = rate(epoch + position * size / len(order))
            torch.manual_seed(stream_seed(run.seed, "dropout", step))
            optimizer.zero_grad()
            value = loss(network(inputs), labels)
            total = value + penalty() if penalty else value
            total.backward()
            optimizer.step()
            found.append(value.item())
            step += 1
    return found


def evaluate(run: RunSpec, network: nn.Module, images: Tensor, labels: Tensor) -> tuple[float, float]:
    """Mean cross-entropy and accuracy."""
    network.eval()
    with torch.no_grad():
        outputs = network(pixels(run, images))
        return F.cross_entropy(outputs, labels).item(), (outputs.argmax(1) == labels).float().mean().item()
