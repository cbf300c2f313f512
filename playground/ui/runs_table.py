"""The list of runs: what narrows it down, and the table itself. A tap on a row opens that run; ticks choose several."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import pandas as pd
import streamlit as st

from playground.catalog.task import TASKS
from playground.figures.score import R_SQUARED
from playground.ui import session
from playground.ui.runs_rows import STATUSES, Choice, RunRow

ROW_PIXELS = 36
ROWS_SHOWN = 13
ROWS_ON_A_PHONE = 7  # so that what is opened below comes into sight
_SCORES = {"Validation": "validation_accuracy", "Test": "test_accuracy"}
# On a phone two or three columns are seen: what a run is, and how good.
_PHONE_ORDER = ("★", "Name", *_SCORES, "Status", "When", "Epochs", "Data set", "Parameters", "Time", "Size", "Note")
_DASH = "–"
_FIRST_COLUMN = "★"
_TICKED = "runs_ticked"
_REVISION = "runs_revision"

_HELP = {
    "Validation": "How many of 100 it got right, of what was kept for validation. Compare runs by this. Of runs that tell a "
    f"number, R²: {TASKS['regression'].score_help} Both are sorted by how near they are to perfect.",
    "Test": "The final exam: the same on the test set. Not for choosing between runs.",
    "Epochs": "How often it went through all training data.",
    "Parameters": "The numbers that training learns.",
    "Time": "Seconds spent training.",
    "Size": "What it takes up on the server, in megabytes.",
}


def choices(rows: Sequence[RunRow]) -> Choice:
    """The search box and the filters; only data sets and statuses that occur are offered."""
    with st.container(horizontal=True, vertical_alignment="bottom", key="runs_choice"):
        words = st.text_input(
            "Search",
            key="runs_words",
            type="search",
            placeholder="Search names, notes and settings",
            label_visibility="collapsed",
            icon=":material/search:",
            persist_state="session",
            live="300ms",
            width=300,
        )
        status = _select("Any status", "runs_status", [name for name in STATUSES if any(row.status == name for row in rows)])
        dataset = _select("Any data set", "runs_dataset", sorted({row.dataset for row in rows}))
        starred = st.toggle("★ only", key="runs_starred", persist_state="session")
        st.toggle(
            "Trials too",
            key="runs_trials",
            persist_state="session",
            help="Lists the single runs of your experiments as well: searches, comparisons over seeds, cross-validations.",
        )
    return Choice(words or "", starred, status, dataset, show_trials())


def show_trials() -> bool:
    return bool(st.session_state.get("runs_trials", False))


def _select(label: str, key: str, options: list[str]) -> str | None:
    if st.session_state.get(key) not in options:
        st.session_state[key] = None  # what was chosen is not there any more
    chosen: str | None = st.selectbox(
        label,
        options,
        index=None,
        placeholder=label,
        format_func=lambda name: STATUSES.get(name, name),
        key=key,
        label_visibility="collapsed",
        persist_state="session",
        width=150,
    )
    return chosen


def ticked(rows: Sequence[RunRow]) -> list[RunRow]:
    """The runs among `rows` that are ticked."""
    names = st.session_state.get(_TICKED, frozenset())
    return [row for row in rows if row.id in names]


def untick() -> None:
    st.session_state[_TICKED] = frozenset()
    unmark()


def unmark() -> None:
    """Takes the mark off the cell that was tapped last: another run is open now."""
    st.session_state[_REVISION] = st.session_state.get(_REVISION, 0) + 1


def runs_table(rows: Sequence[RunRow]) -> None:
    """The table. Its headers sort it, in the browser."""
    ids = [row.id for row in rows]
    # The table tells places, not runs: with other runs in it, it begins anew, with the same ones ticked.
    key = f"runs.{zlib.crc32(' '.join(ids).encode())}.{st.session_state.get(_REVISION, 0)}"
    names = st.session_state.get(_TICKED, frozenset())
    st.dataframe(
        _styled(rows),
        key=key,
        hide_index=True,
        height=min(len(rows) + 1, ROWS_ON_A_PHONE if _is_phone() else ROWS_SHOWN) * ROW_PIXELS + 2,
        row_height=ROW_PIXELS,
        column_config=_columns(any(row.task == "regression" for row in rows)),
        column_order=_PHONE_ORDER if _is_phone() else None,
        on_select=lambda: _take(key, ids),
        selection_mode=["multi-row", "single-cell"],
        selection_default={"selection": {"rows": [place for place, name in enumerate(ids) if name in names]}},  # type: ignore[typeddict-item]
        placeholder=_DASH,
        lazy=False,
        alt=f"A table of {len(rows)} runs. All about one of them stands beside it.",
    )


def _take(key: str, ids: Sequence[str]) -> None:
    """A tapped cell opens its run; ticks are kept by the runs' ids."""
    selection = st.session_state[key].selection
    st.session_state[_TICKED] = frozenset(ids[place] for place in selection.rows if place < len(ids))
    # A click on a header, or the Tab key, puts the mark on the table's first cell: nobody meant to open that run.
    if selection.cells and selection.cells[0][0] < len(ids) and selection.cells[0][1] != _FIRST_COLUMN:
        session.set_run_id(ids[selection.cells[0][0]])


