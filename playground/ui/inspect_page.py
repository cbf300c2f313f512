"""Inspect: how well a network does on a split of the images, and what it looks like inside."""

from __future__ import annotations

import streamlit as st

from playground.errors import PlaygroundError
from playground.insight.evaluation import Evaluation
from playground.insight.measures import Measures, measure
from playground.insight.networks import SplitName
from playground.jobs import RunInfo
from playground.ui import session, tasks
from playground.ui.frame import run_picker
from playground.ui.inspect_answers import confusion_view, mistakes_view, per_class_view
from playground.ui.inspect_layers import filters_view, histograms_view
from playground.ui.looked_at import EVALUATION, failure, no_network
from playground.ui.snapshots import Snapshot, follow, snapshot
from playground.ui.time_machine import time_machine

SPLITS: dict[SplitName, str] = {
    "test": "The **final exam**: images that it never learned from. Look at them last, not to choose settings.",
    "validation": "The **mock exam**: images kept back from learning. Use them to compare settings.",
    "training": "The **exercises**: the very images that it learned from. Much better than on the test? It learned by heart.",
}

HELP: dict[str, str] = {
    "Accuracy": "How many of 100 images it reads right.",
    "Mistakes": "How many images it reads wrong.",
    "Loss": "How far off its answers are on average, by the loss that it was trained with. "
    "Being sure and wrong costs most. Lower is better.",
    "Precision": "When it says '3', how often is it a 3? Computed for each class, then averaged (macro). "
    "A class that it never says counts 0.",
    "Recall": "Of all real 3s, how many does it find? Computed for each class, then averaged (macro).",
    "F1": "Precision and recall in one number, nearer to the smaller one. Computed for each class, then averaged (macro).",
}

# The words take over from the progress bar without moving what is below them.
_STYLE = """<style>.st-key-inspect_status {min-height: 2.9rem}
@media (max-width: 640px) {.st-key-inspect_status {min-height: 5rem}}</style>"""

VIEWS = ("Confusion matrix", "Mistakes", "Per class", "Filters", "Histograms")


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
    if split == "validation" and info.run.dataset.validation_share == 0:
        st.info(
            "This run kept no images back for validation. Look at the test or the training images instead.",
            icon=":material/info:",
        )
    elif kept is not None:
        _results(kept, split)


def _choices() -> tuple[RunInfo | None, SplitName]:
    """Which run, and which images."""
    runs, splits = st.columns([3, 2], vertical_alignment="bottom")
    with runs:
        run_id = run_picker("Network")
    if run_id is None:
        return None, "test"
    with splits:
        split: SplitName = st.segmented_control(  # type: ignore[assignment]
            "Images",
            list(SPLITS),
            default="test",
            required=True,
            format_func=str.capitalize,
            key="inspect_split",
            persist_state="session",
            help="Which images the network is asked about. All numbers and pictures below are about these.",
        )
    return session.service().info(run_id), split


def _results(kept: Snapshot, split: SplitName) -> None:
    """Numbers first, then one tab a question. While new numbers are computed, the last ones of the same split stay."""
    question = (EVALUATION, kept.moment, split)
    answer = tasks.ask(
        EVALUATION,
        question,
        "playground.insight.evaluation:evaluate",
        lambda: {"run_json": kept.run.to_json(), "weights": kept.weights.tensors, "split": split, "step": kept.weights.step},
    )
    evaluation: Evaluation | None = answer.result or _shown_before(kept, split)
    if answer.result is not None:
        st.session_state["shown_evaluation"] = (kept.run_id, answer.result)
    measures = measure(evaluation) if evaluation is not None else None
    _numbers(measures)
    st.html(_STYLE)
    with st.container(key="inspect_status"):
        if answer.status in ("failed", "cancelled"):
            tasks.show_problem(answer, question)
        elif answer.status == "waiting":
            tasks.progress(EVALUATION, "Asking the network:")
        else:
            final = "final weights, " if kept.final else ""
            st.caption(f"{len(answer.result):,} {split} images; {final}{kept.when}. {SPLITS[split]}")
    _tabs(kept, split, evaluation, measures)


def _shown_before(kept: Snapshot, split: SplitName) -> Evaluation | None:
    run_id, evaluation = st.session_state.get("shown_evaluation", (None, None))
    return evaluation if evaluation is not None and run_id == kept.run_id and evaluation.split == split else None


def _numbers(measures: Measures | None) -> None:
    """The figures for the back row; dashes keep their places until they are there."""
    values: tuple[str, ...] = ("–",) * len(HELP)
    if measures is not None:
        macro = (measures.macro_precision, measures.macro_recall, measures.macro_f1)
        percents = [f"{100 * share:.2f} %" for share in (measures.accuracy, *macro)]
        values = (percents[0], f"{measures.mistakes:,}", f"{measures.loss:.4f}", *percents[1:])
    with st.container(horizontal=True, key="inspect_numbers"):
        for (label, words), value in zip(HELP.items(), values, strict=True):
            st.metric(label, value, help=words, width=150)


def _tabs(kept: Snapshot, split: SplitName, evaluation: Evaluation | None, measures: Measures | None) -> None:
    """Only the open tab is computed and sent."""
    tabs = dict(zip(VIEWS, st.tabs(list(VIEWS), key="inspect_view", on_change="rerun"), strict=True))
    for name, tab in tabs.items():
        if not tab.open:
            continue
        with tab:
            if name == "Filters":
                filters_view(kept)
            elif name == "Histograms":
                histograms_view(kept, split)
            elif evaluation is None or measures is None:
                st.caption("This is drawn as soon as the network has been asked.")
            elif name == "Confusion matrix":
                confusion_view(kept.run, evaluation, measures)
            elif name == "Mistakes":
                mistakes_view(kept.run, evaluation, measures)
            else:
                per_class_view(kept.run, measures)
