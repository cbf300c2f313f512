"""Two half circles, hooked into each other."""

from __future__ import annotations

import math

import torch

from playground.data.points.family import Family


def make(count: int, noise: float, classes: int, draws: torch.Generator) -> tuple[torch.Tensor, torch.Tensor]:
    """Two half circles of radius 3: class 0 opens downwards from (-1.5, -0.75), class 1 upwards from (1.5, 0.75)."""
    labels = torch.arange(count) % 2
    side = (1 - 2 * labels).float()
    angle = math.pi * torch.rand(count, generator=draws)
    x1 = side * (3 * torch.cos(angle) - 1.5)
    x2 = side * (3 * torch.sin(angle) - 0.75)
    points = torch.stack([x1, x2], dim=1) + 3 * noise * (2 * torch.rand(count, 2, generator=draws) - 1)
    return points, labels


FAMILY = Family(
    name="moons",
    title="Moons",
    description="Two half moons, hooked into each other: the border between them is a bent line.",
    task="binary",
    make=make,
)
