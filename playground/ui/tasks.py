"""Long computations on a page: asked once, drawn as a progress bar while they go on, kept when they are done.

A view calls `ask` on every script run; it never waits. Only a small fragment ticks until the result is there.
The session keeps questions and answers as a cache only: losing them costs another computation, nothing else.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any, Literal

import streamlit as st

from playground.errors import PlaygroundError
from playground.jobs import TaskState
from playground.ui import session
from playground.ui.closed_tabs import cancelled_with_this_tab

TICK_SECONDS = 0.4
KEPT_ANSWERS = 12


@dataclass(frozen=True, eq=False)
class Answer:
    """What became of a question; `result` is set when it is "done", `error` when it "failed"."""

    status: Literal["waiting", "done", "failed", "cancelled"]
    result: Any = None
    error: PlaygroundError | None = None


_WAITING = Answer("waiting")


def ask(slot: str, question: Hashable, function: str, arguments: Callable[[], dict[str, Any]]) -> Answer:
    """The answer to a question, as far as it is there.

    Args:
        slot: where on the page; a new question in the same slot drops the one that was still being computed.
        question: all that the answer depends on; equal questions are computed once.
        function: "playground.insight.module:function", a task for the job service.
        arguments: gives its keyword arguments; called only when there is something to compute.
    """
    answers = _answers()
    if question in answers:
        answers[question] = answers.pop(question)  # the newest stand last
        return answers[question]
    asked = _asked()
    if slot in asked and asked[slot][0] != question:
        _drop(asked.pop(slot)[1])
    state = _state(asked[slot][1]) if slot in asked else None
    if state is None or (state.status == "cancelled" and state.id not in _cancelled()):
        # Not asked yet; or forgotten by the server, or dropped while this tab was away.
        task_id = session.service().start_task(function, arguments(), session.visitor(), f"{slot}/{_token()}")
        cancelled_with_this_tab(task_id)
        asked[slot] = (question, task_id)
        return _WAITING
    if state.is_active:
        return _WAITING
    del asked[slot]
    if state.status == "done":
        return _keep(question, Answer("done", state.result))
    return _keep(question, Answer("failed" if state.status == "failed" else "cancelled", error=state.error))


def is_waiting(slot: str) -> bool:
    return slot in _asked()


def progress(slot: str, text: str) -> None:
    """A bar with a Cancel button while the slot's question is being computed; nothing when it is not."""
    if is_waiting(slot):
        st.fragment(_progress, run_every=TICK_SECONDS)(slot, text)


def ask_again(question: Hashable) -> None:
    """Forgets an answer, such as one that was cancelled."""
    _answers().pop(question, None)


def show_problem(answer: Answer, question: Hashable) -> None:
    """Says why there is no result, and offers to try again."""
    with st.container(horizontal=True, vertical_alignment="center"):
        if answer.error is not None:
            st.warning(str(answer.error), icon=":material/error:")
        else:
            st.info("You cancelled this.", icon=":material/block:")
        label = "Try again" if answer.error is not None else "Compute it"
        st.button(label, icon=":material/refresh:", on_click=ask_again, args=(question,), key=f"again {question}")


def _progress(slot: str, text: str) -> None:
    asked = _asked().get(slot)
    state = _state(asked[1]) if asked else None
    if asked is None or state is None or not state.is_active:
        st.rerun()
    told = state.progress
    share = told.done / max(1, told.total) if told else 0.0
    words = told.text if told and told.text else "waiting for its turn…" if told is None else ""
    with st.container(horizontal=True, vertical_alignment="center"):
        line = f"{text} {words}".strip()
        st.progress(min(1.0, share), line[:1].upper() + line[1:])
        st.button("Cancel", icon=":material/close:", on_click=_cancel, args=(asked[1],), key=f"cancel {slot}")


def _cancel(task_id: str) -> None:
    _cancelled().add(task_id)
    _drop(task_id)


def _drop(task_id: str) -> None:
    try:
        session.service().cancel_task(task_id)
    except PlaygroundError:
        return  # it is gone already


def _state(task_id: str) -> TaskState | None:
    try:
        return session.service().task(task_id)
    except PlaygroundError:
        return None


def _keep(question: Hashable, answer: Answer) -> Answer:
    answers = _answers()
    answers[question] = answer
    while len(answers) > KEPT_ANSWERS:
        del answers[next(iter(answers))]
    return answer


def _answers() -> dict[Hashable, Answer]:
    answers: dict[Hashable, Answer] = st.session_state.setdefault("task_answers", {})
    return answers


def _asked() -> dict[str, tuple[Hashable, str]]:
    """Slot -> the question being computed there, and its task."""
    asked: dict[str, tuple[Hashable, str]] = st.session_state.setdefault("tasks_asked", {})
    return asked


def _cancelled() -> set[str]:
    """Tasks that the visitor cancelled."""
    cancelled: set[str] = st.session_state.setdefault("tasks_cancelled", set())
    return cancelled


def _token() -> str:
    """Tells two tabs of one visitor apart, so that neither drops what the other waits for."""
    return str(st.session_state.setdefault("tab_token", secrets.token_urlsafe(6)))
