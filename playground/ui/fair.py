"""The fair experiment: change one thing, and see the new curve against the old one."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st
import torch

from playground import data
from playground.catalog.task import TASKS
from playground.differences import differences, in_words
from playground.errors import PlaygroundError
from playground.figures.overlays import Overlay, ghosts
from playground.jobs import RunInfo
from playground.network import build
from playground.spec import RunSpec
from playground.training.history import History
from playground.ui import next_run, session
from playground.ui.datasets import effective
from playground.ui.next_run import BranchPoint


def change_one_thing(info: RunInfo) -> None:
    """The button that makes a run the one to compare with, and puts it on the workbench."""
    st.button(
        "Change one thing",
        icon=":material/exposure_plus_1:",
        on_click=_begin,
        args=(info.id,),
        key=f"change-one-thing.{info.id}",
        help="Puts this run on the workbench. Change one setting and train again: with the same first weights, the same order "
        "of images and the same random draws, and with this curve behind the new one.",
    )


def fair_notice(info: RunInfo | None, edited: RunSpec) -> None:
    """What was changed so far, before Train; and what the shown run was compared with, after it."""
    point, baseline = next_run.branch_point(), next_run.baseline()
    if point is not None:
        _before_branching(point, effective(edited))
    elif baseline is not None:
        _before_training(baseline, effective(edited))
    elif info is not None and (earlier := compared_with(info)):
        st.caption(_after_training(earlier, info))


def ghost_overlays(info: RunInfo | None) -> tuple[Overlay, ...]:
    """The curves of the run that the shown one, or the next one, is compared with."""
    earlier = next_run.baseline() or (compared_with(info) if info else None)
    point = next_run.branch_point()
    if point is not None:
        earlier = session.service().info(point.run_id)
    if earlier is None or (info is not None and earlier.id == info.id):
        return ()
    kept: tuple[object, tuple[Overlay, ...]] | None = st.session_state.get("ghost")
    told = session.num_events(earlier.id)
    if kept is None or kept[0] != (earlier.id, told):
        history = History()
        history.fold(session.service().events_since(earlier.id, 0)[0])
        per_epoch = history.started.batches_per_epoch if history.started else 1
        kept = ((earlier.id, told), ghosts(history, f"{earlier.id}/{told}", short(earlier), per_epoch))
        st.session_state["ghost"] = kept
    shown = info.run if info is not None else session.run_spec()
    if _score(shown) != _score(earlier.run):  # an accuracy and an R² have no axis in common
        return tuple(replace(overlay, accuracy=(overlay.accuracy[0][:0], overlay.accuracy[1][:0])) for overlay in kept[1])
    return kept[1]


def _score(run: RunSpec) -> str:
    return TASKS[data.source(run.dataset).task].score


def compared_with(info: RunInfo) -> RunInfo | None:
    """The run whose curve stands behind that of `info`; None when there is none, or it was deleted."""
    chosen = info.origin.baseline or info.origin.parent
    try:
        return session.service().info(chosen) if chosen else None
    except PlaygroundError:
        return None


def short(info: RunInfo) -> str:
    """ "Run 3" of "Run 3 · mnist · Dense 10"."""
    return info.label.partition(" · ")[0]


def same_start(before: RunSpec, after: RunSpec) -> str:
    """Which of the first weights the two have in common, in words; found by making both."""
    if before.network == after.network and before.seed == after.seed:
        return "Both began with the same weights."
    if before.dataset.name != after.dataset.name:
        return ""
    shapes = {run: data.source(run.dataset).input_shape for run in (before, after)}
    first, second = (list(build(run.network, shapes[run], run.seed).state_dict().values()) for run in (before, after))
    weights = [tensor for tensor in second if tensor.dtype.is_floating_point]
    same = sum(any(tensor.shape == other.shape and torch.equal(tensor, other) for other in first) for tensor in weights)
    if same == len(weights):
        return "Both began with the same weights."
    return f"{same} of {len(weights)} weight tensors began the same; the others have another size or place."


def _before_training(baseline: RunInfo, edited: RunSpec) -> None:
    found = differences(baseline.run, edited)
    with st.container(horizontal=True, vertical_alignment="center", key="fair"):
        if not found:
            st.info(f"Now change one setting of **{short(baseline)}** below, and press Train.", icon=":material/exposure_plus_1:")
        elif len(found) == 1:
            st.info(f"Against **{short(baseline)}**: {in_words(baseline.run, edited)}", icon=":material/exposure_plus_1:")
        else:
            st.warning(
                f"Against **{short(baseline)}**, {in_words(baseline.run, edited)} You will not know which of them made the "
                "difference.",
                icon=":material/exposure_plus_1:",
            )
        st.button(
            "Put it back", icon=":material/undo:", on_click=session.replace_run_spec, args=(baseline.run,), disabled=not found
        )
        st.button("Compare no more", icon=":material/close:", on_click=next_run.compare_with, args=(None,))


def _after_training(earlier: RunInfo, info: RunInfo) -> str:
    words = in_words(earlier.run, info.run)
    if info.origin.parent is None:
        return f":material/compare_arrows: Grey: **{short(earlier)}**. {words} {same_start(earlier.run, info.run)}"
    point = f"after batch {info.origin.parent_step or 0:,}"
    changed = words if differences(earlier.run, info.run) else ""
    edits = "".join(f"Edited {change.text}. " for change in session.history(info.id).changes if change.by_hand)
    changed = f"{edits}{changed}".strip() or "Nothing was changed."
    return f":material/fork_right: Branched from **{short(earlier)}** (grey) {point}. {changed}"


def _before_branching(point: BranchPoint, edited: RunSpec) -> None:
    parent = session.service().info(point.run_id)
    changed = differences(parent.run, edited)
    words = in_words(parent.run, edited) if changed else "Change what you like below, then press **Train**."
    brings = "the weights, the optimizer and the random draws of that moment"
    if point.edited:
        brings = "the weights that you edited by hand and a fresh optimizer"
    with st.container(horizontal=True, vertical_alignment="center", key="branching"):
        st.info(
            f"The next run goes on from **{short(parent)}** at epoch **{point.epoch:.4g}**, with {brings}. {words}",
            icon=":material/fork_right:",
        )
        st.button("Train from the beginning", icon=":material/close:", on_click=next_run.compare_with, args=(None,))


def _begin(run_id: str) -> None:
    session.replace_run_spec(session.service().info(run_id).run)
    next_run.compare_with(run_id)
