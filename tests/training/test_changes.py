"""What may change while a run goes on, and what a change does."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from plain_loop import DENSE, NORMALISED, learning, losses, plain_loop, seeded, small_run, trainer
from torch import Tensor, nn

from playground import data
from playground.catalog import OPTIMIZERS
from playground.catalog.augmentations import Shift
from playground.catalog.optimizers import SGD, Adam
from playground.errors import PlaygroundError
from playground.training.changes import Changes
from playground.training.events import BatchesEnded, EpochEnded, RunFinished, SettingsChanged
from playground.training.trainer import Trainer


def after(batches: int, made: Trainer) -> Trainer:
    """The trainer, one batch at a time, once it has learned from some."""
    made.batch_limit = 1
    while made.progress.step < batches:
        next(made)
    return made


def test_a_changed_rate_momentum_and_decay_act_from_the_next_batch() -> None:
    run = small_run(epochs=1)
    made = after(3, trainer(run))
    told = made.change(Changes(optimizer={"learning_rate": 0.02, "momentum": 0.9, "weight_decay": 0.1}))
    assert isinstance(told, SettingsChanged) and told.step == 3
    assert told.text == "learning rate 0.1 → 0.02; weight decay 0 → 0.1; momentum 0 → 0.9"
    network = seeded(run, lambda: nn.Sequential(nn.Flatten(), nn.Linear(784, 16), nn.ReLU(), nn.Linear(16, 10)))
    optimizer = torch.optim.SGD(network.parameters(), lr=0.1)

    def rate(epochs: float) -> float:
        changed = epochs * 200 >= 3 * 32
        optimizer.param_groups[0].update(momentum=0.9 if changed else 0.0, weight_decay=0.1 if changed else 0.0)
        return 0.02 if changed else 0.1

    assert losses(made) == pytest.approx(plain_loop(run, network, optimizer, rate=rate)[3:], rel=2e-5)


@pytest.mark.parametrize("entry", OPTIMIZERS.values(), ids=list(OPTIMIZERS))
def test_every_optimizer_takes_new_settings_in_mid_run(entry: Any) -> None:
    made = after(2, trainer(small_run(optimizer=entry(momentum=0.0) if "momentum" in entry.model_fields else entry())))
    for momentum in (0.7, 0.0, 0.5):
        changes: dict[str, Any] = {"learning_rate": 0.002, "weight_decay": 0.01}
        made.change(Changes(optimizer=changes | ({"momentum": momentum} if "momentum" in entry.model_fields else {})))
        group = made.optimizer.param_groups[0]
        assert group["weight_decay"] == 0.01
        next(made)
        assert group["lr"] == 0.002
    assert isinstance(list(made)[-1], RunFinished)


class Seen:
    """Which images each step learned from: the trainer's own batches, listened to."""

    def __init__(self, made: Trainer) -> None:
        digits = data.load("mnist-5k")
        self.rows: list[int] = []
        self.known = {tuple(digits.x_train[i].flatten().tolist()): int(i) for i in made.batches.train}
        self.mean, self.spread = made.batches.mean, made.batches.spread
        made.network.register_forward_pre_hook(self.listen)

    def listen(self, network: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        if network.training:
            images = ((inputs[0] * self.spread + self.mean) * 255).round().to(torch.uint8)
            self.rows += [self.known[tuple(image.flatten().tolist())] for image in images]


@pytest.mark.parametrize("sizes", [(32, 7), (7, 50), (16, 200)])
def test_a_new_batch_size_in_mid_epoch_misses_no_image_and_sees_none_twice(sizes: tuple[int, int]) -> None:
    made = trainer(small_run(size=150, batch_size=sizes[0]))
    seen = Seen(made)
    after(3, made)
    told = made.change(Changes(batch_size=sizes[1]))
    assert told.text == f"batch size {sizes[0]} → {sizes[1]}"
    events = list(made)
    first, second = seen.rows[:150], seen.rows[150:]
    assert sorted(first) == sorted(second) == sorted(made.batches.train.tolist())
    batches = [event for event in events if isinstance(event, BatchesEnded)]
    assert batches[0].images == 3 * sizes[0] + min(sizes[1], 150 - 3 * sizes[0])
    assert batches[-1].epoch == 2.0 and batches[-1].images == 300


@pytest.mark.parametrize("new_size", [33, 67, 17])
def test_batch_norm_survives_a_new_batch_size_that_leaves_one_image_over(new_size: int) -> None:
    made = after(1, trainer(small_run(NORMALISED, size=100)))
    made.change(Changes(batch_size=new_size))
    events = list(made)
    assert isinstance(events[-1], RunFinished)
    assert [event.epoch for event in events if isinstance(event, EpochEnded)] == [1, 2]


def test_the_mean_of_an_epoch_is_right_when_its_batch_size_changed() -> None:
    made = trainer(small_run(NORMALISED, size=97, batch_size=32, epochs=1), limit=1)
    batches = [event for event in (next(made), next(made)) if isinstance(event, BatchesEnded)]
    made.change(Changes(batch_size=50))
    rest = list(made)
    batches += [event for event in rest if isinstance(event, BatchesEnded)]
    images = [0, *(event.images for event in batches)]
    total = sum(batch.losses[0] * (b - a) for batch, a, b in zip(batches, images, images[1:], strict=False))
    (ended,) = [event for event in rest if isinstance(event, EpochEnded)]
    assert ended.train_loss == pytest.approx(total / images[-1])


def test_augmentation_can_be_switched_on_and_off() -> None:
    run = small_run(epochs=1)
    plain = losses(trainer(run))
    made = after(2, trainer(run))
    assert made.change(Changes(augmentation=(Shift(),))).text == "augmentation: shift"
    changed = losses(next(made) for _ in range(3))  # what is shown of the batch before comes first
    assert made.change(Changes(augmentation=())).text == "augmentation: none"
    assert changed[0] != plain[2]
    assert isinstance(list(made)[-1], RunFinished)


@pytest.mark.parametrize(
    "changes, named",
    [
        (Changes(optimizer={"learning_rate": -1.0}), "learning_rate"),
        (Changes(optimizer={"learning_rate": float("nan")}), "learning_rate"),
        (Changes(optimizer={"learning_rate": 99}), "learning_rate"),
        (Changes(optimizer={"momentum": "much"}), "momentum"),
        (Changes(optimizer={"beta2": 0.9}), "beta2"),
        (Changes(optimizer={"kind": "adam"}), "adam"),
        (Changes(batch_size=0), "batch_size"),
        (Changes(batch_size=10**9), "batch_size"),
    ],
    ids=str,
)
def test_a_wrong_setting_is_refused_and_the_run_goes_on_as_it_was(changes: Changes, named: str) -> None:
    run = small_run()
    made = after(2, trainer(run))
    with pytest.raises(PlaygroundError, match=named) as caught:
        made.change(changes)
    assert "pydantic" not in str(caught.value) and "\n" not in str(caught.value)
    assert made.run == run
    assert learning([*made])[-1] == learning(trainer(run))[-1]


def test_an_optimizer_cannot_become_another_one_with_the_same_fields() -> None:
    with pytest.raises(PlaygroundError, match="nadam"):
        trainer(small_run(optimizer=Adam())).change(Changes(optimizer={"kind": "nadam"}))


def test_a_batch_size_that_the_network_cannot_take_is_refused() -> None:
    made = after(1, trainer(small_run(NORMALISED)))
    with pytest.raises(PlaygroundError, match="BatchNorm"):
        made.change(Changes(batch_size=1))
    assert isinstance(list(made)[-1], RunFinished)


def test_nothing_changed_is_said_too() -> None:
    assert trainer(small_run(DENSE, optimizer=SGD())).change(Changes(optimizer={"learning_rate": 0.1})).text == "nothing changed"
