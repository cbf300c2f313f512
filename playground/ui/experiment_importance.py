"""How much each searched setting mattered, computed beside the page: a forest of many trials takes seconds."""

from __future__ import annotations

from collections.abc import Hashable
from concurrent.futures import Future, ThreadPoolExecutor

import streamlit as st

from playground.studies.results import importance
from playground.studies.state import StudyState

_KEPT = 50
_NEW_SHARE = 0.15  # while a search goes on, a new answer is worth its work when this share of the trials is new
FEWEST_TRIALS = 4


class Importances:
    """The latest answer for each study; one thread computes them."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, "importance")
        self._asked: dict[str, tuple[int, Future[dict[str, float]]]] = {}
        self._known: dict[str, dict[str, float]] = {}

    def latest(self, state: StudyState) -> tuple[dict[str, float], Hashable]:
        """The shares by path as far as they are known, and what changes when they do; asks for new ones if need be."""
        finished = sum(trial.score is not None for trial in state.trials)
        count, future = self._asked.get(state.id, (0, None))
        if future is not None and future.done() and future.exception() is None:
            self._known[state.id] = future.result()
        grown = finished > count * (1 + (_NEW_SHARE if state.is_active else 0.0))
        if finished >= FEWEST_TRIALS and grown and (future is None or future.done()):
            self._asked.pop(state.id, None)
            self._asked[state.id] = (finished, self._thread.submit(importance, state))
            while len(self._asked) > _KEPT:
                oldest = next(iter(self._asked))
                del self._asked[oldest]
                self._known.pop(oldest, None)
        known = self._known.get(state.id, {})
        return known, tuple(known.items())

    def is_waiting(self, study_id: str) -> bool:
        asked = self._asked.get(study_id)
        return asked is not None and not asked[1].done()


@st.cache_resource(show_spinner=False)
def importances() -> Importances:
    """The server's one."""
    return Importances()
