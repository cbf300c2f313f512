"""The check by trying: nudge a weight up and down a little, and see what the loss does. No calculus is used.

dL/dw is about (L(w + h) - L(w - h)) / 2h, with an error of the order h² (central difference).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from playground.catalog.losses import LossEntry
from playground.insight.microscope import WeightName, as_double, same_to

FIRST_STEP = 1e-5
SMALLEST_STEP = 1e-8
AGREES = 1e-3
_ONE_SLOPE = 1e-3
_ROUNDING = 2e-15  # of a loss near 1, in float64, after thousands of additions


@dataclass(frozen=True)
class FiniteDifference:
    """What trying says.

    Attributes:
        h: how far the weight was nudged.
        above, at, below: the loss at w + h, w and w - h.
        blur: how far off the result may be because the losses are rounded.
        is_kink: the loss has a corner here (a ReLU at exactly 0, two equal winners of a max-pool...), so that it falls with
            one slope on the left and with another on the right.
    """

    h: float
    above: float
    at: float
    below: float
    blur: float
    is_kink: bool

    @property
    def value(self) -> float:
        return (self.above - self.below) / (2 * self.h)

    @property
    def left(self) -> float:
        return (self.at - self.below) / self.h

    @property
    def right(self) -> float:
        return (self.above - self.at) / self.h

    def relative_difference(self, derivative: float) -> float:
        """To dL/dw from backpropagation."""
        return same_to(self.value, derivative)

    def agrees(self, derivative: float, terms: float = 0.0) -> bool:
        """To 1e-3 of the larger one, or both closer to 0 than rounding lets one see.

        Args:
            terms: the sizes of all terms of which backpropagation adds up dL/dw: large ones may leave no more than rounding, as
                before the layer norm of an image of one grey.
        """
        return self.relative_difference(derivative) <= AGREES or abs(self.value - derivative) <= self.blur + _ROUNDING * terms


def try_it(network: nn.Sequential, loss: LossEntry, weight: WeightName, inputs: Tensor, labels: Tensor) -> FiniteDifference:
    """Nudges the weight, and puts it back.

    Two passes through the network, when the loss is straight enough between w - h and w + h. When its slope changes there, it
    has bent or has a corner: then with smaller h, until the corner lies outside or h is as small as it can be.

    Args:
        network: float64, as from `microscope.double`.
    """
    parameter = network.get_submodule(weight.module).get_parameter(weight.tensor)
    start = _start(network, weight.module, inputs.double())
    later = _from(network, weight.module)
    value = float(parameter.detach()[weight.index])
    at = _loss(later, loss, start, labels)
    h = FIRST_STEP * max(1.0, abs(value))
    try:
        while True:
            found = _nudged(lambda: _loss(later, loss, start, labels), parameter, weight, value, h, at)
            straight = abs(found.right - found.left) <= _ONE_SLOPE * max(abs(found.left), abs(found.right)) + 4 * found.blur
            if straight:
                return found
            if h <= SMALLEST_STEP * max(1.0, abs(value)):
                return FiniteDifference(found.h, found.above, found.at, found.below, found.blur, is_kink=True)
            h /= 10
    finally:
        with torch.no_grad():
            parameter[weight.index] = value


def _nudged(
    compute: Callable[[], float], parameter: nn.Parameter, weight: WeightName, value: float, h: float, at: float
) -> FiniteDifference:
    losses = []
    for nudged in (value + h, value - h):
        with torch.no_grad():
            parameter[weight.index] = nudged
        losses.append(compute())
    return FiniteDifference(h, losses[0], at, losses[1], _ROUNDING * max(1.0, abs(at)) / h, is_kink=False)


def _start(network: nn.Sequential, module: str, inputs: Tensor) -> Tensor:
    """What enters the weight's module: what comes before does not depend on the weight."""
    with torch.no_grad():
        for name, earlier in network.named_children():
            if name == module:
                break
            inputs = earlier(inputs)
    return inputs


def _from(network: nn.Sequential, module: str) -> nn.Sequential:
    children = dict(network.named_children())
    names = list(children)
    return nn.Sequential(*(children[name] for name in names[names.index(module) :]))


def _loss(modules: nn.Sequential, loss: LossEntry, inputs: Tensor, labels: Tensor) -> float:
    with torch.no_grad():
        return float(loss.compute(modules(inputs), as_double(labels)))
