"""Optimizers raced down a test surface from the same start, each with the real steps of its `torch.optim` class."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch

from playground.catalog import OPTIMIZERS
from playground.catalog.optimizers import OptimizerEntry
from playground.insight.surfaces import SURFACES, Place, Surface
from playground.progress import TaskProgress

Doubles = npt.NDArray[np.float64]

NEAR = 0.01  # arrived: this share of the start's height above the minimum is left
FAR = 30.0  # flown away: so many times the width of what is shown from its middle
USUAL_MOMENTUM = 0.9
RATES = tuple(digit * 10.0**power for power in range(-4, 1) for digit in (1, 2, 5))
_TOLD_EVERY = 20  # steps


@dataclass(frozen=True)
class Lane:
    """Who races: an optimizer with its settings, and what it is called."""

    name: str
    optimizer: OptimizerEntry


@dataclass(frozen=True, eq=False)
class Path:
    """The way of one ball.

    Attributes:
        places: float64 (steps + 1, 2), the start first; ends before the step that flew away.
        heights: float64 (steps + 1,).
        flew_away: the step after which it was out of all bounds, or no number; None when it stayed.
        distance: from the last place to the nearest minimum.
        arrived: the step from which on at most `NEAR` of the start's height above the minimum is left; None: not yet.
    """

    name: str
    places: Doubles
    heights: Doubles
    flew_away: int | None
    distance: float
    arrived: int | None


def lanes() -> dict[str, Lane]:
    """Every optimizer of the catalogue; those that come without momentum, but can have it, once more with it."""
    found = {}
    for kind, entry in OPTIMIZERS.items():
        plain = entry()
        found[kind] = Lane(plain.title, plain)
        if getattr(plain, "momentum", None) == 0.0:
            with_momentum = plain.model_copy(update={"momentum": USUAL_MOMENTUM})
            found[f"{kind}+momentum"] = Lane(f"{plain.title} + momentum", with_momentum)
    return found


def lane_on(surface: Surface, key: str) -> Lane:
    """A lane of `lanes()` with the learning rate that suits this surface, as far as that is known."""
    lane = lanes()[key]
    rate = surface.rates.get(key)
    return Lane(lane.name, lane.optimizer.model_copy(update={"learning_rate": rate})) if rate else lane


def race(surface: Surface, racers: Sequence[Lane], start: Place, steps: int) -> tuple[Path, ...]:
    """All of them from the same start, in float64; the gradients are autograd's."""
    running = _run(surface, racers, start, steps)
    while True:
        try:
            next(running)
        except StopIteration as end:
            paths: tuple[Path, ...] = end.value
            return paths


def race_task(surface: str, racers: Sequence[Lane], start: Place, steps: int) -> Generator[TaskProgress, None, tuple[Path, ...]]:
    """The same as a task of the job service; `surface` is its kind."""
    running = _run(SURFACES[surface], racers, start, steps)
    while True:
        try:
            done = next(running)
        except StopIteration as end:
            paths: tuple[Path, ...] = end.value
            return paths
        if done % _TOLD_EVERY == 0:
            yield TaskProgress(done, steps, f"step {done:,} of {steps:,}")


def best_rates(
    surface: str, racers: Sequence[Lane], start: Place, steps: int
) -> Generator[TaskProgress, None, tuple[float, ...]]:
    """For each racer, the one of `RATES` with which it arrives first; where none arrives, with which it ends lowest."""
    found = []
    for number, lane in enumerate(racers):
        yield TaskProgress(number, len(racers), lane.name)
        tries = [Lane(lane.name, lane.optimizer.model_copy(update={"learning_rate": rate})) for rate in RATES]
        paths = race(SURFACES[surface], tries, start, steps)
        found.append(RATES[min(range(len(RATES)), key=lambda index: rank(paths[index]))])
    return tuple(found)


def rank(path: Path) -> tuple[bool, float, float]:
    """Smaller is better: who stayed, who arrived first, who is lowest."""
    late = float("inf") if path.arrived is None else float(path.arrived)
    return path.flew_away is not None, late, float(path.heights[-1])


def _run(surface: Surface, racers: Sequence[Lane], start: Place, steps: int) -> Generator[int, None, tuple[Path, ...]]:
    balls = [torch.tensor(start, dtype=torch.float64, requires_grad=True) for _ in racers]
    optimizers = [lane.optimizer.build([ball]) for lane, ball in zip(racers, balls, strict=True)]
    places = np.full((len(racers), steps + 1, 2), np.nan)
    heights = np.full((len(racers), steps + 1), np.nan)
    flew_away: dict[int, int] = {}
    for step in range(steps + 1):
        # One graph for all of them: each height depends on its own ball only, so the sum's gradient holds each one's own.
        here = torch.stack([ball.detach() for ball in balls]).requires_grad_()
        height = surface.height(here[:, 0], here[:, 1])
        height.sum().backward()
        gradients = here.grad
        assert gradients is not None
        here, height = here.detach(), height.detach()
        sound = _sound(surface, here, height)
        for index, (ball, optimizer) in enumerate(zip(balls, optimizers, strict=True)):
            if index in flew_away:
                continue
            if not sound[index]:
                flew_away[index] = step
                continue
            places[index, step], heights[index, step] = here[index].numpy(), height[index].item()
            if step < steps:
                ball.grad = gradients[index].clone()
                optimizer.step()
        yield step
    ends = (flew_away.get(index, steps + 1) for index in range(len(racers)))
    return tuple(
        _path(surface, lane.name, places[index, :end], heights[index, :end], flew_away.get(index))
        for index, (lane, end) in enumerate(zip(racers, ends, strict=True))
    )


def _sound(surface: Surface, places: torch.Tensor, heights: torch.Tensor) -> list[bool]:
    """Which balls have a height that is a number, and are not far away from all that is shown."""
    low, high = torch.tensor([surface.x_range, surface.y_range], dtype=torch.float64).T
    near = ((places - (low + high) / 2).abs() <= FAR * (high - low)).all(dim=1)
    found: list[bool] = (near & heights.isfinite()).tolist()
    return found


def _path(surface: Surface, name: str, places: Doubles, heights: Doubles, flew_away: int | None) -> Path:
    distances = np.linalg.norm(places[-1] - np.array(surface.minima), axis=1)
    return Path(name, places, heights, flew_away, float(distances.min()), None if flew_away else _arrival(surface, heights))


def _arrival(surface: Surface, heights: Doubles) -> int | None:
    lowest = surface.lowest
    outside = np.flatnonzero(heights - lowest > NEAR * (heights[0] - lowest))
    first = int(outside[-1]) + 1 if len(outside) else 0
    return first if first < len(heights) else None
