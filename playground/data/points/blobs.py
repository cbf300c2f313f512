"""Clouds on a circle."""

from __future__ import annotations

import math

import torch

from playground.data.points.family import Family


def make(count: int, noise: float, classes: int, draws: torch.Generator) -> tuple[torch.Tensor, torch.Tensor]:
    """One normal cloud a class, centres on a circle of radius 2.5; standard deviation 0.3 without noise, 1.8 with most."""
    labels = torch.arange(count) % classes
    angle = 2 * math.pi * labels / classes
    centres = 2.5 * torch.stack([torch.cos(angle), torch.sin(angle)], dim=1)
    # Nothing farther than 3.5 from its centre, so that no point leaves the picture.
    offsets = torch.empty(count, 2)
    torch.nn.init.trunc_normal_(offsets, std=0.3 + 3 * noise, a=-3.5, b=3.5, generator=draws)
    return centres + offsets, labels


FAMILY = Family(
    name="blobs",
    title="Clouds in a circle",
    description="Two to six round clouds in a circle, one for each class.",
    task="classification",
    make=make,
    chooses_classes=True,
)
