"""How the network learns: loss, optimizer, schedule, regularisation, augmentation, epochs, batch size, seed."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import streamlit as st

from playground import data
from playground.catalog import AUGMENTATIONS
from playground.catalog.augmentations import AugmentationEntry
from playground.catalog.optimizers import OptimizerEntry
from playground.fitting import losses_for, with_ending
from playground.lessons import Control
from playground.spec import EarlyStopping, Regularisation, RunSpec
from playground.ui.augmentation_preview import augmentation_preview
from playground.ui.bench import WORKBENCH, Bench
from playground.ui.forms import choose_entry, edit_fields, marked
from playground.ui.lesson import LOCKED_WORDS, is_locked


def training_form(bench: Bench = WORKBENCH) -> None:
    """Edits the bench's training settings in place."""
    run = bench.run()
    training, source = run.training, data.source(run.dataset)
    revision = bench.revision()
    first, second, third = st.columns(3)
    with first:
        loss = _loss(run, bench)
        numbers: tuple[Control, ...] = ("epochs", "batch_size")
        held = [name for name in numbers if is_locked(name)]
        trained = edit_fields(training, f"training.{revision}", only=numbers, columns=2, locked=held)
        seeded = edit_fields(run, f"run.{revision}", only=("seed",), locked=is_locked("seed"))
    with second:
        optimizer = _optimizer(training.optimizer, bench)
    with third:
        schedule = _entry("schedule", training.schedule, "Learning-rate schedule", is_locked("schedule"), bench)
        regularisation = _regularisation(training.regularisation, revision)
    augmentation = training.augmentation
    if augmentation or source.is_images:
        st.markdown("**Augmentation**: each epoch sees every image a little changed.")
        augmentation = augmentation_form(training.augmentation, f"augmentation.{revision}")
    changed = trained.model_copy(
        update={
            "loss": loss,
            "optimizer": optimizer,
            "schedule": schedule,
            "regularisation": regularisation,
            "augmentation": augmentation,
        }
    )
    edited = seeded.model_copy(update={"training": changed})
    if augmentation and source.is_images:
        augmentation_preview(edited)
    if type(loss) is not type(training.loss):
        edited = with_ending(edited, source)
        bench.replace(edited)
        st.rerun()
    if edited != run:
        bench.keep(edited)
        st.rerun()


def _entry(family: str, entry: Any, label: str, locked: bool | Collection[str], bench: Bench) -> Any:
    """The choice of an entry and its fields; `locked` holds for both, or names the fields that cannot be changed."""
    key = f"{family}.{bench.revision()}"
    chosen = choose_entry(family, entry, key, label, locked=bool(locked) and locked != {"learning_rate"})
    return edit_fields(chosen, key, columns=2, locked=locked)


def _loss(run: RunSpec, bench: Bench) -> Any:
    """Those that fit the task. Another loss may read another number of outputs: the last layer follows."""
    task, key = data.source(run.dataset).task, f"loss.{bench.revision()}"
    chosen = choose_entry("loss", run.training.loss, key, "Loss", locked=is_locked("loss"), kinds=losses_for(task))
    return edit_fields(chosen, key, locked=is_locked("loss"))


def _optimizer(value: OptimizerEntry, bench: Bench) -> OptimizerEntry:
    """A lesson may lock the learning rate, or all but the learning rate."""
    held: set[str] = {"learning_rate"} if is_locked("learning_rate") else set()
    if is_locked("optimizer"):
        held |= set(type(value).model_fields) - {"learning_rate"}
    chosen: OptimizerEntry = _entry("optimizer", value, "Optimizer", held, bench)
    if type(chosen) is not type(value) and "learning_rate" in held:
        return chosen.model_copy(update={"learning_rate": value.learning_rate})
    return chosen


def _regularisation(value: Regularisation, revision: object) -> Regularisation:
    locked = is_locked("regularisation")
    value = edit_fields(value, f"regularisation.{revision}", only=("l1", "l2"), columns=2, locked=locked)
    stops = st.toggle(
        marked("Early stopping", locked),
        value.early_stopping is not None,
        key=f"early-stopping.{revision}",
        help=LOCKED_WORDS if locked else "Stop when the validation loss no longer improves, and take the best weights back.",
        disabled=locked,
    )
    if not stops:
        return value.model_copy(update={"early_stopping": None})
    patience = edit_fields(value.early_stopping or EarlyStopping(), f"patience.{revision}", locked=locked)
    return value.model_copy(update={"early_stopping": patience})


def augmentation_form(value: tuple[AugmentationEntry, ...], key: str) -> tuple[AugmentationEntry, ...]:
    """A switch for each kind of augmentation, with its strength once it is on."""
    present = {getattr(entry, "kind", ""): entry for entry in value}
    chosen: list[Any] = []
    places = st.columns(len(AUGMENTATIONS))
    locked = is_locked("augmentation")
    for place, (kind, entry_class) in zip(places, AUGMENTATIONS.items(), strict=True):
        with place:
            title, help = marked(entry_class.title, locked), LOCKED_WORDS if locked else entry_class.help
            if st.toggle(title, kind in present, key=f"{key}.{kind}", help=help, disabled=locked):
                chosen.append(edit_fields(present.get(kind) or entry_class(), f"{key}.fields", locked=locked))
    return tuple(chosen)
