"""Points in the plane: a small network, all of it on one screen, while it learns."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from playground.catalog.plane_presets import PLANE_PRESETS
from playground.checks import check
from playground.data.points import family_of
from playground.findings import Plan
from playground.jobs import RunInfo
from playground.training.diagnosis import ran_away
from playground.ui import plane_runs, plane_state, session
from playground.ui.lesson import allowed
from playground.ui.lesson_banner import lesson_banner
from playground.ui.network_form import network_form
from playground.ui.plane_controls import settings_bar, steering
from playground.ui.plane_data import data_column
from playground.ui.plane_live import live_plane
from playground.ui.plane_paint import painting
from playground.ui.runs_detail import TAKE_HOME
from playground.ui.training_form import training_form
from playground.ui.workbench import findings, presets

RUNS_PAGE = "pages/3_Runs.py"
SECTIONS = {"network": "Layers", "training": "Training"}
_STYLE = """<style>
.st-key-plane_settings label p {white-space: nowrap;}
.st-key-plane_body > div > [data-testid="stCaptionContainer"] {min-height: 1.5rem;}
.st-key-plane_picture_before {opacity: .45;}
@media (min-width: 900px) {
  .st-key-plane_failed {flex-wrap: nowrap !important;}
  .st-key-plane_failed > :first-child {flex: 1 1 0 !important; min-width: 0 !important;}
  .st-key-plane_failed > :last-child {flex: none !important;}
  .st-key-plane_columns > div > [data-testid="stHorizontalBlock"] > :first-child {
    flex: 0 0 215px !important; min-width: 0 !important;}
  .st-key-plane_columns > div > [data-testid="stHorizontalBlock"] > :last-child {flex: 1 1 0 !important; min-width: 0 !important;}
}
@media (max-width: 640px) {
  /* The picture comes first, and what one turns most right below it. */
  .st-key-plane_body {display: flex !important; flex-direction: column;}
  .st-key-plane_body > :has(.st-key-plane_settings) {order: 2;}
  .st-key-plane_columns > div > [data-testid="stHorizontalBlock"] > :last-child {order: -1;}
  .st-key-plane_numbers .big {min-width: 74px;} .st-key-plane_numbers .big-row {flex-wrap: wrap; gap: 4px 14px;}
  .st-key-plane_view_bar {gap: .3rem 1rem !important;}
  .st-key-plane_steering {gap: .4rem !important;}
}
</style>"""


def plane_page() -> None:
    """The whole page below the frame."""
    run, info = plane_state.run_spec(), plane_state.shown_run()
    plan = check(run)
    hidden = plane_state.viewing().hidden
    st.html(_STYLE)
    # One container, however much there is to say: what ticks below keeps its place in the page, and so its clock.
    with st.container(key="plane_top"):
        with st.container():
            for problem in plane_state.link_problems():
                st.warning(f"{problem} What you see is not from that link.", icon=":material/link_off:")
            if plane_state.is_lesson_here():
                lesson_banner(plan, info, plane_runs.BENCH)
        with st.container():
            if "presets" not in hidden:
                presets(PLANE_PRESETS, plane_runs.BENCH)
        steering(plan, info)
    with st.container(key="plane_body"):
        settings_bar(run, plan.source)
        st.caption(_in_words(plan))
        is_painted = family_of(run.dataset.name).is_painted
        with st.container():
            _problems(info)
            if not is_painted:
                findings(_worth_saying(plan), bench=plane_runs.BENCH)
        with st.container(key="plane_columns"):
            if "data" in hidden:
                picture = st.container()
            else:
                beside, picture = st.columns([1, 4], gap="medium")
                with beside:
                    data_column(run)
            with picture:
                with st.container():
                    painting(run)
                live_plane(info)
        with st.container():  # below, so that the plane stays under the brush
            if is_painted:
                findings(_worth_saying(plan), bench=plane_runs.BENCH)
    if "more" not in hidden:
        _more(plan, info)
    if hidden:
        st.button(
            "Show all controls",
            icon=":material/visibility:",
            type="tertiary",
            on_click=plane_state.set_viewing,
            kwargs={"hidden": ()},
            key="plane_show_all",
            help="Some controls are left out of this page, by the address that opened it.",
        )
    plane_state.keep_address()


def _in_words(plan: Plan) -> str:
    """What there is to see in this preset; of another network, its size."""
    words = next((preset.help for preset in PLANE_PRESETS if preset.run == plan.run), None)
    if words:
        return words
    source, parameters = plan.source, plan.totals.num_parameters
    return (
        f"**{parameters:,}** {'number' if parameters == 1 else 'numbers'} to learn, from **{source.num_train:,}** points; "
        f"**{source.num_test:,}** other points test what it has learned."
    )


def _worth_saying(plan: Plan) -> Plan:
    """What hinders goes before what could be better; and whoever has just begun to paint need not hear of the batch size."""
    if plan.errors:
        return replace(plan, findings=plan.errors)
    of_batches = [
        finding
        for finding in plan.findings
        if finding.mend and finding.mend.run.training.batch_size != plan.run.training.batch_size
    ]
    return replace(plan, findings=tuple(finding for finding in plan.findings if finding not in of_batches))


def _problems(info: RunInfo | None) -> None:
    """What went wrong, and how to go on."""
    said = plane_runs.problem()
    if said:
        st.error(said, icon=":material/error:")
    failed = session.history(info.id).failed if info and info.status == "failed" else None
    if failed:
        with st.container(horizontal=True, vertical_alignment="center", key="plane_failed"):
            st.error(" ".join((failed.what, failed.expected, failed.mend)), icon=":material/error:")
            if ran_away(failed):
                st.button(
                    "Take a rate 10 times smaller and start again",
                    icon=":material/build:",
                    on_click=plane_runs.smaller_steps,
                    key="plane_smaller_steps",
                )


def _more(plan: Plan, info: RunInfo | None) -> None:
    with st.container(horizontal=True, vertical_alignment="center", key="plane_more"):
        section = st.segmented_control(
            "More",
            list(SECTIONS),
            format_func=SECTIONS.__getitem__,
            key="plane_section",
            label_visibility="collapsed",
            help="Every layer and every setting there is.",
        )
        if st.button(
            "Open in Build & train", icon=":material/school:", key="plane_to_build", help="The same run with all other tools."
        ):
            session.replace_run_spec(plan.run)
            st.switch_page("app.py", query_params=session.link_query())
        if info is not None and allowed(RUNS_PAGE):
            _take_home(info)
    with st.container():
        if section == "network":
            network_form(plan, plane_runs.BENCH)
        elif section == "training":
            training_form(plane_runs.BENCH)


def _take_home(info: RunInfo) -> None:
    if st.button(
        "Take it home",
        icon=":material/download:",
        key="plane_take_home",
        help="This run as code, weights or a report, to keep and run anywhere.",
    ):
        session.set_run_id(info.id)
        st.session_state["run_view"] = TAKE_HOME
        st.switch_page(RUNS_PAGE, query_params=session.link_query())
