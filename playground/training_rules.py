"""The rules about how a network is trained: batches, validation, augmentation."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from playground import data, settings
from playground.catalog.layers import BatchNorm
from playground.data.splits import most_folds
from playground.edits import with_dataset, with_layers, with_training
from playground.errors import PlaygroundError
from playground.findings import Finding, Mend, Plan
from playground.network import estimated_batch_seconds

SLOW_BATCH_SECONDS = 2.0
SHORT_EPOCH = 50_000  # examples; of shorter epochs as many more are allowed


def _augmented_numbers(plan: Plan) -> Iterator[Finding]:
    if plan.run.training.augmentation and not plan.source.is_images:
        yield Finding(
            "error",
            f"Augmentation changes pictures, and {plan.source.title} has none.",
            None,
            Mend("Leave it out", with_training(plan.run, augmentation=())),
        )


def _batch_size(plan: Plan) -> Iterator[Finding]:
    training = plan.run.training
    size = examples_to_train_on(plan)
    fitting = min(32, size)
    mend = Mend(f"Use batches of {fitting}", with_training(plan.run, batch_size=fitting))
    normalised = [report.index for report in plan.layers if isinstance(report.layer, BatchNorm)]
    if size == 1 and normalised:
        yield Finding(
            "error",
            f"BatchNorm compares the examples of a batch, but there is only one {plan.source.example} to learn from.",
            normalised[0],
            Mend("Remove it", with_layers(plan.run, tuple(r.layer for r in plan.layers if not isinstance(r.layer, BatchNorm)))),
        )
        return
    if training.batch_size == 1 and normalised:
        yield Finding(
            "error",
            "BatchNorm compares the examples of a batch, but the batch size is 1.",
            normalised[0],
            mend,
        )
    if training.batch_size > size:
        examples = f"training {plan.source.example}{'s' if size > 1 else ''}"
        yield Finding(
            "warning",
            f"The batch size of {training.batch_size} is larger than the {size} {examples}: one step an epoch.",
            None,
            mend,
        )


def _slow_batches(plan: Plan) -> Iterator[Finding]:
    size = plan.run.training.batch_size
    seconds = estimated_batch_seconds(plan.totals.multiply_adds, size)
    if seconds > SLOW_BATCH_SECONDS and size > 1:
        smaller = max(1, int(size * SLOW_BATCH_SECONDS / seconds))
        yield Finding(
            "warning",
            f"One batch will take about {seconds:.0f} s on a laptop, and Pause and Stop wait for it to end.",
            None,
            Mend(f"Use batches of {smaller}", with_training(plan.run, batch_size=smaller)),
        )


def _needs_validation(plan: Plan) -> Iterator[Finding]:
    if plan.run.dataset.validation_share > 0 or plan.run.dataset.folds:
        return
    mend = Mend("Keep 10 % for validation", with_dataset(plan.run, validation_share=0.1))
    if plan.run.training.regularisation.early_stopping:
        yield Finding("error", "Early stopping watches the validation loss, but the validation share is 0.", None, mend)
    if plan.run.training.schedule.watches_losses:
        yield Finding("warning", "The schedule would watch the training loss, because the validation share is 0.", None, mend)


def _validation_is_empty(plan: Plan) -> Iterator[Finding]:
    share = plan.run.dataset.validation_share
    if plan.run.training.regularisation.early_stopping and share > 0 and round(plan.source.num_train * share) == 0:
        yield Finding("error", f"A validation share of {share:g} leaves no {plan.source.example} to validate on.")


def _too_many_folds(plan: Plan) -> Iterator[Finding]:
    folds, source = plan.run.dataset.folds, plan.source
    if not folds or source.num_train >= folds * max(1, source.num_classes):
        return  # its largest class has at least as many as there are folds
    try:
        most = most_folds(data.load(plan.run.dataset))
    except PlaygroundError:
        return  # what keeps it from being loaded is told by another rule
    if folds > most:
        whole = "" if source.task == "regression" else " in its largest class"
        have = f"are {most} training {source.example}s" if most != 1 else f"is 1 training {source.example}"
        fold = min(plan.run.dataset.fold or 0, most - 1)
        mend = Mend(f"Cut it into {most} folds", with_dataset(plan.run, folds=most, fold=fold))
        if most < 2:
            mend = Mend("Keep 20 % for validation", with_dataset(plan.run, folds=None, fold=None, validation_share=0.2))
        few = f"at most {most} folds" if most > 1 else "no folds: two are the least"
        yield Finding(
            "error", f"{source.title} cannot be cut into {folds} folds. There {have}{whole}, which allows {few}.", None, mend
        )


def _flipped_characters(plan: Plan) -> Iterator[Finding]:
    training = plan.run.training
    if plan.source.name.startswith("fashion") or not plan.source.is_images:
        return
    if any(entry.kind == "flip" for entry in training.augmentation):  # type: ignore[attr-defined]
        kept = tuple(entry for entry in training.augmentation if entry.kind != "flip")  # type: ignore[attr-defined]
        yield Finding(
            "warning",
            "Flipping turns digits and letters into others, or into none: a mirrored 3 is no 3.",
            None,
            Mend("Do not flip", with_training(plan.run, augmentation=kept)),
        )


def most_epochs(examples: int) -> int:
    """The setting `max_epochs`, for epochs of so many examples."""
    return settings.number("max_epochs") * max(1, SHORT_EPOCH // max(1, examples))


def examples_to_train_on(plan: Plan) -> int:
    """How many examples an epoch has: what validation leaves, limited by the training size."""
    dataset = plan.run.dataset
    share = 1 / dataset.folds if dataset.folds else dataset.validation_share
    left = max(1, plan.source.num_train - round(plan.source.num_train * share))
    return min(left, dataset.training_size or left)


Rule = Callable[[Plan], Iterator[Finding]]
TRAINING_RULES: tuple[Rule, ...] = (
    _augmented_numbers,
    _batch_size,
    _slow_batches,
    _needs_validation,
    _validation_is_empty,
    _too_many_folds,
    _flipped_characters,
)
