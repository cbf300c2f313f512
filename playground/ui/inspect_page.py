"""Inspect: how well a network does on a split of its data, and what it looks like inside."""

from __future__ import annotations

import streamlit as st

from playground import data
from playground.data.sources import Source
from playground.errors import PlaygroundError
from playground.insight.evaluation import AnyEvaluation, RegressionEvaluation
from playground.insight.measures import measure
from playground.insight.networks import SplitName
from playground.jobs import RunInfo
from playground.ui import session, tasks
from playground.ui.data_words import examples, noun
from playground.ui.frame import run_picker
from playground.ui.inspect_answers import confusion_view, mistakes_view, per_class_view
from playground.ui.inspect_binary import threshold_view
from playground.ui.inspect_layers import filters_view, histograms_view
from playground.ui.inspect_numbers import numbers
from playground.ui.inspect_regression import errors_view, predicted_view, residuals_view
from playground.ui.looked_at import EVALUATION, failure, no_network
from playground.ui.snapshots import Snapshot, follow, snapshot
from playground.ui.time_machine import time_machine

# What each split is; {examples} stands for "images", "rows" or "points".
SPLITS: dict[SplitName, str] = {
    "test": "The **final exam**: {examples} that it never learned from. Look at them last, not to choose settings.",
    "validation": "The **mock exam**: {examples} kept back from learning. Use them to compare settings.",
    "training": "The **exercises**: the very {examples} that it learned from. Much better than on the test? It learned by heart.",
}

# The words take over from the progress bar without moving what is below them.
_STYLE = """<style>.st-key-inspect_status {min-height: 2.9rem}
@media (max-width: 640px) {.st-key-inspect_status {min-height: 5rem}}</style>"""

CONFUSION, THRESHOLD, MISTAKES, PER_CLASS = "Confusion matrix", "Threshold", "Mistakes", "Per class"
PREDICTED, RESIDUALS, ERRORS = "Predicted and true", "Residuals", "Largest errors"
FILTERS, HISTOGRAMS = "Filters", "Histograms"


def views(source: Source) -> tuple[str, ...]:
    """The questions that fit the task and the data, in the order of the tabs."""
    if source.task == "regression":
        answers: tuple[str, ...] = (PREDICTED, RESIDUALS, ERRORS)
    elif source.task == "binary":
        answers = (CONFUSION, THRESHOLD, MISTAKES, PER_CLASS)
    else:
        answers = (CONFUSION, MISTAKES, PER_CLASS)
    return (*answers, FILTERS, HISTOGRAMS) if source.is_images else (*answers, HISTOGRAMS)


def inspect_page() -> None:
    """The whole page below the title."""
    st.subheader("Inspect", anchor=False)
    info, split = _choices()
    if info is None:
        no_network()
        return
    failure(info)
    moment = time_machine(info)
    try:
        kept: Snapshot | None = snapshot(info, moment.number if moment else None)
    except PlaygroundError as problem:
        kept = None
        st.info(str(problem), icon=":material/hourglass_empty:")
    follow(info, kept, EVALUATION)
    source = data.source(info.run.dataset)
    if split == "validation" and info.run.dataset.validation_share == 0 and info.run.dataset.fold is None:
        plural = noun(source)
        st.info(
            f"This run kept no {plural} back for validation. Look at the test or the training {plural} instead.",
            icon=":material/info:",
        )
    elif kept is not None:
        _results(kept, source, split)


def _choices() -> tuple[RunInfo | None, SplitName]:
    """Which run, and which of its examples."""
    runs, splits = st.columns([3, 2], vertical_alignment="bottom")
    with runs:
        run_id = run_picker("Network")
    if run_id is None:
        return None, "test"
    info = session.service().info(run_id)
    plural = noun(data.source(info.run.dataset))
    with splits:
        split: SplitName = st.segmented_control(  # type: ignore[assignment]
            plural.capitalize(),
            list(SPLITS),
            default="test",
            required=True,
            format_func=str.capitalize,
            key="inspect_split",
            persist_state="session",
            help=f"Which {plural} the network is asked about. All numbers and pictures below are about these.",
        )
    return info, split


def _results(kept: Snapshot, source: Source, split: SplitName) -> None:
    """Numbers first, then one tab a question. While new numbers are computed, the last ones of the same split stay."""
    question = (EVALUATION, kept.moment, split)
    answer = tasks.ask(
        EVALUATION,
        question,
        "playground.insight.evaluation:evaluate",
        lambda: {"run_json": kept.run.to_json(), "weights": kept.weights.tensors, "split": split, "step": kept.weights.step},
    )
    evaluation: AnyEvaluation | None = answer.result or _shown_before(kept, split)
    if answer.result is not None:
        st.session_state["shown_evaluation"] = (kept.run_id, answer.result)
    numbers(source, evaluation)
    st.html(_STYLE)
    with st.container(key="inspect_status"):
        if answer.status in ("failed", "cancelled"):
            tasks.show_problem(answer, question)
        elif answer.status == "waiting":
            tasks.progress(EVALUATION, "Asking the network:")
        else:
            final = "final weights, " if kept.final else ""
            count = examples(source, len(answer.result)).replace(" ", f" {split} ", 1)
            meaning = SPLITS[split].format(examples=noun(source))
            st.caption(f"{count}; {final}{kept.when}. {meaning}{_about(source)}")
    _tabs(kept, source, split, evaluation)


def _about(source: Source) -> str:
    """What the numbers above are about, where that is not plain."""
    if source.task == "regression" and source.example != "point":  # the value of a point in the plane has no unit
        return f" Errors are in the unit of “{source.target_name}”."
    return f" Precision, recall and F1 are about “{source.class_names[1]}”." if source.task == "binary" else ""


def _shown_before(kept: Snapshot, split: SplitName) -> AnyEvaluation | None:
    run_id, evaluation = st.session_state.get("shown_evaluation", (None, None))
    return evaluation if evaluation is not None and run_id == kept.run_id and evaluation.split == split else None


def _tabs(kept: Snapshot, source: Source, split: SplitName, evaluation: AnyEvaluation | None) -> None:
    """Only the open tab is computed and sent."""
    names = views(source)
    for name, tab in zip(names, st.tabs(list(names), key="inspect_view", on_change="rerun"), strict=True):
        if not tab.open:
            continue
        with tab:
            if name == FILTERS:
                filters_view(kept)
            elif name == HISTOGRAMS:
                histograms_view(kept, split)
            elif evaluation is None:
                st.caption("This is drawn as soon as the network has been asked.")
            else:
                _answers(name, kept, evaluation)


def _answers(name: str, kept: Snapshot, evaluation: AnyEvaluation) -> None:
    """One tab about what the network answered."""
    if isinstance(evaluation, RegressionEvaluation):
        of_numbers = {PREDICTED: predicted_view, RESIDUALS: residuals_view, ERRORS: errors_view}
        of_numbers[name](kept.run, evaluation)
        return
    measures = measure(evaluation)
    if name == CONFUSION:
        confusion_view(kept.run, evaluation, measures)
    elif name == THRESHOLD:
        threshold_view(kept, evaluation)
    elif name == MISTAKES:
        mistakes_view(kept.run, evaluation, measures)
    else:
        per_class_view(kept.run, measures)
