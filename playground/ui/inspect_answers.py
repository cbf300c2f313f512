"""What the network answered: the confusion matrix, single examples, and the classes one by one."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from playground import data
from playground.data.sources import Source
from playground.figures.bars import class_accuracy_bars
from playground.figures.confusion import Mode, confusion_figure
from playground.figures.image_cards import ImageCard, image_cards
from playground.figures.theme import alt_text
from playground.insight.evaluation import Evaluation, Integers
from playground.insight.measures import Measures
from playground.insight.mistakes import cell, most_confident_mistakes
from playground.spec import RunSpec
from playground.ui.data_words import examples, noun
from playground.ui.inspect_points import examples_table
from playground.ui.inspect_rows import rows_table

_REVISION = "confusion_revision"
PLAIN = {"displayModeBar": False}

_MODES: dict[Mode, str] = {"counts": "Counts", "row": "% of row", "column": "% of column"}


def confusion_view(run: RunSpec, evaluation: Evaluation, measures: Measures) -> None:
    """The matrix; a click on a cell, or the two lists beside it, shows what is in that cell."""
    source = data.source(run.dataset)
    names = source.class_names
    # Another question to the same images, or other points, have other classes.
    asked = run.dataset.name if run.dataset.one_class is None else f"{run.dataset.name}.{run.dataset.one_class}"
    asked += f".{len(names)}" if run.dataset.points is not None else ""
    keys = (f"cell.true.{asked}", f"cell.predicted.{asked}")
    for key, index in zip(keys, _worst_cell(measures), strict=True):
        st.session_state.setdefault(key, index)
    matrix, shown = st.columns([5, 4])
    with matrix:
        _matrix(f"confusion.{asked}", measures, source, keys)
    with shown:
        st.markdown(
            f"The grey diagonal is right, all else is a mistake. **Click a cell to see its {noun(source)}**, or choose it here:"
        )
        _one_cell(run, evaluation, source, keys)


def _matrix(name: str, measures: Measures, source: Source, keys: tuple[str, str]) -> None:
    names = source.class_names
    mode: Mode = st.segmented_control(  # type: ignore[assignment]
        "Each cell shows",
        list(_MODES),
        default="counts",
        required=True,
        format_func=lambda mode: _MODES[mode],
        key="confusion_mode",
        persist_state="session",
        label_visibility="collapsed",
        help=f"Counts; or of all {noun(source)} in a row (recall on the diagonal); or of a column (precision on the diagonal).",
    )
    figure = confusion_figure(
        measures.confusion,
        names,
        mode=mode,
        height=560 if len(names) > 5 else 440,
        dark=st.context.theme.type == "dark",
        noun=noun(source),
    )
    key = f"{name}.{st.session_state.get(_REVISION, 0)}"
    st.plotly_chart(
        figure,
        key=key,
        on_select=lambda: _take_click(key, len(names), keys),
        selection_mode="points",
        config=PLAIN,
        alt=alt_text(figure),
    )


def _one_cell(run: RunSpec, evaluation: Evaluation, source: Source, keys: tuple[str, str]) -> None:
    names = source.class_names
    with st.container(horizontal=True):
        true, predicted = (
            st.selectbox(label, range(len(names)), format_func=lambda i: names[i], key=key, width=170, on_change=_unmark)
            for label, key in zip((f"{noun(source).capitalize()} of", _called(source)), keys, strict=True)
        )
    rows = cell(evaluation, true, predicted)
    count = examples(source, len(rows)) if len(rows) else f"No {noun(source, plural=False)}"
    st.markdown(
        f"**{count} of “{names[true]}” {_called(source)} “{names[predicted]}”**{', the surest first' if len(rows) > 1 else ''}"
    )
    key = f"cell.{evaluation.split}.{true}.{predicted}"
    if source.is_images:
        _cards(run, evaluation, rows, key, 12)
    else:
        rows_table(run, evaluation, rows, key)


def mistakes_view(run: RunSpec, evaluation: Evaluation, measures: Measures) -> None:
    """The mistakes, the most confident first."""
    source = data.source(run.dataset)
    rows = most_confident_mistakes(evaluation)
    if len(rows) == 0:
        st.success(f"Not a single mistake on these {noun(source)}.", icon=":material/celebration:")
        return
    wrong = "read wrong" if source.is_images else "answered wrong"
    st.markdown(
        f"**{measures.mistakes:,} of {examples(source, len(evaluation))} are {wrong}.** First those of which it was surest: "
        "some are bad luck, some are hard for people too, and now and then the label is wrong."
    )
    key = f"mistakes.{evaluation.split}"
    if source.is_images:
        _cards(run, evaluation, rows, key, 36)
    else:
        examples_table(run, evaluation, rows, key)


def per_class_view(run: RunSpec, measures: Measures) -> None:
    """How good it is at each class."""
    source = data.source(run.dataset)
    names, plural = source.class_names, noun(source)
    known = np.where(measures.support > 0, measures.class_accuracy, np.nan)
    figure = class_accuracy_bars(known, names, counts=measures.support, noun=plural)
    st.plotly_chart(figure, key="class_accuracy", config=PLAIN, alt=alt_text(figure))
    table = pd.DataFrame(
        {
            "Class": names,
            plural.capitalize(): measures.support,
            "Recall": 100 * measures.recall,
            "Precision": 100 * measures.precision,
            "F1": 100 * measures.f1,
            "Most often mistaken for": [_rival(measures, index, names) for index in range(len(names))],
        }
    )
    help_words = {
        "Recall": f"Of all {plural} of this class, how many it gets right: the class's own accuracy.",
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
    times = "once" if row.max() == 1 else f"{int(row.max()):,} times"
    return f"{names[int(row.argmax())]} ({times})" if row.any() else "–"


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


def _called(source: Source) -> str:
    return "read as" if source.is_images else "called"


def _cards(run: RunSpec, evaluation: Evaluation, rows: Integers, key: str, at_once: int) -> None:
    """The images of these rows, a page at a time."""
    dataset = data.load(run.dataset)
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
