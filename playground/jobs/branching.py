"""A run that goes on from another one's checkpoint, with other settings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace

from torch import Tensor

from playground import data
from playground.errors import PlaygroundError
from playground.network import build
from playground.spec import RunSpec
from playground.training.checkpoint import Checkpoint, Progress, epochs_done, position
from playground.training.early_stopping import patience_is_over
from playground.training.events import CurveKept, Event, SettingsChanged
from playground.training.history import History


@dataclass(frozen=True, eq=False)
class Edited:
    """Weights that were changed by hand.

    Attributes:
        weights: the whole state of the network, name -> tensor.
        words: what was changed.
        step, epoch: when they were taken; a run that was stopped may have learned on after its last checkpoint.
    """

    weights: Mapping[str, Tensor]
    words: str
    step: int = 0
    epoch: float = 0.0


def branched(content: bytes, run: RunSpec, events: Sequence[Event], edited: Edited | None) -> tuple[bytes, tuple[Event, ...]]:
    """The checkpoint from which `run` goes on, and what it has behind it.

    Edited weights begin with a fresh optimizer: its memory is of steps that led to other weights. At the end of an epoch they
    take their place before its validation, so that the epoch's validation figures are theirs.

    Args:
        content: the other run's checkpoint.
        events: of the other run.
        edited: weights that take the place of the checkpoint's.

    Raises:
        PlaygroundError: all the reasons why it cannot go on from there.
    """
    if edited is None:
        content = branched_checkpoint(content, run)
        return content, history_before(events, content)
    checkpoint = _with_edited_weights(Checkpoint.from_bytes(content), run, events, edited)
    content = branched_checkpoint(checkpoint.to_bytes(), run)
    told = SettingsChanged(checkpoint.progress["step"], epochs_done(checkpoint.progress), edited.words, by_hand=True)
    return content, (*history_before(events, content), told)


def _with_edited_weights(checkpoint: Checkpoint, run: RunSpec, events: Sequence[Event], edited: Edited) -> Checkpoint:
    """With a fresh optimizer; and, where an epoch ended, as it was between the epoch's last batch and its validation."""
    history = History()
    history.fold(events)
    progress, before = _moved_on(Progress(**checkpoint.progress), history, edited), RunSpec.from_json(checkpoint.spec)
    ended = next((event for event in history.epochs if event.epoch == progress.epoch), None)
    is_alike = (run.training.loss, run.dataset, run.seed) == (before.training.loss, before.dataset, before.seed)
    if progress.offset == 0 and ended is not None and is_alike:
        progress.epoch, progress.offset = progress.epoch - 1, progress.train_size
        progress.losses = progress.losses[:-1]
        progress.loss_sum = ended.train_loss * progress.train_size
        progress.right_sum = ended.train_accuracy * progress.train_size
    # The best weights so far are another network's by now.
    progress.watched_from, progress.kept = len(progress.losses), None
    tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in edited.weights.items()}
    return replace(checkpoint, progress=asdict(progress), weights=tensors, optimizer={}, numbers={}, best={})


def _moved_on(progress: Progress, history: History, edited: Edited) -> Progress:
    """Where the run stood when the weights were taken, by its history."""
    if edited.step <= progress.step:
        return progress
    epoch = int(edited.epoch)
    offset = round((edited.epoch - epoch) * progress.train_size)
    ended = {event.epoch: event for event in history.epochs}
    if offset == 0 and epoch not in ended:  # it was stopped before the validation
        epoch, offset = epoch - 1, progress.train_size
    new = [ended[number] for number in range(progress.epoch + 1, epoch + 1) if number in ended]
    losses = [event.train_loss if event.validation_loss is None else event.validation_loss for event in new]
    present = [place for place, done in enumerate(history.batch_epochs) if done > epoch] if offset else []
    return replace(
        progress,
        step=edited.step,
        epoch=epoch,
        offset=offset,
        images=history.images,
        seconds=history.seconds,
        learning_rate=history.learning_rate or progress.learning_rate,
        loss_sum=offset * sum(history.batch_loss[place] for place in present) / max(1, len(present)),
        right_sum=offset * sum(history.batch_accuracy[place] for place in present) / max(1, len(present)),
        losses=[*progress.losses, *losses],
    )


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
    return replace(_with_the_watch_anew(checkpoint, before, run), spec=run.to_json()).to_bytes()


def _with_the_watch_anew(checkpoint: Checkpoint, before: RunSpec, run: RunSpec) -> Checkpoint:
    """What early stopping knows: everything, if its patience has lasted; else it begins to watch at this moment."""
    progress = Progress(**checkpoint.progress)
    stopping = run.training.regularisation.early_stopping
    if (run.training.loss, run.dataset, run.seed) != (before.training.loss, before.dataset, before.seed):
        # The losses from now on cannot be compared with those before.
        progress.losses, progress.watched_from, progress.kept = [], 0, None
        return replace(checkpoint, progress=asdict(progress), best={})
    if checkpoint.best and stopping and progress.losses and not patience_is_over(progress, stopping):
        return checkpoint
    progress.kept = None
    if stopping is None or not progress.losses:
        return replace(checkpoint, progress=asdict(progress), best={})
    # Between two epochs the weights that are there now are the best so far; their loss is known.
    at_end = progress.offset == 0
    progress.watched_from = len(progress.losses) - at_end
    best = {name: tensor.clone() for name, tensor in checkpoint.weights.items()} if at_end else {}
    return replace(checkpoint, progress=asdict(progress), best=best)


def _misfits(checkpoint: Checkpoint, run: RunSpec) -> list[str]:
    """Every weight that is missing, too many, or of another shape, in words."""
    network = build(run.network, data.source(run.dataset).input_shape, run.seed)
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
    # Not by their steps: behind an epoch's last batch, before its validation, the epoch has not ended yet.
    epochs: list[Event] = [event for event in history.epochs if event.epoch <= progress["epoch"]]
    measured = [event for event in history.measured if event.step <= progress["step"]]
    curve = CurveKept(
        tuple(history.batch_steps[:kept]),
        tuple(history.batch_epochs[:kept]),
        tuple(history.batch_loss[:kept]),
        tuple(history.batch_accuracy[:kept]),
        progress["learning_rate"],
        progress["images"],
        progress["seconds"],
    )
    return (*epochs, *measured, curve)
