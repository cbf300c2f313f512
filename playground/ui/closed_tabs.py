"""Drops the work that a closed tab was waiting for, so that it takes no turns from others."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress

import streamlit as st
from streamlit.runtime import exists, get_instance
from streamlit.runtime.scriptrunner import get_script_run_ctx

from playground.errors import PlaygroundError
from playground.jobs.task_service import TaskService
from playground.ui import session

SWEEP_SECONDS = 4.0
SWEEPS_ALLOWED = 2  # a tab that only lost its connection for a moment comes back


class ClosedTabs:
    """Tasks with the tabs that wait for them.

    Args:
        is_open: whether a tab, by its session's id, is connected.
    """

    def __init__(self, service: TaskService, is_open: Callable[[str], bool]) -> None:
        self._service, self._is_open = service, is_open
        self._lock = threading.Lock()
        self._waiting: dict[str, tuple[str, int]] = {}  # task -> its tab, and for how many sweeps that was closed

    def watch(self, task_id: str, tab: str) -> None:
        """Has a task dropped when its tab has closed."""
        with self._lock:
            self._waiting[task_id] = (tab, 0)

    def sweep(self) -> None:
        """Looks at every tab once."""
        with self._lock:
            waiting = dict(self._waiting)
        for task_id, (tab, closed) in waiting.items():
            closed = 0 if self._is_open(tab) else closed + 1
            still = False
            with suppress(PlaygroundError):  # the server has forgotten the task: there is nothing to drop
                still = self._service.task(task_id).is_active
                if still and closed > SWEEPS_ALLOWED:
                    self._service.cancel_task(task_id)
                    still = False
            with self._lock:
                if still and task_id in self._waiting:
                    self._waiting[task_id] = (tab, closed)
                else:
                    self._waiting.pop(task_id, None)

    def run(self) -> None:
        """Sweeps for as long as the server lives."""
        pause = threading.Event()
        while not pause.wait(SWEEP_SECONDS):
            self.sweep()


def cancelled_with_this_tab(task_id: str) -> None:
    """Has a task of the tab whose script is running dropped when that tab closes."""
    context = get_script_run_ctx()
    if exists() and context is not None:
        _closed_tabs().watch(task_id, context.session_id)


@st.cache_resource(show_spinner=False)
def _closed_tabs() -> ClosedTabs:
    tabs = ClosedTabs(session.service(), lambda tab: not exists() or get_instance().is_active_session(tab))
    threading.Thread(target=tabs.run, name="closed-tabs", daemon=True).start()
    return tabs
