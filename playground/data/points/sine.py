"""A number that goes up and down in waves."""

from __future__ import annotations

import torch

from playground.data.points.family import Family


def make(count: int, noise: float, classes: int, draws: torch.Generator) -> tuple[torch.Tensor, torch.Tensor]:
    """The target of a point is sin(x1)."""
    points = 12 * torch.rand(count, 2, generator=draws) - 6
    # A point has the target of a place near it: the more noise, the farther away.
    place = points + 6 * noise * (2 * torch.rand(count, 2, generator=draws) - 1)
    targets = torch.sin(place[:, :1])
    return points, targets


FAMILY = Family(
    name="sine",
    title="Waves",
    description="A number that goes up and down in waves from left to right: sin x₁.",
    task="regression",
    make=make,
)
