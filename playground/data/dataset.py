"""What every data set is, once it is in memory."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor


@dataclass(frozen=True, eq=False)
class Dataset:
    """A data set in memory. Its tensors are shared by all runs: nothing may write to them.

    Attributes:
        name: the slug it is chosen by, such as "mnist".
        title: its name for people, such as "MNIST".
        task: what is learnt from it; "classification".
        x_train: uint8 (n, c, h, w), 0 = background to 255 = full ink.
        y_train: int64 (n,), the index of the class in `class_names`.
        x_test: uint8 (m, c, h, w).
        y_test: int64 (m,).
        class_names: one name a class.
    """

    name: str
    title: str
    task: str
    x_train: Tensor
    y_train: Tensor
    x_test: Tensor
    y_test: Tensor
    class_names: tuple[str, ...]

    @property
    def input_shape(self) -> tuple[int, ...]:
        """The shape of one example: (channels, height, width) for images."""
        return tuple(self.x_train.shape[1:])

    @property
    def num_classes(self) -> int:
        return len(self.class_names)
