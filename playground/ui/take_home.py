"""Take it home: one run as a file that works without the playground. Made on a click, by a worker; then downloaded."""

from __future__ import annotations

import streamlit as st

from playground.errors import PlaygroundError
from playground.export.formats import FORMATS
from playground.export.task import ExportedFile
from playground.export.value import ExportedRun, exported_run
from playground.jobs import RunInfo
from playground.training.history import History
from playground.ui import session, tasks

SLOT = "take home"
_ASKED = "take_home_asked"
FLUSH_SECONDS = 1.0


def take_home(info: RunInfo) -> None:
    """All formats to choose from, the button that makes the file, and the same on the command line."""
    name = st.pills(
        "Format",
        list(FORMATS),
        default=next(iter(FORMATS)),
        required=True,
        format_func=lambda name: FORMATS[name].title,
        key=f"take_home.format.{info.id}",
    )
    chosen = FORMATS[str(name)]
    st.caption(chosen.help)
    if info.status == "waiting":
        st.info("This run has not begun. Come back when it has learned from a few images.", icon=":material/hourglass_empty:")
        return
    if info.is_active:
        st.caption("It is still learning: the file holds what was saved last.")
    with st.container(key="take_home_file"):
        _file(info, chosen.name)
    st.caption("The same on the command line:")
    st.code(f"python -m playground export {info.id} --format {chosen.name}", language="bash", wrap_lines=True)


def _file(info: RunInfo, name: str) -> None:
    """The button that makes the file; the progress; or the file."""
    # What was asked stays asked while the run goes on: `moment` tells the file of one click from that of the next.
    run_id, format_name, moment = st.session_state.get(_ASKED, ("", "", 0))
    if (run_id, format_name) != (info.id, name):
        _make_button(info, name)
        return
    question = (SLOT, info.id, name, moment, info.name, info.status)
    try:
        answer = tasks.ask(
            SLOT,
            question,
            "playground.export.task:make_export",
            lambda: {"exported": to_export(info), "format_name": name},
        )
    except PlaygroundError as problem:
        st.warning(str(problem), icon=":material/error:")
        _make_button(info, name)
        return
    if answer.status == "waiting":
        tasks.progress(SLOT, "Writing the file:")
    elif answer.status == "done":
        _download(info, name, answer.result)
    else:
        tasks.show_problem(answer, question)


def _make_button(info: RunInfo, name: str) -> None:
    st.button(
        "Make the file",
        icon=":material/inventory:",
        type="primary",
        on_click=_ask,
        args=(info.id, name),
        key=f"take_home.make.{info.id}",
    )


def _download(info: RunInfo, name: str, file: ExportedFile) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.download_button(
            "Download the file",
            file.data,
            file_name=file.name,
            mime=file.mime,
            icon=":material/download:",
            type="primary",
            on_click="ignore",
            key=f"take_home.download.{info.id}.{name}",
        )
        st.caption(f"{file.name}, {_size(len(file.data))}", width="content")
        if info.is_active:
            st.button("Make it again", icon=":material/refresh:", on_click=_ask, args=(info.id, name), type="tertiary")


def _ask(run_id: str, name: str) -> None:
    st.session_state[_ASKED] = (run_id, name, session.num_events(run_id))


def to_export(info: RunInfo) -> ExportedRun:
    """The run as it is stored; as the server remembers it, while the store has a problem.

    Raises:
        PlaygroundError: it has no weights yet.
    """
    store = session.store()
    if store.problem is None:
        store.flush(FLUSH_SECONDS)
    try:
        return exported_run(store, info.id)
    except PlaygroundError:
        history = History()
        history.fold(session.service().events_since(info.id, 0)[0])
        weights = session.service().weights(info.id).tensors
        return ExportedRun(info.id, info.name, info.run, history, weights, info.repeatable, info.origin)


def _size(count: int) -> str:
    return f"{count / 1e6:,.1f} MB" if count >= 100_000 else f"{count / 1e3:,.1f} kB"
