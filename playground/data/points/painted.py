"""The learner's own points: classes, or values."""

from __future__ import annotations

import torch
from torch import Tensor

from playground.data.points.family import Family
from playground.spec import PaintedPoint

MOST_CLASSES = 6

FAMILY = Family(
    name="painted",
    title="Your own points",
    description="You paint the points, class by class.",
    task="classification",
    make=None,
    chooses_classes=True,
)

VALUES_FAMILY = Family(
    name="painted-values",
    title="Your own values",
    description="You paint the points, each with its value.",
    task="regression",
    make=None,
)


def painted_class(value: float) -> int:
    """The class of a painted point: the nearest whole number, from 0 to 5."""
    return min(max(round(value), 0), MOST_CLASSES - 1)


def painted_points(family: Family, painted: tuple[PaintedPoint, ...]) -> tuple[Tensor, Tensor]:
    """What was painted, as a family's `make` gives it: points and classes, or points and targets; none for no points."""
    points = torch.tensor([point[:2] for point in painted], dtype=torch.float32).reshape(-1, 2)
    values = [value for _, _, value in painted]
    if family.task == "regression":
        return points, torch.tensor(values, dtype=torch.float32).reshape(-1, 1)
    return points, torch.tensor([painted_class(value) for value in values], dtype=torch.int64)
