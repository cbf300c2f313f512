"""A run that goes on from a checkpoint does what the run that was never cut off did."""

from __future__ import annotations

import json
from typing import Any

import pytest
import torch
from plain_loop import CONVOLUTION, DENSE, NORMALISED, WITH_DROPOUT, learning, small_run, trainer

from playground.catalog import OPTIMIZERS
from playground.catalog.augmentations import Noise, Rotation
from playground.catalog.layers import Conv2d
from playground.catalog.optimizers import SGD, Adam, AdamW, NAdam, RMSprop
from playground.catalog.schedules import OneCycle, ReduceOnPlateau
from playground.errors import PlaygroundError
from playground.spec import EarlyStopping, Regularisation, RunSpec
from playground.training.changes import Changes
from playground.training.checkpoint import Checkpoint
from playground.training.events import Evaluating, Event, RunFinished, RunStarted
from playground.training.trainer import Trainer


def go_on(stopped: Trainer) -> Trainer:
    """A new trainer from nothing but the checkpoint's bytes."""
    checkpoint = Checkpoint.from_bytes(stopped.checkpoint().to_bytes())
    run = RunSpec.from_json(checkpoint.spec)
    return trainer(run, checkpoint=checkpoint, channels_last=stopped.runtime.channels_last, limit=stopped.batch_limit)


def interrupted(run: RunSpec, position: int, *, channels_last: bool = False, limit: int | None = 2) -> list[Event]:
    """The events of a run that loses its process after `position` of them."""
    first = trainer(run, channels_last=channels_last, limit=limit)
    before = [next(first) for _ in range(position)]
    torch.rand(3)
    after = list(go_on(first))
    assert isinstance(after[0], RunStarted)
    return before + after[1:]


RICH: dict[str, Any] = {
    "augmentation": (Rotation(), Noise()),
    "optimizer": Adam(),
    "schedule": OneCycle(),
    "regularisation": Regularisation(l1=1e-4, l2=1e-4, early_stopping=EarlyStopping(patience=2)),
}


@pytest.mark.parametrize("layers", [WITH_DROPOUT, NORMALISED], ids=["dropout", "batch norm"])
def test_a_run_goes_on_from_every_event_as_if_nothing_had_happened(layers: Any) -> None:
    run = small_run(layers, size=100, batch_size=16, **RICH)
    whole = list(trainer(run, limit=2))
    assert any(isinstance(event, Evaluating) for event in whole)
    for position in range(1, len(whole)):
        assert learning(interrupted(run, position)) == learning(whole), f"after {whole[position - 1]}"


@pytest.mark.parametrize("entry", OPTIMIZERS.values(), ids=list(OPTIMIZERS))
@pytest.mark.parametrize("channels_last", [False, True], ids=["contiguous", "channels last"])
def test_every_optimizer_goes_on_with_its_state(entry: Any, channels_last: bool) -> None:
    options = {"momentum": 0.9} if "momentum" in entry.model_fields else {}
    run = small_run(CONVOLUTION, size=120, optimizer=entry(**options, weight_decay=0.001))
    whole = learning(trainer(run, limit=2, channels_last=channels_last))
    assert learning(interrupted(run, 3, channels_last=channels_last)) == whole


def test_a_convolution_whose_channels_lie_innermost_goes_on_to_the_bit() -> None:
    """With several input channels the two memory formats differ; the optimizer's state must lie as its weights do."""
    run = small_run((*CONVOLUTION[:1], Conv2d(filters=6, kernel_size=3), *CONVOLUTION[1:]), size=120, optimizer=Adam())
    whole = learning(trainer(run, limit=1, channels_last=True))
    for position in (2, 4, 6):
        assert learning(interrupted(run, position, channels_last=True, limit=1)) == whole


def test_a_schedule_that_watches_the_losses_remembers_them() -> None:
    run = small_run(size=100, epochs=6, optimizer=SGD(learning_rate=2.0), schedule=ReduceOnPlateau(patience=1, gamma=0.1))
    whole = list(trainer(run))
    for position in (8, 14, len(whole) - 2):
        assert learning(interrupted(run, position, limit=None)) == learning(whole)


