"""The race: balls down a surface, each pushed by another optimizer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import streamlit as st

from playground.figures.race import Ground, Track, heights_figure, race_figure
from playground.figures.race_table import Result, race_table
from playground.insight.quick import quick
from playground.insight.race import NEAR, RATES, Lane, Path, lane_on, lanes, race, rank
from playground.insight.surfaces import SURFACES, Place, Surface
from playground.ui import tasks
from playground.ui.figure_view import figure_view
from playground.ui.forms import edit_fields
from playground.ui.ingredients_card import formula
from playground.ui.ingredients_look import choose

FIRST = ("sgd", "sgd+momentum", "rmsprop", "adam")
STEPS, MOST_STEPS = 150, 2000
SLOT, RATES_SLOT = "ingredients.race", "ingredients.rates"
# In the page: about 50 ms. A step costs as much as five balls for the slope, and one for each ball.
PAGE_WORK, SLOPE_WORK = 1500, 5
_RACERS = "ingredients.racers"
_LAST = "ingredients_last_race"
_WANTED_RATES, _FOUND_RATES = "ingredients_wanted_rates", "ingredients_found_rates"
RatesQuestion = tuple[str, str, tuple[Lane, ...], Place, int]
_COLUMNS = 4


@dataclass(frozen=True)
class Setup:
    """Who races, from where, and how far; `racers` are the lanes' keys."""

    racers: tuple[str, ...]
    lanes: tuple[Lane, ...]
    start: Place
    steps: int


def enter(kind: str) -> None:
    """Has an optimizer take part in the next race."""
    racers = list(st.session_state.get(_RACERS, _first()))
    if kind not in racers:
        st.session_state[_RACERS] = [*racers, kind]


def race_view() -> None:
    """The whole view."""
    surface = SURFACES[choose("race", "Surface")]
    racers, start, steps = _entries(surface)
    if not racers:
        st.info("Nobody races. Choose at least one optimizer above.", icon=":material/sports_score:")
        return
    shown, said = st.columns((3, 2), gap="large")
    settings = st.container()
    with settings:
        running = _settings(surface, racers, start, steps)
    with shown:
        ended = _ended(surface, Setup(racers, running, start, steps))
    if ended is None:
        return
    setup, paths = ended
    order = list(lanes())
    tracks = [
        Track(path.name, order.index(key), path.places, path.heights, path.flew_away is not None)
        for key, path in zip(setup.racers, paths, strict=True)
    ]
    revision, steps = (surface.kind, setup), setup.steps
    with shown:
        figure_view(
            lambda: race_figure(_ground(surface), tracks, steps),
            key="ingredients.race.figure",
            revision=revision,
            on_pick=lambda x, y: _drop(surface, x, y),
        )
        st.caption(
            "Seen from above: the greyer, the higher. Star: lowest place. Cross: start; click anywhere to start from there."
        )
    with said:
        st.markdown(surface.help)
        formula(surface.formula)
        st.caption(f"Source: {surface.source}")
        _results(surface, paths, tracks, steps, revision)


def _entries(surface: Surface) -> tuple[tuple[str, ...], Place, int]:
    """Who races, from where, and how far."""
    there = lanes()
    chosen = [key for key in st.session_state.get(_RACERS, _first()) if key in there]
    st.session_state[_RACERS] = chosen
    with st.container(horizontal=True, vertical_alignment="bottom"):
        with st.container(width=470):
            racers = st.multiselect(
                "Who races?", list(there), format_func=lambda key: there[key].name, key=_RACERS, persist_state="session"
            )
        place = []
        for name, first, low_high in zip(("x", "y"), surface.start, (surface.x_range, surface.y_range), strict=True):
            key, help = _start_key(surface, name), "Where all balls are dropped. Or click on the map."
            st.session_state.setdefault(key, first)
            place.append(
                st.number_input(
                    f"Start {name}", *low_high, step=0.1, format="%g", key=key, help=help, width=130, persist_state="session"
                )
            )
        steps = st.number_input("Steps", 1, MOST_STEPS, STEPS, 50, key="ingredients.steps", persist_state="session", width=130)
    return tuple(racers), (float(place[0]), float(place[1])), int(steps)


def _start_key(surface: Surface, axis: str) -> str:
    return f"ingredients.start.{surface.kind}.{axis}"


def _drop(surface: Surface, x: float, y: float) -> None:
    """Starts the race where one clicked."""
    for axis, value, low_high in (("x", x, surface.x_range), ("y", y, surface.y_range)):
        st.session_state[_start_key(surface, axis)] = round(min(max(value, low_high[0]), low_high[1]), 2)


