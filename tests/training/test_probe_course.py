"""The probe beside the training: when it looks, that it changes nothing, and what is kept of a long run."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch
from plain_loop import CONVOLUTION, DENSE, NORMALISED, SCORES, WITH_DROPOUT, learning, small_run, trainer

from playground import data
from playground.catalog.augmentations import Noise, Shift
from playground.catalog.layers import BatchNorm, Conv2d, Flatten, MaxPool
from playground.catalog.losses import MeanSquaredError
from playground.catalog.optimizers import SGD, Adam
from playground.spec import Regularisation
from playground.training.checkpoint import Checkpoint
from playground.training.events import EpochEnded, Event, LayersMeasured, RunFailed, RunRewound
from playground.training.history import History
from playground.training.pace import Pace
from playground.training.runtime import Runtime
from playground.training.thinning import MAX_MEASURED
from playground.training.trainer import Trainer

DEEP = (
    Conv2d(filters=6), MaxPool(pool_size=3, stride=2), Conv2d(filters=5), MaxPool(), BatchNorm(), Flatten(), SCORES,
)  # fmt: skip


def looks(events: Any) -> list[LayersMeasured]:
    return [event for event in events if isinstance(event, LayersMeasured)]


def folded(events: list[Event]) -> History:
    history = History()
    history.fold(events)
    return history


@pytest.mark.parametrize("channels_last", [False, True], ids=["contiguous", "channels last"])
@pytest.mark.parametrize("layers", [WITH_DROPOUT, CONVOLUTION, NORMALISED, DEEP], ids=["dropout", "conv", "norm", "deep"])
def test_looking_into_every_batch_changes_no_bit_of_the_training(layers: Any, channels_last: bool) -> None:
    run = small_run(
        layers, epochs=1, optimizer=Adam(), augmentation=(Shift(), Noise()), regularisation=Regularisation(l1=1e-4, l2=1e-4)
    )
    runtime = Runtime(channels_last=channels_last)
    watched, alone = (Trainer(run, data.load("mnist-5k"), runtime=runtime, probe=probe) for probe in (True, False))
    events = []
    for made in (watched, alone):
        made.batch_limit = 1
        events.append(list(made))
    assert len(looks(events[0])) == 7 and not looks(events[1])
    assert learning(events[0]) == learning(events[1])
    assert all(torch.equal(tensor, alone.weights()[name]) for name, tensor in watched.weights().items())


def test_two_equal_runs_have_equal_looks_however_they_are_cut_into_turns() -> None:
    run = small_run(CONVOLUTION, size=None, epochs=2, batch_size=16)
    at_once = looks(trainer(run))
    assert at_once == looks(trainer(run)) and len(at_once) >= 2
    every = {look.step: look for look in looks(trainer(run, limit=1))}
    assert sorted(every) == list(range(1, 476 + 1))
    assert at_once == [every[look.step] for look in at_once]


def test_a_run_looks_at_its_first_batch_and_then_about_every_epoch_or_every_0_7_seconds() -> None:
    for multiply_adds, batch_size, train_size in ((100_000, 32, 60_000), (100_000, 32, 5_000), (2_000_000, 64, 60_000)):
        pace, step, found = Pace(multiply_adds, batch_size), 0, []
        while len(found) < 4:
            found.append(pace.next_measure(step, train_size, 5))
            step = found[-1] + 1
        assert found[0] == 0
        (gap,) = {b - a for a, b in zip(found, found[1:], strict=False)}
        seconds = gap * (4e-4 + 6 * multiply_adds * batch_size / 25e9)
        assert gap <= -(-train_size // batch_size) and 0.05 <= seconds <= 0.8


def test_small_epochs_and_huge_batches_are_not_looked_into_all_the_time() -> None:
    assert Pace(1000, 32).next_measure(1, 64, 10_000) >= 100  # two batches an epoch
    assert Pace(10**9, 512).next_measure(1, 60_000, 5) == 10


def test_a_run_that_is_over_in_a_moment_is_looked_into_often_enough_to_draw_a_curve() -> None:
    run = small_run(size=160, batch_size=16, epochs=40)
    found = looks(trainer(run))
    assert 20 <= len(found) <= 60
    gaps = {later.step - earlier.step for earlier, later in zip(found, found[1:], strict=False)}
    assert min(gaps) >= 10, "a look costs up to a third of a small batch"


def test_a_resumed_run_looks_at_the_same_batches() -> None:
    run = small_run(size=1600, batch_size=8, epochs=2)
    first = trainer(run)
    before: list[Event] = []
    while not before or not isinstance(before[-1], EpochEnded):
        before.append(next(first))
    resumed = trainer(run, checkpoint=Checkpoint.from_bytes(first.checkpoint().to_bytes()))
    assert looks([*before, *resumed]) == looks(trainer(run))
    assert len(looks(before)) >= 1


def test_a_run_that_runs_away_was_looked_into_before() -> None:
    run = small_run(DENSE, loss=MeanSquaredError(), optimizer=SGD(learning_rate=10.0))
    for limit in (None, 1):
        events = list(trainer(run, limit=limit))
        assert isinstance(events[-1], RunFailed)
        found = looks(events)
        assert found[0].step == 1 and max(layer.update_ratio for layer in found[0].layers) > 0.1
        assert all(look.step <= events[-1].step for look in found)
        assert not any(math.isnan(layer.gradient_norm) for look in found for layer in look.layers)


def look(step: int) -> LayersMeasured:
    return LayersMeasured(step, step / 100, 0.1, ())


@pytest.mark.parametrize("count", [1, 2, 300, 301, 302, 999, 20_000])
def test_of_many_looks_at_most_300_are_kept_evenly_spread_with_the_latest(count: int) -> None:
    kept = folded([look(1 + 50 * number) for number in range(count)]).measured
    assert len(kept) == count if count <= MAX_MEASURED else MAX_MEASURED / 2 - 1 <= len(kept) <= MAX_MEASURED
    assert kept[0].step == 1 and kept[-1].step == 1 + 50 * (count - 1)
    gaps = {b.step - a.step for a, b in zip(kept[:-1], kept[1:-1], strict=False)}
    assert len(gaps) <= 1


def test_a_rewound_run_forgets_the_looks_after_the_checkpoint() -> None:
    events: list[Event] = [look(step) for step in (1, 50, 100, 150)]
    history = folded([*events, RunRewound(100, 0, 0, 0.0, "lost")])
    assert [found.step for found in history.measured] == [1, 50, 100]
    history.fold([look(150)])
    assert [found.step for found in history.measured] == [1, 50, 100, 150]
