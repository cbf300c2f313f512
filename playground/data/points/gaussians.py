"""Two clouds of points."""

from __future__ import annotations

import math

import torch

from playground.data.points.family import Family


def make(count: int, noise: float, classes: int, draws: torch.Generator) -> tuple[torch.Tensor, torch.Tensor]:
    """Two normal clouds: class 1 around (2, 2), class 0 around (-2, -2); their variance is 0.5 without noise, 4 with most."""
    labels = torch.arange(count) % 2
    centres = 4.0 * labels[:, None] - 2
    # Nothing farther than 4 from its centre, so that no point leaves the picture.
    offsets = torch.empty(count, 2)
    torch.nn.init.trunc_normal_(offsets, std=math.sqrt(0.5 + 7 * noise), a=-4, b=4, generator=draws)
    return centres + offsets, labels


FAMILY = Family(
    name="gaussians",
    title="Two clouds",
    description="Two round clouds, one for each class: a straight line does it, until noise makes them overlap.",
    task="binary",
    make=make,
)