def _settings(surface: Surface, racers: Sequence[str], start: Place, steps: int) -> tuple[Lane, ...]:
    """Every racer's own fields, and a button that finds learning rates."""
    best: dict[str, tuple[float, int]] = st.session_state.get(_FOUND_RATES, {})
    st.markdown("**Their settings.** A learning rate that wins here may fail on another surface.")
    found = []
    columns = st.columns(min(_COLUMNS, len(racers)))
    for index, key in enumerate(racers):
        lane, form = lane_on(surface, key), _form(surface, key)
        if form in best:
            rate, search = best[form]
            lane = Lane(lane.name, lane.optimizer.model_copy(update={"learning_rate": rate}))
            form += f".{search}"  # fields of their own: those that were there keep what was typed into them
        with columns[index % len(columns)], st.container(border=True):
            st.markdown(f"**{lane.name}**")
            optimizer = edit_fields(lane.optimizer, form, only=("learning_rate",))
            others = tuple(name for name in type(optimizer).model_fields if name not in ("kind", "learning_rate"))
            with st.popover("More", icon=":material/tune:"):
                optimizer = edit_fields(optimizer, form, only=others)
        found.append(Lane(lane.name, optimizer))
    forms = [_form(surface, key) for key in racers]
    _rate_finder(("rates", surface.kind, tuple(map(_without_rate, found)), start, steps), forms)
    return tuple(found)


def _form(surface: Surface, key: str) -> str:
    return f"ingredients.race.{surface.kind}.{key}"


def _rate_finder(question: RatesQuestion, forms: Sequence[str]) -> None:
    """Has a worker try many learning rates for each racer; the fields take the best ones."""
    _, surface, racers, start, steps = question
    st.button(
        "Find each a good learning rate",
        icon=":material/manage_search:",
        on_click=lambda: st.session_state.update({_WANTED_RATES: question}),
        help=f"Tries {len(RATES)} rates from {RATES[0]:g} to {RATES[-1]:g} for each, and takes the one that arrives first.",
    )
    if st.session_state.get(_WANTED_RATES) != question:
        return
    arguments = {"surface": surface, "racers": racers, "start": start, "steps": steps}
    answer = tasks.ask(RATES_SLOT, question, "playground.insight.race:best_rates", lambda: arguments)
    if answer.status == "waiting":
        tasks.progress(RATES_SLOT, "Trying learning rates:")
    elif answer.status == "done":
        del st.session_state[_WANTED_RATES]
        before: dict[str, tuple[float, int]] = st.session_state.get(_FOUND_RATES, {})
        search = 1 + max((number for _, number in before.values()), default=0)
        st.session_state[_FOUND_RATES] = before | {form: (rate, search) for form, rate in zip(forms, answer.result, strict=True)}
        st.rerun()
    else:
        tasks.show_problem(answer, question)


def _without_rate(lane: Lane) -> Lane:
    """What the best rate is looked for: it does not hang on the one that is set."""
    return Lane(lane.name, lane.optimizer.model_copy(update={"learning_rate": 1.0}))


def _ended(surface: Surface, setup: Setup) -> tuple[Setup, tuple[Path, ...]] | None:
    """A race and how it went. A long one is computed by a worker: until it is there, the one before it is shown."""
    if setup.steps * (len(setup.racers) + SLOPE_WORK) <= PAGE_WORK:
        return _keep(surface, setup, _quick_race(surface.kind, setup))
    question = ("race", surface.kind, setup)
    arguments = {"surface": surface.kind, "racers": setup.lanes, "start": setup.start, "steps": setup.steps}
    answer = tasks.ask(SLOT, question, "playground.insight.race:race_task", lambda: arguments)
    if answer.status == "done":
        return _keep(surface, setup, answer.result)
    if answer.status == "waiting":
        tasks.progress(SLOT, "The balls are rolling:")
    else:
        tasks.show_problem(answer, question)
    kept: tuple[str, tuple[Setup, tuple[Path, ...]]] | None = st.session_state.get(_LAST)
    return kept[1] if kept and kept[0] == surface.kind else None


def _keep(surface: Surface, setup: Setup, paths: tuple[Path, ...]) -> tuple[Setup, tuple[Path, ...]]:
    st.session_state[_LAST] = (surface.kind, (setup, paths))
    return setup, paths


@lru_cache(maxsize=64)
def _quick_race(surface: str, setup: Setup) -> tuple[Path, ...]:
    with quick():
        return race(SURFACES[surface], setup.lanes, setup.start, setup.steps)


@lru_cache(maxsize=16)
def _ground(surface: Surface) -> Ground:
    return Ground(*surface.grid(), surface.minima, surface.lowest, surface.logarithmic)


def _results(surface: Surface, paths: Sequence[Path], tracks: Sequence[Track], steps: int, revision: object) -> None:
    rows = [
        Result(path.name, track.number, float(path.heights[-1]), path.distance, path.arrived, path.flew_away)
        for path, track in zip(paths, tracks, strict=True)
    ]
    order = sorted(range(len(rows)), key=lambda index: rank(paths[index]))
    st.html(race_table([rows[index] for index in order], steps))
    for path in paths:
        if path.flew_away is not None:
            st.warning(
                f"{path.name} flew away at step {path.flew_away}: its steps grew and grew. Give it a smaller learning rate.",
                icon=":material/rocket_launch:",
            )
    near = NEAR * (surface.height_at((float(paths[0].places[0, 0]), float(paths[0].places[0, 1]))) - surface.lowest)
    figure_view(lambda: heights_figure(tracks, surface.lowest, near), key="ingredients.race.heights", revision=revision)
    st.caption("Dotted: 1 % of the start's height above the minimum. Who stays below it has arrived.")


def _first() -> list[str]:
    there = list(lanes())
    return [key for key in FIRST if key in there] or there[:_COLUMNS]
