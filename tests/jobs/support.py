"""Small runs on the bundled digits, and ways to wait for what a worker tells."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

import torch

from playground.catalog.activations import Identity
from playground.catalog.layer import LayerEntry
from playground.catalog.layers import Conv2d, Dense, Dropout, Flatten
from playground.catalog.losses import BinaryCrossEntropyLogits
from playground.catalog.optimizers import SGD
from playground.data import load
from playground.jobs import JobService
from playground.spec import DatasetSpec, NetworkSpec, PointsSpec, RunSpec, TrainingSpec
from playground.training.events import BatchesEnded, Event, RunPaused, RunResumed
from playground.training.history import History
from playground.training.runtime import choose_runtime
from playground.training.trainer import Trainer

BATCHES_PER_EPOCH = 113  # 4,000 training images, of which a tenth validates, in batches of 32


def a_run(epochs: int = 2, seed: int = 0, layers: tuple[LayerEntry, ...] = (), batch_size: int = 32) -> RunSpec:
    """A small network with dropout, so that every stream of random numbers is in use."""
    layers = layers or (Flatten(), Dense(units=32), Dropout(rate=0.2), Dense(units=10, activation=Identity()))
    training = TrainingSpec(epochs=epochs, batch_size=batch_size, optimizer=SGD(learning_rate=0.05))
    dataset = DatasetSpec(name="mnist-5k")
    return RunSpec(network=NetworkSpec(layers=layers), dataset=dataset, training=training, seed=seed)


def a_convolutional_run(epochs: int = 1, seed: int = 0) -> RunSpec:
    return a_run(epochs, seed, (Conv2d(filters=4), Flatten(), Dense(units=10, activation=Identity())))


def a_run_of_points(epochs: int) -> RunSpec:
    """Points in the plane: epochs that take milliseconds."""
    layers = (Dense(units=4), Dense(units=1, activation=Identity()))
    dataset = DatasetSpec(name="circles", validation_share=0, normalise=False, points=PointsSpec(num_points=100))
    training = TrainingSpec(epochs=epochs, loss=BinaryCrossEntropyLogits(), optimizer=SGD(learning_rate=0.03))
    return RunSpec(network=NetworkSpec(layers=layers), dataset=dataset, training=training)


def plain_trainer(run: RunSpec) -> Trainer:
    """The same run without any service, on one thread."""
    return Trainer(run, load(run.dataset.name), runtime=choose_runtime(run, load(run.dataset.name).input_shape, 1))


def events_alone(run: RunSpec) -> list[Event]:
    return list(plain_trainer(run))


def all_events(service: JobService, run_id: str) -> list[Event]:
    return service.events_since(run_id, 0)[0]


def without_pauses(events: list[Event]) -> list[Event]:
    return [event for event in events if not isinstance(event, RunPaused | RunResumed)]


def history_of(events: list[Event]) -> History:
    history = History()
    history.fold(events)
    return history


def history(service: JobService, run_id: str) -> History:
    return history_of(all_events(service, run_id))


def assert_same_curves(first: History, second: History) -> None:
    """The same numbers at the same places; measured seconds do not count."""
    for column in ("batch_steps", "batch_loss", "batch_accuracy", "epochs", "changes", "status", "images"):
        assert getattr(first, column) == getattr(second, column), column
    assert first.finished == second.finished or (
        first.finished is not None
        and second.finished is not None
        and replace(first.finished, seconds=0.0) == replace(second.finished, seconds=0.0)
    )


def assert_same_tensors(first: dict[str, torch.Tensor], second: dict[str, torch.Tensor]) -> None:
    assert first.keys() == second.keys()
    for name in first:
        assert torch.equal(first[name], second[name]), name


def wait_until(condition: Callable[[], bool], seconds: float = 60.0) -> None:
    """Waits for a condition; the bound is generous, since it only ends a test that would hang."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.01)


def wait_for_end(service: JobService, run_id: str) -> None:
    wait_until(lambda: not service.info(run_id).is_active)


def wait_for_status(service: JobService, run_id: str, status: str) -> None:
    wait_until(lambda: service.info(run_id).status == status)


def wait_for_step(service: JobService, run_id: str, step: int) -> None:
    wait_until(lambda: _last_step(service, run_id) >= step)


def _last_step(service: JobService, run_id: str) -> int:
    events = reversed(all_events(service, run_id))
    return next((event.step for event in events if isinstance(event, BatchesEnded)), 0)
