"""What a visitor's session keeps. The only module that touches `st.session_state` for durable values.

Durable values live apart from widget keys, because a widget's value is lost when its page is left. The run's id stands
in the page's address as well, so that a reload, or another page, finds the run again.
"""

from __future__ import annotations

import atexit
import gc
import sys
import threading
import time
from collections import Counter
from contextlib import suppress
from functools import lru_cache

import streamlit as st

from playground import data
from playground.catalog.presets import PRESETS
from playground.errors import PlaygroundError
from playground.jobs import JobService, RunInfo
from playground.spec import RunSpec
from playground.store.store import Store
from playground.studies import StudyService
from playground.training.history import History
from playground.ui import address, lesson
from playground.ui.datasets import effective
from playground.ui.visitor import visitor as visitor

FREEZING_RUNS = (2, 10, 40)  # some of what a part needs is made only when there is something to show
SETTLING_SECONDS = 0.25
KEEP_DELETED_SECONDS = 30 * 24 * 3600.0


@st.cache_resource(show_spinner=False)
def service() -> JobService:
    """The server's one job service; its workers start while the first page loads."""
    jobs = JobService(store=store())
    jobs.start()
    return jobs


@st.cache_resource(show_spinner=False)
def store() -> Store:
    """Where this server keeps its runs."""
    kept = Store()
    atexit.register(kept.close)
    threading.Thread(target=_clear_up, args=(kept,), name="clear-up", daemon=True).start()
    return kept


def told_problem() -> str | None:
    """What keeps runs from being stored, for a page that says so."""
    problem = store().problem
    st.session_state["told_problem"] = problem
    return problem


def problem_is_news() -> bool:
    """Whether runs began, or ceased, to be stored since the page was drawn."""
    return bool(store().problem != st.session_state.get("told_problem"))


def _clear_up(kept: Store) -> None:
    with suppress(PlaygroundError):  # the pages say what is wrong with the database
        kept.purge_deleted(KEEP_DELETED_SECONDS)


@st.cache_resource(show_spinner=False)
def studies() -> StudyService:
    """The server's experiments: many runs that answer one question."""
    kept = StudyService(service(), store())
    atexit.register(kept.close)
    return kept


def freeze_imports(part: str) -> None:
    """Called at the beginning of every run of a page or of the live view; by the second one, most imports are done.

    Streamlit collects garbage after every script run and every tick. What is frozen here is not looked at again, which
    takes most of a tick's cost away.
    """
    runs = _page_runs()
    runs[part] += 1
    if runs[part] in FREEZING_RUNS:
        gc.collect()
        gc.freeze()


@st.cache_resource(show_spinner=False)
def _page_runs() -> Counter[str]:
    """How often each part of the app has run on this server."""
    return Counter()


def warm(dataset: str) -> None:
    """Has a data set read by the workers and, for its pictures, by the server, before anybody waits for it."""
    service().warm(dataset)
    _read_ahead(dataset)


@lru_cache(maxsize=32)
def _read_ahead(dataset: str) -> None:
    def read() -> None:
        with suppress(PlaygroundError):  # whoever needs it will be told
            data.load(dataset)

    threading.Thread(target=read, name="read-ahead", daemon=True).start()


def num_events(chosen: str) -> int:
    """How much has happened in a run so far."""
    return service().events_since(chosen, sys.maxsize)[1]


def settle(chosen: str, leaving: tuple[str, ...], seen: int = -1) -> None:
    """Waits a moment for a command to take effect, so that the page drawn next shows it already.

    Args:
        leaving: the statuses that the run has until then.
        seen: how many events there were before; more are waited for.
    """
    end = time.monotonic() + SETTLING_SECONDS
    while time.monotonic() < end and (service().info(chosen).status in leaving or num_events(chosen) <= seen):
        time.sleep(0.01)


def run_spec() -> RunSpec:
    """The run on the workbench: what Train would start."""
    linked = address.new_spec()
    if linked is not None:
        st.session_state["run_spec"] = linked
        st.session_state["form_revision"] = form_revision() + 1
    elif "run_spec" not in st.session_state:
        info = run_info()
        st.session_state["run_spec"] = info.run if info else _first_spec()
    spec: RunSpec = st.session_state["run_spec"]
    return spec


def _first_spec() -> RunSpec:
    """What is on the workbench before anything was built or trained."""
    opened = lesson.lesson()
    return opened.run if opened else PRESETS[0].run


def set_run_spec(spec: RunSpec) -> None:
    """Keeps what a form edited."""
    address.forget_problem()
    st.session_state["run_spec"] = spec


def replace_run_spec(spec: RunSpec) -> None:
    """Puts another run on the workbench, but for what a lesson locks; all forms take its values."""
    set_run_spec(lesson.with_locks(spec))
    st.session_state["form_revision"] = form_revision() + 1
    keep_address()


def form_revision() -> int:
    """Part of every form widget's key: it grows when the run is replaced as a whole."""
    return int(st.session_state.get("form_revision", 0))


def run_id() -> str | None:
    """The chosen run, from the address or else from this session; None when there is none, or it was forgotten."""
    chosen = address.named(address.RUN_PARAMETER) or st.session_state.get("run_id")
    if _info(chosen) is None:
        return None
    st.session_state["run_id"] = chosen
    address.keep(address.RUN_PARAMETER, str(chosen))
    return str(chosen)


def set_run_id(chosen: str | None) -> None:
    st.session_state["run_id"] = chosen
    address.forget_problem()
    address.keep(address.RUN_PARAMETER, chosen)
    keep_address()


def lost_run() -> bool:
    """Whether the address names a run that this server does not know (any more)."""
    chosen = address.named(address.RUN_PARAMETER)
    return bool(chosen) and _info(chosen) is None


def run_info() -> RunInfo | None:
    """The chosen run's spec and status, or None."""
    return _info(run_id())


def link_query() -> dict[str, str]:
    """The query that page links hand on, so that the next page knows the same run, workbench and lesson."""
    spec = _told_spec()
    found = {
        address.RUN_PARAMETER: run_id(),
        address.SPEC_PARAMETER: spec.to_link() if spec else None,
        address.LESSON_PARAMETER: lesson.lesson_link(),
    }
    return {name: value for name, value in found.items() if value}


def keep_address() -> None:
    """Has the address hold all that is needed to come back here, in this browser or in another one."""
    address.keep_spec(_told_spec())
    lesson.keep_in_address()


def _told_spec() -> RunSpec | None:
    """The workbench, when the address must describe it; None when its run, or the first visit, brings it anyway."""
    spec, info = run_spec(), run_info()
    brought = effective(spec) == info.run if info else spec == _first_spec()
    return None if brought else spec


def history(chosen: str) -> History:
    """The run's history up to now: only new events are fetched and folded."""
    kept = st.session_state.get("history")
    if kept is None or kept[0] != chosen:
        kept = (chosen, History(), 0)
    _, curves, cursor = kept
    events, cursor = service().events_since(chosen, cursor)
    curves.fold(events)
    st.session_state["history"] = (chosen, curves, cursor)
    return curves


def _info(chosen: str | None) -> RunInfo | None:
    if not chosen:
        return None
    try:
        return service().info(chosen)
    except PlaygroundError:
        return None
