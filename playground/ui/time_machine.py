"""A run's checkpoints: the pages show the network as it was then, and a new run may go on from there."""

from __future__ import annotations

import math

import streamlit as st

from playground.errors import PlaygroundError
from playground.jobs import RunInfo
from playground.store.values import CheckpointInfo
from playground.ui import next_run, session
from playground.ui.next_run import BranchPoint

MORE_EPOCHS = 5


def time_machine(info: RunInfo, with_branch: bool = True) -> CheckpointInfo | None:
    """The slider; returns the chosen moment, or None for the newest weights there are.

    Args:
        with_branch: whether to offer going on from there.
    """
    try:
        moments = session.service().checkpoints(info.id)
    except PlaygroundError:
        return None
    if not moments:
        return None
    by_number = {moment.number: moment for moment in moments}
    options: list[int | None] = [*by_number, None]
    chosen_moments: dict[str, int | None] = st.session_state.setdefault("moments", {})
    chosen = chosen_moments.get(info.id)
    with st.container(horizontal=True, vertical_alignment="bottom", key="time_machine"):
        picked = st.select_slider(
            "Time machine",
            options,
            value=chosen if chosen in by_number else None,
            format_func=lambda number: _words(None if number is None else by_number[number], info),
            key=f"moment.{info.id}.{'now' if info.is_active else 'end'}",
            help="Shows the network as it was at an earlier moment: its answers, its mistakes, its filters.",
            width=420,
        )
        if with_branch and (picked is not None or not info.is_active):
            _branch_button(info, by_number[picked] if picked is not None else moments[-1], picked is None)
    chosen_moments[info.id] = picked
    return by_number[picked] if picked is not None else None


def _branch_button(info: RunInfo, moment: CheckpointInfo, newest: bool) -> None:
    run = info.run
    if run.training.epochs <= moment.epoch:
        epochs = math.floor(moment.epoch) + MORE_EPOCHS
        run = run.model_copy(update={"training": run.training.model_copy(update={"epochs": epochs})})
    at = f"epoch {moment.epoch:.4g}"
    if st.button(
        "Train further" if newest else "Branch from here",
        icon=":material/fork_right:",
        key=f"branch.{info.id}",
        help=f"Puts this run on the workbench, to go on from {at} with its weights, optimizer and random draws. "
        "Change what you like before you press Train.",
    ):
        next_run.branch_from(BranchPoint(info.id, moment.number, moment.epoch), run)
        st.switch_page("app.py", query_params=session.link_query())


def _words(moment: CheckpointInfo | None, info: RunInfo) -> str:
    if moment is None:
        return "now" if info.is_active else "the end"
    return "before training" if moment.step == 0 else f"epoch {moment.epoch:.4g}"
