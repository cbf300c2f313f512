"""Runs: all that a visitor has trained, to be found again, compared, continued and taken home."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from playground.errors import PlaygroundError
from playground.ui import runs_actions, session
from playground.ui.runs_detail import run_detail
from playground.ui.runs_rows import ACTIVE, RunRow, all_rows, chosen_rows, plain
from playground.ui.runs_storage import import_view, storage_view, store_problem, zip_button
from playground.ui.runs_table import choices, runs_table, show_trials, ticked, untick

TICK_SECONDS = 2.0
MOST_COMPARED = 20

# The table's own toolbar would lie over the filters, and offers nothing that the page does not.
_STYLE = """<style>
.st-key-runs_list [data-testid="stElementToolbar"] {display: none;}
@media (min-width: 641px) {.st-key-runs_opened {display: none;} .st-key-runs_head {padding-right: 1.6rem;}}
.st-key-run_detail [data-testid="stMetricValue"] {font-size: 1.5rem;}
.st-key-run_links, .st-key-run_commands {row-gap: .2rem;}
</style>"""


def runs_page() -> None:
    """The whole page below the title."""
    st.html(_STYLE)
    rows, unread = all_rows(show_trials())
    with st.container(horizontal=True, vertical_alignment="center", key="runs_head"):
        st.subheader("Runs", anchor=False, width="stretch")
        storage_view(rows)
    with st.container():
        store_problem(unread)
        runs_actions.news()
    if not rows and not show_trials():
        _empty()
        return
    with st.container():  # what follows keeps its place in the page, whether something is watched or not
        _watch(rows)
    chosen = session.run_id()
    opened = next((row for row in rows if row.id == chosen), None)
    with st.container():
        _interrupted([row for row in rows if row is not opened])
    listed = chosen_rows(rows, choices(rows))
    left, right = st.columns([6, 5])
    with left:
        if listed:
            with st.container(key="runs_list"):
                runs_table(listed)
            _ticked(listed)
            if opened is not None:
                with st.container(key="runs_opened"):
                    st.caption(f":material/arrow_downward: **{plain(opened.short_name)}** is open below.")
        else:
            st.info("No run fits. Search for something else, or take the filters away.", icon=":material/search_off:")
    with right:
        if opened is not None:
            run_detail(opened, rows)
        else:
            with st.container(border=True, key="run_detail"):
                st.markdown(
                    ":material/touch_app: **Tap a run** in the list to open it: its figures, its note, where it comes from, "
                    "and how to take it home. Tick several to compare, download or delete them."
                )


def _empty() -> None:
    with st.container(border=True, horizontal_alignment="center"):
        st.subheader("Nothing trained yet", anchor=False)
        st.write("Every network that you train is kept here, with its curves, its weights and your notes.")
        st.page_link("app.py", label="Go to Build & train", icon=":material/school:", query_params=session.link_query())
        with st.popover("Import runs", icon=":material/upload:"):
            import_view()


def _interrupted(rows: Sequence[RunRow]) -> None:
    """Runs that a server left unfinished, and one click to let them go on."""
    found = [row for row in rows if row.status == "interrupted" and row.origin.study is None]
    if not found:
        return
    with st.container(horizontal=True, vertical_alignment="center", key="runs_interrupted"):
        one = len(found) == 1
        text = f"**{plain(found[0].short_name)}** was" if one else f"**{len(found)} runs** were"
        st.markdown(f":orange[:material/bolt:] {text} interrupted when the server ended.", width="content")
        st.button(
            "Continue it" if one else "Continue them",
            icon=":material/play_arrow:",
            on_click=runs_actions.go_on,
            args=(tuple(row.id for row in found),),
            help="From the last saved state, exactly as if nothing had happened.",
            key="runs.continue",
        )


def _ticked(listed: Sequence[RunRow]) -> None:
    """What can be done with several runs at once."""
    found = ticked(listed)
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="runs_ticked_bar"):
        if not found:
            st.caption("Tap a run to open it. Tick several to compare, download or delete them.", width="content")
            return
        ids = [row.id for row in found]
        st.markdown(f"**{len(found)} ticked**", width="content")
        if 2 <= len(found) <= MOST_COMPARED:
            query = session.link_query() | {"runs": ",".join(ids)}
            st.page_link("pages/4_Compare.py", label="Compare", icon=":material/compare_arrows:", query_params=query)
        zip_button("Download", found, "runs.zip.ticked")
        st.button("Delete", icon=":material/delete:", on_click=runs_actions.delete, args=(ids,), key="runs.delete")
        st.button("Untick", icon=":material/close:", type="tertiary", on_click=untick, key="runs.untick")
    if len(found) > MOST_COMPARED:
        st.caption(f"At most {MOST_COMPARED} runs can be compared at once.")


def _watch(rows: Sequence[RunRow]) -> None:
    """Draws the page anew when an unfinished run got on by an epoch, or ended."""
    active = [row for row in rows if row.status in ACTIVE]
    if active:
        st.fragment(_follow, run_every=TICK_SECONDS)({row.id: (row.status, int(row.summary.epoch)) for row in active})


def _follow(shown: dict[str, tuple[str, int]]) -> None:
    for run_id, (status, epoch) in shown.items():
        try:
            moved = session.service().info(run_id).status != status or _stored_epochs(run_id) > epoch
        except PlaygroundError:
            moved = True  # it was forgotten
        if moved:
            st.rerun()


def _stored_epochs(run_id: str) -> int:
    """Whole epochs of a run in the store; 0 while it cannot be read: then only the end is waited for."""
    try:
        stored = session.store().run(run_id)
    except PlaygroundError:
        return 0
    return int(stored.summary.epoch) if stored else 0
