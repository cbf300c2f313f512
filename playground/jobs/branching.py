"""A run that goes on from another one's checkpoint, with other settings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from playground import data
from playground.errors import PlaygroundError
from playground.network import build
from playground.spec import RunSpec
from playground.training.checkpoint import Checkpoint, position
from playground.training.events import CurveKept, EpochEnded, Event
from playground.training.history import History


def branched_checkpoint(content: bytes, run: RunSpec) -> bytes:
    """The checkpoint from which `run` goes on: weights, position and, for the same kind of optimizer, its state.

    Raises:
        PlaygroundError: all the reasons why it cannot go on from there.
    """
    checkpoint = Checkpoint.from_bytes(content)
    before = RunSpec.from_json(checkpoint.spec)
    problems = _misfits(checkpoint, run)
    epoch, offset = checkpoint.progress["epoch"], checkpoint.progress["offset"]
    if run.training.epochs <= epoch:
        problems.append(f"it has {run.training.epochs} epochs, and {epoch} of them are done already")
    if offset and (run.dataset, run.seed) != (before.dataset, before.seed):
        problems.append("data set and seed can change between two epochs only, and this moment is in the middle of one")
    if problems:
        raise PlaygroundError(
            f"This run cannot branch from there: {'; '.join(problems)}.",
            "A branch keeps the layers with their sizes, and trains for more epochs.",
            "Change other settings, or train it from the beginning.",
        )
    if type(run.training.optimizer) is not type(before.training.optimizer):
        checkpoint = replace(checkpoint, optimizer={}, numbers={})
    if run.training.regularisation.early_stopping is None:
        checkpoint = replace(checkpoint, best={})
    return replace(checkpoint, spec=run.to_json()).to_bytes()


def _misfits(checkpoint: Checkpoint, run: RunSpec) -> list[str]:
    """Every weight that is missing, too many, or of another shape, in words."""
    network = build(run.network, data.source(run.dataset.name).input_shape, run.seed)
    expected = {name: tuple(tensor.shape) for name, tensor in network.state_dict().items()}
    found = {name: tuple(tensor.shape) for name, tensor in checkpoint.weights.items()}
    return [
        f"{name} is {found.get(name, 'missing')} in the saved state and {expected.get(name, 'not there')} in the new network"
        for name in sorted({*expected, *found})
        if expected.get(name) != found.get(name)
    ]


def history_before(events: Sequence[Event], checkpoint: bytes) -> tuple[Event, ...]:
    """What the branch has behind it: the epochs, and as the last event the curve, up to the checkpoint's step."""
    progress = position(checkpoint)
    history = History()
    history.fold(events)
    kept = sum(step <= progress["step"] for step in history.batch_steps)
    epochs: list[Event] = [event for event in history.epochs if isinstance(event, EpochEnded) and event.step <= progress["step"]]
    curve = CurveKept(
        tuple(history.batch_steps[:kept]),
        tuple(history.batch_epochs[:kept]),
        tuple(history.batch_loss[:kept]),
        tuple(history.batch_accuracy[:kept]),
        progress["learning_rate"],
        progress["images"],
        progress["seconds"],
    )
    return (*epochs, curve)
