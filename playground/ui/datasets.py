"""Which data set a run really gets, and how a missing one is fetched: said plainly, never in silence."""

from __future__ import annotations

import streamlit as st

from playground import data
from playground.data.downloads import Downloads, DownloadState
from playground.errors import PlaygroundError
from playground.spec import RunSpec

FALLBACK = {"mnist": "mnist-5k"}


@st.cache_resource(show_spinner=False)
def downloads() -> Downloads:
    """The server's one download manager."""
    return Downloads()


def effective(run: RunSpec) -> RunSpec:
    """The run as it can be trained now: full MNIST gives way to its bundled sample until it is here.

    The data set's name in the returned spec says which it is, so no curve or link ever shows one as the other.
    """
    name = run.dataset.name
    if data.is_available(name) or name not in FALLBACK:
        return run
    return run.model_copy(update={"dataset": run.dataset.model_copy(update={"name": FALLBACK[name]})})


def ensure(name: str) -> DownloadState:
    """Starts fetching a data set that is not here, once; after a failure only a click tries again."""
    state = downloads().state(name)
    if state.status in ("idle", "done") and not data.is_available(name):
        downloads().start(name)
        state = downloads().state(name)
    return state


def notice(run: RunSpec) -> None:
    """Says whether the chosen data set is here; with progress while it is fetched, the reason and a retry when not."""
    name = run.dataset.name
    if not data.is_available(name):
        ensure(name)
    elif downloads().state(name).status in ("idle", "done"):
        return
    _progress(name)


def is_damaged(name: str) -> bool:
    """Whether a data set is here, but cannot be read. Reads it, unless that was done before."""
    if not data.is_available(name):
        return False
    try:
        data.load(name)
        return False
    except PlaygroundError:
        return True


@st.fragment(run_every=1.0)
def _progress(name: str) -> None:
    state = downloads().state(name)
    title = data.source(name).title
    available = data.is_available(name)
    instead = ""
    if name in FALLBACK:
        sample = data.source(FALLBACK[name]).title
        instead = f" Until then, Train uses the **{sample}**."
        if available:  # and damaged: a run on it tells so, and none silently takes another data set
            instead = f" Until then, you can choose the **{sample}** under Data."
    if state.status == "done" or (available and state.status == "idle"):
        st.rerun()
    elif state.status == "failed":
        # One line, as high as the progress bar before it: the page below keeps its place.
        with st.container(horizontal=True, vertical_alignment="center", gap="small", key="fetching-failed"):
            st.markdown(f":orange[:material/cloud_off:] {title} could not be fetched.{instead}", width="content")
            with st.popover("Why?", type="tertiary"):
                st.markdown(state.message)
            st.button(
                "Try again",
                icon=":material/refresh:",
                on_click=downloads().start,
                args=(name,),
                key=f"retry.{name}",
                type="tertiary",
            )
    else:
        share = state.bytes_done / state.bytes_total if state.bytes_total else 0.0
        st.progress(
            min(1.0, share), f"Fetching {title}: {state.bytes_done / 1e6:.1f} of {state.bytes_total / 1e6:.1f} MB.{instead}"
        )
