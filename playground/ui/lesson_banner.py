"""A lesson's banner over the page: what to do, and how its goal stands, followed while the network learns."""

from __future__ import annotations

from html import escape

import streamlit as st

from playground import data
from playground.catalog.task import TASKS
from playground.errors import PlaygroundError
from playground.findings import Plan
from playground.jobs import RunInfo
from playground.lessons import Criterion, Goal, Lesson, Moment, criteria
from playground.training.history import History
from playground.ui import session
from playground.ui.bench import WORKBENCH, Bench
from playground.ui.lesson import differing, leave, lesson, lesson_problem

TICK_SECONDS = 1.0
_MARKS = {"reached": "✓", "open": "○", "missed": "✕"}
_STYLE = """<style>
.lesson {border-left: 5px solid #0072B2; background: rgba(0, 114, 178, .1); border-radius: 6px; padding: .45rem .9rem;}
.lesson.done {border-color: #009E73; background: rgba(0, 158, 115, .14);}
.lesson b.title {font-size: 1.1rem; margin-right: .6rem;}
.lesson .text {white-space: pre-line;}
.lesson .goal {display: flex; flex-wrap: wrap; gap: .15rem 1.4rem; margin-top: .25rem; font-variant-numeric: tabular-nums;}
.lesson .goal b.mark {display: inline-block; width: 1.2em;}
.lesson .goal small {opacity: .8;}
.lesson .goal .all {font-weight: 700;}
.st-key-lesson > :first-child, .st-key-lesson-problem > :first-child {flex: 1 1 16rem; min-width: 0;}
</style>"""


def lesson_banner(plan: Plan, info: RunInfo | None, bench: Bench = WORKBENCH) -> None:
    """Nothing outside of lessons. Tells too when a lesson's link could not be opened, and when locked settings differ."""
    found, problem = lesson(), lesson_problem()
    if found or problem:
        st.html(_STYLE)
    if problem:
        with st.container(horizontal=True, vertical_alignment="center", key="lesson-problem"):
            st.warning(f"{problem} Until then, everything is open.", icon=":material/link_off:")
            st.button("Close", key="close-lesson", on_click=leave, type="tertiary")
    if found is None:
        return
    with st.container(horizontal=True, vertical_alignment="center", key="lesson"):
        with st.container():
            every = TICK_SECONDS if found.goal and info and info.is_active else None
            st.fragment(_banner, run_every=every)(found, plan, info)
        st.button("Leave the lesson", key="leave-lesson", icon=":material/logout:", type="tertiary", on_click=leave)
    titles = differing(plan.run)
    if titles:
        with st.container(horizontal=True, vertical_alignment="center", key="lesson-differs"):
            st.warning(f"This lesson has other settings: {', '.join(titles)}.", icon=":material/lock:")
            # Whatever is put on the workbench takes over what is locked.
            st.button("Put them back", icon=":material/undo:", on_click=bench.replace, args=(plan.run,))


def _banner(found: Lesson, plan: Plan, info: RunInfo | None) -> None:
    lines = [f'<b class="title">{escape(found.title)}</b>' if found.title else ""]
    lines.append(f'<span class="text">{escape(found.text)}</span>' if found.text else "")
    reached = False
    if found.goal is not None:
        shown, reached = goal_state(found.goal, plan, info)
        lines.append(_goal_line(shown, reached, info is not None and bool(differing(info.run))))
    st.html(f'<div class="lesson{" done" if reached else ""}">{"".join(lines)}</div>')


def goal_state(goal: Goal, plan: Plan, info: RunInfo | None) -> tuple[tuple[Criterion, ...], bool]:
    """How a goal stands: for the chosen run; but parameters as on the workbench, which can be told before training.

    Returns:
        The parts to show, and whether the chosen run has reached all of them.
    """
    try:
        history = session.history(info.id) if info and not differing(info.run) else None
    except PlaygroundError:  # forgotten by the server in the meantime
        history = None
    images, moments = moments_of(history) if history else ("validation", ())
    mine = plan.totals.num_parameters
    its = history.started.num_parameters if history and history.started else mine
    score = TASKS[(data.source(info.run.dataset) if history and info else plan.source).task].score
    of_run = criteria(goal, moments, its, images, score)
    shown = criteria(goal, moments, mine, images, score)
    return shown, bool(of_run) and all(each.state == "reached" for each in of_run)


def moments_of(history: History) -> tuple[str, tuple[Moment, ...]]:
    """Which images accuracy was measured on, and the ended epochs. The test images are asked only at the end of a run."""
    if any(epoch.validation_accuracy is not None for epoch in history.epochs):
        return "validation", tuple(Moment(each.epoch, each.seconds, each.validation_accuracy) for each in history.epochs)
    moments = [Moment(each.epoch, each.seconds, None) for each in history.epochs]
    if history.finished and moments:
        moments[-1] = Moment(moments[-1].epoch, moments[-1].seconds, history.finished.test_accuracy)
    without = history.started is not None and history.started.validation_size == 0
    return "test" if without else "validation", tuple(moments)


def _goal_line(shown: tuple[Criterion, ...], reached: bool, other_settings: bool) -> str:
    parts = [
        f'<span><b class="mark">{_MARKS[each.state]}</b>{escape(each.words)} <small>· {escape(each.now)}</small></span>'
        for each in shown
    ]
    first = '<span class="all">★ Goal reached!</span>' if reached else '<span class="all">Goal:</span>'
    note = "<small>The run shown has other settings than this lesson: train yours.</small>" if other_settings else ""
    return f'<div class="goal">{first}{"".join(parts)}{note}</div>'
