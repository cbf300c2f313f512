"""A pooling window: which value wins it, or what its average is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from torch import nn

from playground.insight.arithmetic import Compared, Floats, Step


@dataclass(frozen=True, eq=False)
class PoolingPlace:
    """One value of a pooling layer's output, taken apart.

    Attributes:
        top, left: where the window's corner lies in the input.
        window: (k, k).
        winners: bool (k, k): the places that hold the greatest value; more than one when they are equal.
        result: the maximum or the average by hand, and the network's own value.
    """

    rule: Literal["max", "average"]
    channel: int
    row: int
    column: int
    top: int
    left: int
    window: Floats
    winners: NDArray[np.bool_]
    result: Compared


def pooling_at(step: Step, channel: int, row: int, column: int) -> PoolingPlace:
    """Takes apart the value of `channel` at (`row`, `column`) of the step's output."""
    module = step.module
    assert isinstance(module, nn.MaxPool2d | nn.AvgPool2d)
    size, stride = _number(module.kernel_size), _number(module.stride)
    top, left = row * stride, column * stride
    window = step.inputs[channel, top : top + size, left : left + size]
    is_max = isinstance(module, nn.MaxPool2d)
    value = float(window.max() if is_max else window.mean())
    result = Compared(value, float(step.outputs[channel, row, column]), float(np.abs(window).max()))
    return PoolingPlace("max" if is_max else "average", channel, row, column, top, left, window, window == window.max(), result)


def _number(value: int | tuple[int, ...]) -> int:
    return value if isinstance(value, int) else value[0]
