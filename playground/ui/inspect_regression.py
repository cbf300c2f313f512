"""How far predicted numbers are from the true ones: all of them, what is left over, and the worst."""

from __future__ import annotations

import numpy as np
import streamlit as st

from playground import data
from playground.figures.regression import POINTS, error_histogram, predicted_and_true_figure, residuals_figure
from playground.figures.theme import alt_text
from playground.insight.evaluation import RegressionEvaluation
from playground.insight.regression import largest_errors, measure_regression
from playground.spec import RunSpec
from playground.ui.data_words import examples, noun
from playground.ui.inspect_numbers import amount
from playground.ui.inspect_points import examples_table

PLAIN = {"displayModeBar": False}


def predicted_view(run: RunSpec, evaluation: RegressionEvaluation) -> None:
    """One dot an example, predicted over true; beside it, what R² compares with."""
    source = data.source(run.dataset)
    figure = predicted_and_true_figure(
        evaluation.targets, evaluation.predictions, _names(run, evaluation), source.target_name, dark=_is_dark()
    )
    dots, words = st.columns([3, 2], vertical_alignment="center")
    with dots:
        st.plotly_chart(figure, key="predicted_and_true", config=PLAIN, alt=alt_text(figure))
        if len(evaluation) > POINTS:
            st.caption(f"{POINTS:,} of the {examples(source, len(evaluation))} are drawn.")
    with words:
        st.markdown(
            f"**One dot for each {source.example}.** On the dashed line, what it says is exactly true; above it, it says too "
            "much; below, too little."
        )
        _compared_with_the_mean(evaluation)


def _compared_with_the_mean(evaluation: RegressionEvaluation) -> None:
    """What R² measures, in words."""
    measures = measure_regression(evaluation)
    mean = float(evaluation.targets.mean())
    without = float(np.abs(evaluation.targets - mean).mean())
    st.markdown(
        f"Whoever always says the mean of these, {amount(mean)}, is off by {amount(without)} on average. This network is off by "
        f"**{amount(measures.mae)}**."
    )
    if measures.r2 is None:
        st.markdown("R² needs at least two of them.")
    elif measures.r2 < 0:
        st.markdown(f"R² is {measures.r2:.3f}: below 0, so **the mean alone would do better** than this network.")
    else:
        st.markdown(f"R² is {measures.r2:.3f}: of the squared errors of the mean, it takes away **{100 * measures.r2:.1f} %**.")
    spread_said, spread_true = float(evaluation.predictions.std()), float(evaluation.targets.std())
    if spread_true > 0 and spread_said < 0.75 * spread_true:
        st.markdown(
            f"What it says is spread less ({amount(spread_said)}) than what is true ({amount(spread_true)}): "
            "a network that cannot be sure plays safe and stays near the mean."
        )


def residuals_view(run: RunSpec, evaluation: RegressionEvaluation) -> None:
    """The errors over what was predicted, and how often each size occurs."""
    source = data.source(run.dataset)
    measures = measure_regression(evaluation)
    st.markdown(
        "**What is left over: predicted minus true.** A cloud without any shape around 0 is good. A bend or a funnel says that "
        "there is something left to learn, or that it is worse where it predicts more."
    )
    cloud, bars = st.columns([5, 4])
    with cloud:
        figure = residuals_figure(
            evaluation.predictions, evaluation.errors, _names(run, evaluation), source.target_name, dark=_is_dark()
        )
        st.plotly_chart(figure, key="residuals", config=PLAIN, alt=alt_text(figure))
    with bars:
        figure = error_histogram(evaluation.errors, dark=_is_dark())
        st.plotly_chart(figure, key="error_histogram", config=PLAIN, alt=alt_text(figure))
    over = int((evaluation.errors > 0).sum())
    st.caption(
        f"{over:,} of {examples(source, len(evaluation))} are predicted too high. On average it is off by "
        f"{measures.mean_error:+.3g} (the dotted line): near 0, too much and too little even out."
    )


def errors_view(run: RunSpec, evaluation: RegressionEvaluation) -> None:
    """A table, the worst first."""
    source = data.source(run.dataset)
    rows = largest_errors(evaluation)
    worst = int(rows[0])
    st.markdown(
        f"**The {noun(source)} that it gets most wrong, the worst first.** {source.example.capitalize()} "
        f"{int(evaluation.indices[worst]):,} is off by **{abs(evaluation.errors[worst]):.4g}**. Look for what they share: "
        "something that the network has rarely seen, or that the numbers do not tell."
    )
    examples_table(run, evaluation, rows, f"errors.{evaluation.split}")


def _names(run: RunSpec, evaluation: RegressionEvaluation) -> list[str]:
    name = noun(data.source(run.dataset), plural=False)
    return [f"{name} {index:,}" for index in np.asarray(evaluation.indices)]


def _is_dark() -> bool:
    return st.context.theme.type == "dark"
