"""A run fitted to its data: a loss of the right task, and as many outputs as that loss reads."""

from __future__ import annotations

from playground.catalog import LOSSES
from playground.catalog.activations import Identity
from playground.catalog.layers import Conv2d, Dense, Flatten
from playground.catalog.losses import BinaryCrossEntropyLogits, CrossEntropy, LossEntry, MeanSquaredError
from playground.catalog.task import Task
from playground.data import Source
from playground.edits import replace, replace_ending, with_layers, with_training
from playground.network import trace
from playground.spec import RunSpec

USUAL: dict[Task, LossEntry] = {
    "classification": CrossEntropy(),
    "binary": BinaryCrossEntropyLogits(),
    "regression": MeanSquaredError(),
}


def losses_for(task: Task) -> tuple[str, ...]:
    """The kinds of loss that fit a task, the usual one first."""
    usual = USUAL[task]
    fitting = [kind for kind, entry in LOSSES.items() if task in entry.tasks and not isinstance(usual, entry)]
    return (usual.kind, *fitting)  # type: ignore[attr-defined]


def fitting_loss(loss: LossEntry, task: Task) -> LossEntry:
    """The loss itself when it fits the task, else the task's usual one."""
    return loss if task in loss.tasks else USUAL[task]


def with_ending(run: RunSpec, source: Source) -> RunSpec:
    """The run with as many neurons in its last layer as its loss reads, and without an activation where that is a number."""
    layers, wanted = run.network.layers, run.training.loss.num_outputs(source.num_classes)
    if not layers:
        return run
    if source.task == "regression" and not layers[-1].activation_entry().linear:
        layers = replace_ending(layers)
    last = layers[-1] if layers else None
    if isinstance(last, Dense) and last.units != wanted:
        layers = replace(layers, len(layers) - 1, last.model_copy(update={"units": wanted}))
    return with_layers(run, layers) if layers != run.network.layers else run


def fitted(run: RunSpec, source: Source) -> RunSpec:
    """The run made to fit the data set that it names now: its loss, its last layer, and no pictures where there are none.

    A network whose layers cannot take the data is replaced by a small one that can; all else stays as it is.
    """
    loss = fitting_loss(run.training.loss, source.task)
    augmentation = run.training.augmentation if source.is_images else ()
    run = with_training(run, loss=loss, augmentation=augmentation)
    if _misfits(run, source):
        first = (Flatten(),) if source.is_images else ()
        kept = () if source.is_images else tuple(layer for layer in run.network.layers if not isinstance(layer, Conv2d | Flatten))
        run = with_layers(run, kept)
        if not kept or _misfits(run, source):
            run = with_layers(run, (*first, Dense(units=16), Dense(units=1, activation=Identity())))
    return with_ending(run, source)


def _misfits(run: RunSpec, source: Source) -> bool:
    """Whether a layer cannot take what it gets."""
    return any(report.misfit for report in trace(run.network, source.input_shape))
