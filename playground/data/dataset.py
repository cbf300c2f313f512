"""What every data set is, once it is in memory."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from playground.catalog.task import Task


@dataclass(frozen=True, eq=False)
class Dataset:
    """A data set in memory. Its tensors are shared by all runs: nothing may write to them.

    Attributes:
        name: the slug it is chosen by, such as "mnist".
        title: its name for people, such as "MNIST".
        task: what is learnt from it.
        x_train: images, uint8 (n, c, h, w), 0 = background to 255 = full ink; or the numbers of a table, float32 (n, d), each
            column in its own unit.
        y_train: int64 (n,), the index of the class in `class_names`; or the targets of a regression, float32 (n, 1).
        x_test: as `x_train`, (m, ...).
        y_test: as `y_train`, (m,) or (m, 1).
        class_names: one name a class; none for a regression.
        feature_names: one name a column; none for images.
        target_name: what a regression tells, with its unit.
    """

    name: str
    title: str
    task: Task
    x_train: Tensor
    y_train: Tensor
    x_test: Tensor
    y_test: Tensor
    class_names: tuple[str, ...] = ()
    feature_names: tuple[str, ...] = ()
    target_name: str = ""

    @property
    def input_shape(self) -> tuple[int, ...]:
        """The shape of one example: (channels, height, width) for images, (columns,) for tables."""
        return tuple(self.x_train.shape[1:])

    @property
    def num_classes(self) -> int:
        return len(self.class_names)

    @property
    def is_images(self) -> bool:
        return self.x_train.ndim == 4
