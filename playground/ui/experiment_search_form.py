"""The form for a search: how, over which settings, and how long."""

from __future__ import annotations

from functools import partial
from typing import Any

import streamlit as st
from pydantic import ValidationError

from playground.spec import RunSpec, problems
from playground.studies.fields import FieldOption, searchable_fields
from playground.studies.plans import Search, SearchField
from playground.studies.trials import grid_size
from playground.ui.experiment_start import WORKBENCH, candidates, choose_candidate, estimate, quicker, seconds_of, start_button

METHODS: dict[str, tuple[str, str]] = {
    "tpe": (
        "TPE",
        "Learns from the trials so far where good settings lie, and tries more there (Tree-structured Parzen Estimator).",
    ),
    "random": ("Random", "Draws every setting by chance. Simple, and hard to beat when few of the settings matter."),
    "grid": ("Grid", "Tries every combination of a few values. Thorough, and soon far too many."),
}
_FIRST_CHOICE = ("training.optimizer.learning_rate", "training.batch_size")
_MOST_FIELDS = 8


def search_form() -> None:
    """Chooses the run, the method, the settings with their ranges, and the budget."""
    known = candidates()
    with st.container(horizontal=True, vertical_alignment="bottom"):
        chosen = choose_candidate(
            "Start from", known, "experiment_search_run", WORKBENCH, "All settings that are not searched stay as they are here."
        )
        method = st.segmented_control(
            "Method",
            list(METHODS),
            default="tpe",
            required=True,
            format_func=lambda name: METHODS[name][0],
            key="search_method",
            persist_state="session",
            help=" ".join(f"**{title}**: {words}" for title, words in METHODS.values()),
        )
    st.caption(f"**{METHODS[method][0]}.** {METHODS[method][1]}")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        shorten = quicker()
    run = shorten(chosen.run)
    options = {option.path: option for option in searchable_fields(run)}
    fields, problem = _fields(options, method)
    budget, prune = _budget(method)
    _total(run, method, fields, budget, seconds_of(chosen, run))
    plan = partial(Search, run=run, method=method, fields=tuple(fields), budget=budget, prune=prune)
    start_button(plan, (run,), problem or ("" if fields else "Choose at least one setting to search."))


def _fields(options: dict[str, FieldOption], method: str) -> tuple[list[SearchField], str]:
    """The settings to search with their ranges, and what is wrong with the first that has something wrong."""
    key = "search_fields"
    kept = [path for path in st.session_state.get(key, _first_choice(options)) if path in options]
    st.session_state[key] = kept
    paths = st.multiselect(
        "Settings to search",
        list(options),
        format_func=lambda path: f"{options[path].group}: {options[path].title}",
        key=key,
        max_selections=_MOST_FIELDS,
        persist_state="session",
        placeholder="Choose settings",
        help="Each trial gets other values of these. Two or three are plenty: with every further one there is far more to try.",
    )
    found, problem = [], ""
    for path in paths:
        try:
            found.append(_field(options[path], method))
        except ValidationError as error:
            problem = problem or f"{options[path].title}: {problems(error)}"
    return found, problem


def _first_choice(options: dict[str, FieldOption]) -> list[str]:
    neurons = next((path for path in options if path.endswith((".units", ".filters"))), None)
    wanted = (_FIRST_CHOICE[0], neurons or _FIRST_CHOICE[1])
    return [path for path in wanted if path in options]


def _field(option: FieldOption, method: str) -> SearchField:
    suggested = option.suggested
    # Another run, or another kind of optimizer, has a sensible range of its own: its widgets begin anew.
    key = f"search.{option.path}.{suggested.low}.{suggested.high}"
    if suggested.kind == "choice":
        known = tuple(dict.fromkeys((*suggested.choices, *([option.value] if option.value is not None else []))))
        choices = st.multiselect(
            option.title,
            known,
            default=suggested.choices if len(suggested.choices) <= 6 else suggested.choices[:4],
            format_func=lambda choice: option.choice_titles.get(str(choice), str(choice)),
            key=f"{key}.choices",
            help=option.help,
            persist_state="session",
        )
        return SearchField(path=option.path, kind="choice", choices=tuple(choices))
    with st.container(horizontal=True, vertical_alignment="bottom", key=f"field-{option.path.replace('.', '-')}"):
        low = _bound(f"{option.title}, from", option, suggested.low, f"{key}.low")
        high = _bound("to", option, suggested.high, f"{key}.high")
        points = suggested.points
        if method == "grid":
            points = st.number_input(
                "Values",
                1,
                10,
                3,
                key=f"{key}.points",
                width=110,
                persist_state="session",
                help="How many values the grid tries.",
            )
        log = st.toggle(
            "by factors",
            suggested.log,
            key=f"{key}.log",
            persist_state="session",
            help="On: 0.001, 0.01, 0.1 are equally far apart, as is right for learning rates. Off: equal steps.",
        )
    return SearchField(path=option.path, kind=suggested.kind, low=low, high=high, log=log, points=points)


def _bound(label: str, option: FieldOption, value: float | None, key: str) -> float:
    limits: dict[str, Any] = {"key": key, "width": 230 if label != "to" else 150, "help": option.help if label != "to" else None}
    assert value is not None and option.low is not None and option.high is not None
    if option.kind == "int":
        return float(
            st.number_input(label, int(option.low), int(option.high), int(value), step=1, persist_state="session", **limits)
        )
    step = 0.0001 if value < 0.01 else 0.001 if value < 0.1 else 0.05
    return st.number_input(
        label, option.low, option.high, float(value), step=step, format="%g", persist_state="session", **limits
    )


def _budget(method: str) -> tuple[int, bool]:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        budget = st.number_input(
            "Budget",
            1,
            500,
            20,
            step=5,
            key="search_budget",
            width=160,
            persist_state="session",
            help="How many networks may be trained."
            + (" A larger grid is tried at as many points, drawn by chance." if method == "grid" else ""),
        )
        prune = st.toggle(
            "Give up hopeless trials",
            True,
            key="search_prune",
            persist_state="session",
            help="A trial that is worse than half of the others were after as many epochs is stopped: that saves time (pruning).",
        )
    return int(budget), bool(prune)


def _total(run: RunSpec, method: str, fields: list[SearchField], budget: int, seconds: float | None) -> None:
    count, grid = budget, ""
    if method == "grid" and fields:
        size = grid_size(Search(run=run, method="grid", fields=tuple(fields), budget=budget))
        count = min(size, budget)
        grid = f"The grid has **{size:,}** combinations. "
    st.caption(f"{grid}{estimate(count, None if seconds is None else count * seconds)}")
