"""How the network learns: loss, optimizer, schedule, regularisation, augmentation, epochs, batch size, seed."""

from __future__ import annotations

from typing import Any

import streamlit as st

from playground.catalog import AUGMENTATIONS
from playground.catalog.augmentations import AugmentationEntry
from playground.spec import EarlyStopping, Regularisation
from playground.ui import session
from playground.ui.augmentation_preview import augmentation_preview
from playground.ui.forms import choose_entry, edit_fields


def training_form() -> None:
    """Edits the workbench's training settings in place."""
    run = session.run_spec()
    training = run.training
    revision = session.form_revision()
    first, second, third = st.columns(3)
    with first:
        loss = choose_entry("loss", training.loss, f"loss.{revision}", "Loss")
        loss = edit_fields(loss, f"loss.{revision}")
        trained = edit_fields(training, f"training.{revision}", only=("epochs", "batch_size"), columns=2)
        seeded = edit_fields(run, f"run.{revision}", only=("seed",))
    with second:
        optimizer = choose_entry("optimizer", training.optimizer, f"optimizer.{revision}", "Optimizer")
        optimizer = edit_fields(optimizer, f"optimizer.{revision}", columns=2)
    with third:
        schedule = choose_entry("schedule", training.schedule, f"schedule.{revision}", "Learning-rate schedule")
        schedule = edit_fields(schedule, f"schedule.{revision}", columns=2)
        regularisation = _regularisation(training.regularisation, revision)
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
    if augmentation:
        augmentation_preview(edited)
    if edited != run:
        session.set_run_spec(edited)
        st.rerun()


def _regularisation(value: Regularisation, revision: int) -> Regularisation:
    value = edit_fields(value, f"regularisation.{revision}", only=("l1", "l2"), columns=2)
    stops = st.toggle(
        "Early stopping",
        value.early_stopping is not None,
        key=f"early-stopping.{revision}",
        help="Stop when the validation loss no longer improves, and take the best weights back.",
    )
    if not stops:
        return value.model_copy(update={"early_stopping": None})
    return value.model_copy(
        update={"early_stopping": edit_fields(value.early_stopping or EarlyStopping(), f"patience.{revision}")}
    )


def augmentation_form(value: tuple[AugmentationEntry, ...], key: str) -> tuple[AugmentationEntry, ...]:
    """A switch for each kind of augmentation, with its strength once it is on."""
    present = {getattr(entry, "kind", ""): entry for entry in value}
    chosen: list[Any] = []
    places = st.columns(len(AUGMENTATIONS))
    for place, (kind, entry_class) in zip(places, AUGMENTATIONS.items(), strict=True):
        with place:
            if st.toggle(entry_class.title, kind in present, key=f"{key}.{kind}", help=entry_class.help):
                chosen.append(edit_fields(present.get(kind) or entry_class(), f"{key}.fields"))
    return tuple(chosen)
