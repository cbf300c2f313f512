"""A run's relatives: the tree of branches and comparisons, and the way to each of them."""

from __future__ import annotations

import streamlit as st

from playground.catalog.task import TASKS
from playground.figures.run_tree import TreeRun, run_tree
from playground.ui import session
from playground.ui.labels import distinct
from playground.ui.runs_rows import RunRow, family
from playground.ui.runs_table import unmark

MOST_DRAWN = 60


def family_view(row: RunRow, rows: list[RunRow]) -> None:
    """The tree that a run stands in, and a list to go to another run of it."""
    related = family(rows, row.id)
    if len(related) == 1:
        st.info(
            "This run stands alone. Look back in its time machine and branch off from there, or change one thing and "
            "compare: then the tree of runs grows here.",
            icon=":material/account_tree:",
        )
        return
    drawn = related[-MOST_DRAWN:] if row in related[-MOST_DRAWN:] else [*related[: MOST_DRAWN - 1], row]
    by_id = {other.id: other for other in related}
    st.html(run_tree([_tree_run(other, by_id, row.id) for other in drawn], dark=st.context.theme.type == "dark"))
    if len(drawn) < len(related):
        st.caption(f"{len(drawn)} of {len(related)} related runs are drawn.")
    others = [other.id for other in related if other.id != row.id]
    chosen = st.selectbox(
        "Go to a relative",
        others,
        index=None,
        placeholder="Choose a run",
        format_func=distinct({name: by_id[name].name for name in others}).__getitem__,
        key=f"relative.{row.id}",
    )
    if chosen:
        session.set_run_id(chosen)
        unmark()
        st.rerun()


def _tree_run(row: RunRow, by_id: dict[str, RunRow], chosen: str) -> TreeRun:
    origin = row.origin
    return TreeRun(
        row.id,
        row.short_name,
        row.summary.epoch,
        origin.parent or origin.baseline,
        branch_epoch(row, by_id.get(origin.parent)) if origin.parent else None,
        row.summary.validation_accuracy,
        row.id == chosen,
        TASKS[row.task].score,
    )


def branch_epoch(row: RunRow, parent: RunRow | None) -> float:
    """After how many epochs a run left its parent: by the parent's batches an epoch, else by its own."""
    for known in (parent, row):
        if known is not None and known.summary.epoch > 0 and known.summary.step > 0:
            return (row.origin.parent_step or 0) * known.summary.epoch / known.summary.step
    return 0.0
