"""What a search found: the best so far, every trial, and which settings mattered."""

from __future__ import annotations

from functools import partial

import pandas as pd
import streamlit as st

from playground import data
from playground.figures.best_so_far import best_so_far_figure
from playground.figures.importance import importance_figure
from playground.figures.parallel import ParallelAxis, parallel_figure, words
from playground.figures.samples import big_numbers
from playground.studies.fields import FieldOption, searchable_fields
from playground.studies.plans import Search, SearchField
from playground.studies.results import best_trial, run_of
from playground.studies.state import StudyState, Trial
from playground.ui import session
from playground.ui.data_words import noun
from playground.ui.experiment_importance import FEWEST_TRIALS, importances
from playground.ui.experiment_start import attempt, show_problem
from playground.ui.experiment_words import status_words, told
from playground.ui.figure_view import figure_view

_USED = "experiment_used"


def search_result(state: StudyState) -> None:
    """Best so far, curves, parallel coordinates, importance, and the table of trials."""
    plan = state.plan
    assert isinstance(plan, Search)
    titles, scale = field_titles(plan), state.score
    best = best_trial(state)
    _best(state, best, titles)
    figures, right = st.columns([5, 4])
    pruned = [trial.status == "pruned" for trial in state.trials]
    seen = [trial.curve[-1] if gone and trial.curve else trial.score for trial, gone in zip(state.trials, pruned, strict=True)]
    heights = [float("nan") if score is None else score for score in seen]
    with figures:
        st.markdown("**Trial by trial**")
        figure_view(
            lambda: best_so_far_figure(heights, pruned=pruned, budget=state.planned, score=scale.name),
            key="best_so_far",
            revision=(state.id, tuple(seen), tuple(pruned), state.planned),
            zoom_key=state.id,
        )
    with right:
        _importance(state, titles)
    scores = [trial.score for trial in state.trials]
    st.markdown(
        f"**All trials**: each line is one, and runs through its settings to its {scale.name}. The bluer and thicker, the "
        "better; :orange[orange is the best]."
    )
    figure_view(
        lambda: parallel_figure(
            _axes(plan, state.trials, titles), [float("nan") if score is None else score for score in scores], score=scale.name
        ),
        key="parallel",
        revision=(state.id, tuple(scores)),
    )
    _trials(state, best, titles)


def field_titles(plan: Search) -> dict[str, str]:
    """Path -> the setting's title; one that only another kind of optimizer has is named after its path."""
    titles = {path: option.title for path, option in _options(plan).items()}
    return {
        field.path: titles.get(field.path) or field.path.rsplit(".", 1)[-1].replace("_", " ").capitalize()
        for field in plan.fields
    }


def _options(plan: Search) -> dict[str, FieldOption]:
    return {option.path: option for option in searchable_fields(plan.run)}


def _best(state: StudyState, best: Trial | None, titles: dict[str, str]) -> None:
    with st.container(horizontal=True, vertical_alignment="center", key="experiment_best"):
        scale = state.score
        shown = [(f"best validation {scale.name}", told(scale, best.score) if best and best.score is not None else "–")]
        shown += [("trial", str(best.number + 1) if best else "–")]
        st.html(big_numbers(shown), width="content")
        st.markdown(values_words(best, titles) if best else "The first results are on their way.", width="stretch")


def values_words(trial: Trial, titles: dict[str, str]) -> str:
    """Its settings in one line."""
    return " · ".join(f"{titles[path]} **{words(value)}**" for path, value in trial.values.items() if value is not None)


def _importance(state: StudyState, titles: dict[str, str]) -> None:
    st.markdown(
        "**What mattered**",
        help="How much of the differences between the trials' scores each setting explains, by a forest of decision trees "
        "that was fitted to the trials (functional ANOVA). It tells of the ranges that were searched only, and is rough while "
        "there are few trials.",
    )
    shares, revision = importances().latest(state)
    finished = sum(trial.score is not None for trial in state.trials)
    if not shares:
        words = "It cannot be told from these trials: too few were trained to their end, or all are equally good."
        if importances().is_waiting(state.id):
            words = "It is being computed…"
        elif state.is_active and finished < FEWEST_TRIALS:
            words = f"This is computed as soon as {FEWEST_TRIALS} trials are done."
        with st.container(height=300, border=False, key="importance_place"):
            st.caption(words)
        return
    with st.container(height=300, border=False, key="importance_place"):
        named = {titles.get(path, path): share for path, share in shares.items()}
        figure_view(lambda: importance_figure(named), key="importance", revision=(state.id, revision))
        st.caption(f"Of the differences in {state.score.name}, so much goes with each setting.")


