"""Layers: the building blocks of a network. To add one is to add one class and list it in `catalog/__init__.py`.

Shapes leave out the batch: `(channels, height, width)` for images, `(features,)` for vectors.
"""

from __future__ import annotations

import math
from typing import ClassVar, Literal

from pydantic import Field
from torch import nn

from playground.catalog.activations import Activation, ReLU
from playground.catalog.layer import LayerEntry, Misfit, Shape, needs_image, sources, with_activation


class Dense(LayerEntry):
    kind: Literal["dense"] = "dense"
    units: int = Field(128, ge=1, le=4096, title="Neurons", description="How many neurons; each sees every input.")
    activation: Activation = Field(ReLU(), title="Activation", description="What each neuron does with its sum.")
    bias: bool = Field(True, title="Bias", description="Each neuron may shift its sum by a learned number.")
    title: ClassVar[str] = "Dense"
    help: ClassVar[str] = "Every neuron is connected to every input."
    weighted: ClassVar[bool] = True

    def label(self) -> str:
        return f"Dense {self.units}"

    def output_shape(self, shape: Shape) -> Shape:
        if len(shape) != 1:
            raise Misfit("Dense works on a flat list of numbers, but gets an image: it needs Flatten before it.", "flatten")
        return (self.units,)

    def modules(self, shape: Shape) -> list[nn.Module]:
        return with_activation([nn.Linear(shape[0], self.units, bias=self.bias)], self.activation)

    def multiply_adds(self, shape: Shape) -> int:
        return shape[0] * self.units

    def activation_entry(self) -> Activation:
        return self.activation

    def pytorch_source(self, shape: Shape) -> list[str]:
        bias = "" if self.bias else ", bias=False"
        return sources([f"nn.Linear({shape[0]}, {self.units}{bias})"], self.activation, "pytorch")

    def keras_source(self, shape: Shape) -> list[str]:
        bias = "" if self.bias else ", use_bias=False"
        return sources([f"layers.Dense({self.units}{bias})"], self.activation, "keras")


class Conv2d(LayerEntry):
    kind: Literal["conv2d"] = "conv2d"
    filters: int = Field(16, ge=1, le=512, title="Filters", description="How many patterns it looks for.")
    kernel_size: int = Field(3, ge=1, le=11, title="Kernel size", description="Each filter sees a window this wide and high.")
    stride: int = Field(1, ge=1, le=4, title="Stride", description="How far the window moves; 2 halves the image.")
    padding: Literal["same", "valid"] = Field(
        "same", title="Padding", description="same: a border of zeros keeps the size; valid: no border, the image shrinks."
    )
    activation: Activation = Field(ReLU(), title="Activation", description="What each filter does with its sum.")
    bias: bool = Field(True, title="Bias", description="Each filter may shift its sum by a learned number.")
    title: ClassVar[str] = "Conv2d"
    help: ClassVar[str] = "Slides small filters over the image and notes where each finds its pattern."
    weighted: ClassVar[bool] = True

    def label(self) -> str:
        return f"Conv {self.filters} @ {self.kernel_size}×{self.kernel_size}"

    @property
    def _padding(self) -> int:
        # PyTorch's own "same" forbids strides; for odd kernels this is the same, for even ones a pixel is lost.
        return (self.kernel_size - 1) // 2 if self.padding == "same" else 0

    def output_shape(self, shape: Shape) -> Shape:
        needs_image(shape, "Conv2d")
        height, width = (
            (size + 2 * self._padding - self.kernel_size) // self.stride + 1
            if size + 2 * self._padding >= self.kernel_size
            else 0
            for size in shape[1:]
        )
        if min(height, width) < 1:
            raise Misfit(
                f"The {self.kernel_size}×{self.kernel_size} kernel is larger than the {shape[1]}×{shape[2]} image it gets: "
                "use a smaller kernel, padding 'same', or less pooling before it."
            )
        return (self.filters, height, width)

    def modules(self, shape: Shape) -> list[nn.Module]:
        convolution = nn.Conv2d(
            shape[0], self.filters, self.kernel_size, stride=self.stride, padding=self._padding, bias=self.bias
        )
        return with_activation([convolution], self.activation)

    def multiply_adds(self, shape: Shape) -> int:
        return shape[0] * self.kernel_size**2 * math.prod(self.output_shape(shape))

    def activation_entry(self) -> Activation:
        return self.activation

    def pytorch_source(self, shape: Shape) -> list[str]:
        stride = f", stride={self.stride}" if self.stride > 1 else ""
        padding = f", padding={self._padding}" if self._padding else ""
        bias = "" if self.bias else ", bias=False"
        line = f"nn.Conv2d({shape[0]}, {self.filters}, {self.kernel_size}{stride}{padding}{bias})"
        return sources([line], self.activation, "pytorch")

    def keras_source(self, shape: Shape) -> list[str]:
        # Keras' own "same" pads unevenly with strides and even kernels, so the border is added by hand.
        border = [f"layers.ZeroPadding2D({self._padding})"] if self._padding else []
        bias = "" if self.bias else ", use_bias=False"
        stride = f", strides={self.stride}" if self.stride > 1 else ""
        line = f"layers.Conv2D({self.filters}, {self.kernel_size}{stride}{bias})"
        return sources([*border, line], self.activation, "keras")


