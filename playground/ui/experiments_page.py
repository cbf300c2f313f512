"""Experiments: many runs that answer one question."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from playground.errors import PlaygroundError
from playground.studies.state import StudyState
from playground.ui import session
from playground.ui.experiment_folds import folds_form, folds_result
from playground.ui.experiment_importance import importances
from playground.ui.experiment_list import experiment_list, study_buttons
from playground.ui.experiment_search import search_afterwards, search_result
from playground.ui.experiment_search_form import search_form
from playground.ui.experiment_seeds import seeds_afterwards, seeds_form, seeds_result
from playground.ui.experiment_start import open_study, show_problem, study_id
from playground.ui.experiment_words import ICONS, KINDS, ago, progress_words

TICK_SECONDS = 0.8
_KIND = "experiment_kind"

QUESTIONS: dict[str, str] = {
    "seeds": "Train A and B several times with different luck, and see whether the better one is better, or was only lucky.",
    "search": "Let the computer try many settings, and find out which work best and which of them matter.",
    "cross_validation": "Judge one network several times, each time on other data, to see how far its score can be trusted.",
}
_FORMS: dict[str, Callable[[], None]] = {"seeds": seeds_form, "search": search_form, "cross_validation": folds_form}
_RESULTS: dict[str, Callable[[StudyState], None]] = {
    "seeds": seeds_result,
    "search": search_result,
    "cross_validation": folds_result,
}
_AFTERWARDS: dict[str, Callable[[StudyState], None]] = {"seeds": seeds_afterwards, "search": search_afterwards}

_STYLE = """<style>
.st-key-experiment_verdict {min-height: 7.5rem;}
.st-key-experiment_verdict h3 {font-size: 1.5rem; padding: 0 0 .3rem;}
.st-key-experiment_best {min-height: 4rem;} .st-key-experiment_chosen {min-height: 7.2rem;}
@media (min-width: 641px) {.st-key-experiment_head {padding-right: 2.2rem;}}
[class*="st-key-study-"] [data-testid="stButton"] button {text-align: left;}
@media (max-width: 640px) {.st-key-experiment_verdict {min-height: 13rem;} .st-key-experiment_verdict h3 {font-size: 1.2rem;}}
</style>"""


def experiments_page() -> None:
    """The open experiment, or the form for a new one; below, all that there are."""
    st.html(_STYLE)
    state = _opened()
    if state is None:
        _new()
    else:
        _open(state)
    st.divider()
    experiment_list(state.id if state else None)


def _opened() -> StudyState | None:
    chosen = study_id()
    if chosen is None:
        return None
    try:
        state = session.studies().state(chosen)
    except PlaygroundError as problem:
        st.info(f"{problem}", icon=":material/link_off:")
        open_study(None)
        return None
    open_study(chosen)  # also into the address
    return state


def _new() -> None:
    st.subheader("Experiments", anchor=False)
    linked = (st.query_params.get("a"), st.query_params.get("b"))
    if any(linked) and st.session_state.get("experiment_linked") != linked:
        st.session_state[_KIND] = "seeds"
    st.session_state.setdefault(_KIND, "seeds")
    kind: str = st.segmented_control(  # type: ignore[assignment]
        "Experiment",
        list(KINDS),
        required=True,
        format_func=lambda kind: KINDS[kind],
        key=_KIND,
        label_visibility="collapsed",
        persist_state="session",
    )
    st.markdown(QUESTIONS[kind])
    with st.container(border=True, key="experiment_form"):
        _FORMS[kind]()


def _open(state: StudyState) -> None:
    with st.container(horizontal=True, vertical_alignment="center", key="experiment_head"):
        st.subheader(KINDS[state.kind], anchor=False, width="content")
        st.caption(f"{state.name} · {ago(state.created)}", width="stretch")
        if state.owner == session.visitor():  # who was sent a link may look only
            study_buttons(state, "top")
        st.button("New experiment", icon=":material/add:", key="experiment_new", on_click=open_study, args=(None,))
    st.caption(QUESTIONS[state.kind])
    with st.container():
        show_problem()
    ticks = _is_busy(state)
    st.fragment(_tick, run_every=TICK_SECONDS if ticks else None)(state.id, state.status, ticks)
    with st.container():
        if state.kind in _AFTERWARDS:
            _AFTERWARDS[state.kind](state)


def _is_busy(state: StudyState) -> bool:
    """Whether what is shown will change by itself."""
    if state.kind == "search":
        importances().latest(state)
    return state.is_active or importances().is_waiting(state.id)


def _tick(study: str, status: str, ticks: bool) -> None:
    """All that moves, in one fragment; the buttons around it change only with the status."""
    session.freeze_imports("experiment")
    try:
        state = session.studies().state(study)
    except PlaygroundError:  # deleted meanwhile, perhaps in another tab: the page will say so
        st.rerun()
    if state.status != status or (ticks and not _is_busy(state)):
        st.rerun()
    planned = max(1, state.planned, len(state.trials))
    st.progress(min(1.0, state.num_ended / planned), f"{ICONS.get(state.status, '')} {progress_words(state)}")
    if state.message:
        st.caption(f":material/info: {state.message}")
    _RESULTS[state.kind](state)
