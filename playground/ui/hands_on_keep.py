"""Hands on: the edited network as a run of its own, as it is or to be trained further."""

from __future__ import annotations

import math
from contextlib import suppress

import streamlit as st

from playground.errors import PlaygroundError
from playground.insight.surgery import frozen_layers
from playground.insight.unit_paths import Blueprint
from playground.jobs.branching import Edited
from playground.spec import RunSpec
from playground.store.values import CheckpointInfo
from playground.ui import next_run, session
from playground.ui.hands_on_state import operation, weights_after
from playground.ui.next_run import BranchPoint
from playground.ui.snapshots import Snapshot

MORE_EPOCHS = 5
MAX_NAMED = 5


def keep_view(kept: Snapshot, blueprint: Blueprint) -> None:
    """Two buttons, and what they will do."""
    problem = st.session_state.pop("hands_on_keep_problem", None)
    if problem:
        st.error(problem, icon=":material/error:")
    made = st.session_state.get("hands_on_kept")
    moment = _moment(kept)
    has_edits = bool(operation(kept).edits)
    st.markdown("**Keep it as a new run.** The old one stays as it is.")
    if moment is None:
        still = "This run has not ended: choose an earlier moment in the time machine, or wait for the end."
        st.caption(
            still
            if not kept.final and kept.checkpoint is None
            else "No state of this run was stored that a new one could begin with."
        )
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(
            "Keep it as it is",
            icon=":material/save:",
            on_click=_keep,
            args=(kept, moment, blueprint),
            disabled=not has_edits,
            key="hands_on_keep",
            help="A run of its own with these very weights. It learns no more: its validation and test data are looked at, once.",
        )
        go_on = st.button(
            "Train on from here",
            icon=":material/fork_right:",
            disabled=not has_edits,
            key="hands_on_train",
            help="Puts the network on the workbench, to go on with the edited weights and a fresh optimizer. Frozen layers stay "
            "as they are; all others learn, so killed neurons and pruned weights may come back.",
        )
    if go_on:
        next_run.branch_from(BranchPoint(kept.run_id, moment.number, kept.weights.epoch, _edited(kept, blueprint)), _longer(kept))
        st.switch_page("app.py", query_params=session.link_query())
    if made and made[0] == (kept.run_id, kept.checkpoint):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.success(f"Kept as **{made[2]}**.", icon=":material/check:")
            st.button("Look at it", icon=":material/search:", on_click=_look, args=(made[1],), key="hands_on_look")


def _moment(kept: Snapshot) -> CheckpointInfo | None:
    """The stored state whose place in training the new run takes; None while there is none with these weights."""
    try:
        moments = session.service().checkpoints(kept.run_id)
    except PlaygroundError:
        return None
    if kept.checkpoint is not None:
        return next((moment for moment in moments if moment.number == kept.checkpoint), None)
    return moments[-1] if moments and kept.final else None


def _keep(kept: Snapshot, moment: CheckpointInfo, blueprint: Blueprint) -> None:
    service = session.service()
    epoch = kept.weights.epoch
    whole = epoch == int(epoch) and epoch > 0
    # In the middle of an epoch there is nothing to be read yet: then it is a run that was stopped there.
    run = _with_training(kept, epochs=int(epoch)) if whole else _longer(kept)
    try:
        run_id = service.branch(
            kept.run_id, moment.number, run, session.visitor(), "run" if whole else "pause", edited=_edited(kept, blueprint)
        )
        if not whole:
            service.stop(run_id)
        with suppress(PlaygroundError):  # the run is there all the same
            service.kept.annotate(run_id, f"Edited {_edited(kept, blueprint).words}.")
    except PlaygroundError as problem:
        st.session_state["hands_on_keep_problem"] = str(problem)
        return
    st.session_state["hands_on_kept"] = ((kept.run_id, kept.checkpoint), run_id, service.info(run_id).label)


def _look(run_id: str) -> None:
    session.set_run_id(run_id)


def _edited(kept: Snapshot, blueprint: Blueprint) -> Edited:
    edits = operation(kept).edits
    words = [edit.words(blueprint) for edit in edits]
    more = f"; and {len(words) - MAX_NAMED} more edits" if len(words) > MAX_NAMED else ""
    return Edited(
        weights_after(kept, edits), f"by hand: {'; '.join(words[:MAX_NAMED])}{more}", kept.weights.step, kept.weights.epoch
    )


def _longer(kept: Snapshot) -> RunSpec:
    """With epochs left to train, counted from the beginning."""
    left = kept.run.training.epochs > kept.weights.epoch
    return _with_training(kept, epochs=kept.run.training.epochs if left else math.floor(kept.weights.epoch) + MORE_EPOCHS)


def _with_training(kept: Snapshot, epochs: int) -> RunSpec:
    frozen = frozen_layers(kept.run.training.frozen_layers, operation(kept).edits)
    training = kept.run.training.model_copy(update={"epochs": epochs, "frozen_layers": frozen})
    return kept.run.model_copy(update={"training": training})
