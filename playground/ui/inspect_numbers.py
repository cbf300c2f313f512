"""The large figures of the Inspect page: which ones a task has, what they mean, and their values."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from playground.data.sources import Source
from playground.insight.evaluation import AnyEvaluation, Evaluation, RegressionEvaluation
from playground.insight.measures import measure
from playground.insight.regression import measure_regression
from playground.insight.thresholds import AtThreshold, at_threshold, threshold_curves
from playground.ui.data_words import noun

LOSS = (
    "How far off its answers are on average, by the loss that it was trained with. Being sure and wrong costs most. "
    "Lower is better."
)
EACH = "Computed for each class, then averaged (macro)."


def numbers(source: Source, evaluation: AnyEvaluation | None) -> None:
    """The figures for the back row; dashes keep their places until they are there."""
    meanings = help_words(source)
    told = values(source, evaluation) if evaluation is not None else dict.fromkeys(meanings, "–")
    with st.container(horizontal=True, key="inspect_numbers"):
        for label, words in meanings.items():
            st.metric(label, told[label], help=words, width=150)


def help_words(source: Source) -> Mapping[str, str]:
    """Label -> what it means, in the order in which they stand."""
    examples = noun(source)
    if source.task == "regression":
        return {
            "R²": "How much of the ups and downs it explains: 1 is perfect, 0 is no better than always saying the mean, "
            "below 0 is worse than that.",
            "MAE": f"Mean absolute error: how far off it is on average, in the unit of “{source.target_name}”. Lower is better.",
            "RMSE": "Root mean squared error: like MAE, but large errors count more. The same unit. Never below MAE.",
            "Median error": "Half of its predictions are off by at most this much. A few wild ones do not move it.",
            "Largest error": "How far off its worst prediction is.",
            "Loss": "The loss that it was trained with, on average. It is computed on standardised targets, so it has no unit.",
        }
    if source.task == "binary":
        yes = source.class_names[1]
        return {
            "Accuracy": f"How many of 100 {examples} it gets right.",
            "AUC": f"How often a random “{yes}” gets a higher probability than a random “{source.class_names[0]}”: 1 is perfect, "
            "0.5 is guessing. It does not depend on a threshold.",
            "Precision": f"When it says “{yes}”, how often is that true?",
            "Recall": f"Of all that really are “{yes}”, how many does it find?",
            "F1": "Precision and recall in one number, nearer to the smaller one.",
            "Loss": LOSS,
        }
    return {
        "Accuracy": f"How many of 100 {examples} it gets right.",
        "Mistakes": f"How many {examples} it gets wrong.",
        "Loss": LOSS,
        "Precision": f"When it says a class, how often is it that? {EACH} A class that it never says counts 0.",
        "Recall": f"Of all {examples} that really are of a class, how many does it find? {EACH}",
        "F1": f"Precision and recall in one number, nearer to the smaller one. {EACH}",
    }


def values(source: Source, evaluation: AnyEvaluation) -> dict[str, str]:
    """Label -> value; a dash where a figure does not exist."""
    if isinstance(evaluation, RegressionEvaluation):
        return _of_regression(evaluation)
    return _of_yes_or_no(evaluation) if source.task == "binary" else _of_classes(evaluation)


def percent(share: float | None, digits: int = 2) -> str:
    return "–" if share is None else f"{100 * share:.{digits}f} %"


def amount(value: float) -> str:
    """A number in the target's own unit, with four figures: "0.01235", "43.35", "12,346"."""
    return f"{value:,.0f}" if abs(value) >= 10_000 else f"{value:#.4g}".rstrip(".")


def answered_as_it_is(evaluation: Evaluation) -> AtThreshold:
    """The four counts of a yes-or-no network's own answers."""
    # The answers themselves, not the probabilities, which may be rounded to exactly one half.
    return at_threshold(evaluation.labels, evaluation.predicted, 0.5)


def _of_regression(evaluation: RegressionEvaluation) -> dict[str, str]:
    measures = measure_regression(evaluation)
    return {
        "R²": "–" if measures.r2 is None else f"{measures.r2:.3f}",
        "MAE": amount(measures.mae),
        "RMSE": amount(measures.rmse),
        "Median error": amount(measures.median_absolute_error),
        "Largest error": amount(measures.largest_error),
        "Loss": f"{measures.loss:.4f}",
    }


def _of_yes_or_no(evaluation: Evaluation) -> dict[str, str]:
    now = answered_as_it_is(evaluation)
    auc = threshold_curves(evaluation.labels, evaluation.probabilities[:, 1]).auc
    return {
        "Accuracy": percent(now.accuracy),
        "AUC": "–" if auc is None else f"{auc:.4f}",
        "Precision": percent(now.precision),
        "Recall": percent(now.recall),
        "F1": percent(now.f1),
        "Loss": f"{evaluation.losses.mean(dtype='float64'):.4f}",
    }


def _of_classes(evaluation: Evaluation) -> dict[str, str]:
    measures = measure(evaluation)
    return {
        "Accuracy": percent(measures.accuracy),
        "Mistakes": f"{measures.mistakes:,}",
        "Loss": f"{measures.loss:.4f}",
        "Precision": percent(measures.macro_precision),
        "Recall": percent(measures.macro_recall),
        "F1": percent(measures.macro_f1),
    }
