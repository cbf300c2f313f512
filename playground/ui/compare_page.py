"""Compare: several runs over one another, their differences in words, and who gets what right."""

from __future__ import annotations

import html
from collections.abc import Sequence

import streamlit as st

from playground.differences import in_words
from playground.jobs import RunInfo
from playground.ui import session
from playground.ui.compare_curves import curves_view
from playground.ui.compare_mistakes import mistakes_view
from playground.ui.compare_runs import MOST_RUNS, ComparedRun, choose, chosen_ids, compared_runs, run_infos
from playground.ui.compare_sizes import sizes_view
from playground.ui.compare_table import table_view
from playground.ui.data_words import same_question
from playground.ui.labels import distinct

VIEWS = ("Curves", "Numbers", "Size and time", "Who fixes what")
_WIDGET = "compare_chosen"
_DIFFERENCES_NAMED = 6

_ROWS_SHOWN, _LIST_PIXELS = 4, 250

_STYLE = """<style>
.compared {line-height:1.3; padding:.15rem 0;} .compared b {font-size:1.1rem;} .compared .faint {opacity:.7;}
.compared .differs {font-size:1rem; opacity:.85; margin-left:36px; display:inline-block;}
.st-key-compared_runs {padding:.4rem .9rem;}
</style>"""


def compare_page() -> None:
    """The whole page below the title."""
    st.subheader("Compare", anchor=False)
    mine = session.service().runs(session.visitor())
    infos, lost = run_infos(chosen_ids(mine))
    infos = _choice(mine, infos)
    if lost:
        count = "One" if len(lost) == 1 else str(len(lost))
        reasons = dict.fromkeys(f"{problem.what} {problem.expected}".strip() for problem in lost)
        st.info(f"{count} of the runs in this address cannot be shown. {' '.join(reasons)}", icon=":material/link_off:")
    if len(infos) < 2:
        _empty(mine, infos)
        return
    runs = compared_runs(infos)
    _list(runs)
    _tabs(infos, runs)


def _choice(mine: Sequence[RunInfo], chosen: Sequence[RunInfo]) -> list[RunInfo]:
    """Which runs; the first is the baseline. Those of a link may be another visitor's."""
    infos = {info.id: info for info in (*mine, *chosen)}
    if not infos:
        return []
    labels = option_labels(list(infos.values()))
    ids = [info.id for info in chosen]
    st.session_state[_WIDGET] = ids
    choose(ids)
    st.multiselect(
        "Runs to compare; the first is the baseline (A)",
        list(infos),
        format_func=lambda run_id: labels[run_id],
        key=_WIDGET,
        max_selections=MOST_RUNS,
        placeholder="Choose two or more runs",
        on_change=lambda: choose(st.session_state[_WIDGET]),
        help=f"Up to {MOST_RUNS} runs. The address of this page names them, so it can be sent to others.",
    )
    return [infos[run_id] for run_id in ids]


def option_labels(infos: Sequence[RunInfo]) -> dict[str, str]:
    """Id -> what the field shows. No two are alike, though runs may share a name: the field knows its options by these."""
    oldest_first = sorted(infos, key=lambda info: info.created)
    return distinct({info.id: info.label + ("" if info.status == "finished" else f" · {info.status}") for info in oldest_first})


def _empty(mine: Sequence[RunInfo], chosen: Sequence[RunInfo]) -> None:
    with st.container(border=True, horizontal_alignment="center", key="compare_empty"):
        if len({info.id for info in (*mine, *chosen)}) < 2:
            st.subheader("Two runs are needed to compare", anchor=False)
            one = "You have one run. " if mine or chosen else ""
            st.write(
                f"{one}Train a network, change one thing, and train again: here you see what the change did, and whether it "
                "helped."
            )
        else:
            st.subheader("Choose two runs or more", anchor=False)
            st.write("Pick them in the field above, or mark them on the Runs page.")
        with st.container(horizontal=True, horizontal_alignment="center"):
            st.page_link("app.py", label="Go to Build & train", icon=":material/school:", query_params=session.link_query())
            st.page_link("pages/3_Runs.py", label="Go to Runs", icon=":material/inventory_2:", query_params=session.link_query())


def _list(runs: Sequence[ComparedRun]) -> None:
    """The legend of all that follows: letter, name and colour of each run, and what differs from the baseline."""
    st.html(_STYLE)
    with st.container(border=True, key="compared_runs", gap=None, height=_LIST_PIXELS if len(runs) > _ROWS_SHOWN else "content"):
        for run in runs:
            _entry(run, runs[0])


def _entry(run: ComparedRun, baseline: ComparedRun) -> None:
    dark = st.context.theme.type == "dark"
    words = "The baseline." if run is baseline else in_words(baseline.info.run, run.info.run, _DIFFERENCES_NAMED)
    status = "" if run.info.status == "finished" else f" <span class='faint'>({_status(run)})</span>"
    text, links = st.columns([11, 6], vertical_alignment="center")
    text.html(
        f'<div class="compared">{run.style.swatch(dark)}<b>{run.letter}</b> · {html.escape(run.name)}{status}'
        f"<br><span class='differs'>{html.escape(words)}</span></div>"
    )
    with links.container(horizontal=True, horizontal_alignment="right", gap="small"):
        if run is not baseline and same_question(run.info.run, baseline.info.run):
            st.page_link(
                "pages/5_Experiments.py",
                label="Is the difference real?",
                icon=":material/science:",
                query_params={"a": baseline.info.id, "b": run.info.id},
                help="Trains both several times with other random numbers, to tell a real difference from luck.",
            )
        st.page_link("pages/1_Inspect.py", label="Inspect", icon=":material/search:", query_params={"run": run.info.id})


def _status(run: ComparedRun) -> str:
    """How far a run got that did not finish."""
    words = {"waiting": "waits for its turn", "running": "is learning", "paused": "is paused", "interrupted": "was interrupted"}
    said = words.get(run.info.status, run.info.status)
    return f"{said}, at epoch {run.history.epoch:.2f}" if run.history.epoch else said


def _tabs(infos: Sequence[RunInfo], runs: Sequence[ComparedRun]) -> None:
    """Only the open tab is computed and sent."""
    tabs = dict(zip(VIEWS, st.tabs(list(VIEWS), key="compare_view", on_change="rerun"), strict=True))
    for name, tab in tabs.items():
        if not tab.open:
            continue
        with tab:
            if name == "Curves":
                curves_view(infos)
            elif name == "Numbers":
                table_view(runs)
            elif name == "Size and time":
                sizes_view(runs)
            else:
                mistakes_view(runs)
