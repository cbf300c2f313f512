"""What the views of Trust share: the network's answers to its exams, the temperature in use, and the threshold."""

from __future__ import annotations

from collections.abc import Hashable

import streamlit as st

from playground.insight.exam import Exam
from playground.ui import tasks
from playground.ui.snapshots import Snapshot

SLOT = "trust_exam"
THRESHOLD = "trust_threshold"  # in percent
FIRST_THRESHOLD = 90.0
AS_IT_IS, TEMPERED = "As it is", "With its temperature"
PLAIN = {"displayModeBar": False}
_CHOICE = "trust_confidence"


def exam(kept: Snapshot) -> Exam | None:
    """The answers to all test and validation images; None until they are there: the page has said so."""
    question: Hashable = (SLOT, kept.moment)
    answer = tasks.ask(
        SLOT,
        question,
        "playground.insight.exam:sit_exam",
        lambda: {"run_json": kept.run.to_json(), "weights": kept.weights.tensors, "step": kept.weights.step},
    )
    if answer.status == "waiting":
        tasks.progress(SLOT, "Asking the network:")
        return None
    if answer.status != "done":
        tasks.show_problem(answer, question)
        return None
    found: Exam = answer.result
    return found


def temperature(sat: Exam) -> float:
    """Lets the visitor choose whose confidences count; the choice holds for all views. 1.0 is the network as it is."""
    if sat.temperature is None:
        return 1.0
    chosen = st.segmented_control(
        "How sure it is",
        [AS_IT_IS, TEMPERED],
        default=AS_IT_IS,
        required=True,
        key=_CHOICE,
        persist_state="session",
        help="Temperature: one number T by which all outputs are divided before the softmax. Above 1 the network becomes "
        "less sure, below 1 surer. What it answers stays the same.",
    )
    return sat.temperature.value if chosen == TEMPERED else 1.0


def threshold() -> float:
    """The chosen threshold, a fraction."""
    return round(float(st.session_state.get(THRESHOLD, FIRST_THRESHOLD)) / 100, 4)


def is_dark() -> bool:
    return bool(st.context.theme.type == "dark")