def _axes(plan: Search, trials: tuple[Trial, ...], titles: dict[str, str]) -> list[ParallelAxis]:
    return [_axis(field, trials, titles[field.path]) for field in plan.fields]


def _axis(field: SearchField, trials: tuple[Trial, ...], title: str) -> ParallelAxis:
    values = tuple(trial.values.get(field.path) for trial in trials)
    if field.kind == "choice":
        return ParallelAxis(title, values, "choice", choices=field.choices)
    return ParallelAxis(title, values, "log" if field.log else "number", field.low, field.high)


def _trials(state: StudyState, best: Trial | None, titles: dict[str, str]) -> None:
    """The table; a click on a row chooses a trial, and until then it is the best."""
    rows, scale = [], state.score
    for trial in state.trials:
        row: dict[str, object] = {"": "★" if best and trial.number == best.number else "", "Trial": trial.number + 1}
        row[scale.title] = None if trial.score is None else scale.factor * trial.score
        row["Status"] = status_words(trial.status)
        row |= {title: None if trial.values.get(path) is None else words(trial.values[path]) for path, title in titles.items()}
        row |= {"Epochs": max(trial.epochs, default=0), "Seconds": round(trial.seconds, 1), "Parameters": trial.num_parameters}
        rows.append(row | {"Note": trial.reason})
    st.markdown("**Choose a trial** by the box before its row; the best is marked ★. A click on a heading sorts.")
    event = st.dataframe(
        pd.DataFrame(rows),
        key=f"trials.{state.id}",
        hide_index=True,
        placeholder="–",
        height=330,
        alt="All trials of the search with their settings and scores",
        on_select="rerun",
        selection_mode="single-row",
        column_config={
            "": st.column_config.TextColumn(width=30),
            scale.title: st.column_config.NumberColumn(
                scale.title, format=f"%.{scale.digits}f{scale.unit.replace('%', '%%')}", help="On what was kept for validation."
            ),
            "Status": st.column_config.TextColumn(width=120),
            "Parameters": st.column_config.NumberColumn(format="localized"),
        },
    )
    selected = event.selection.rows  # type: ignore[attr-defined]
    chosen = state.trials[selected[0]] if selected and selected[0] < len(state.trials) else best
    _chosen(state, chosen, best, titles)


def _chosen(state: StudyState, chosen: Trial | None, best: Trial | None, titles: dict[str, str]) -> None:
    with st.container(border=True, key="experiment_chosen"):
        if chosen is None:
            st.caption("As soon as a trial is done, you can put its settings on the workbench here.")
            return
        name = f"{'The best: trial' if best and chosen.number == best.number else 'Trial'} {chosen.number + 1}"
        score = f", {told(state.score, chosen.score)}" if chosen.score is not None else f", {status_words(chosen.status)}"
        st.markdown(f"**{name}{score}** · {values_words(chosen, titles)}")
        with st.container(horizontal=True, vertical_alignment="center"):
            st.button(
                "Use this one",
                icon=":material/construction:",
                key=f"use.{state.id}",
                on_click=attempt,
                args=(partial(_use, state, chosen),),
                help="Puts these settings on the workbench of Build & train.",
            )
            if chosen.run_id:
                st.page_link("pages/1_Inspect.py", label="Inspect", icon=":material/search:", query_params={"run": chosen.run_id})
                ids = [chosen.run_id, *([best.run_id] if best and best.run_id and best.number != chosen.number else [])]
                st.page_link(
                    "pages/4_Compare.py",
                    label="Compare with the best" if len(ids) > 1 else "Compare",
                    icon=":material/compare_arrows:",
                    query_params={"runs": ",".join(ids)},
                )
        show_problem()
        if st.session_state.get(_USED) == (state.id, chosen.number):
            with st.container(horizontal=True, vertical_alignment="center"):
                st.success("These settings are on the workbench now.", icon=":material/check:", width=420)
                st.page_link("app.py", label="Go to Build & train", icon=":material/school:", query_params=session.link_query())


def _use(state: StudyState, trial: Trial) -> None:
    session.replace_run_spec(run_of(state, trial))
    st.session_state[_USED] = (state.id, trial.number)


def search_afterwards(state: StudyState) -> None:
    """How to read the best score; below what moves."""
    tried = sum(trial.score is not None for trial in state.trials)
    of = f"the best of {tried}" if tried > 1 else "the best of many"
    st.info(
        f"The search looked at **validation {noun(data.source(state.run.dataset))} only**. And {of} scores is a little "
        "too good: part of it is luck, because "
        "it was chosen for being high. So train the one that you choose, and take its **final exam** on the test set once, "
        "at the end.",
        icon=":material/school:",
    )
