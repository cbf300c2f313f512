"""The visitor's experiments: open, stop, resume, delete."""

from __future__ import annotations

from functools import partial

import streamlit as st

from playground import data
from playground.studies.state import StudyState
from playground.ui import session
from playground.ui.experiment_start import attempt, open_study, study_id
from playground.ui.experiment_words import ICONS, KINDS, ago

_AT_ONCE = 12
_SHOWN = "experiments_shown"


def experiment_list(opened: str | None = None) -> None:
    """One row an experiment, the newest first."""
    states = session.studies().studies(session.visitor())
    st.markdown("**Your experiments**")
    if not states:
        st.caption("None yet. What you start is kept here, also when you close the page or the server restarts.")
        return
    shown = st.session_state.get(_SHOWN, _AT_ONCE)
    for state in states[:shown]:
        _row(state, state.id == opened)
    if len(states) > shown:
        st.button(f"Show more ({len(states) - shown} left)", icon=":material/expand_more:", on_click=_show_more)


def _row(state: StudyState, is_open: bool) -> None:
    with st.container(horizontal=True, vertical_alignment="center", key=f"study-{state.id}"):
        st.button(
            f"**{KINDS[state.kind]}** {state.name}",
            key=f"open.{state.id}",
            icon=ICONS.get(state.status, ":material/science:"),
            type="tertiary",
            on_click=open_study,
            args=(state.id,),
            disabled=is_open,
            help="Opens it.",
        )
        done = f"{state.num_ended} of {max(state.planned, len(state.trials))}"
        title = data.source(state.run.dataset).title
        st.caption(f"{title} · {state.status} · {done} networks · {ago(state.created)}", width="content")
        study_buttons(state, "list")


def study_buttons(state: StudyState, place: str) -> None:
    """Stop or resume, and delete."""
    if state.is_active:
        st.button(
            "Stop",
            key=f"stop.{place}.{state.id}",
            icon=":material/stop:",
            on_click=attempt,
            args=(partial(session.studies().stop, state.id),),
            help="Ends its runs; what was found stays.",
        )
    elif state.status in ("interrupted", "stopped", "failed"):
        st.button(
            "Resume",
            key=f"resume.{place}.{state.id}",
            icon=":material/play_arrow:",
            on_click=attempt,
            args=(partial(session.studies().resume, state.id),),
            help="Goes on with what is not done yet.",
        )
    with st.popover("Delete", icon=":material/delete:", key=f"ask.{place}.{state.id}"):
        st.write("Delete this experiment and the runs that it trained?")
        st.button(
            "Delete it",
            key=f"delete.{place}.{state.id}",
            icon=":material/delete:",
            on_click=attempt,
            args=(partial(_delete, state.id),),
        )


def _delete(chosen: str) -> None:
    session.studies().delete(chosen)
    if study_id() == chosen:
        open_study(None)


def _show_more() -> None:
    st.session_state[_SHOWN] = st.session_state.get(_SHOWN, _AT_ONCE) + 3 * _AT_ONCE