class _Pooling(LayerEntry):
    """What max and average pooling share: a window that moves by its stride, without padding."""

    pool_size: int = Field(2, ge=2, le=8, title="Window", description="The window is this wide and high.")
    stride: int = Field(2, ge=1, le=8, title="Stride", description="How far the window moves; 2 halves the image.")

    def label(self) -> str:
        return f"{self.title} {self.pool_size}×{self.pool_size}"

    def output_shape(self, shape: Shape) -> Shape:
        needs_image(shape, self.title)
        if min(shape[1:]) < self.pool_size:
            raise Misfit(
                f"The {self.pool_size}×{self.pool_size} window is larger than the {shape[1]}×{shape[2]} image it gets: "
                "remove this layer or an earlier pooling.",
                "remove",
            )
        height, width = ((size - self.pool_size) // self.stride + 1 for size in shape[1:])
        return (shape[0], height, width)


class MaxPool(_Pooling):
    kind: Literal["max_pool"] = "max_pool"
    title: ClassVar[str] = "MaxPool"
    help: ClassVar[str] = "Keeps the largest value of each window: a smaller image that forgets small shifts."

    def modules(self, shape: Shape) -> list[nn.Module]:
        return [nn.MaxPool2d(self.pool_size, self.stride)]

    def pytorch_source(self, shape: Shape) -> list[str]:
        return [f"nn.MaxPool2d({self.pool_size}, {self.stride})"]

    def keras_source(self, shape: Shape) -> list[str]:
        return [f"layers.MaxPooling2D({self.pool_size}, strides={self.stride})"]


class AvgPool(_Pooling):
    kind: Literal["avg_pool"] = "avg_pool"
    title: ClassVar[str] = "AvgPool"
    help: ClassVar[str] = "Replaces each window by its average: a smaller, smoother image."

    def modules(self, shape: Shape) -> list[nn.Module]:
        return [nn.AvgPool2d(self.pool_size, self.stride)]

    def pytorch_source(self, shape: Shape) -> list[str]:
        return [f"nn.AvgPool2d({self.pool_size}, {self.stride})"]

    def keras_source(self, shape: Shape) -> list[str]:
        return [f"layers.AveragePooling2D({self.pool_size}, strides={self.stride})"]


class GlobalAvgPool(LayerEntry):
    kind: Literal["global_avg_pool"] = "global_avg_pool"
    title: ClassVar[str] = "GlobalAvgPool"
    help: ClassVar[str] = "One number for each filter: its average over the whole image. Takes Flatten's place."

    def output_shape(self, shape: Shape) -> Shape:
        needs_image(shape, self.title)
        return (shape[0],)

    def modules(self, shape: Shape) -> list[nn.Module]:
        return [nn.AdaptiveAvgPool2d(1), nn.Flatten()]

    def pytorch_source(self, shape: Shape) -> list[str]:
        return ["nn.AdaptiveAvgPool2d(1)", "nn.Flatten()"]

    def keras_source(self, shape: Shape) -> list[str]:
        return ["layers.GlobalAveragePooling2D()"]


class Flatten(LayerEntry):
    kind: Literal["flatten"] = "flatten"
    title: ClassVar[str] = "Flatten"
    help: ClassVar[str] = "Lays the image out as one long list of numbers, which is what Dense wants."

    def output_shape(self, shape: Shape) -> Shape:
        return (math.prod(shape),)

    def modules(self, shape: Shape) -> list[nn.Module]:
        return [nn.Flatten()]

    def pytorch_source(self, shape: Shape) -> list[str]:
        return ["nn.Flatten()"]

    def keras_source(self, shape: Shape) -> list[str]:
        return ["layers.Flatten()"]


class Dropout(LayerEntry):
    kind: Literal["dropout"] = "dropout"
    rate: float = Field(0.25, ge=0.0, lt=1.0, title="Rate", description="The share of values set to 0 while learning.")
    title: ClassVar[str] = "Dropout"
    help: ClassVar[str] = "Switches random values off while learning, so that the network cannot lean on a few of them."

    def label(self) -> str:
        return f"Dropout {self.rate:g}"

    def modules(self, shape: Shape) -> list[nn.Module]:
        return [nn.Dropout(self.rate)]

    def pytorch_source(self, shape: Shape) -> list[str]:
        return [f"nn.Dropout({self.rate!r})"]

    def keras_source(self, shape: Shape) -> list[str]:
        return [f"layers.Dropout({self.rate!r})"]


class BatchNorm(LayerEntry):
    kind: Literal["batch_norm"] = "batch_norm"
    title: ClassVar[str] = "BatchNorm"
    help: ClassVar[str] = "Shifts and scales each channel to mean 0 and spread 1 over the batch. Steadier, faster learning."

    def modules(self, shape: Shape) -> list[nn.Module]:
        return [nn.BatchNorm2d(shape[0]) if len(shape) == 3 else nn.BatchNorm1d(shape[0])]

    def pytorch_source(self, shape: Shape) -> list[str]:
        return [f"nn.BatchNorm{2 if len(shape) == 3 else 1}d({shape[0]})"]

    def keras_source(self, shape: Shape) -> list[str]:
        # PyTorch's momentum of 0.1 is Keras' 0.9, and its epsilon is smaller.
        return ["layers.BatchNormalization(momentum=0.9, epsilon=1e-5)"]


class LayerNorm(LayerEntry):
    kind: Literal["layer_norm"] = "layer_norm"
    title: ClassVar[str] = "LayerNorm"
    help: ClassVar[str] = "Shifts and scales each image's own values to mean 0 and spread 1, whatever the batch."

    def modules(self, shape: Shape) -> list[nn.Module]:
        return [nn.LayerNorm(list(shape))]

    def pytorch_source(self, shape: Shape) -> list[str]:
        return [f"nn.LayerNorm({list(shape)})"]

    def keras_source(self, shape: Shape) -> list[str]:
        axes = list(range(1, len(shape) + 1))
        return [f"layers.LayerNormalization(axis={axes if len(axes) > 1 else -1}, epsilon=1e-5)"]


class ActivationLayer(LayerEntry):
    kind: Literal["activation"] = "activation"
    function: Activation = Field(ReLU(), title="Function", description="The function that each value goes through.")
    title: ClassVar[str] = "Activation"
    help: ClassVar[str] = "An activation on its own, for example after BatchNorm."

    def label(self) -> str:
        return self.function.title

    def modules(self, shape: Shape) -> list[nn.Module]:
        return [self.function.module()]

    def activation_entry(self) -> Activation:
        return self.function

    def pytorch_source(self, shape: Shape) -> list[str]:
        return [self.function.pytorch_source()]

    def keras_source(self, shape: Shape) -> list[str]:
        return [self.function.keras_source()]
