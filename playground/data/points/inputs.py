"""What a network can see of a point: its coordinates, and what can be computed from them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class PlaneInput:
    """One input of the network.

    Attributes:
        name: as `PointsSpec.inputs` names it.
        symbol: as people write it.
        description: one line about it.
        compute: from points, float32 (n, 2), to the values, float32 (n,).
        source: the same as a Python expression of `x1` and `x2`, with the same result to the last bit.
    """

    name: str
    symbol: str
    description: str
    compute: Callable[[Tensor], Tensor]
    source: str


INPUTS: tuple[PlaneInput, ...] = (
    PlaneInput("x1", "x₁", "How far right the point is.", lambda points: points[:, 0], "x1"),
    PlaneInput("x2", "x₂", "How far up the point is.", lambda points: points[:, 1], "x2"),
    PlaneInput("x1_squared", "x₁²", "x₁ times itself: large on the left and on the right.", lambda p: p[:, 0] ** 2, "x1**2"),
    PlaneInput("x2_squared", "x₂²", "x₂ times itself: large at the top and at the bottom.", lambda p: p[:, 1] ** 2, "x2**2"),
    PlaneInput(
        "x1_times_x2",
        "x₁x₂",
        "x₁ times x₂: above zero where both have the same sign.",
        lambda points: points[:, 0] * points[:, 1],
        "x1 * x2",
    ),
    PlaneInput("sin_x1", "sin x₁", "Waves from left to right.", lambda points: torch.sin(points[:, 0]), "torch.sin(x1)"),
    PlaneInput("sin_x2", "sin x₂", "Waves from bottom to top.", lambda points: torch.sin(points[:, 1]), "torch.sin(x2)"),
)

_BY_NAME = {known.name: known for known in INPUTS}


def plane_inputs(names: Sequence[str]) -> tuple[PlaneInput, ...]:
    """The inputs of these names, in this order."""
    return tuple(_BY_NAME[name] for name in names)


def features(points: Tensor, inputs: Sequence[str]) -> Tensor:
    """What the network sees of points: one column an input, in the order of `inputs`.

    Args:
        points: float32 (n, 2).
        inputs: d names, as in `PointsSpec.inputs`.

    Returns:
        float32 (n, d).
    """
    columns = [chosen.compute(points) for chosen in plane_inputs(inputs)]
    return torch.stack(columns, dim=1) if columns else points.new_empty(len(points), 0)
