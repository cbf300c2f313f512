"""What the first weighted layer looks for: its weights, drawn as images."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from torch import Tensor

from playground.catalog.layer import Shape
from playground.catalog.layers import Conv2d, Dense
from playground.network import LayerReport, trace
from playground.spec import RunSpec


@dataclass(frozen=True, eq=False)
class Filters:
    """The weights of one layer as small images.

    Attributes:
        layer: the layer's place in the network, from 0.
        kind: "kernels" of a convolution, which slide over the image; or "neurons", each with a weight for every pixel.
        title: the layer's name.
        images: float32 (units, channels, height, width); positive where ink speaks for the unit, negative where against.
    """

    layer: int
    kind: str
    title: str
    images: npt.NDArray[np.float32]


def first_filters(run: RunSpec, weights: Mapping[str, Tensor], input_shape: Shape) -> Filters | None:
    """The filters of the first layer with a weight matrix or kernel; None when the network has none, or no
    images.

    Args:
        weights: name -> tensor, as of `network.state_dict()`.
        input_shape: of the data set's images, (channels, height, width); or (columns,) of a table.
    """
    image_shape: Shape = input_shape
    for report in trace(run.network, input_shape):
        if len(report.input_shape) == 3:
            image_shape = report.input_shape
        if isinstance(report.layer, Conv2d | Dense):
            return _filters(report, _weight(weights, report), image_shape) if len(image_shape) == 3 else None
    return None


def _weight(weights: Mapping[str, Tensor], report: LayerReport) -> Tensor:
    """The one matrix or kernel among the tensors of the layer's modules, which are named `<index>_<kind>_<part>`."""
    own = (tensor for name, tensor in weights.items() if name.startswith(f"{report.index}_") and name.endswith(".weight"))
    return next(tensor for tensor in own if tensor.ndim > 1)


def _filters(report: LayerReport, weight: Tensor, image_shape: Shape) -> Filters | None:
    if isinstance(report.layer, Conv2d):
        return Filters(report.index, "kernels", report.layer.label(), weight.numpy())
    if math.prod(image_shape) != weight.shape[1]:
        return None  # the neurons do not see an image, such as after global pooling
    return Filters(report.index, "neurons", report.layer.label(), weight.reshape(-1, *image_shape).numpy())
