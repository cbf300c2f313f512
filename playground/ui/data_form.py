"""Which images the network learns from, and what is done to them."""

from __future__ import annotations

import streamlit as st

from playground import data
from playground.findings import Plan
from playground.spec import RunSpec
from playground.ui import session
from playground.ui.datasets import effective
from playground.ui.forms import edit_fields, marked
from playground.ui.lesson import LOCKED_WORDS, is_locked


def data_form(plan: Plan) -> None:
    """Edits the workbench's data settings in place."""
    run = session.run_spec()
    revision = session.form_revision()
    dataset = run.dataset
    locked = is_locked("dataset")
    names = [source.name for source in data.SOURCES]
    first, second, third = st.columns(3)
    with first:
        name = st.selectbox(
            marked("Data set", locked),
            names,
            index=names.index(dataset.name),
            format_func=lambda name: data.source(name).title,
            key=f"dataset.{revision}",
            help=LOCKED_WORDS if locked else "What the network learns from. What is not here yet is fetched when you choose it.",
            disabled=locked,
        )
        st.caption(data.source(name).description)
    with second:
        limited = st.toggle(
            marked("Fewer training images", locked),
            dataset.training_size is not None,
            key=f"limited.{revision}",
            help=LOCKED_WORDS
            if locked
            else "Learn from a part of the training images only: faster, and a way to see overfitting.",
            disabled=locked,
        )
        size = dataset.training_size
        if limited:
            size = st.number_input(
                marked("Training images", locked),
                20,
                data.source(name).num_train,
                size or 1000,
                step=100,
                key=f"training-size.{revision}",
                disabled=locked,
            )
    with third:
        edited = edit_fields(dataset, f"data.{revision}", only=("validation_share", "normalise"), locked=locked)
    edited = edited.model_copy(update={"name": name, "training_size": size if limited else None})
    if edited.folds is not None and edited.fold is not None:
        st.caption(f"Fold {edited.fold + 1} of {edited.folds} of a cross-validation keeps the images that check on learning.")
        if st.button("Use the validation share instead", icon=":material/undo:", key=f"no-folds.{revision}", disabled=locked):
            edited = edited.model_copy(update={"folds": None, "fold": None})
    st.caption(_in_words(plan))
    if edited != dataset:
        session.set_run_spec(run.model_copy(update={"dataset": edited}))
        st.rerun()


def _in_words(plan: Plan) -> str:
    run: RunSpec = effective(plan.run)
    source = data.source(run.dataset.name)
    validation = round(source.num_train * run.dataset.validation_share)
    train = min(source.num_train - validation, run.dataset.training_size or source.num_train)
    return (
        f"{source.title}: learns from **{train:,}** images, watches itself on **{validation:,}** validation images that it never "
        f"learns from, and is examined at the end on **{source.num_test:,}** test images."
    )
