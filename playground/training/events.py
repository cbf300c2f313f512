"""Everything that can happen in a run: a closed union of frozen values.

What is called accuracy is the score of the run's task: the share that was read right, or the R² of a regression.

Two runs that did the same have equal events: measured seconds do not count in comparisons.
"""

from __future__ import annotations

from dataclasses import dataclass, field


def _measured() -> float:
    return field(default=0.0, compare=False)


@dataclass(frozen=True)
class RunStarted:
    """The run begins, or begins again in a new process.

    Attributes:
        batches_per_epoch: with the batch size at the start.
        threads, memory_format, device: chosen for the whole run; part of its record, since they decide the last bits.
        sample_indices: images of the training set whose readings `SamplesPredicted` tells.
    """

    num_parameters: int
    train_size: int
    validation_size: int
    batches_per_epoch: int
    epochs: int
    device: str
    threads: int
    memory_format: str
    sample_indices: tuple[int, ...]


@dataclass(frozen=True)
class BatchesEnded:
    """One or more batches were learned from.

    Attributes:
        step: batches since the run's start, after these.
        epoch: epochs done after these batches, with the fraction of the current one.
        losses: the mean loss of each batch, before its step; where epochs are very short, of every `every`-th batch.
        accuracies: the score of the same batches, before their step.
        learning_rate: the rate of the last batch's step.
        images: images learned from since the run's start.
        seconds: time spent training since the run's start.
        every: batches from one of those told to the next; the last one told is always `step`.
    """

    step: int
    epoch: float
    losses: tuple[float, ...]
    accuracies: tuple[float, ...]
    learning_rate: float
    images: int
    seconds: float = _measured()
    every: int = 1


@dataclass(frozen=True)
class SamplesPredicted:
    """The reading of the sample images now; `probabilities` has one row for each of them."""

    step: int
    probabilities: tuple[tuple[float, ...], ...]


@dataclass(frozen=True, slots=True)  # a long run has a hundred thousand of them
class LayerMeasures:
    """One layer with weights, while one batch was learned from.

    Attributes:
        layer: its index in the network's spec.
        gradient_norm: the L2 norm of the loss's gradient in all of the layer's parameters, without penalties.
        update_ratio: the L2 norm of the step taken, divided by that of the parameters before it.
        activation_mean, activation_spread: mean and standard deviation of what left the layer, after its activation.
        dead_share: the share of units (neurons or channels) that were 0 for every image; None where that means nothing.
        saturated_share: the share of values within 1 % of an end of the activation's range; None without such ends.
    """

    layer: int
    gradient_norm: float
    update_ratio: float
    activation_mean: float
    activation_spread: float
    dead_share: float | None
    saturated_share: float | None


@dataclass(frozen=True)
class LayersMeasured:
    """What went on inside the network in batch `step`, layer by layer."""

    step: int
    epoch: float
    learning_rate: float
    layers: tuple[LayerMeasures, ...]


@dataclass(frozen=True)
class Evaluating:
    """A split is being evaluated: `done` of `total` images."""

    split: str
    done: int
    total: int


@dataclass(frozen=True)
class EpochEnded:
    """An epoch is over. Training figures are means over its batches while they were learned from; validation figures
    are taken afterwards, and are None without a validation set.

    Where epochs take milliseconds, not every epoch is told. Test figures are known of points in the plane only, where the
    learner watches both losses; nothing is ever decided by them.
    """

    epoch: int
    step: int
    train_loss: float
    train_accuracy: float
    validation_loss: float | None
    validation_accuracy: float | None
    learning_rate: float
    seconds: float = _measured()
    test_loss: float | None = None
    test_accuracy: float | None = None


@dataclass(frozen=True)
class SettingsChanged:
    """The learner changed the settings of a running run, or its weights by hand.

    Attributes:
        text: what changed, in words.
        spec: the RunSpec from here on, as JSON; "" where the weights changed.
        by_hand: whether it was the weights.
    """

    step: int
    epoch: float
    text: str
    spec: str = ""
    by_hand: bool = False


@dataclass(frozen=True)
class RunPaused:
    """The run waits; the learner paused it, or it did the one batch or epoch that was asked for."""

    step: int


@dataclass(frozen=True)
class RunResumed:
    """The run goes on."""

    step: int


@dataclass(frozen=True)
class RunRewound:
    """The run goes on from a checkpoint, because its process was lost: what came after `step` happens again."""

    step: int
    epoch: int
    images: int
    seconds: float
    reason: str


@dataclass(frozen=True)
class RunInterrupted:
    """The server that trained the run ended; it can go on from its last saved state."""

    step: int


@dataclass(frozen=True)
class CurveKept:
    """What is kept of the batches so far: a run that was stored, or one that goes on from another's checkpoint.

    Attributes:
        steps, epochs, losses, accuracies: of some of the batches, in order; a point is one batch's, not a mean of several.
        learning_rate, images, seconds: as in the last `BatchesEnded`.
    """

    steps: tuple[int, ...]
    epochs: tuple[float, ...]
    losses: tuple[float, ...]
    accuracies: tuple[float, ...]
    learning_rate: float
    images: int
    seconds: float = _measured()


@dataclass(frozen=True)
class RunFinished:
    """The run is done; the test set was looked at once, with the final weights.

    Attributes:
        best_epoch: the epoch whose weights were restored by early stopping, or None.
        kept: the figures of that epoch, which may be one that was not told; None where they are not known any more.
    """

    step: int
    epochs: int
    test_loss: float
    test_accuracy: float
    stopped_early: bool
    best_epoch: int | None
    seconds: float = _measured()
    kept: EpochEnded | None = None


@dataclass(frozen=True)
class RunStopped:
    """The learner ended the run; its weights stay as they were."""

    step: int


@dataclass(frozen=True)
class RunFailed:
    """The run cannot go on; the last good weights are kept."""

    step: int
    what: str
    expected: str = ""
    mend: str = ""


Event = (
    RunStarted
    | BatchesEnded
    | SamplesPredicted
    | LayersMeasured
    | Evaluating
    | EpochEnded
    | SettingsChanged
    | RunPaused
    | RunResumed
    | RunRewound
    | RunInterrupted
    | CurveKept
    | RunFinished
    | RunStopped
    | RunFailed
)

ENDINGS = (RunFinished, RunStopped, RunFailed)
