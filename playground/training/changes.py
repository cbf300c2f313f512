"""Settings that may change while a run goes on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from pydantic import ValidationError
from torch import nn

from playground import data
from playground.catalog import Augmentation
from playground.catalog.entry import Entry
from playground.checks import check
from playground.errors import PlaygroundError
from playground.network import build
from playground.problems import problems
from playground.spec import RunSpec, TrainingSpec

LARGEST_WEIGHT = 1e6


@dataclass(frozen=True)
class WeightEdit:
    """One number of the network, set by hand.

    Attributes:
        name: of the tensor in the network's state, such as "0_dense_0.weight".
        index: where in it, such as (row, column).
    """

    name: str
    index: tuple[int, ...]
    value: float


@dataclass(frozen=True)
class Changes:
    """What is to change; None leaves a setting as it is.

    Attributes:
        optimizer: new values of the optimizer's own fields, by name, such as `{"learning_rate": 0.01}`.
        batch_size: images between two steps, from the next batch on.
        augmentation: replaces all augmentations.
        penalties: L1 and L2.
        weights: numbers of the network to set.
    """

    optimizer: dict[str, Any] | None = None
    batch_size: int | None = None
    augmentation: tuple[Augmentation, ...] | None = None
    penalties: tuple[float, float] | None = None
    weights: tuple[WeightEdit, ...] = ()


def apply_changes(run: RunSpec, changes: Changes) -> tuple[RunSpec, str]:
    """The run with the changes, and what changed in words ("learning rate 0.1 → 0.01").

    Raises:
        PlaygroundError: an unknown field, a value out of its bounds, or a run that could not be trained any more; nothing
            is changed then.
    """
    training = run.training
    updates: dict[str, Any] = {}
    if changes.optimizer is not None:
        before = training.optimizer.model_dump()
        if changes.optimizer.get("kind", before["kind"]) != before["kind"]:
            raise PlaygroundError(
                f"The optimizer cannot change from {before['kind']} to {changes.optimizer['kind']} while the run goes on.",
                mend="Start a new run with it.",
            )
        updates["optimizer"] = before | changes.optimizer
    if changes.batch_size is not None:
        updates["batch_size"] = changes.batch_size
    if changes.augmentation is not None:
        updates["augmentation"] = [entry.model_dump() for entry in changes.augmentation]
    if changes.penalties is not None:
        l1, l2 = changes.penalties
        updates["regularisation"] = training.regularisation.model_dump() | {"l1": l1, "l2": l2}
    try:
        changed = TrainingSpec.model_validate(training.model_dump() | updates)
    except ValidationError as error:
        raise PlaygroundError(
            f"These settings cannot be used: {problems(error, TrainingSpec)}", mend="Choose values within the bounds shown."
        ) from None
    changed_run = run.model_copy(update={"training": changed})
    known = {finding.message for finding in check(run).errors}
    new = [finding.message for finding in check(changed_run).errors if finding.message not in known]
    if new:
        raise PlaygroundError("These settings cannot be used: " + " ".join(new), mend="The run goes on as it was.")
    words = [_in_words(training, changed)] if changed != training or not changes.weights else []
    return changed_run, "; ".join([*words, *(_edit_in_words(edit) for edit in changes.weights)])


def require_weights(run: RunSpec, edits: tuple[WeightEdit, ...]) -> None:
    """Raises PlaygroundError unless `run`'s network could take these."""
    if edits:
        set_weights(build(run.network, data.source(run.dataset).input_shape, run.seed), edits)


def set_weights(network: nn.Module, edits: tuple[WeightEdit, ...]) -> None:
    """Sets numbers of a network in place, all or none.

    Raises:
        PlaygroundError: there is no such number in it, or the new value is none.
    """
    tensors = dict(network.named_parameters())
    for edit in edits:
        tensor = tensors.get(edit.name)
        if tensor is None or not _is_inside(edit.index, tensor.shape):
            raise PlaygroundError(
                f"This network has no number {edit.name} {list(edit.index)}.",
                "One of its weights or biases was expected.",
                "Choose it in the picture of the network again.",
            )
        is_number = isinstance(edit.value, int | float)
        if not is_number or not abs(edit.value) <= LARGEST_WEIGHT:  # nor is NaN
            raise PlaygroundError(
                f"A weight cannot be {edit.value if is_number else repr(edit.value)}.",
                f"It must lie between -{LARGEST_WEIGHT:g} and {LARGEST_WEIGHT:g}.",
            )
    with torch.no_grad():
        for edit in edits:
            tensors[edit.name][edit.index] = edit.value


def _is_inside(index: tuple[int, ...], shape: tuple[int, ...]) -> bool:
    if len(index) != len(shape) or not all(isinstance(at, int) for at in index):
        return False
    return all(0 <= at < size for at, size in zip(index, shape, strict=True))


def _edit_in_words(edit: WeightEdit) -> str:
    return f"{edit.name} [{', '.join(str(at + 1) for at in edit.index)}] set to {edit.value:g} by hand"


def changes_between(before: RunSpec, after: RunSpec) -> Changes | None:
    """What makes the one run the other on the way; None when they are equal, or differ in more than may change."""
    optimizer, batch_size, augmentation = after.training.optimizer, after.training.batch_size, after.training.augmentation
    penalties = {"l1": after.training.regularisation.l1, "l2": after.training.regularisation.l2}
    live = {
        "optimizer": optimizer,
        "batch_size": batch_size,
        "augmentation": augmentation,
        "regularisation": before.training.regularisation.model_copy(update=penalties),
    }
    changed = before.model_copy(update={"training": before.training.model_copy(update=live)})
    if before == after or changed != after or type(before.training.optimizer) is not type(optimizer):
        return None
    return Changes(optimizer.model_dump(exclude={"kind"}), batch_size, augmentation, (penalties["l1"], penalties["l2"]))


def _in_words(before: TrainingSpec, after: TrainingSpec) -> str:
    parts = [
        f"{_title(type(before.optimizer), name)} {getattr(before.optimizer, name):g} → {getattr(after.optimizer, name):g}"
        for name in type(before.optimizer).model_fields
        if name != "kind" and getattr(before.optimizer, name) != getattr(after.optimizer, name)
    ]
    if before.batch_size != after.batch_size:
        parts.append(f"batch size {before.batch_size} → {after.batch_size}")
    for name in ("l1", "l2"):
        then, now = getattr(before.regularisation, name), getattr(after.regularisation, name)
        if then != now:
            parts.append(f"{name.upper()} {then:g} → {now:g}")
    if before.augmentation != after.augmentation:
        names = ", ".join(entry.title.lower() for entry in after.augmentation)
        parts.append(f"augmentation: {names or 'none'}")
    return "; ".join(parts) or "nothing changed"


def _title(entry: type[Entry], name: str) -> str:
    return (entry.model_fields[name].title or name).lower()
