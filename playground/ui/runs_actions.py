"""What a visitor does with runs: each a callback; what goes wrong is told at the top of the page drawn next."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import streamlit as st

from playground.errors import PlaygroundError
from playground.spec import RunSpec
from playground.ui import session
from playground.ui.runs_table import untick

_PROBLEM = "runs_problem"
_NEWS = "runs_news"
_DELETED = "runs_deleted"


def _tried(act: Callable[[], None]) -> bool:
    try:
        act()
        return True
    except PlaygroundError as problem:
        st.session_state[_PROBLEM] = str(problem)
        return False


def rename(run_id: str, key: str) -> None:
    """Takes the name in the field; the old one comes back when it will not do."""
    _tried(lambda: session.service().kept.rename(run_id, st.session_state[key]))
    del st.session_state[key]  # the field takes what is stored: without needless spaces


def annotate(run_id: str, key: str) -> None:
    _tried(lambda: session.service().kept.annotate(run_id, st.session_state[key] or ""))


def star(run_id: str, starred: bool) -> None:
    _tried(lambda: session.service().kept.star(run_id, starred))


def delete(run_ids: Sequence[str]) -> None:
    """Into the bin; one click brings them back."""
    if not _tried(lambda: session.service().kept.delete(run_ids)):
        return
    st.session_state[_DELETED] = tuple(run_ids)
    if session.run_id() in run_ids:
        session.set_run_id(None)
    untick()


def restore(run_ids: Sequence[str]) -> None:
    if _tried(lambda: session.service().kept.restore(run_ids)):
        st.session_state.pop(_DELETED, None)


def forget(run_ids: Sequence[str]) -> None:
    """Out of the bin, for good."""
    for run_id in run_ids:
        _tried(lambda run_id=run_id: session.service().forget(run_id))  # type: ignore[misc]
    st.session_state.pop(_DELETED, None)


def go_on(run_ids: Sequence[str]) -> None:
    """Interrupted runs continue from their last saved states."""
    for run_id in run_ids:
        if _tried(lambda run_id=run_id: session.service().resume(run_id)):  # type: ignore[misc]
            session.set_run_id(run_id)


def put_on_workbench(run: RunSpec) -> None:
    session.replace_run_spec(run)
    say("Its settings are on the workbench now: go to **Build & train** to change or train them.")


def say(words: str) -> None:
    """Something for the page drawn next."""
    st.session_state[_NEWS] = words


def news() -> None:
    """What came of the last click, and the way back from a deletion."""
    problem, words = st.session_state.pop(_PROBLEM, None), st.session_state.pop(_NEWS, None)
    if problem:
        st.error(problem, icon=":material/error:")
    if words:
        st.success(words, icon=":material/check:")
    deleted = st.session_state.get(_DELETED, ())
    if deleted:
        with st.container(horizontal=True, vertical_alignment="center", key="runs_undo"):
            text = "1 run is deleted." if len(deleted) == 1 else f"{len(deleted)} runs are deleted."
            st.markdown(f":material/delete: {text}", width="content")
            st.button("Undo", icon=":material/undo:", on_click=restore, args=(deleted,), key="runs.undo")
