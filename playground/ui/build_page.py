"""The front page, in the order in which a learner asks."""

from __future__ import annotations

import streamlit as st

from playground import data
from playground.catalog.presets import PRESETS
from playground.findings import Plan
from playground.jobs import RunInfo
from playground.spec import RunSpec
from playground.ui import address, session
from playground.ui.advisor import advisor, offered
from playground.ui.controls import controls
from playground.ui.data_form import data_form
from playground.ui.datasets import downloads, effective, is_damaged, notice
from playground.ui.fair import change_one_thing, fair_notice
from playground.ui.forecast import forecast_form, forecast_score
from playground.ui.lesson import allowed
from playground.ui.lesson_banner import lesson_banner
from playground.ui.live import live_view
from playground.ui.network_form import network_form
from playground.ui.runs_detail import TAKE_HOME
from playground.ui.share import share
from playground.ui.training_form import training_form
from playground.ui.under_the_hood import under_the_hood
from playground.ui.workbench import findings, network_diagram, presets

RUNS_PAGE = "pages/3_Runs.py"
SECTIONS = {"network": "Network", "training": "Training", "data": "Data", "forecast": "Forecast", "hood": "Under the hood"}


def build_page(plan: Plan, info: RunInfo | None) -> None:
    """Presets, controls, curves, the drawn network; behind it the forms."""
    run = effective(plan.run)
    session.warm(run.dataset.name)
    # One container, however much there is to say: what ticks below keeps its place in the page, and so its clock.
    with st.container(key="steering"):
        with st.container():
            _address_problems()
            lesson_banner(plan, info)
        presets()
        with st.container():
            notice(plan.run)
        controls(plan, info)
        with st.container():
            _storing_problem()
            fair_notice(info, plan.run)
    live_view(info, run, _hint(plan))
    advisor(info)
    with st.container():
        failure(info, run)
        if info is not None and not info.is_active:
            forecast_score(info, session.history(info.id))
    network_diagram(plan)
    with st.container():
        findings(plan, offered(info))
    with st.container(horizontal=True, vertical_alignment="center"):
        section = st.segmented_control(
            "Change",
            list(SECTIONS),
            format_func=lambda name: SECTIONS[name],
            key="section",
            label_visibility="collapsed",
            persist_state="session",
        )
        if info is not None and not plan.errors:
            change_one_thing(info)
        _view_options()
        share()
        if info is not None and not info.is_active and allowed(RUNS_PAGE):
            _take_home()
    with st.container():
        if section == "network":
            network_form(plan)
        elif section == "training":
            training_form()
        elif section == "data":
            data_form(plan)
        elif section == "forecast":
            forecast_form(plan, info)
        elif section == "hood":
            under_the_hood(info)


def _address_problems() -> None:
    if session.lost_run():
        st.info(
            "The run in this address is not on this server any more: only the latest ones are kept. "
            "The network below is ready to train.",
            icon=":material/link_off:",
        )
    problem = address.link_problem()
    if problem:
        st.warning(f"{problem} The network below is not from that link.", icon=":material/link_off:")


def _storing_problem() -> None:
    problem = session.told_problem()
    if problem:
        st.warning(problem, icon=":material/database_off:")


def _hint(plan: Plan) -> str:
    """What to do next, beside the Train button."""
    if plan.errors:
        return f":red[{plan.errors[0].message} Mend it below.]"
    if not data.is_available(effective(plan.run).dataset):
        return f"{plan.source.title} has to be fetched before you can train on it."
    words = next((preset.help for preset in PRESETS if preset.run == plan.run), "Your network is ready.")
    return f"{words} Press **Train**."


def failure(info: RunInfo | None, next_run: RunSpec) -> None:
    """Why the run failed, what was kept, and how to mend it. Until something was changed."""
    if info is None or info.is_active or info.run != next_run:
        return
    history = session.history(info.id)
    problem = history.failed
    if problem:
        st.error(" ".join((problem.what, problem.expected, problem.mend)), icon=":material/error:")
        name = info.run.dataset.name
        if history.started is None and is_damaged(name):
            st.button("Fetch it again", icon=":material/refresh:", on_click=downloads().start, args=(name,))


def _take_home() -> None:
    if st.button(
        "Take it home", icon=":material/download:", help="This run as code, weights or a report, to keep and run anywhere."
    ):
        st.session_state["run_view"] = TAKE_HOME
        st.switch_page(RUNS_PAGE, query_params=session.link_query())


def _view_options() -> None:
    with st.popover("View", icon=":material/visibility:"):
        st.toggle("Logarithmic loss axis", key="log_loss", persist_state="session")
        st.toggle("Single batches behind the smooth curve", value=True, key="show_raw", persist_state="session")
        st.toggle("Count batches instead of epochs", key="per_batch", persist_state="session")