def test_early_stopping_goes_on_with_its_patience_and_its_best_weights() -> None:
    """Also when the process is lost after the last epoch: nothing is learned any more then."""
    stopping = Regularisation(early_stopping=EarlyStopping(patience=2))
    run = small_run(size=60, batch_size=10, epochs=30, optimizer=SGD(learning_rate=0.3), regularisation=stopping)
    whole = list(trainer(run))
    finished = whole[-1]
    assert isinstance(finished, RunFinished) and finished.stopped_early
    for position in range(len(whole) - 8, len(whole)):
        assert learning(interrupted(run, position, limit=None)) == learning(whole)


def test_changed_settings_are_part_of_the_checkpoint() -> None:
    def train(cut_off: bool) -> list[Event]:
        made = trainer(small_run(size=150, optimizer=RMSprop()), limit=1)
        events = [next(made) for _ in range(3)]
        made.change(Changes(optimizer={"learning_rate": 0.003, "momentum": 0.5}, batch_size=20, augmentation=(Noise(),)))
        events.append(next(made))
        if cut_off:
            made = go_on(made)
            next(made)
        return learning([*events, *made])

    assert train(cut_off=True) == train(cut_off=False)


def test_a_checkpoint_shares_no_memory_with_the_run() -> None:
    made = trainer(small_run(optimizer=SGD(momentum=0.9)), limit=1)
    for _ in range(3):
        next(made)
    checkpoint = made.checkpoint()
    before = checkpoint.to_bytes()
    for _ in range(3):
        next(made)
    assert checkpoint.to_bytes() == before


def test_bytes_hold_everything() -> None:
    made = trainer(small_run(NORMALISED, optimizer=NAdam(), regularisation=RICH["regularisation"]))
    for _ in range(6):
        next(made)
    checkpoint = made.checkpoint()
    again = Checkpoint.from_bytes(checkpoint.to_bytes())
    assert (again.spec, again.progress, again.numbers) == (checkpoint.spec, checkpoint.progress, checkpoint.numbers)
    for group in ("weights", "optimizer", "best"):
        ours, theirs = getattr(checkpoint, group), getattr(again, group)
        assert ours.keys() == theirs.keys() and ours
        assert all(torch.equal(ours[name], theirs[name]) and ours[name].dtype == theirs[name].dtype for name in ours)


def test_a_checkpoint_names_the_settings_in_force() -> None:
    made = trainer(small_run(optimizer=AdamW()))
    made.change(Changes(optimizer={"learning_rate": 0.5}))
    assert RunSpec.from_json(made.checkpoint().spec).training.optimizer == AdamW(learning_rate=0.5)


@pytest.mark.parametrize(
    "damage",
    [
        lambda content: b"",
        lambda content: b"no checkpoint",
        lambda content: content[: len(content) // 2],
        lambda content: content[:-1],
        lambda content: b"\xff" * 8 + content[8:],
        lambda content: content.replace(b"playground", b"playgroun_", 1),
        lambda content: content.replace(b"weights/", b"strange/", 1),
    ],
    ids=["empty", "text", "half", "a byte short", "absurd length", "no record", "unknown group"],
)
def test_damaged_bytes_are_refused_with_a_clear_message(damage: Any) -> None:
    content = trainer(small_run()).checkpoint().to_bytes()
    with pytest.raises(PlaygroundError, match="no checkpoint"):
        Checkpoint.from_bytes(damage(content))


def test_a_checkpoint_is_a_plain_safetensors_file_and_no_pickle() -> None:
    content = trainer(small_run(DENSE)).checkpoint().to_bytes()
    length = int.from_bytes(content[:8], "little")
    header = json.loads(content[8 : 8 + length])
    assert {"weights/1_dense_0.weight", "weights/1_dense_0.bias"} <= set(header)
