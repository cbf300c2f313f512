"""All about one run: its figures and settings, what can be done with it, where it comes from, and how to take it home."""

from __future__ import annotations

import streamlit as st

from playground import data
from playground.catalog.task import TASKS, score_words
from playground.differences import in_words
from playground.errors import PlaygroundError
from playground.figures.diagram import short
from playground.jobs import RunInfo
from playground.spec import DatasetSpec, RunSpec
from playground.ui import runs_actions, session
from playground.ui.address import RUN_PARAMETER
from playground.ui.data_words import noun
from playground.ui.live import clock
from playground.ui.runs_family import family_view
from playground.ui.runs_rows import STATUSES, RunRow, local_now, megabytes, plain, when
from playground.ui.runs_table import zone
from playground.ui.take_home import take_home

NAMED_DIFFERENCES = 4
MAX_NOTE = 2000
_PAGES = (
    ("app.py", "Build & train", ":material/school:"),
    ("pages/1_Inspect.py", "Inspect", ":material/search:"),
)
_OF_PICTURES = ("pages/2_Draw.py", "Draw", ":material/draw:")
_HELP = {
    "Validation": "Of what was kept for validation.",
    "Test": "The final exam on the test set, taken once, at the end.",
    "Epochs": "How often it went through all training data.",
}
TAKE_HOME = "Take it home"
VIEWS = ("Overview", "Family", TAKE_HOME)


def run_detail(row: RunRow, rows: list[RunRow]) -> None:
    """The panel of one run.

    Args:
        rows: all of the visitor's runs, for what it comes from.
    """
    try:
        info = session.service().info(row.id)
    except PlaygroundError as problem:
        st.warning(str(problem), icon=":material/error:")
        return
    with st.container(border=True, key="run_detail"):
        _head(row, info)
        tabs = dict(zip(VIEWS, st.tabs(list(VIEWS), key="run_view", on_change="rerun"), strict=True))
        for name, tab in tabs.items():
            if not tab.open:
                continue
            with tab:
                if name == "Overview":
                    _overview(row, info, rows)
                elif name == "Family":
                    family_view(row, rows)
                else:
                    take_home(info)


def _head(row: RunRow, info: RunInfo) -> None:
    """Name, star, status; what to do with an interrupted run."""
    with st.container(horizontal=True, vertical_alignment="center"):
        key = f"run.name.{row.id}"
        st.session_state.setdefault(key, row.name)
        st.text_input(
            "Name",
            key=key,
            max_chars=80,
            label_visibility="collapsed",
            on_change=runs_actions.rename,
            args=(row.id, key),
        )
        st.button(
            "★" if row.starred else "☆",
            on_click=runs_actions.star,
            args=(row.id, not row.starred),
            help="Takes its star away." if row.starred else "Gives it a star, to find it again.",
            key="run.star",
        )
    now = local_now(zone())
    st.caption(" · ".join((STATUSES.get(row.status, row.status), when(row.created, now), _title(info.run.dataset))))
    with st.container():
        _interrupted(row)


def _interrupted(row: RunRow) -> None:
    if row.status == "interrupted":
        with st.container(horizontal=True, vertical_alignment="center", key="run_interrupted"):
            st.button(
                "Continue",
                icon=":material/play_arrow:",
                type="primary",
                on_click=runs_actions.go_on,
                args=((row.id,),),
                key="run.continue",
            )
            st.markdown(
                "The server was ended while it trained. It goes on from its last saved state as if nothing had happened.",
                width="stretch",
            )


