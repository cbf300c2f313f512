"""Examples that are no pictures, as a table: what they are, what the network said, and all that it saw."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import streamlit as st

from playground import data
from playground.insight.evaluation import AnyEvaluation, Evaluation, Integers, RegressionEvaluation
from playground.spec import RunSpec

ROWS = 500
_HEIGHT = 430
_SURE = st.column_config.NumberColumn(format="%.1f %%", help="The probability that it gives to its answer.")


def rows_table(run: RunSpec, evaluation: AnyEvaluation, rows: Integers, key: str) -> None:
    """The examples in these rows of the evaluation, in this order; the first 500 of them.

    Args:
        key: tells this table from every other on the page.
    """
    shown = rows[:ROWS]
    if isinstance(evaluation, RegressionEvaluation):
        target = data.source(run.dataset).target_name
        answers: dict[str, Any] = {
            "True": evaluation.targets[shown],
            "Said": evaluation.predictions[shown],
            "Off by": evaluation.errors[shown],
        }
        settings: dict[str, Any] = {
            "True": st.column_config.NumberColumn(format="%.4g", help=f"The true {target}."),
            "Said": st.column_config.NumberColumn(format="%.4g", help="What the network predicts."),
            "Off by": st.column_config.NumberColumn(format="%+.4g", help="Predicted minus true: above 0 it says too much."),
        }
    else:
        names = np.asarray(data.source(run.dataset).class_names)
        answers = {"True": names[evaluation.labels[shown]]} | _said(evaluation, shown, names, "Said", "How sure")
        settings = {"How sure": _SURE}
    _table(run, evaluation, rows, answers, settings, key)


def compared_rows_table(run: RunSpec, readings: Sequence[tuple[str, Evaluation]], rows: Integers, key: str) -> None:
    """The same, with what several networks say about the same examples.

    Args:
        readings: the letter of each network, and its answers.
    """
    names = np.asarray(data.source(run.dataset).class_names)
    first, shown = readings[0][1], rows[:ROWS]
    answers: dict[str, Any] = {"True": names[first.labels[shown]]}
    settings: dict[str, Any] = {}
    for letter, evaluation in readings:
        answers |= _said(evaluation, shown, names, f"{letter} said", f"{letter} sure")
        settings[f"{letter} sure"] = _SURE
    _table(run, first, rows, answers, settings, key)


def _said(evaluation: Evaluation, shown: Integers, names: npt.NDArray[np.str_], said: str, sure: str) -> dict[str, Any]:
    confidences = evaluation.confidences[shown].astype(np.float64)
    return {said: names[evaluation.predicted[shown]], sure: 100 * confidences}


def _table(
    run: RunSpec, evaluation: AnyEvaluation, rows: Integers, answers: dict[str, Any], settings: dict[str, Any], key: str
) -> None:
    """The place of each example, the answers, and all that the network saw."""
    if len(rows) == 0:
        return
    shown = rows[:ROWS]
    dataset, source = data.load(run.dataset), data.source(run.dataset)
    inputs = (dataset.x_test if evaluation.split == "test" else dataset.x_train)[evaluation.indices[shown]].flatten(1).numpy()
    name = source.example.capitalize()
    columns: dict[str, Any] = {name: evaluation.indices[shown]} | answers
    place = f"Its place in the data set's {_part(evaluation)} {source.examples}."
    settings = settings | {name: st.column_config.NumberColumn(format="%d", help=place)}
    for index, feature in enumerate(_distinct(dataset.feature_names, columns)):
        columns[feature] = inputs[:, index]
        settings[feature] = st.column_config.NumberColumn(format="%.4g")
    height: Any = _HEIGHT if len(shown) > 10 else "content"
    st.dataframe(pd.DataFrame(columns), hide_index=True, column_config=settings, height=height, key=f"rows.{key}")
    if len(rows) > ROWS:
        st.caption(f"The first {ROWS:,} of {len(rows):,}.")


def _part(evaluation: AnyEvaluation) -> str:
    return "test" if evaluation.split == "test" else "training"


def _distinct(features: tuple[str, ...], taken: dict[str, Any]) -> list[str]:
    """Feature names that are no other column's name."""
    return [f"{feature} (input)" if feature in taken else feature for feature in features]
