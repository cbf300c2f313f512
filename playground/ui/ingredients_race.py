"""The race: balls down a surface, each pushed by another optimizer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import count

import streamlit as st

from playground.figures.race import Ground, Track, heights_figure, race_figure
from playground.figures.race_table import Result, race_legend, race_table
from playground.insight.quick import quick
from playground.insight.race import NEAR, RATES, Lane, Path, lane_on, lanes, race, rank, told_apart
from playground.insight.surfaces import SURFACES, Place, Surface
from playground.ui import tasks
from playground.ui.figure_view import figure_view
from playground.ui.forms import edit_fields
from playground.ui.ingredients_card import formula
from playground.ui.ingredients_look import choose, renew, widget
from playground.ui.ingredients_racers import MOST_RACERS, MOST_STEPS, add_another, begin_again, course, keep_race

SLOT, RATES_SLOT = "ingredients.race", "ingredients.rates"
# In the page: about 50 ms. A step costs as much as five balls for the slope, and one for each ball.
PAGE_WORK, SLOPE_WORK = 1500, 5
_LAST = "ingredients_last_race"
_WANTED_RATES = "ingredients_wanted_rates"
RatesQuestion = tuple[str, str, tuple[Lane, ...], Place, int]
# Cards as wide as there is room for, in one order on every screen.
_STYLE = """<style>
.st-key-racers > * {flex: 1 1 165px !important; min-width: 165px; width: auto !important;}
</style>"""


@dataclass(frozen=True)
class Setup:
    """Who races, from where, and how far; `racers` are the lanes' keys."""

    racers: tuple[str, ...]
    lanes: tuple[Lane, ...]
    start: Place
    steps: int


def race_view() -> None:
    """The whole view: the map and the heights; beside them the results, what can be set, and where the surface comes from."""
    surface = SURFACES[choose("race", "Surface")]
    st.caption(surface.help)
    _entries(surface)
    if not course().racers:
        keep_race(surface)
        st.info("Nobody races. Choose at least one optimizer above.", icon=":material/sports_score:")
        return
    shown, said = st.columns((3, 2), gap="medium")
    results = said.container()
    with said:
        running = _settings(surface)
    keep_race(surface)
    with shown:
        ended = _ended(surface, Setup(tuple(running), told_apart(running), course().start(surface), course().steps))
    if ended is None:
        return
    setup, paths = ended
    tracks = [
        Track(path.name, number, path.places, path.heights, path.flew_away is not None)
        for number, path in zip(_numbers(setup.racers), paths, strict=True)
    ]
    revision, steps = (surface.kind, setup), setup.steps
    with shown:
        st.html(race_legend([(track.name, track.number) for track in tracks]))
        figure_view(
            lambda: race_figure(_ground(surface), tracks, steps),
            key="ingredients.race.figure",
            revision=revision,
            on_pick=lambda x, y: _drop(surface, x, y),
        )
        st.caption(
            "Seen from above: the greyer, the higher. Click anywhere to drop the balls there. Keys on the map: space plays and "
            "pauses, the arrows go step by step."
        )
        _heights(surface, tracks, revision)
    with results:
        _results(paths, tracks, steps)
    with said:
        st.markdown(f"**{surface.title}**")
        formula(surface.formula)
        st.caption(f"Source: {surface.source}")


def _entries(surface: Surface) -> None:
    """Who races, from where, and how far."""
    now, there = course(), list(lanes())
    choices = sorted({*there, *now.racers}, key=lambda key: (there.index(key.partition(".")[0]), key))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        with st.container(width=470):
            racers = st.multiselect(
                "Who races?", choices, now.racers, format_func=lambda key: lane_on(surface, key).name, key=widget("racers"),
                max_selections=MOST_RACERS,
            )  # fmt: skip
        place = []
        for name, first, low_high in zip("xy", now.start(surface), (surface.x_range, surface.y_range), strict=True):
            key, help = widget(f"start.{surface.kind}.{name}"), "Where all balls are dropped. Or click on the map."
            place.append(st.number_input(f"Start {name}", *low_high, first, 0.1, format="%g", key=key, help=help, width=130))
        steps = st.number_input("Steps", 1, MOST_STEPS, now.steps, 50, key=widget("steps"), width=130)
    now.racers, now.steps = tuple(racers), int(steps)
    now.starts[surface.kind] = (float(place[0]), float(place[1]))


