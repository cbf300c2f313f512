"""What the network learns from: which data set, how much of it, and what is asked of it."""

from __future__ import annotations

import streamlit as st

from playground import data
from playground.data.points import PointsSource, family_of
from playground.edits import with_training
from playground.findings import Plan
from playground.fitting import USUAL, fitted
from playground.spec import DatasetSpec, PointsSpec, RunSpec
from playground.training_rules import examples_to_train_on
from playground.ui import session
from playground.ui.data_words import examples, noun
from playground.ui.datasets import effective
from playground.ui.forms import edit_fields, marked
from playground.ui.lesson import LOCKED_WORDS, is_locked

_POINTS_FIELDS = ("num_points", "noise", "train_share", "seed", "inputs")


def data_form(plan: Plan) -> None:
    """Edits the workbench's data settings in place."""
    run = session.run_spec()
    revision = session.form_revision()
    dataset = run.dataset
    locked = is_locked("dataset")
    first, second, third = st.columns(3)
    with first:
        name = _name(dataset, locked)
        st.caption(data.source(name).description)
    if name != dataset.name:
        _take_another(run, name)
    source = plan.source
    with first:
        one_class = _one_class(dataset, locked)
    with second:
        size = _training_size(dataset, locked)
    with third:
        edited = edit_fields(dataset, f"data.{revision}", only=("validation_share", "normalise"), locked=locked)
    points = dataset.points
    if isinstance(source, PointsSource):
        points = _points(source.points, source.name, locked)
    edited = edited.model_copy(update={"training_size": size, "one_class": one_class, "points": points})
    if edited.folds is not None and edited.fold is not None:
        st.caption(
            f"Fold {edited.fold + 1} of {edited.folds} of a cross-validation keeps the {noun(source)} that check on learning."
        )
        if st.button("Use the validation share instead", icon=":material/undo:", key=f"no-folds.{revision}", disabled=locked):
            edited = edited.model_copy(update={"folds": None, "fold": None})
    st.caption(_in_words(plan))
    if edited != dataset:
        changed = run.model_copy(update={"dataset": edited})
        if data.source(edited).class_names != source.class_names:  # another question: loss and last layer follow
            session.replace_run_spec(fitted(changed, data.source(edited)))
        else:
            session.set_run_spec(changed)
        st.rerun()


def _name(dataset: DatasetSpec, locked: bool) -> str:
    names = [source.name for source in data.SOURCES]
    chosen: str = st.selectbox(
        marked("Data set", locked),
        names,
        index=names.index(dataset.name),
        format_func=_title,
        key=f"dataset.{session.form_revision()}",
        help=LOCKED_WORDS if locked else "What the network learns from. What is not here yet is fetched when you choose it.",
        disabled=locked,
    )
    return chosen


def _title(name: str) -> str:
    source = data.source(name)
    kinds = {"row": "table", "point": "points"}
    extra = f" · {kinds[source.example]}" if source.example in kinds else ""
    return f"{source.title}{extra}{', a number' if source.task == 'regression' else ''}"


def _take_another(run: RunSpec, name: str) -> None:
    """Another data set comes with all of itself, and the network is fitted to it."""
    dataset = DatasetSpec(name=name, validation_share=run.dataset.validation_share, normalise=run.dataset.normalise)
    source = data.source(dataset)
    size = run.dataset.training_size if source.is_images and data.source(run.dataset).is_images else None
    dataset = dataset.model_copy(update={"training_size": size})
    if source.num_classes and not data.source(run.dataset).num_classes:
        run = with_training(run, loss=USUAL[source.task])  # a loss for numbers fits classes too, and would stay unnoticed
    session.replace_run_spec(fitted(run.model_copy(update={"dataset": dataset}), source))
    st.rerun()


def _one_class(dataset: DatasetSpec, locked: bool) -> int | None:
    """Asks of several classes only one: "is it a 7?"."""
    inner = data.source(dataset.model_copy(update={"one_class": None}))
    if inner.num_classes < 3:
        return None
    revision = session.form_revision()
    asked = st.toggle(
        marked("Ask for one class only", locked),
        dataset.one_class is not None,
        key=f"one-class.{revision}",
        help=LOCKED_WORDS if locked else "A question with yes or no (a binary task): is it a 7, or not?",
        disabled=locked,
    )
    if not asked:
        return None
    chosen: int = st.selectbox(
        marked("Is it …", locked),
        range(inner.num_classes),
        index=dataset.one_class if dataset.one_class is not None else min(7, inner.num_classes - 1),
        format_func=lambda place: f"{inner.class_names[place]}?",
        key=f"which-class.{revision}",
        disabled=locked,
    )
    return chosen


def _training_size(dataset: DatasetSpec, locked: bool) -> int | None:
    source, revision = data.source(dataset), session.form_revision()
    if isinstance(source, PointsSource):
        return None
    things = noun(source)
    limited = st.toggle(
        marked(f"Fewer training {things}", locked),
        dataset.training_size is not None,
        key=f"limited.{revision}",
        help=LOCKED_WORDS
        if locked
        else f"Learn from a part of the training {things} only: faster, and a way to see overfitting.",
        disabled=locked,
    )
    if not limited:
        return None
    size = dataset.training_size or min(1000, source.num_train // 2)
    return int(
        st.number_input(
            marked(f"Training {things}", locked),
            20,
            source.num_train,
            min(size, source.num_train),
            step=100 if source.num_train > 1000 else 10,
            key=f"training-size.{revision}",
            disabled=locked,
        )
    )


def _points(points: PointsSpec, name: str, locked: bool) -> PointsSpec:
    family = family_of(name)
    fields = ("classes", *_POINTS_FIELDS) if family.chooses_classes else _POINTS_FIELDS
    return edit_fields(points, f"points.{session.form_revision()}", only=fields, columns=3, locked=locked)


def _in_words(plan: Plan) -> str:
    run: RunSpec = effective(plan.run)
    source = data.source(run.dataset)
    validation = round(source.num_train * run.dataset.validation_share)
    train = examples_to_train_on(plan)
    watched = (
        f"watches itself on **{validation:,}** validation {noun(source)} that it never learns from, and is examined at the end"
    )
    if not validation:
        watched = "and is examined"
    opening = f"{source.title} Learns" if source.title.endswith("?") else f"{source.title}: learns"
    return (
        f"{opening} from **{examples(source, train).replace(' ', '** ', 1)}, {watched} "
        f"on **{examples(source, source.num_test).replace(' ', '** ', 1).replace(' ', ' test ', 1)}."
    )
