"""Validation accuracy against what it costs: parameters, and time."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import streamlit as st

from playground.figures.frontier import CostPoint, frontier_figure
from playground.figures.theme import alt_text
from playground.ui.compare_runs import ComparedRun

_PLAIN = {"displayModeBar": False}


def sizes_view(runs: Sequence[ComparedRun]) -> None:
    """Two scatters with the frontier in each."""
    if len({run.info.run.dataset.name for run in runs}) > 1:
        st.info(
            "These runs learned from different data sets: their accuracies are answers to different questions. "
            "Choose runs of one data set to see which does most with least.",
            icon=":material/info:",
        )
        return
    left, right = st.columns(2)
    with left:
        _scatter(runs, "parameters", lambda run: run.num_parameters)
    with right:
        _scatter(runs, "seconds of training", lambda run: run.history.seconds)
    st.caption(
        "Up is better, left is cheaper. The dotted stair is the frontier: on it stand the runs that no other run here beats in "
        "both. All accuracies are those on validation images, of the epoch whose weights a run ended with."
    )


def _scatter(runs: Sequence[ComparedRun], title: str, cost: Callable[[ComparedRun], float | int | None]) -> None:
    points = [
        CostPoint(run.name, run.style, float(spent), accuracy)
        for run in runs
        if (spent := cost(run)) and run.final_epoch is not None and (accuracy := run.final_epoch.validation_accuracy) is not None
    ]
    missing = [run.letter for run in runs if run.letter not in {point.style.letter for point in points}]
    if points:
        figure = frontier_figure(points, title, dark=st.context.theme.type == "dark")
        st.plotly_chart(figure, key=f"frontier.{title}", config=_PLAIN, alt=alt_text(figure))
    if missing:
        verb = "has" if len(missing) == 1 else "have"
        st.caption(f"{', '.join(missing)} {verb} no validation accuracy yet, or no validation images.")
