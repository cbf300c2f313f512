"""What a family of points in the plane is: a shape that can be drawn with any number of points and any noise."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from playground.catalog.task import Task

# make(count, noise, classes, draws) -> (points, labels or targets)
Make = Callable[[int, float, int, torch.Generator], tuple[Tensor, Tensor]]


@dataclass(frozen=True)
class Family:
    """One shape of points. To add one is to add a file beside this one, and a line in `families.py`.

    Attributes:
        name: the slug of its data set.
        title: its name for people.
        description: one line about it.
        task: what is learnt from it; see `task_with` where the number of classes can be chosen.
        make: from the number of points, the noise (0 to 0.5), the number of classes and a generator of random numbers to the
            points, float32 (count, 2) within [-6, 6], and their classes, int64 (count,), or target values, float32 (count, 1).
            Its source is printed in exported scripts: it uses nothing but torch and math. None: the points are painted.
        chooses_classes: it can be drawn with 2 to 6 classes.
    """

    name: str
    title: str
    description: str
    task: Task
    make: Make | None
    chooses_classes: bool = False

    @property
    def is_painted(self) -> bool:
        return self.make is None

    def num_classes(self, chosen: int) -> int:
        """How many classes it has when `chosen` are asked for; 0 for a regression."""
        if self.task == "regression":
            return 0
        return chosen if self.chooses_classes else 2

    def task_with(self, num_classes: int) -> Task:
        """What is learnt from it when it has that many classes."""
        if self.task == "regression":
            return "regression"
        return "binary" if num_classes == 2 else "classification"
