"""All that moves on the page "Points in the plane": the epoch, the losses, the network and what it makes of the plane."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import streamlit as st
from torch import Tensor

from playground.catalog.layer import Misfit
from playground.catalog.plane_presets import PLANE_PRESETS
from playground.catalog.task import TASKS, score_words
from playground.checks import check
from playground.errors import PlaygroundError
from playground.figures.plane_losses import plane_losses
from playground.figures.samples import big_numbers
from playground.findings import Plan
from playground.insight.plane import PlaneLook, blank_look, first_weights, look
from playground.jobs import RunInfo
from playground.jobs.run_info import Weights
from playground.spec import RunSpec
from playground.training.changes import WeightEdit
from playground.training.history import History
from playground.ui import plane_commands, plane_state, plane_undo, session
from playground.ui.figure_view import figure_view
from playground.ui.plane_paint import brush
from playground.ui.plane_view import PlaneOptions, plane_view
from playground.ui.plane_view_bar import view_bar

TICK_SECONDS = 0.15
PAUSED_TICK_SECONDS = 1.0  # another tab may let the run go on
WEIGHTS_AGE = 0.1
WEIGHTS_WAIT = 0.03  # seconds; weights that a busy worker has not sent by then are drawn one tick later
CURVES_EVERY = 0.6  # seconds of training between two drawings of the curves
_EMPTY = History()


@dataclass(frozen=True)
class _Seen:
    """The picture, and what it was made of.

    Attributes:
        wanted: the run whose picture was wanted.
        run: the one that is drawn: the last that could be.
    """

    wanted: RunSpec
    weights: Weights | None
    edits: tuple[WeightEdit, ...]
    run: RunSpec
    look: PlaneLook


def live_plane(info: RunInfo | None) -> None:
    """Keeps its height, whether there is a run or not."""
    every = None
    if info and info.is_active:
        every = PAUSED_TICK_SECONDS if info.status == "paused" else TICK_SECONDS
    st.session_state["plane_drawn"] = _drawn(info)
    st.fragment(_tick, run_every=every)()


def _drawn(info: RunInfo | None) -> tuple[object, ...]:
    """What the rest of the page hangs on. A run may go on while a page is being drawn, which shows it as it stood before."""
    status = None if info is None else "running" if info.status == "waiting" else info.status
    viewing = plane_state.viewing()
    told = (viewing.hidden, viewing.speed, st.session_state.get("plane_problem"), plane_undo.words())
    return (plane_state.run_spec(), info.id if info else None, status, *told)


def _tick() -> None:
    session.freeze_imports("plane")
    if _drawn(plane_state.shown_run()) != st.session_state.get("plane_drawn"):
        st.rerun()
    run, info = plane_state.run_spec(), plane_state.shown_run()
    try:
        history = session.history(info.id) if info else _EMPTY
    except PlaygroundError:  # forgotten by the server in the meantime
        st.rerun()
    seen = _look(run, info)
    _numbers(seen.look, history, info)
    viewing = plane_state.viewing()
    stroke, is_current = brush(run), seen.run == run
    # Whoever paints a point must see it, also when it is one of those that test.
    options = PlaneOptions(viewing.show_test or stroke is not None, viewing.discrete, stroke, editable=is_current)
    with st.container(key="plane_picture" if is_current else "plane_picture_before"):
        plane_view(seen.look, run=seen.run, options=options, key="plane", on_command=plane_commands.obey)
    if "view" not in viewing.hidden:
        view_bar()
    plane_state.keep_address()
    if "losses" not in viewing.hidden:
        moment = (info.id, history.status, int(history.seconds / CURVES_EVERY)) if info else None
        figure_view(
            lambda: plane_losses(history.epochs, viewing.log_loss),
            key="plane_losses",
            revision=(moment, viewing.log_loss),
            zoom_key=info.id if info else "empty",
        )


def _look(run: RunSpec, info: RunInfo | None) -> _Seen:
    """The picture of this moment; the last good one where there can be none."""
    before: _Seen | None = st.session_state.get("plane_seen")
    weights, edits = _weights(info), plane_state.edits() if info is None else ()
    if before and (before.wanted, before.edits) == (run, edits) and before.weights is weights:
        return before
    plan = check(run)
    try:
        made = look(run, weights.tensors if weights else _first(run, edits)) if plan.can_train else _blank(run, plan)
        seen = _Seen(run, weights, edits, run, made)
    except (PlaygroundError, Misfit, RuntimeError) as trouble:
        words = plan.errors[0].message if plan.errors else str(trouble)
        drawn, picture = (before.run, before.look) if before else _default()
        seen = _Seen(run, weights, edits, drawn, replace(picture, problem=words))
    st.session_state["plane_seen"] = seen
    return seen


def _blank(run: RunSpec, plan: Plan) -> PlaneLook:
    return blank_look(run, plan.errors[0].message)


def _default() -> tuple[RunSpec, PlaneLook]:
    run = PLANE_PRESETS[0].run
    return run, look(run, first_weights(run))


def _weights(info: RunInfo | None) -> Weights | None:
    if info is None:
        return None
    try:
        wait = WEIGHTS_WAIT if info.status == "running" else 1.0
        return session.service().weights(info.id, timeout=wait, age=WEIGHTS_AGE)
    except PlaygroundError:  # it has not begun: the first weights are those that it will begin with
        return None


def _first(run: RunSpec, edits: tuple[WeightEdit, ...]) -> Mapping[str, Tensor]:
    tensors = {name: tensor.clone() for name, tensor in first_weights(run).items()}
    for made in edits:
        tensors[made.name][made.index] = made.value
    return tensors


def _numbers(found: PlaneLook, history: History, info: RunInfo | None) -> None:
    readings = [("epoch", f"{int(history.epoch):,}")]
    for name, measured in (("training loss", found.train), ("test loss", found.test)):
        readings.append((name, _loss(measured.loss) if measured else "–"))
    if found.test:
        readings.append((f"test {TASKS[found.task].score}", score_words(found.task, found.test.accuracy)))
    if info and info.status == "running" and history.started and history.images_per_second:
        readings.append(("epochs a second", f"{history.images_per_second / max(1, history.started.train_size):,.0f}"))
    with st.container(key="plane_numbers"):
        st.html(big_numbers(readings))


def _loss(value: float) -> str:
    return f"{value:.3f}" if value < 1000 else f"{value:.2g}"
