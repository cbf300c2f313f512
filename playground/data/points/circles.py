"""A disc inside a ring."""

from __future__ import annotations

import math

import torch

from playground.data.points.family import Family


def make(count: int, noise: float, classes: int, draws: torch.Generator) -> tuple[torch.Tensor, torch.Tensor]:
    """A disc of radius 2.5 (class 1) inside a ring from radius 3.5 to 5 (class 0)."""
    in_disc = torch.arange(count) % 2 == 1
    share = torch.rand(count, generator=draws)
    radius = torch.where(in_disc, 2.5 * share, 3.5 + 1.5 * share)
    angle = 2 * math.pi * torch.rand(count, generator=draws)
    points = torch.stack([radius * torch.sin(angle), radius * torch.cos(angle)], dim=1)
    # A point has the class of a place near it: the more noise, the farther away. 3 is the middle of the gap.
    place = points + 5 * noise * (2 * torch.rand(count, 2, generator=draws) - 1)
    labels = (place.norm(dim=1) < 3).long()
    return points, labels


FAMILY = Family(
    name="circles",
    title="Circles",
    description="A disc inside a ring: no straight line can tell them apart.",
    task="binary",
    make=make,
)
