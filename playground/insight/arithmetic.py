"""One image on its way through a network: what enters and leaves every module, so that each can be computed again by hand.

The other modules of this view take one of these steps each: `convolution`, `dense`, `activation_step`, `pooling`,
`softmax`, `loss_step`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from playground.errors import PlaygroundError
from playground.insight.networks import TrainedNetwork

Floats = NDArray[np.float64]
Kind = Literal["convolution", "dense", "activation", "pooling", "other"]

# Sums of thousands of float32 products, added up in another order, differ by this share of their terms' sizes.
TOLERANCE = 2e-6


@dataclass(frozen=True, eq=False)
class Step:
    """One module's work on one image.

    Attributes:
        layer: index of the layer in the spec.
        title: such as "1. Conv 16 @ 3×3", or "1. Conv 16 @ 3×3: ReLU" for its activation.
        module: the PyTorch module itself.
        inputs, outputs: float64 copies of what the network computed in float32, without the batch: `(c, h, w)` or `(n,)`.
    """

    layer: int
    title: str
    kind: Kind
    module: nn.Module
    inputs: Floats
    outputs: Floats


@dataclass(frozen=True)
class Compared:
    """A number worked out by hand beside the one that the network computed itself.

    Attributes:
        scale: the size of the numbers that were added up; differences are judged against it.
    """

    by_hand: float
    network: float
    scale: float = 1.0

    @property
    def difference(self) -> float:
        return self.by_hand - self.network

    @property
    def agrees(self) -> bool:
        """Whether they are the same number to the rounding of float32."""
        return bool(abs(self.difference) <= TOLERANCE * max(1.0, self.scale, abs(self.network)))


def walk(network: TrainedNetwork, inputs: Tensor) -> tuple[Step, ...]:
    """Every module's step, in order.

    Args:
        inputs: float32 (1, c, h, w), as `network.batches.inputs` makes them.

    Raises:
        PlaygroundError: the network's answer is not a number, so nothing can be worked out with it.
    """
    steps = []
    value = inputs
    network.network.eval()
    with torch.inference_mode():
        for name, module in network.network.named_children():
            before, value = value, module(value)
            layer = int(name.split("_", 1)[0])
            steps.append(Step(layer, _title(network, layer, module), kind_of(module), module, _array(before), _array(value)))
    require_finite(value)
    return tuple(steps)


def require_finite(outputs: Tensor) -> None:
    """Raises PlaygroundError unless all of a network's outputs are numbers."""
    if not bool(outputs.isfinite().all()):
        raise PlaygroundError(
            "This network's answer is not a number.",
            "Its weights grew beyond all bounds, most often from too high a learning rate.",
            "Choose an earlier moment, or train it again with a smaller one.",
        )


def kind_of(module: nn.Module) -> Kind:
    if isinstance(module, nn.Conv2d):
        return "convolution"
    if isinstance(module, nn.Linear):
        return "dense"
    if isinstance(module, nn.MaxPool2d | nn.AvgPool2d):
        return "pooling"
    passive = (nn.Flatten, nn.Dropout, nn.BatchNorm1d, nn.BatchNorm2d, nn.LayerNorm, nn.AdaptiveAvgPool2d)
    return "other" if isinstance(module, passive) else "activation"


def logits(steps: tuple[Step, ...], network_inputs: Tensor) -> Floats:
    """What leaves the network, float64 (classes,); of a network without layers, its inputs in one row."""
    return steps[-1].outputs.ravel() if steps else _array(network_inputs).ravel()


def place_words(shape: tuple[int, ...], index: int) -> str:
    """A flat index of a layer's output in words: "unit 7", or "channel 2, row 5, column 11", counted from 1."""
    if len(shape) == 1:
        return f"unit {index + 1}"
    channel, row, column = np.unravel_index(index, shape)
    return f"channel {channel + 1}, row {row + 1}, column {column + 1}"


def _title(network: TrainedNetwork, layer: int, module: nn.Module) -> str:
    entry = network.reports[layer].layer
    title = f"{layer + 1}. {entry.label()}"
    if entry.weighted and not isinstance(module, nn.Linear | nn.Conv2d):
        return f"{title}: {entry.activation_entry().title}"
    return title


def _array(value: Tensor) -> Floats:
    return value[0].double().numpy()
