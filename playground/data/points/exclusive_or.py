"""Opposite quarters of the plane belong together."""

from __future__ import annotations

import torch

from playground.data.points.family import Family


def make(count: int, noise: float, classes: int, draws: torch.Generator) -> tuple[torch.Tensor, torch.Tensor]:
    """Class 1 where x1 and x2 have the same sign, class 0 where they differ; a gap of 0.3 along the axes."""
    corner = torch.arange(count) % 4
    # Corners 0 to 3: (+, +), (-, +), (-, -), (+, -).
    signs = torch.stack([1 - 2 * ((corner == 1) | (corner == 2)).float(), 1 - 2 * (corner >= 2).float()], dim=1)
    points = signs * (0.3 + 4.7 * torch.rand(count, 2, generator=draws))
    # A point has the class of a place near it: the more noise, the farther away.
    place = points + 5 * noise * (2 * torch.rand(count, 2, generator=draws) - 1)
    labels = (place[:, 0] * place[:, 1] >= 0).long()
    return points, labels


FAMILY = Family(
    name="xor",
    title="Exclusive or",
    description="Opposite corners have the same class: x₁ alone says nothing, and x₂ alone says nothing.",
    task="binary",
    make=make,
)
