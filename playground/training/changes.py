"""Settings that may change while a run goes on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from playground.catalog import Augmentation
from playground.catalog.entry import Entry
from playground.checks import check
from playground.errors import PlaygroundError
from playground.problems import problems
from playground.spec import RunSpec, TrainingSpec


@dataclass(frozen=True)
class Changes:
    """What is to change; None leaves a setting as it is.

    Attributes:
        optimizer: new values of the optimizer's own fields, by name, such as `{"learning_rate": 0.01}`.
        batch_size: images between two steps, from the next batch on.
        augmentation: replaces all augmentations.
    """

    optimizer: dict[str, Any] | None = None
    batch_size: int | None = None
    augmentation: tuple[Augmentation, ...] | None = None


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
    return changed_run, _in_words(training, changed)


def changes_between(before: RunSpec, after: RunSpec) -> Changes | None:
    """What makes the one run the other on the way; None when they are equal, or differ in more than may change."""
    optimizer, batch_size, augmentation = after.training.optimizer, after.training.batch_size, after.training.augmentation
    live = {"optimizer": optimizer, "batch_size": batch_size, "augmentation": augmentation}
    changed = before.model_copy(update={"training": before.training.model_copy(update=live)})
    if before == after or changed != after or type(before.training.optimizer) is not type(optimizer):
        return None
    return Changes(optimizer.model_dump(exclude={"kind"}), batch_size, augmentation)


def _in_words(before: TrainingSpec, after: TrainingSpec) -> str:
    parts = [
        f"{_title(type(before.optimizer), name)} {getattr(before.optimizer, name):g} → {getattr(after.optimizer, name):g}"
        for name in type(before.optimizer).model_fields
        if name != "kind" and getattr(before.optimizer, name) != getattr(after.optimizer, name)
    ]
    if before.batch_size != after.batch_size:
        parts.append(f"batch size {before.batch_size} → {after.batch_size}")
    if before.augmentation != after.augmentation:
        names = ", ".join(entry.title.lower() for entry in after.augmentation)
        parts.append(f"augmentation: {names or 'none'}")
    return "; ".join(parts) or "nothing changed"


def _title(entry: type[Entry], name: str) -> str:
    return (entry.model_fields[name].title or name).lower()
