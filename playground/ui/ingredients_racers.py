"""What was set for races: who takes part and for how long, everywhere; their settings and the start, for each surface."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, Any

import streamlit as st
from pydantic import Field

from playground.catalog.optimizers import OptimizerEntry
from playground.errors import PlaygroundError
from playground.insight.race import Lane, another, is_lane, lane_on, lanes
from playground.insight.surfaces import SURFACES, Place, Surface
from playground.spec import Spec
from playground.ui.ingredients_look import Taken, keep, read, renew, settings_of, with_settings

FIRST = ("sgd", "sgd+momentum", "rmsprop", "adam")
MOST_RACERS = 12
STEPS, MOST_STEPS = 150, 2000
_COURSE = "ingredients_course"


@dataclass
class Course:
    """What was set; `racers` are the lanes' keys, `optimizers` and `starts` what differs from how a surface begins."""

    racers: tuple[str, ...]
    steps: int = STEPS
    starts: dict[str, Place] = field(default_factory=dict)
    optimizers: dict[tuple[str, str], OptimizerEntry] = field(default_factory=dict)

    def start(self, surface: Surface) -> Place:
        return self.starts.get(surface.kind, surface.start)

    def lane(self, surface: Surface, key: str) -> Lane:
        lane = lane_on(surface, key)
        return Lane(lane.name, self.optimizers.get((surface.kind, key), lane.optimizer))


class RaceLink(Spec):
    """A race on one surface, as its link holds it. A racer is a lane's key, and what differs from the catalogue's optimizer."""

    racers: tuple[tuple[str, dict[str, Any]], ...] | None = Field(None, max_length=MOST_RACERS)
    start: Annotated[tuple[float, ...], Field(min_length=2, max_length=2)] | None = None
    steps: int = Field(STEPS, ge=1, le=MOST_STEPS)


def course() -> Course:
    """What was set in this session; an optimizer that the catalogue no longer has is left out."""
    found: Course = st.session_state.setdefault(_COURSE, Course(first_racers()))
    found.racers = tuple(key for key in found.racers if is_lane(key))
    return found


def first_racers() -> tuple[str, ...]:
    there = lanes()
    return tuple(key for key in FIRST if key in there) or tuple(there)[: len(FIRST)]


def enter(kind: str) -> None:
    """Has an optimizer take part in the next race."""
    racers = course().racers
    if kind not in racers:
        course().racers = (*racers[: MOST_RACERS - 1], kind)
        renew()


def add_another(surface: Surface, key: str) -> None:
    """Has the same optimizer take part once more, with half the learning rate, so that one sees at once that it is there."""
    racers, optimizer = course().racers, course().lane(surface, key).optimizer
    added = another(key, racers)
    course().optimizers[surface.kind, added] = optimizer.model_copy(update={"learning_rate": optimizer.learning_rate / 2})
    place = racers.index(key) + 1
    course().racers = (*racers[:place], added, *racers[place:])
    renew()


def begin_again(surface: Surface) -> None:
    """Forgets all that was set for this surface, and who races."""
    before = course()
    before.racers, before.steps = first_racers(), STEPS
    before.starts.pop(surface.kind, None)
    before.optimizers = {place: one for place, one in before.optimizers.items() if place[0] != surface.kind}
    renew()


def take_race(kind: str, content: Taken) -> None:
    """Takes over a link's race.

    Raises:
        PlaygroundError: it cannot be run.
    """
    link, surface = read(RaceLink, content), SURFACES[kind]
    found = [(key, _checked_lane(surface, key), settings) for key, settings in link.racers or ()]
    if len({key for key, _, _ in found}) < len(found):
        raise PlaygroundError("The race in this link has a racer twice.", "Each has a name of its own.", "Copy the link again.")
    optimizers = {(kind, key): with_settings(type(lane.optimizer), settings) for key, lane, settings in found}
    start = _checked_start(surface, link.start)
    begin_again(surface)
    now = course()
    now.starts[kind], now.steps = start, link.steps
    now.optimizers |= optimizers
    if link.racers is not None:
        now.racers = tuple(key for key, _, _ in found)


def _checked_lane(surface: Surface, key: str) -> Lane:
    if not is_lane(key):
        raise PlaygroundError(
            f"The race in this link has a racer “{key[:40]}”.",
            f"Known are {', '.join(lanes())}.",
            "Ask for a link of this server.",
        )
    return lane_on(surface, key)


def _checked_start(surface: Surface, start: tuple[float, ...] | None) -> Place:
    x, y = start or surface.start
    (left, right), (low, high) = surface.x_range, surface.y_range
    if not (left <= x <= right and low <= y <= high):
        raise PlaygroundError(
            f"The race in this link starts at ({x:g}, {y:g}), outside of what is shown.",
            f"x goes from {left:g} to {right:g}, y from {low:g} to {high:g}.",
            "Choose a start below.",
        )
    return x, y


def keep_race(surface: Surface) -> None:
    """Has the address hold what differs from how this surface's race begins."""
    now, first = course(), first_racers()
    content: dict[str, Any] = {}
    running = {key: now.lane(surface, key) for key in now.racers}
    if now.racers != first or running != {key: lane_on(surface, key) for key in first}:
        content["racers"] = [[key, settings_of(lane.optimizer)] for key, lane in running.items()]
    if now.start(surface) != surface.start:
        content["start"] = list(now.start(surface))
    if now.steps != STEPS:
        content["steps"] = now.steps
    keep("race", surface.kind, content)
