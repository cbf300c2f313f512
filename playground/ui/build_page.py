"""The front page, in the order in which a learner asks."""

from __future__ import annotations

import streamlit as st

from playground.checks import Plan
from playground.jobs import RunInfo
from playground.ui import session
from playground.ui.controls import controls
from playground.ui.data_form import data_form
from playground.ui.datasets import notice
from playground.ui.live import live_view
from playground.ui.network_form import network_form
from playground.ui.training_form import training_form
from playground.ui.workbench import findings, network_diagram, presets

SECTIONS = {"network": "Network", "training": "Training", "data": "Data"}


def build_page(plan: Plan, info: RunInfo | None) -> None:
    """Presets, controls, curves, the drawn network; behind it the forms."""
    if session.lost_run():
        st.info(
            "The run in this address is not on this server any more. Press Train to start it anew.",
            icon=":material/link_off:",
        )
    presets()
    notice(plan.run)
    controls(plan, info)
    failure(info)
    live_view(info)
    network_diagram(plan)
    findings(plan)
    with st.container(horizontal=True, vertical_alignment="center"):
        section = st.segmented_control(
            "Change",
            list(SECTIONS),
            format_func=lambda name: SECTIONS[name],
            key="section",
            label_visibility="collapsed",
            persist_state="session",
        )
        _view_options()
    if section == "network":
        network_form(plan)
    elif section == "training":
        training_form()
    elif section == "data":
        data_form(plan)


def failure(info: RunInfo | None) -> None:
    """Why the run failed, what was kept, and how to mend it."""
    problem = session.history(info.id).failed if info else None
    if problem:
        st.error(" ".join((problem.what, problem.expected, problem.mend)), icon=":material/error:")


def _view_options() -> None:
    with st.popover("View", icon=":material/visibility:"):
        st.toggle("Logarithmic loss axis", key="log_loss", persist_state="session")
        st.toggle("Single batches behind the smooth curve", value=True, key="show_raw", persist_state="session")
        st.toggle("Count batches instead of epochs", key="per_batch", persist_state="session")
