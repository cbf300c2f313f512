"""Draws the points of a family, and cuts them into those to learn from and those that test."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import torch
from torch import Tensor

from playground.data.points.families import family_of
from playground.data.points.painted import painted_class, painted_points
from playground.seeds import generator
from playground.spec import PointsSpec

# The purposes of the two streams of random numbers, with `PointsSpec.seed` as their seed.
POINTS_STREAM = "points"
SPLIT_STREAM = "points-split"


@dataclass(frozen=True, eq=False)
class Drawn:
    """Points in the plane. Its tensors are shared: nothing may write to them.

    Attributes:
        train_points: float32 (n, 2), where the points to learn from lie.
        train_y: their classes, int64 (n,), or target values, float32 (n, 1).
        test_points: float32 (m, 2).
        test_y: int64 (m,) or float32 (m, 1).
    """

    train_points: Tensor
    train_y: Tensor
    test_points: Tensor
    test_y: Tensor


def num_points(name: str, points: PointsSpec) -> int:
    """How many points there are, test points included."""
    return len(points.painted) if family_of(name).is_painted else points.num_points


def num_training_points(count: int, train_share: float) -> int:
    """How many of `count` points are learnt from: their share, but at least one, and one is left to test where there are two."""
    return min(max(1, round(count * train_share)), max(count - 1, 1), count)


def num_classes(name: str, points: PointsSpec) -> int:
    """How many classes there are; 0 for a regression. Painted points have as many as are chosen, or as many as are painted."""
    family = family_of(name)
    if family.is_painted and family.task != "regression":
        return max([points.classes, *(painted_class(value) + 1 for _, _, value in points.painted)])
    return family.num_classes(points.classes)


def drawn(name: str, points: PointsSpec) -> Drawn:
    """The points of a family. The same name and spec give the same points; `inputs` does not matter.

    More noise moves the same points farther; another training share cuts the same points elsewhere. Painted points are taken
    as they are. No point painted: all parts are empty.

    Raises:
        PlaygroundError: there is no family of that name.
    """
    return _drawn(name, points.model_copy(update={"inputs": ()}))


@lru_cache(maxsize=64)
def _drawn(name: str, points: PointsSpec) -> Drawn:
    family = family_of(name)
    if family.make is None:
        places, y = painted_points(family, points.painted)
    else:
        draws = generator(points.seed, POINTS_STREAM)
        places, y = family.make(points.num_points, points.noise, family.num_classes(points.classes), draws)
    order = torch.randperm(len(places), generator=generator(points.seed, SPLIT_STREAM))
    num_train = num_training_points(len(places), points.train_share)
    train, test = order[:num_train], order[num_train:]
    return Drawn(train_points=places[train], train_y=y[train], test_points=places[test], test_y=y[test])
