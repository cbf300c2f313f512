"""A number that grows evenly towards one corner."""

from __future__ import annotations

import torch

from playground.data.points.family import Family


def make(count: int, noise: float, classes: int, draws: torch.Generator) -> tuple[torch.Tensor, torch.Tensor]:
    """The target of a point is (x1 + x2) / 10."""
    points = 12 * torch.rand(count, 2, generator=draws) - 6
    # A point has the target of a place near it: the more noise, the farther away.
    place = points + 6 * noise * (2 * torch.rand(count, 2, generator=draws) - 1)
    targets = place.sum(dim=1, keepdim=True) / 10
    return points, targets


FAMILY = Family(
    name="plane",
    title="Tilted plane",
    description="A number that grows evenly from the lower left to the upper right corner: (x₁ + x₂) / 10.",
    task="regression",
    make=make,
)
