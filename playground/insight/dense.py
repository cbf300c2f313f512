"""A neuron of a dense layer: z = b + sum of w[i] * x[i]."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from torch import nn

from playground.insight.arithmetic import Compared, Floats, Step


@dataclass(frozen=True, eq=False)
class DensePlace:
    """One neuron's sum, taken apart.

    Attributes:
        inputs, weights: (n,).
        bias: 0 for a layer without.
        result: the sum by hand, and the network's own value.
    """

    unit: int
    inputs: Floats
    weights: Floats
    bias: float
    result: Compared

    @property
    def products(self) -> Floats:
        return self.inputs * self.weights

    def largest(self, count: int) -> NDArray[np.int64]:
        """The inputs whose products weigh most, whatever their sign; the weightiest first."""
        return np.argsort(-np.abs(self.products), kind="stable")[:count]


def dense_at(step: Step, unit: int) -> DensePlace:
    """Takes apart the sum of neuron `unit`."""
    module = step.module
    assert isinstance(module, nn.Linear)
    weights = module.weight[unit].detach().double().numpy()
    bias = float(module.bias[unit].detach()) if module.bias is not None else 0.0
    products = weights * step.inputs
    total = float(products.sum()) + bias
    result = Compared(total, float(step.outputs[unit]), float(np.abs(products).sum()) + abs(bias))
    return DensePlace(unit, step.inputs, weights, bias, result)