def _overview(row: RunRow, info: RunInfo, rows: list[RunRow]) -> None:
    summary = row.summary
    with st.container(horizontal=True, key="run_numbers"):
        name = "R²" if row.task == "regression" else "Validation"
        told = TASKS[row.task].score_help
        st.metric(name, _score(row, summary.validation_accuracy), width=115, help=f"{told} {_HELP['Validation']}")
        st.metric("Test", _score(row, summary.test_accuracy), width=115, help=f"{told} {_HELP['Test']}")
        st.metric("Epochs", f"{summary.epoch:.3g} of {row.epochs}", width=115, help=_HELP["Epochs"])
    st.markdown("  \n".join(settings_in_short(info.run)))
    costs = [f"{short(summary.num_parameters)} parameters"] if summary.num_parameters else []
    costs += [f"{clock(summary.seconds)} of training", f"{megabytes(row.stored_bytes)} kept"]
    st.caption(" · ".join(costs))
    with st.container():
        _origin(row, info, rows)
    _links(row, info)
    key = f"run.note.{row.id}"
    st.session_state.setdefault(key, row.note)
    st.text_area(
        "Note",
        key=key,
        max_chars=MAX_NOTE,
        height=80,
        placeholder="What did you want to find out? What did you learn?",
        on_change=runs_actions.annotate,
        args=(row.id, key),
        help="Kept as soon as you click elsewhere.",
    )


def _links(row: RunRow, info: RunInfo) -> None:
    query = session.link_query() | {RUN_PARAMETER: row.id}
    with st.container(horizontal=True, gap="small", key="run_links"):
        for path, label, icon in (*_PAGES, _OF_PICTURES) if data.source(info.run.dataset).is_images else _PAGES:
            st.page_link(path, label=label, icon=icon, query_params=query)
    with st.container(horizontal=True, gap="small", key="run_commands"):
        st.button(
            "Put it on the workbench",
            icon=":material/construction:",
            on_click=runs_actions.put_on_workbench,
            args=(info.run,),
            help="Its settings, to change them and train again. The run itself stays as it is.",
            key="run.workbench",
        )
        st.button(
            "Delete",
            icon=":material/delete:",
            on_click=runs_actions.delete,
            args=((row.id,),),
            help="You can undo it. A run that is still training is stopped first." if info.is_active else "You can undo it.",
            key="run.delete",
        )


def _origin(row: RunRow, info: RunInfo, rows: list[RunRow]) -> None:
    """What it branched from or is compared with, and what differs."""
    before = row.origin.parent or row.origin.baseline
    if before is None:
        return
    parent = next((other for other in rows if other.id == before), None)
    words = f"Branched after batch {row.origin.parent_step or 0:,} of" if row.origin.parent else "To be compared with"
    if parent is None:
        st.markdown(f":material/account_tree: {words} a run that is deleted.")
        return
    try:
        changed = in_words(RunSpec.from_json(parent.spec_json), info.run, limit=NAMED_DIFFERENCES)
    except PlaygroundError:
        changed = ""
    st.markdown(f":material/account_tree: {words} **{plain(parent.short_name)}**. {plain(changed)}")


def settings_in_short(run: RunSpec) -> list[str]:
    """Two lines of markdown: the network, and how it learns."""
    layers = " → ".join(layer.label() for layer in run.network.layers) or "no layers"
    training = run.training
    rate = getattr(training.optimizer, "learning_rate", None)
    parts = [
        training.optimizer.title + (f", learning rate {rate:g}" if rate is not None else ""),
        f"batch size {training.batch_size}",
        f"seed {run.seed}",
    ]
    if training.augmentation:
        parts.append(f"augmentation: {', '.join(entry.title for entry in training.augmentation)}")
    if training.regularisation.early_stopping:
        parts.append(f"early stopping after {training.regularisation.early_stopping.patience}")
    if run.dataset.training_size:
        parts.append(f"{run.dataset.training_size:,} training {noun(data.source(run.dataset))}")
    return [plain(layers), plain(" · ".join(parts))]


def _score(row: RunRow, score: float | None) -> str:
    return "–" if score is None else score_words(row.task, score, 2)


def _title(dataset: DatasetSpec) -> str:
    try:
        return data.source(dataset).title
    except PlaygroundError:
        return dataset.name
