"""A run's speed in two states that take turns, such as watched and unwatched."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from benchmarks.server import Server
from playground.catalog.presets import preset
from playground.spec import RunSpec


@dataclass(frozen=True)
class Alternation:
    """The speeds of neighbouring slices, in images a second: `on[i]` and `off[i]` belong together."""

    on: list[float]
    off: list[float]

    @property
    def ratios(self) -> list[float]:
        return [on / off for on, off in zip(self.on, self.off, strict=True)]


def long_run() -> RunSpec:
    """The First network, with so many epochs that it outlasts every benchmark."""
    run = preset("first-network").run
    return run.model_copy(update={"training": run.training.model_copy(update={"epochs": 200})})


def alternate(
    server: Server, run: str, on: Callable[[], None], off: Callable[[], None], rounds: int, slice_seconds: float
) -> Alternation:
    """Measures `run` in both states, `rounds` times each; each state is first in every second round.

    Args:
        on, off: bring a state about; what they do themselves is not measured.
    """
    speeds: dict[bool, list[float]] = {True: [], False: []}
    for turn in range(rounds):
        for is_on in (True, False) if turn % 2 else (False, True):
            (on if is_on else off)()
            speeds[is_on].append(speed(server, run, slice_seconds))
    return Alternation(speeds[True], speeds[False])


def speed(server: Server, run: str, seconds: float) -> float:
    """Images a second of a run, by the clock on the wall, between two pieces of news at least `seconds` apart."""
    first = server.mark(run)
    time.sleep(seconds)
    last = server.mark(run)
    return (last.images - first.images) / (last.time - first.time)
