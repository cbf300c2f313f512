"""What a layer entry is. Shapes leave out the batch: `(channels, height, width)` for images, `(features,)` for vectors."""

from __future__ import annotations

from typing import ClassVar, Literal

from torch import nn

from playground.catalog.activations import Activation, Identity
from playground.catalog.entry import Entry

Shape = tuple[int, ...]


class Misfit(Exception):
    """A layer cannot take this input. `mend` names a fix that `network.check` knows: "flatten", "remove" or ""."""

    def __init__(self, message: str, mend: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.mend = mend


class LayerEntry(Entry):
    """A layer: what it makes of a shape, its PyTorch modules and its source in PyTorch and Keras."""

    weighted: ClassVar[bool] = False  # it has a weight matrix or kernel of its own

    def output_shape(self, shape: Shape) -> Shape:
        """The shape that leaves this layer.

        Raises:
            Misfit: the layer cannot take `shape`.
        """
        return shape

    def modules(self, shape: Shape) -> list[nn.Module]:
        """The PyTorch modules in order, for input `(batch, *shape)`, float32."""
        raise NotImplementedError

    def multiply_adds(self, shape: Shape) -> int:
        """Multiplications with a weight for one image; 0 for layers without weights."""
        return 0

    def activation_entry(self) -> Activation:
        """The activation with which the layer ends; identity when it has none."""
        return Identity()

    def pytorch_source(self, shape: Shape) -> list[str]:
        raise NotImplementedError

    def keras_source(self, shape: Shape) -> list[str]:
        raise NotImplementedError


def needs_image(shape: Shape, title: str) -> None:
    """Raises Misfit unless `shape` is (channels, height, width)."""
    if len(shape) != 3:
        raise Misfit(f"{title} works on images, but gets a flat list of {shape[0]} numbers.", "move-before-flatten")


def with_activation(modules: list[nn.Module], activation: Activation) -> list[nn.Module]:
    return modules if activation.linear else [*modules, activation.module()]


def sources(lines: list[str], activation: Activation, language: Literal["pytorch", "keras"]) -> list[str]:
    """A layer's source lines, followed by its activation's unless that is the identity."""
    if activation.linear:
        return lines
    source = activation.pytorch_source() if language == "pytorch" else activation.keras_source()
    return [*lines, source]
