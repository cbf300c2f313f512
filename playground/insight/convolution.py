"""A convolution at one place: the window that the kernel lies on, the products, and their sum.

z[u, r, c] = b[u] + sum over channel k, row i, column j of kernel[u, k, i, j] * x[k, r * stride + i - padding, ...]
(a cross-correlation, as every deep-learning library computes it: the kernel is not turned round).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torch.nn import functional

from playground.insight.arithmetic import Compared, Floats, Step


@dataclass(frozen=True, eq=False)
class ConvolutionPlace:
    """One value of a convolution's output, taken apart.

    Attributes:
        top, left: where the window's corner lies in the input; negative inside the border of zeros.
        window: (channels, k, k); 0 where the window hangs over the edge.
        inside: bool (k, k): which of its places lie on the image.
        kernel: (channels, k, k).
        bias: 0 for a layer without.
        result: the sum by hand, and the network's own value.
    """

    unit: int
    row: int
    column: int
    top: int
    left: int
    window: Floats
    inside: NDArray[np.bool_]
    kernel: Floats
    bias: float
    result: Compared

    @property
    def products(self) -> Floats:
        """(channels, k, k)."""
        return self.window * self.kernel

    @property
    def channel_sums(self) -> Floats:
        """(channels,): each input channel's share of the sum."""
        return np.asarray(self.products.sum(axis=(1, 2)))


def convolution_at(step: Step, unit: int, row: int, column: int) -> ConvolutionPlace:
    """Takes apart the value of filter `unit` at (`row`, `column`) of the step's output."""
    module = _convolution(step)
    size, stride, padding = module.kernel_size[0], module.stride[0], int(module.padding[0])
    top, left = row * stride - padding, column * stride - padding
    rows, columns = np.arange(top, top + size), np.arange(left, left + size)
    height, width = step.inputs.shape[1:]
    inside = ((rows >= 0) & (rows < height))[:, None] & ((columns >= 0) & (columns < width))[None, :]
    picked = step.inputs[:, rows.clip(0, height - 1)[:, None], columns.clip(0, width - 1)[None, :]]
    window = np.where(inside, picked, 0.0)
    kernel = module.weight[unit].detach().double().numpy()
    bias = float(module.bias[unit].detach()) if module.bias is not None else 0.0
    products = window * kernel
    total = float(products.sum()) + bias
    result = Compared(total, float(step.outputs[unit, row, column]), float(np.abs(products).sum()) + abs(bias))
    return ConvolutionPlace(unit, row, column, top, left, window, inside, kernel, bias, result)


def output_size(size: int, kernel_size: int, stride: int, padding: int) -> int:
    """floor((size + 2 padding - kernel) / stride) + 1; 0 when the kernel does not fit."""
    return max(0, (size + 2 * padding - kernel_size) // stride + 1)


def what_if(step: Step, unit: int, stride: int, padding: int) -> Floats | None:
    """The map of filter `unit` with another stride and padding, float64 (h, w); None when the kernel does not fit."""
    module = _convolution(step)
    sizes = [output_size(size, module.kernel_size[0], stride, padding) for size in step.inputs.shape[1:]]
    if min(sizes) < 1:
        return None
    with torch.inference_mode():
        bias = module.bias[unit : unit + 1].double() if module.bias is not None else None
        kernel = module.weight[unit : unit + 1].double()
        inputs = torch.from_numpy(step.inputs)[None]
        return np.asarray(functional.conv2d(inputs, kernel, bias, stride=stride, padding=padding)[0, 0].numpy())


def _convolution(step: Step) -> nn.Conv2d:
    assert isinstance(step.module, nn.Conv2d)
    return step.module
