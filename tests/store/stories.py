"""Courses of runs, told as a server would tell them."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence

from playground.catalog.layers import Dense, Flatten
from playground.spec import NetworkSpec, RunSpec
from playground.store import Origin, Store
from playground.training.events import BatchesEnded, EpochEnded, Event, RunFinished, RunStarted, SamplesPredicted
from playground.training.history import History

SPEC = RunSpec(network=NetworkSpec(layers=(Flatten(), Dense(units=10))))
SPEC_JSON = SPEC.to_json()
EPOCH_BATCHES = 156


def started() -> RunStarted:
    return RunStarted(7850, 5000, 500, EPOCH_BATCHES, 5, "cpu", 1, "contiguous", (3, 1, 4))


def batches(first: int, count: int, seed: int = 0) -> BatchesEnded:
    """Batches number `first` to `first + count - 1`, with losses that no short decimal fraction equals."""
    draws = random.Random(f"{seed}/{first}")
    step = first + count - 1
    losses = tuple(draws.random() for _ in range(count))
    accuracies = tuple(draws.random() for _ in range(count))
    return BatchesEnded(step, step / EPOCH_BATCHES, losses, accuracies, 0.1 / 3, 32 * step, step / 1000)


def epoch_ended(epoch: int) -> EpochEnded:
    draws = random.Random(epoch)
    step = epoch * EPOCH_BATCHES
    return EpochEnded(epoch, step, draws.random(), draws.random(), draws.random(), draws.random(), 0.1 / 3, step / 1000)


def samples(step: int) -> SamplesPredicted:
    return SamplesPredicted(step, ((0.1, 0.9), (step / 7, 1 - step / 7)))


def course(epochs: int) -> Iterator[Event]:
    """A whole run."""
    yield started()
    for epoch in range(1, epochs + 1):
        for first in range((epoch - 1) * EPOCH_BATCHES + 1, epoch * EPOCH_BATCHES, 52):
            yield batches(first, 52)
            yield samples(first + 51)
        yield epoch_ended(epoch)
    yield RunFinished(epochs * EPOCH_BATCHES, epochs, 0.1 / 7, 0.97, False, None, epochs * EPOCH_BATCHES / 1000)


def add(store: Store, run_id: str, *, owner: str = "me", name: str = "", spec: RunSpec = SPEC, **values: object) -> None:
    origin = values.pop("origin", Origin())
    assert isinstance(origin, Origin)
    created = float(str(values.pop("created", 1000.0)))
    number = int(str(values.pop("number", 1)))
    store.add(run_id, owner, number, name or f"Run {run_id}", spec.to_json(), created, origin)


def tell(store: Store, run_id: str, events: Sequence[Event], spec: RunSpec = SPEC) -> None:
    store.events(run_id, events, spec.to_json(), True)


def folded(events: Sequence[Event]) -> History:
    history = History()
    history.fold(events)
    return history
