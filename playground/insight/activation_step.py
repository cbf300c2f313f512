"""An activation at one neuron: its point on the function's curve, with the formula worked out by hand."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

from playground.catalog.activations import ActivationEntry
from playground.insight.arithmetic import Compared, Floats, Step
from playground.insight.networks import TrainedNetwork
from playground.insight.written import bracketed, written

CURVE_POINTS = 241
NARROWEST = 4.0  # the curve is drawn at least from -4 to 4


@dataclass(frozen=True, eq=False)
class ActivationPlace:
    """One value going through an activation.

    Attributes:
        before: the neuron's sum z.
        slope: f'(z): by how much the output grows when z grows by 1.
        worked: the formula with the numbers put in.
        curve_x, curve_y: (n,) points of the function.
        result: f(z) by hand, and the network's own value.
    """

    entry: ActivationEntry
    before: float
    slope: float
    worked: str
    curve_x: Floats
    curve_y: Floats
    result: Compared


def works_elementwise(entry: ActivationEntry) -> bool:
    """Whether each value goes through it alone; softmax looks at all of them."""
    return entry.kind in _BY_HAND  # type: ignore[attr-defined]


def activation_entry(network: TrainedNetwork, step: Step) -> ActivationEntry:
    return network.reports[step.layer].layer.activation_entry()


def activation_at(entry: ActivationEntry, step: Step, index: int) -> ActivationPlace:
    """Takes apart what the activation makes of value `index`, counted through the flat output; it must be elementwise."""
    before = float(step.inputs.ravel()[index])
    value, worked = _BY_HAND[entry.kind](entry, before)  # type: ignore[attr-defined]
    reach = max(NARROWEST, 1.15 * abs(before))
    curve_x = np.linspace(-reach, reach, CURVE_POINTS)
    result = Compared(value, float(step.outputs.ravel()[index]), abs(before))
    return ActivationPlace(
        entry, before, _slope(step.module, before), bracketed(worked), curve_x, _curve(step.module, curve_x), result
    )


def _curve(module: nn.Module, points: Floats) -> Floats:
    with torch.inference_mode():
        return np.asarray(module(torch.from_numpy(points)).numpy())


def _slope(module: nn.Module, point: float) -> float:
    value = torch.tensor([point], dtype=torch.float64, requires_grad=True)
    with torch.enable_grad():
        (slope,) = torch.autograd.grad(module(value), value)
    return float(slope)


Worked = tuple[float, str]


def _relu(entry: ActivationEntry, z: float) -> Worked:
    return max(0.0, z), f"max(0, {written(z)})"


def _leaky_relu(entry: ActivationEntry, z: float) -> Worked:
    slope: float = entry.negative_slope  # type: ignore[attr-defined]
    return (z, f"{written(z)} (above 0: passed on)") if z > 0 else (slope * z, f"{slope:g} · {written(z)}")


def _elu(entry: ActivationEntry, z: float) -> Worked:
    alpha: float = entry.alpha  # type: ignore[attr-defined]
    if z > 0:
        return z, f"{written(z)} (above 0: passed on)"
    return alpha * math.expm1(z), f"{alpha:g} · (e^({written(z)}) − 1)"


def _gelu(entry: ActivationEntry, z: float) -> Worked:
    share = 0.5 * (1 + math.erf(z / math.sqrt(2)))
    return z * share, f"{written(z)} · Φ({written(z)}) = {written(z)} · {written(share)}"


def _silu(entry: ActivationEntry, z: float) -> Worked:
    share = _logistic(z)
    return z * share, f"{written(z)} · σ({written(z)}) = {written(z)} · {written(share)}"


def _sigmoid(entry: ActivationEntry, z: float) -> Worked:
    return _logistic(z), f"1 / (1 + e^({written(-z)}))"


def _tanh(entry: ActivationEntry, z: float) -> Worked:
    return math.tanh(z), f"tanh({written(z)})"


def _softplus(entry: ActivationEntry, z: float) -> Worked:
    return max(z, 0.0) + math.log1p(math.exp(-abs(z))), f"ln(1 + e^({written(z)}))"


def _identity(entry: ActivationEntry, z: float) -> Worked:
    return z, written(z)


def _logistic(z: float) -> float:
    """1 / (1 + e^-z) without overflow."""
    return 1 / (1 + math.exp(-z)) if z >= 0 else math.exp(z) / (1 + math.exp(z))


_BY_HAND: dict[str, Callable[[ActivationEntry, float], Worked]] = {
    "identity": _identity,
    "relu": _relu,
    "leaky_relu": _leaky_relu,
    "elu": _elu,
    "gelu": _gelu,
    "silu": _silu,
    "sigmoid": _sigmoid,
    "tanh": _tanh,
    "softplus": _softplus,
}
