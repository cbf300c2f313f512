"""A small network, briefly trained on real digits."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import Any

import pytest
import torch
from torch import Tensor

from playground import data
from playground.catalog.activations import Identity, ReLU, Sigmoid
from playground.catalog.layers import BatchNorm, Conv2d, Dense, Dropout, Flatten, MaxPool
from playground.progress import TaskProgress
from playground.spec import DatasetSpec, NetworkSpec, RunSpec, TrainingSpec
from playground.training.runtime import Runtime
from playground.training.trainer import Trainer


@dataclass(frozen=True)
class Trained:
    """A run and its weights after the last step."""

    run: RunSpec
    weights: dict[str, Tensor]
    step: int
    test_accuracy: float
    test_loss: float


def train(*layers: object, training_size: int = 600, validation_share: float = 0.1) -> Trained:
    run = RunSpec(
        network=NetworkSpec(layers=layers),
        dataset=DatasetSpec(name="mnist-5k", training_size=training_size, validation_share=validation_share),
        training=TrainingSpec(epochs=1),
        seed=3,
    )
    torch.set_num_threads(1)
    trainer = Trainer(run, data.load("mnist-5k"), runtime=Runtime())
    *_, finished = trainer
    return Trained(run, trainer.weights(), finished.step, finished.test_accuracy, finished.test_loss)


@pytest.fixture(scope="session")
def dense() -> Trained:
    """Flatten, Dense 16 ReLU, Dense 12 Sigmoid, Dense 10."""
    return train(
        Flatten(),
        Dense(units=16, activation=ReLU()),
        Dropout(),
        Dense(units=12, activation=Sigmoid()),
        Dense(units=10, activation=Identity()),
    )


@pytest.fixture(scope="session")
def convolution() -> Trained:
    return train(
        Conv2d(filters=4, kernel_size=5),
        BatchNorm(),
        MaxPool(),
        Flatten(),
        Dense(units=10, activation=Identity()),
    )


@pytest.fixture(scope="session")
def without_validation() -> Trained:
    return train(Flatten(), Dense(units=10, activation=Identity()), training_size=100, validation_share=0.0)


def drain(task: Generator[TaskProgress, None, Any]) -> tuple[list[TaskProgress], Any]:
    """All progress of a task, and its result."""
    progress = []
    while True:
        try:
            progress.append(next(task))
        except StopIteration as finished:
            return progress, finished.value
