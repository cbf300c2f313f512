"""Optimizers raced down a test surface from the same start, each with the real steps of its `torch.optim` class."""

from __future__ import annotations

import re
from collections.abc import Collection, Generator, Mapping, Sequence
from dataclasses import dataclass
from itertools import count

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
_ANOTHER = re.compile(r"\.([2-9]|[1-9]\d{1,2})$", re.ASCII)


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


def is_lane(key: str) -> bool:
    """Whether this is a key of `lanes()`, or of one that races once more: "adam", "adam.2", "adam.3"."""
    return _ANOTHER.sub("", key) in lanes()


def another(key: str, taken: Collection[str]) -> str:
    """The key with which the same optimizer takes part once more."""
    kind = _ANOTHER.sub("", key)
    return next(f"{kind}.{number}" for number in count(2) if f"{kind}.{number}" not in taken)


def lane_on(surface: Surface, key: str) -> Lane:
    """A lane with the learning rate that suits this surface, as far as that is known; half of it for each time more.

    Args:
        key: one for which `is_lane` holds.
    """
    kind = _ANOTHER.sub("", key)
    lane, number = lanes()[kind], int(key[len(kind) + 1 :] or 1)
    rate = surface.rates.get(kind, lane.optimizer.learning_rate) / 2 ** (number - 1)
    name = lane.name if number == 1 else f"{lane.name} {number}"
    return Lane(name, lane.optimizer.model_copy(update={"learning_rate": rate}))


def told_apart(racers: Mapping[str, Lane]) -> tuple[Lane, ...]:
    """The same lanes, by their keys; where one optimizer races more than once, the names tell in which settings they differ."""
    found = []
    for key, lane in racers.items():
        own = lane.optimizer
        others = [one.optimizer for other, one in racers.items() if _ANOTHER.sub("", other) == _ANOTHER.sub("", key)]
        differing = [name for name in type(own).model_fields if any(getattr(one, name) != getattr(own, name) for one in others)]
        told = ", ".join(_told(own, name) for name in differing)
        found.append(Lane(f"{lane.name} ({told})", own) if told else lane)
    return tuple(found)


def _told(optimizer: OptimizerEntry, name: str) -> str:
    """A setting in as few words as tell it: "rate 0.1", "no nesterov"."""
    value, title = getattr(optimizer, name), (type(optimizer).model_fields[name].title or name).lower()
    if isinstance(value, bool):
        return title if value else f"no {title}"
    return f"{'rate' if name == 'learning_rate' else title} {f'{value:g}' if isinstance(value, int | float) else value}"


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
