"""Spiral arms wound around each other."""

from __future__ import annotations

import math

import torch

from playground.data.points.family import Family


def make(count: int, noise: float, classes: int, draws: torch.Generator) -> tuple[torch.Tensor, torch.Tensor]:
    """One arm a class, 1.75 turns from the middle out to radius 5."""
    number = torch.arange(count)
    labels = number % classes
    # Evenly along the arm, each point by chance within its own stretch of it.
    stretches = math.ceil(count / classes)
    along = (number // classes + torch.rand(count, generator=draws)) / stretches
    angle = 2 * math.pi * (1.75 * along + labels / classes)
    points = 5 * along[:, None] * torch.stack([torch.sin(angle), torch.cos(angle)], dim=1)
    points = points + noise * (2 * torch.rand(count, 2, generator=draws) - 1)
    return points, labels


FAMILY = Family(
    name="spiral",
    title="Spiral",
    description="Arms wound around each other: the hardest of the shapes.",
    task="classification",
    make=make,
    chooses_classes=True,
)