def _drop(surface: Surface, x: float, y: float) -> None:
    """Starts the race where one clicked."""
    low, high = zip(surface.x_range, surface.y_range, strict=True)
    course().starts[surface.kind] = (round(min(max(x, low[0]), high[0]), 2), round(min(max(y, low[1]), high[1]), 2))
    renew()


def _numbers(racers: Sequence[str]) -> list[int]:
    """Of their colours: an optimizer always has its own, and who races once more the first that nobody else has."""
    there = list(lanes())
    taken = {there.index(key) for key in racers if key in there}
    free = (number for number in count() if number not in taken)
    return [there.index(key) if key in there else next(free) for key in racers]


def _settings(surface: Surface) -> dict[str, Lane]:
    """Every racer's own fields, a button that has it race once more, and one that finds learning rates."""
    now = course()
    st.markdown("**Their settings.** A learning rate that wins here may fail on another surface.")
    running = {}
    cards = st.container(horizontal=True, gap="small", key="racers")
    st.html(_STYLE)
    for key in now.racers:
        lane, form = now.lane(surface, key), widget(f"race.{surface.kind}.{key}")
        with cards.container(border=True, key=f"racer {form}"):
            st.markdown(f"**{lane.name}**")
            optimizer = edit_fields(lane.optimizer, form, only=("learning_rate",))
            others = tuple(name for name in type(optimizer).model_fields if name not in ("kind", "learning_rate"))
            with st.container(horizontal=True, gap="small"):
                with st.popover("More"):
                    optimizer = edit_fields(optimizer, form, only=others)
                st.button(
                    "+ Twin", key=f"{form}.twin", on_click=add_another, args=(surface, key),
                    disabled=len(now.racers) >= MOST_RACERS, type="tertiary",
                    help=f"{lane.name} races once more, with settings of its own: at first half the learning rate.",
                )  # fmt: skip
        running[key] = Lane(lane.name, optimizer)
    now.optimizers |= {(surface.kind, key): lane.optimizer for key, lane in running.items()}
    with st.container(horizontal=True):
        _rate_finder(("rates", surface.kind, tuple(map(_without_rate, running.values())), now.start(surface), now.steps), surface)
    return running


def _rate_finder(question: RatesQuestion, surface: Surface) -> None:
    """Has a worker try many learning rates for each racer; the fields take the best ones."""
    _, kind, racers, start, steps = question
    st.button(
        "Find each a good learning rate",
        icon=":material/manage_search:",
        on_click=lambda: st.session_state.update({_WANTED_RATES: question}),
        help=f"Tries {len(RATES)} rates from {RATES[0]:g} to {RATES[-1]:g} for each, and takes the one that arrives first.",
    )
    st.button(
        "Begin again", icon=":material/restart_alt:", on_click=begin_again, args=(surface,),
        help="The racers, settings, start and steps that this surface begins with.",
    )  # fmt: skip
    if st.session_state.get(_WANTED_RATES) != question:
        return
    arguments = {"surface": kind, "racers": racers, "start": start, "steps": steps}
    answer = tasks.ask(RATES_SLOT, question, "playground.insight.race:best_rates", lambda: arguments)
    if answer.status == "waiting":
        tasks.progress(RATES_SLOT, "Trying learning rates:")
    elif answer.status == "done":
        del st.session_state[_WANTED_RATES]
        for key, rate in zip(course().racers, answer.result, strict=True):
            optimizer = course().lane(surface, key).optimizer
            course().optimizers[surface.kind, key] = optimizer.model_copy(update={"learning_rate": rate})
        renew()
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


def _results(paths: Sequence[Path], tracks: Sequence[Track], steps: int) -> None:
    rows = [
        Result(path.name, track.number, float(path.heights[-1]), path.distance, path.arrived, path.flew_away)
        for path, track in zip(paths, tracks, strict=True)
    ]
    order = sorted(range(len(rows)), key=lambda index: rank(paths[index]))
    st.html(race_table([rows[index] for index in order], steps))
    gone = [f"{path.name} flew away at step {path.flew_away}" for path in paths if path.flew_away is not None]
    if gone:
        st.warning(
            f"{'; '.join(gone)}. The steps were too large: a smaller learning rate helps.", icon=":material/rocket_launch:"
        )


def _heights(surface: Surface, tracks: Sequence[Track], revision: object) -> None:
    start = tracks[0].places[0]
    near = NEAR * (surface.height_at((float(start[0]), float(start[1]))) - surface.lowest)
    figure_view(lambda: heights_figure(tracks, surface.lowest, near), key="ingredients.race.heights", revision=revision)
    st.caption("Dotted: 1 % of the start's height above the minimum. Who stays below it has arrived.")
