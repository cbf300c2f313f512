"""Validation accuracy against what it costs: parameters, and time."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import streamlit as st

from playground import data
from playground.figures.frontier import CostPoint, frontier_figure
from playground.figures.theme import alt_text
from playground.ui.compare_runs import ComparedRun
from playground.ui.data_words import noun, same_question

_PLAIN = {"displayModeBar": False}


def sizes_view(runs: Sequence[ComparedRun]) -> None:
    """Two scatters with the frontier in each."""
    if not all(same_question(run.info.run, runs[0].info.run) for run in runs):
        st.info(
            "These runs learned from different data sets: their scores are answers to different questions. "
            "Choose runs of one data set to see which does most with least.",
            icon=":material/info:",
        )
        return
    left, right = st.columns(2)
    with left:
        _scatter(runs, "parameters", lambda run: run.num_parameters)
    with right:
        _scatter(runs, "seconds of training", lambda run: run.history.seconds)
    plural = noun(data.source(runs[0].info.run.dataset))
    st.caption(
        "Up is better, left is cheaper. The dotted stair is the frontier: on it stand the runs that no other run here beats in "
        f"both. Each {runs[0].score} is that on validation {plural}, of the epoch whose weights a run ended with."
    )


def _scatter(runs: Sequence[ComparedRun], title: str, cost: Callable[[ComparedRun], float | int | None]) -> None:
    points = [
        CostPoint(run.name, run.style, float(spent), accuracy)
        for run in runs
        if (spent := cost(run)) and run.final_epoch is not None and (accuracy := run.final_epoch.validation_accuracy) is not None
    ]
    missing = [run.letter for run in runs if run.letter not in {point.style.letter for point in points}]
    if points:
        figure = frontier_figure(points, title, dark=st.context.theme.type == "dark", score=runs[0].score)
        st.plotly_chart(figure, key=f"frontier.{title}", config=_PLAIN, alt=alt_text(figure))
    if missing:
        verb = "has" if len(missing) == 1 else "have"
        st.caption(f"{', '.join(missing)} {verb} no validation {runs[0].score} yet, or nothing to validate on.")
