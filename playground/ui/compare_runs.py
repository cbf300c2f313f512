"""Which runs are compared, and their histories: read once for as long as nothing new can have happened."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import streamlit as st

from playground import data
from playground.catalog.task import TASKS
from playground.errors import PlaygroundError
from playground.figures.columns import HistoryColumns
from playground.figures.run_styles import RunStyle, run_style
from playground.jobs import RunInfo
from playground.training.events import EpochEnded
from playground.training.history import History
from playground.ui import address, session

RUNS_PARAMETER = "runs"
MOST_RUNS = 20
_CHOSEN = "compare_runs"
_HISTORIES = "compare_histories"

# As many points as are kept of a stored run, so that a curve looks the same today and tomorrow.
_POINTS = 2_000
_SMOOTHING = 0.93


@dataclass(frozen=True, eq=False)
class ComparedRun:
    """One of the runs that are compared."""

    info: RunInfo
    history: History
    style: RunStyle

    @property
    def letter(self) -> str:
        return self.style.letter

    @property
    def name(self) -> str:
        return self.info.label

    @property
    def title(self) -> str:
        """A short name with its letter: "A · Run 3"."""
        return f"{self.letter} · {self.name.split(' · ')[0]}"

    @property
    def score(self) -> str:
        """What its accuracies are: "accuracy" or "R²"."""
        return TASKS[data.source(self.info.run.dataset).task].score

    @property
    def final_epoch(self) -> EpochEnded | None:
        """The last epoch that ended, or the one whose weights early stopping put back."""
        return self.history.final_epoch

    @property
    def num_parameters(self) -> int | None:
        return self.history.started.num_parameters if self.history.started else None

    def columns(self, smooth: bool) -> HistoryColumns:
        """The batches' numbers, at most 2,000 of them."""
        columns = HistoryColumns(_SMOOTHING if smooth else 0.0)
        columns.update(_thinned(self.history))
        return columns


def chosen_ids(known: Sequence[RunInfo]) -> list[str]:
    """The runs to compare: those of the address, or else of this session, or else the newest two that have begun.

    Args:
        known: the visitor's runs, the newest first.
    """
    if named := address.named(RUNS_PARAMETER):
        chosen = named.split(",")
    elif _CHOSEN in st.session_state:
        chosen = list(st.session_state[_CHOSEN])
    else:
        chosen = [info.id for info in known if info.status != "waiting"][1::-1]
    return list(dict.fromkeys(filter(None, chosen)))[:MOST_RUNS]


def choose(ids: Sequence[str]) -> None:
    """Keeps the choice, also in the address, which can be sent to others."""
    st.session_state[_CHOSEN] = list(ids)
    address.keep(RUNS_PARAMETER, ",".join(ids) or None)


def run_infos(ids: Sequence[str]) -> tuple[list[RunInfo], list[PlaygroundError]]:
    """The runs of these ids, and why the others cannot be had: this server does not know them, or cannot read them now."""
    found, problems = [], []
    for run_id in ids:
        try:
            found.append(session.service().info(run_id))
        except PlaygroundError as problem:
            problems.append(problem)
    return found, problems


def compared_runs(infos: Sequence[RunInfo]) -> list[ComparedRun]:
    """The runs with their histories, and a look for each; the first is the baseline. Those forgotten meanwhile are left out."""
    kept: dict[str, tuple[str, History, int]] = st.session_state.get(_HISTORIES, {})
    now: dict[str, tuple[str, History, int]] = {}
    runs: list[ComparedRun] = []
    for info in infos:
        try:
            now[info.id] = _read(info, kept.get(info.id))
        except PlaygroundError:
            continue
        runs.append(ComparedRun(info, now[info.id][1], run_style(len(runs))))
    st.session_state[_HISTORIES] = now
    return runs


def _read(info: RunInfo, kept: tuple[str, History, int] | None) -> tuple[str, History, int]:
    if kept is None or kept[0] != info.status:  # a run that has ended may be put away in fewer events
        kept = (info.status, History(), 0)
    elif not info.is_active:
        return kept
    _, history, cursor = kept
    events, cursor = session.service().events_since(info.id, cursor)
    history.fold(events)
    return info.status, history, cursor


def _thinned(history: History) -> History:
    """The curve with every k-th batch, from the first, and the last one: as few as are stored."""
    count = len(history.batch_steps)
    if count <= _POINTS:
        return history
    steps = np.asarray(history.batch_steps)
    stride, chosen = 1, np.arange(count)
    while len(chosen) > _POINTS:
        stride *= 2
        chosen = np.flatnonzero((steps - 1) % stride == 0)
        if chosen[-1] != count - 1:
            chosen = np.append(chosen, count - 1)
    places = chosen.tolist()
    return History(
        batch_steps=[history.batch_steps[place] for place in places],
        batch_epochs=[history.batch_epochs[place] for place in places],
        batch_loss=[history.batch_loss[place] for place in places],
        batch_accuracy=[history.batch_accuracy[place] for place in places],
    )
