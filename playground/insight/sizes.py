"""How much memory a network's weights take, as they are and as int8."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from playground.insight.unit_paths import Blueprint, State

INT8_STEPS = 127
_FLOAT_BYTES = 4
# A weight that was rounded to an int8 step and multiplied by its scale again lies this close to the step.
_ROUNDING = 1e-3


@dataclass(frozen=True)
class Sizes:
    """Counted on the weights themselves.

    Attributes:
        numbers: all learned numbers.
        weights, zeros: those in the matrices and kernels of Dense and Conv2d layers, and how many of them are exactly 0.
        float_bytes: with four bytes a number.
        bytes: with one byte for each weight of a layer whose weights are int8 steps (and four for each scale).
        int8_layers: how many layers that are.
    """

    numbers: int
    weights: int
    zeros: int
    float_bytes: int
    bytes: int
    int8_layers: int


def sizes(weights: State, blueprint: Blueprint) -> Sizes:
    numbers = sum(
        weights[name].numel() for layer in blueprint.with_parameters for name in blueprint.parameters(weights, layer).values()
    )
    own = [weights[blueprint.parameters(weights, layer)["weight"]] for layer in blueprint.weighted]
    packed = [(weight, scales) for weight in own if (scales := num_int8_scales(weight)) is not None]
    saved = sum((_FLOAT_BYTES - 1) * weight.numel() - _FLOAT_BYTES * scales for weight, scales in packed)
    return Sizes(
        numbers,
        sum(weight.numel() for weight in own),
        sum(int((weight == 0).sum()) for weight in own),
        _FLOAT_BYTES * numbers,
        _FLOAT_BYTES * numbers - saved,
        len(packed),
    )


def num_int8_scales(weight: Tensor) -> int | None:
    """How many scales describe the weights as int8 steps, exactly but for rounding; None when one a unit is not enough."""
    for per_unit in (False, True):
        scale = int8_scale(weight, per_unit=per_unit)
        # The first unit alone tells of most weights that they are none.
        if _are_whole(weight[:1] / scale[:1]) and _are_whole(weight / scale):
            return scale.numel()
    return None


def _are_whole(steps: Tensor) -> bool:
    return bool(((steps - steps.round()).abs() <= _ROUNDING).all())


def int8_scale(weight: Tensor, *, per_unit: bool) -> Tensor:
    """Symmetric int8: max |w| / 127, so that the largest weight is ±127 steps; 1 where all weights are 0.

    Returns:
        float32, of a shape that fits `weight` (units, ...): of one element, or one for each unit.
    """
    axes = tuple(range(1, weight.ndim)) if per_unit else tuple(range(weight.ndim))
    largest = weight.abs().amax(dim=axes, keepdim=True)
    return torch.where(largest > 0, largest / INT8_STEPS, 1.0)
