"""What the network answered: the confusion matrix, single images, and the classes one by one."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from playground import data
from playground.figures.bars import class_accuracy_bars
from playground.figures.confusion import Mode, confusion_figure
from playground.figures.image_cards import ImageCard, image_cards
from playground.figures.theme import alt_text
from playground.insight.evaluation import Evaluation, Integers
from playground.insight.measures import Measures
from playground.insight.mistakes import cell, most_confident_mistakes
from playground.spec import RunSpec

_REVISION = "confusion_revision"
PLAIN = {"displayModeBar": False}

_MODES: dict[Mode, str] = {"counts": "Counts", "row": "% of row", "column": "% of column"}


def confusion_view(run: RunSpec, evaluation: Evaluation, measures: Measures) -> None:
    """The matrix; a click on a cell, or the two lists beside it, shows that cell's images."""
    names = data.source(run.dataset.name).class_names
    true_key, predicted_key = f"cell.true.{run.dataset.name}", f"cell.predicted.{run.dataset.name}"
    for key, index in zip((true_key, predicted_key), _worst_cell(measures), strict=True):
        st.session_state.setdefault(key, index)
    matrix, images = st.columns([5, 4])
    with matrix:
        _matrix(run, measures, names, (true_key, predicted_key))
    with images:
        st.markdown("The grey diagonal is right, all else is a mistake. **Click a cell to see its images**, or choose it here:")
        _one_cell(run, evaluation, names, (true_key, predicted_key))


def _matrix(run: RunSpec, measures: Measures, names: tuple[str, ...], keys: tuple[str, str]) -> None:
    mode: Mode = st.segmented_control(  # type: ignore[assignment]
        "Each cell shows",
        list(_MODES),
        default="counts",
        required=True,
        format_func=lambda mode: _MODES[mode],
        key="confusion_mode",
        persist_state="session",
        label_visibility="collapsed",
        help="Counts; or of all images in a row (recall on the diagonal); or of a column (precision on the diagonal).",
    )
    figure = confusion_figure(measures.confusion, names, mode=mode, height=560, dark=st.context.theme.type == "dark")
    key = f"confusion.{run.dataset.name}.{st.session_state.get(_REVISION, 0)}"
    st.plotly_chart(
        figure,
        key=key,
        on_select=lambda: _take_click(key, len(names), keys),
        selection_mode="points",
        config=PLAIN,
        alt=alt_text(figure),
    )


def _one_cell(run: RunSpec, evaluation: Evaluation, names: tuple[str, ...], keys: tuple[str, str]) -> None:
    with st.container(horizontal=True):
        true, predicted = (
            st.selectbox(label, range(len(names)), format_func=lambda i: names[i], key=key, width=170, on_change=_unmark)
            for label, key in zip(("Images of", "read as"), keys, strict=True)
        )
    rows = cell(evaluation, true, predicted)
    count = "No image" if len(rows) == 0 else "1 image" if len(rows) == 1 else f"{len(rows):,} images"
    st.markdown(f"**{count} of “{names[true]}” read as “{names[predicted]}”**{', the surest first' if len(rows) > 1 else ''}")
    _cards(run, evaluation, rows, f"cell.{evaluation.split}.{true}.{predicted}", 12)


def mistakes_view(run: RunSpec, evaluation: Evaluation, measures: Measures) -> None:
    """The mistakes, the most confident first."""
    rows = most_confident_mistakes(evaluation)
    if len(rows) == 0:
        st.success("Not a single mistake on these images.", icon=":material/celebration:")
        return
    st.markdown(
        f"**{measures.mistakes:,} of {len(evaluation):,} images are read wrong.** First those of which the network was surest: "
        "some are bad luck, some are hard for people too, and now and then the label is wrong."
    )
    _cards(run, evaluation, rows, f"mistakes.{evaluation.split}", 36)


def per_class_view(run: RunSpec, measures: Measures) -> None:
    """How good it is at each class."""
    names = data.source(run.dataset.name).class_names
    known = np.where(measures.support > 0, measures.class_accuracy, np.nan)
    figure = class_accuracy_bars(known, names, counts=measures.support)
    st.plotly_chart(figure, key="class_accuracy", config=PLAIN, alt=alt_text(figure))
    table = pd.DataFrame(
        {
            "Class": names,
            "Images": measures.support,
            "Recall": 100 * measures.recall,
            "Precision": 100 * measures.precision,
            "F1": 100 * measures.f1,
            "Most often mistaken for": [_rival(measures, index, names) for index in range(len(names))],
        }
    )
    help_words = {
        "Recall": "Of all images of this class, how many are read right: the class's own accuracy.",
        "Precision": "When the network says this class, how often it is right. 0 if it never says it.",
        "F1": "Precision and recall in one number, nearer to the smaller one.",
    }
    columns: dict[str, Any] = {
        name: st.column_config.NumberColumn(name, format="%.1f %%", help=words) for name, words in help_words.items()
    }
    st.dataframe(table, hide_index=True, column_config=columns, height="content", key="class_table")


def _rival(measures: Measures, index: int, names: tuple[str, ...]) -> str:
    row = measures.confusion[index].copy()
    row[index] = 0
    return f"{names[int(row.argmax())]} ({int(row.max()):,} times)" if row.any() else "–"


def _worst_cell(measures: Measures) -> tuple[int, int]:
    """The most frequent mistake; the first class read right when there is none."""
    wrong = measures.confusion - np.diag(np.diag(measures.confusion))
    true, predicted = divmod(int(wrong.argmax()), len(wrong))
    return true, predicted


def _take_click(key: str, num_classes: int, keys: tuple[str, str]) -> None:
    """The clicked cell goes into the two lists, which alone say what is shown."""
    points = st.session_state[key].selection.points
    if points:
        # The points stand row by row. Their `customdata` comes back as a mapping or a list, depending on how it was sent.
        st.session_state[keys[0]], st.session_state[keys[1]] = divmod(int(points[-1]["point_index"]), num_classes)


def _unmark() -> None:
    """A cell chosen from the lists: the frame around the clicked one goes, by drawing the matrix anew."""
    st.session_state[_REVISION] = st.session_state.get(_REVISION, 0) + 1


def _cards(run: RunSpec, evaluation: Evaluation, rows: Integers, key: str, at_once: int) -> None:
    """The images of these rows, a page at a time."""
    dataset = data.load(run.dataset.name)
    images = dataset.x_test if evaluation.split == "test" else dataset.x_train
    shown = st.session_state.get(f"shown.{key}", at_once)
    cards = [
        ImageCard(
            images[int(evaluation.indices[row])].numpy(),
            int(evaluation.labels[row]),
            int(evaluation.predicted[row]),
            evaluation.probabilities[row],
        )
        for row in rows[:shown]
    ]
    if cards:
        st.html(image_cards(cards, dataset.class_names))
    if len(rows) > shown:

        def show_more() -> None:
            st.session_state[f"shown.{key}"] = shown + 3 * at_once

        st.button(f"Show more ({len(rows) - shown:,} left)", icon=":material/expand_more:", on_click=show_more, key=f"more.{key}")