def _is_phone() -> bool:
    return "Mobi" in (st.context.headers.get("User-Agent") or "")


def _frame(rows: Sequence[RunRow]) -> pd.DataFrame:
    summaries = [row.summary for row in rows]
    created = pd.to_datetime([row.created for row in rows], unit="s", utc=True)
    return pd.DataFrame(
        {
            "★": ["★" if row.starred else "" for row in rows],
            "Name": [row.name for row in rows],
            "Status": [STATUSES.get(row.status, row.status) for row in rows],
            **{name: _of_100(rows, attribute) for name, attribute in _SCORES.items()},
            "When": created.tz_convert(zone()),
            "Epochs": [round(summary.epoch, 1) for summary in summaries],
            "Data set": [row.dataset for row in rows],
            "Parameters": pd.array([summary.num_parameters for summary in summaries], dtype="Int64"),
            "Time": [round(summary.seconds) for summary in summaries],
            "Size": [row.stored_bytes / 1e6 for row in rows],
            "Note": [row.note for row in rows],
        }
    )


def _of_100(rows: Sequence[RunRow], attribute: str) -> Any:
    """The scores as numbers of which 100 is perfect, percent right or 100 R²: so both kinds sort in one column."""
    scores = [getattr(row.summary, attribute) for row in rows]
    return pd.array([None if score is None else 100 * score for score in scores], dtype="Float64")


def _styled(rows: Sequence[RunRow]) -> pd.DataFrame | pd.io.formats.style.Styler:
    """The table; where a run tells a number, each score is written as what it is: "97.10 %" or "R² 0.451"."""
    frame = _frame(rows)
    of_numbers = [place for place, row in enumerate(rows) if row.task == "regression"]
    if not of_numbers:
        return frame
    styler, names = frame.style, list(_SCORES)
    styler.format("{:.2f} %", subset=names, na_rep=_DASH)
    return styler.format(_r_squared, subset=pd.IndexSlice[of_numbers, names], na_rep=_DASH)


def _r_squared(of_100: float) -> str:
    return f"R² {R_SQUARED.text(of_100 / 100)}"


def _columns(is_styled: bool) -> dict[str, Any]:
    number, percent = st.column_config.NumberColumn, None if is_styled else "%.2f %%"
    return {
        "★": st.column_config.TextColumn("★", width=30),
        "Name": st.column_config.TextColumn("Name", width=150 if _is_phone() else 190),
        "Status": st.column_config.TextColumn("Status", width=100),
        "Validation": number("Validation", format=percent, width=90, help=_HELP["Validation"]),
        "Test": number("Test", format=percent, width=80, help=_HELP["Test"]),
        "When": st.column_config.DatetimeColumn("When", format="calendar", width=150),
        "Epochs": number("Epochs", width=70, help=_HELP["Epochs"]),
        "Parameters": number("Parameters", format="localized", width=100, help=_HELP["Parameters"]),
        "Time": number("Time", format="%d s", width=70, help=_HELP["Time"]),
        "Size": number("Size", format="%.1f MB", width=80, help=_HELP["Size"]),
        "Note": st.column_config.TextColumn("Note", width=200),
    }


def zone() -> ZoneInfo:
    """The browser's time zone; UTC when it tells none that is known here."""
    try:
        return ZoneInfo(st.context.timezone or "UTC")
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo("UTC")
