"""The buttons that start and steer a run. All stay in their places; what cannot be used now is greyed out."""

from __future__ import annotations

import streamlit as st

from playground import data
from playground.errors import PlaygroundError
from playground.findings import Plan
from playground.jobs import RunInfo
from playground.jobs.protocol import Mode
from playground.spec import RunSpec
from playground.training.changes import Changes, changes_between
from playground.ui import lesson, next_run, session
from playground.ui.datasets import effective

SPEEDS: dict[float, str] = {0.0: "Full speed", 20.0: "20 batches/s", 5.0: "5 batches/s", 1.0: "1 batch/s"}

_LOOK_INSIDE = ("pages/1_Inspect.py", "Look inside", ":material/search:")

# The statuses that a run has until a command has taken effect.
_LEAVING: dict[str, tuple[str, ...]] = {
    "pause": ("waiting", "running"),
    "resume": ("paused", "interrupted"),
    "stop": ("waiting", "running", "paused"),
    "step_batch": ("waiting", "running"),
    "step_epoch": ("paused",),
}


def controls(plan: Plan, info: RunInfo | None) -> None:
    """Train, pause, resume, stop, one batch, one epoch, slow motion."""
    mine = info is not None and info.owner == session.visitor()
    active = info is not None and info.is_active and mine
    status = info.status if info and mine else ""
    # An interrupted run goes on with one click, unless something else lies on the workbench by now.
    can_go_on = info is not None and status == "interrupted" and effective(plan.run) == info.run
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="controls"):
        if info is not None and active and status != "paused":
            st.button("Pause", icon=":material/pause:", type="primary", key="main", on_click=_do, args=("pause",), width=110)
        elif info is not None and (active or can_go_on):
            st.button(
                "Continue" if can_go_on else "Resume",
                icon=":material/play_arrow:",
                type="primary",
                key="main",
                on_click=_do,
                args=("resume",),
                width=110,
            )
        else:
            st.button(
                "Train",
                icon=":material/play_arrow:",
                type="primary",
                key="main",
                on_click=_train,
                args=(plan.run,),
                disabled=not _can_train(plan),
                help=_why_not(plan),
                width=110,
            )
        st.button(
            "Stop",
            icon=":material/stop:",
            on_click=_do,
            args=("stop",),
            disabled=not active,
            help="Ends this run; its network stays as it is.",
        )
        can_step = status == "paused" or (not active and _can_train(plan))
        st.button(
            "One batch",
            icon=":material/skip_next:",
            on_click=_step,
            args=(plan.run, "step_batch", "batch"),
            disabled=not can_step,
            help="Learn from one batch of images, then wait.",
        )
        st.button(
            "One epoch",
            icon=":material/fast_forward:",
            on_click=_step,
            args=(plan.run, "step_epoch", "epoch"),
            disabled=not can_step,
            help="Learn to the end of the epoch, then wait.",
        )
        st.session_state.setdefault("speed", info.batches_per_second or 0.0 if info and active else 0.0)
        st.selectbox(
            "Speed",
            list(SPEEDS),
            format_func=lambda speed: SPEEDS[speed],
            key="speed",
            on_change=_slow_down,
            label_visibility="collapsed",
            help="Slow motion, to watch single steps.",
            width=150,
            persist_state="session",
        )
        for path, label, icon in _next_pages(plan):
            if lesson.allowed(path):
                st.page_link(path, label=label, icon=icon, query_params=session.link_query())
    with st.container():
        problem = st.session_state.pop("control_problem", None)
        if problem:
            st.error(problem, icon=":material/error:")
        if info is not None and active:
            _edited_while_running(plan, info)


def _next_pages(plan: Plan) -> tuple[tuple[str, str, str], ...]:
    """Where a learner goes next: of points to the plane, with digits to the canvas."""
    if plan.source.example == "point":
        return (_LOOK_INSIDE, ("pages/11_Plane.py", "See the plane", ":material/scatter_plot:"))
    return (_LOOK_INSIDE, ("pages/2_Draw.py", "Draw a digit", ":material/draw:")) if plan.source.is_images else (_LOOK_INSIDE,)


def _edited_while_running(plan: Plan, info: RunInfo) -> None:
    """What was edited on the workbench since Train can go into the running network, or become a run of its own."""
    edited = effective(plan.run)
    if edited == info.run:
        return
    changes = changes_between(info.run, edited)
    with st.container(horizontal=True, vertical_alignment="center", key="edited"):
        if changes:
            st.info("You changed settings that a running network can take up.", icon=":material/edit:")
            st.button("Use them now", icon=":material/bolt:", on_click=_change, args=(changes,), key="apply-changes")
        else:
            st.info("The workbench differs from the network that is training now.", icon=":material/edit:")
        st.button(
            "Train as a new run",
            icon=":material/add:",
            on_click=_train,
            args=(plan.run,),
            disabled=not _can_train(plan),
            key="new-run",
        )
        st.button(
            "Undo",
            icon=":material/undo:",
            on_click=session.replace_run_spec,
            args=(info.run,),
            key="undo-edits",
            help="Puts the network that is training back on the workbench.",
        )


def _can_train(plan: Plan) -> bool:
    return plan.can_train and data.is_available(effective(plan.run).dataset)


def _why_not(plan: Plan) -> str | None:
    """Why Train cannot be pressed, or None when it can."""
    if not plan.can_train:
        return "Mend what is marked in red below first."
    return None if _can_train(plan) else f"{plan.source.title} has to be fetched first."


def _train(run: RunSpec, mode: Mode = "run") -> None:
    try:
        lesson.require_allowed(run)
        chosen = next_run.begin(effective(run), mode)
        session.set_run_id(chosen)
        speed = st.session_state.get("speed")
        if speed:
            session.service().slow_motion(chosen, speed)
        # Two events, a start and a batch: then the page that this click brings has the curve's first point already.
        session.settle(chosen, leaving=("waiting", "running") if mode == "batch" else ("waiting",), seen=1)
    except PlaygroundError as problem:
        st.session_state["control_problem"] = str(problem)


def _do(command: str) -> None:
    chosen = session.run_id()
    if chosen is None:
        return
    try:
        seen = session.num_events(chosen)
        getattr(session.service(), command)(chosen)
        session.settle(chosen, _LEAVING[command], seen)
    except PlaygroundError as problem:
        st.session_state["control_problem"] = str(problem)


def _step(run: RunSpec, command: str, mode: Mode) -> None:
    """One batch or epoch of the paused run; without one, a new run begins with it."""
    info = session.run_info()
    if info and info.is_active:
        _do(command)
    else:
        _train(run, mode)


def _slow_down() -> None:
    info = session.run_info()
    if info and info.is_active:
        session.service().slow_motion(info.id, st.session_state["speed"] or None)


def _change(changes: Changes) -> None:
    chosen = session.run_id()
    if chosen is None:
        return
    try:
        lesson.require_allowed(session.run_spec())
        session.service().change(chosen, changes)
    except PlaygroundError as problem:
        st.session_state["control_problem"] = str(problem)
