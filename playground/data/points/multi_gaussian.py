"""A number that forms hills and hollows."""

from __future__ import annotations

import torch

from playground.data.points.family import Family


def make(count: int, noise: float, classes: int, draws: torch.Generator) -> tuple[torch.Tensor, torch.Tensor]:
    """The target of a point is the sum of three hills (+1) and three hollows (-1), each exp(-distance^2 / 2)."""
    points = 12 * torch.rand(count, 2, generator=draws) - 6
    # A point has the target of a place near it: the more noise, the farther away.
    place = points + 6 * noise * (2 * torch.rand(count, 2, generator=draws) - 1)
    centres = torch.tensor([[-4.0, 2.5], [0.0, 2.5], [4.0, 2.5], [-4.0, -2.5], [0.0, -2.5], [4.0, -2.5]])
    heights = torch.tensor([1.0, -1.0, 1.0, -1.0, 1.0, -1.0])
    squared_distances = (place[:, None] - centres).square().sum(dim=2)  # (count, 6)
    targets = (torch.exp(-squared_distances / 2) * heights).sum(dim=1, keepdim=True)
    return points, targets


FAMILY = Family(
    name="multi-gaussian",
    title="Hills and hollows",
    description="A number that forms three hills and three hollows (Gaussian bumps) over flat land.",
    task="regression",
    make=make,
)
