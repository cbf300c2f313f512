"""Points in the plane: where the network is wrong about them."""

from __future__ import annotations

import streamlit as st

from playground import data
from playground.data.points import drawn
from playground.figures.plane_answers import plane_answers, plane_errors
from playground.figures.theme import alt_text
from playground.insight.evaluation import AnyEvaluation, Integers, RegressionEvaluation
from playground.spec import PointsSpec, RunSpec
from playground.ui.inspect_rows import rows_table

_PLAIN = {"displayModeBar": False}


def examples_table(run: RunSpec, evaluation: AnyEvaluation, rows: Integers, key: str) -> None:
    """These rows as a table; of points in the plane, with all of the split in a figure beside it."""
    if data.source(run.dataset).example != "point":
        rows_table(run, evaluation, rows, key)
        return
    plane, table = st.columns(2)
    with plane:
        _plane(run, evaluation)
    with table:
        rows_table(run, evaluation, rows, key)


def _plane(run: RunSpec, evaluation: AnyEvaluation) -> None:
    made = drawn(run.dataset.name, run.dataset.points or PointsSpec())
    points = (made.test_points if evaluation.split == "test" else made.train_points)[evaluation.indices].numpy()
    if isinstance(evaluation, RegressionEvaluation):
        figure = plane_errors(points, evaluation.errors)
    else:
        names = data.source(run.dataset).class_names
        figure = plane_answers(points, evaluation.labels, evaluation.predicted, names)
    st.plotly_chart(figure, key="inspect_plane", config=_PLAIN, alt=alt_text(figure))
