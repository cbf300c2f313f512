""" "I don't know": the network answers only when it is sure enough, and what that costs and brings."""

from __future__ import annotations

import numpy as np
import streamlit as st

from playground import data
from playground.figures.coverage import coverage_figure
from playground.figures.image_cards import ImageCard, image_cards
from playground.figures.theme import alt_text
from playground.insight.evaluation import Evaluation
from playground.insight.exam import Answers, Exam
from playground.insight.threshold import Answered, answered, coverage_curve, lowest_threshold
from playground.ui.data_words import noun
from playground.ui.inspect_rows import rows_table
from playground.ui.snapshots import Snapshot
from playground.ui.trust_exam import FIRST_THRESHOLD, PLAIN, THRESHOLD, exam, is_dark, temperature, threshold

TARGETS = (95.0, 98.0, 99.0, 99.5, 99.9)
CARDS = 12
_WIDGET = "trust_threshold_slider"
_TARGET = "trust_target"


def threshold_view(kept: Snapshot) -> None:
    """The slider, what is answered and how well, the curve, and examples."""
    plural = noun(data.source(kept.run.dataset))
    st.markdown(
        "**May it say “I don't know”?** A doctor who is unsure asks a colleague. Let the network answer only when it is sure "
        f"enough: fewer {plural} get an answer (**coverage**), and more of the answers are right."
    )
    sat = exam(kept)
    if sat is None:
        return
    in_use = temperature(sat)
    _slider()
    _chooser(sat, in_use, plural)
    sure, right = sat.test.confidences(in_use), sat.test.right
    now = answered(sure, right, threshold())
    _numbers(now, plural)
    curve = coverage_curve(sure, right)
    chosen = (now.coverage, now.accuracy) if now.accuracy is not None else None
    figure = coverage_figure(curve.coverage, curve.accuracy, curve.thresholds, chosen, now.threshold, dark=is_dark())
    st.plotly_chart(figure, key="coverage", config=PLAIN, alt=alt_text(figure))
    st.caption(f"{len(sat.test):,} test {plural}, {kept.when}. Every point of the curve is one threshold; the diamond is yours.")
    _examples(kept, sat.test, in_use)


def _slider() -> None:
    st.session_state.setdefault(THRESHOLD, FIRST_THRESHOLD)
    # The widget's own value is lost when another view is open; this one is not.
    st.session_state[_WIDGET] = st.session_state[THRESHOLD]
    st.slider(
        "Answer only when at least this sure (%)",
        0.0,
        100.0,
        step=0.1,
        format="%.1f %%",
        key=_WIDGET,
        on_change=_take_slider,
        help="Confidence: the probability that the network gives to its answer. Below this it says “I don't know”.",
    )


def _take_slider() -> None:
    st.session_state[THRESHOLD] = float(st.session_state[_WIDGET])


def _chooser(sat: Exam, in_use: float, plural: str) -> None:
    """The lowest threshold that is good enough on the validation images: the honest way to choose one."""
    mock = sat.validation
    if mock is None:
        st.info(
            f"This run has no validation {plural}. Move the slider to see what happens; but a threshold that is chosen by "
            f"looking at the test {plural} will look better here than it is. With a validation share (under Data), it can be "
            "chosen fairly.",
            icon=":material/info:",
        )
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        target: float = st.selectbox(
            "Right, of the answered",
            TARGETS,
            index=2,
            format_func=lambda value: f"at least {value:g} %",
            key=_TARGET,
            persist_state="session",
            width=190,
        )
        found = lowest_threshold(mock.confidences(in_use), mock.right, target / 100)
        st.button(
            f"Choose it on the validation {plural}",
            icon=":material/tune:",
            key="choose_threshold",
            on_click=_choose,
            args=(found,),
            disabled=found is None,
            help="Takes the lowest threshold with which so many of the answers to them are right.",
        )
    if found is None:
        st.caption(f"No threshold reaches {target:g} % on its {len(mock):,} validation {plural}.")
        return
    there = answered(mock.confidences(in_use), mock.right, found)
    st.caption(
        f"The lowest on its {len(mock):,} validation {plural} is **{100 * found:.1f} %**: {there.answered:,} answered, "
        f"{there.answered - there.right:,} of them wrong. Chosen there, judged on the test {plural}: that is fair."
    )


def _choose(found: float) -> None:
    st.session_state[THRESHOLD] = round(100 * found, 1)


def _numbers(now: Answered, plural: str) -> None:
    accuracy = "–" if now.accuracy is None else f"{100 * now.accuracy:.2f} %"
    wrong = now.answered - now.right
    values = (
        ("Coverage", f"{100 * now.coverage:.1f} %", f"The share of test {plural} that get an answer."),
        ("Right, of the answered", accuracy, "The accuracy among those that get an answer."),
        ("Wrong answers", f"{wrong:,}", "How many get an answer, and a wrong one."),
        ("“I don't know”", f"{now.images - now.answered:,}", "How many get no answer."),
    )
    with st.container(horizontal=True):
        for label, value, words in values:
            st.metric(label, value, help=words, width=170)
    if now.answered == 0:
        st.info("At this threshold nothing is answered. Lower it.", icon=":material/do_not_disturb_on:")


def _examples(kept: Snapshot, test: Answers, in_use: float) -> None:
    sure = test.confidences(in_use)
    refused = np.flatnonzero(sure < threshold())
    missed = np.flatnonzero((sure >= threshold()) & ~test.right)
    helped = int((~test.right[refused]).sum())
    if len(refused):
        st.markdown(
            f"##### Refused: {len(refused):,}\n{helped:,} of them it would have got wrong, {len(refused) - helped:,} right. "
            "First those of which it was least sure:"
        )
        _cards(kept, test, refused[np.argsort(sure[refused], kind="stable")][:CARDS], in_use, "refused")
    else:
        st.markdown("##### Refused: none\nIt is at least this sure of each.")
    if len(missed):
        st.markdown(f"##### Answered, and still wrong: {len(missed):,}\nNo threshold below their confidence catches these:")
        _cards(kept, test, missed[np.argsort(-sure[missed], kind="stable")][:CARDS], in_use, "missed")
    elif len(refused) < len(test):
        st.markdown("##### Answered, and still wrong: none")


def _cards(kept: Snapshot, test: Answers, rows: np.ndarray, in_use: float, key: str) -> None:
    """Pictures as cards, rows as a table."""
    dataset = data.load(kept.run.dataset)
    shares = test.probabilities(in_use)
    if not dataset.is_images:
        losses = -np.log(np.maximum(shares[np.arange(len(test)), test.labels], np.finfo(np.float64).tiny))
        step = kept.weights.step
        asked = Evaluation(
            "test", step, test.labels, test.predicted, shares.astype(np.float32), losses.astype(np.float32), test.indices
        )
        rows_table(kept.run, asked, rows, f"threshold.{key}")
        return
    cards = [
        ImageCard(
            dataset.x_test[int(test.indices[row])].numpy(),
            int(test.labels[row]),
            int(test.predicted[row]),
            shares[row].astype(np.float32),
        )
        for row in rows
    ]
    st.html(image_cards(cards, dataset.class_names))
