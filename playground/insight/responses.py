"""How an optimizer answers to gradients: a single weight, gradients that are given, and the real steps of `torch.optim`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch

from playground.catalog.optimizers import OptimizerEntry

Doubles = npt.NDArray[np.float64]

STEPS = 40
KICKS = 5  # so many steps with a gradient, then none
NOISE = 3.0  # the spread of the noisy gradients, in units of their mean


@dataclass(frozen=True)
class Pattern:
    """Gradients, one a step.

    Attributes:
        make: steps -> float64 (steps,), of size about 1.
    """

    title: str
    help: str
    make: Callable[[int], Doubles]


@dataclass(frozen=True, eq=False)
class Response:
    """What becomes of a weight that begins at 0.

    Attributes:
        gradients: float64 (steps,).
        weights: float64 (steps + 1,).
    """

    gradients: Doubles
    weights: Doubles

    @property
    def steps(self) -> Doubles:
        """float64 (steps,): by how much each of them moved the weight."""
        return np.diff(self.weights)


def _zigzag(steps: int) -> Doubles:
    return np.where(np.arange(steps) % 2 == 0, 1.0, -1.0)


def _kick(steps: int) -> Doubles:
    return np.where(np.arange(steps) < KICKS, 1.0, 0.0)


def _noise(steps: int) -> Doubles:
    return 1.0 + NOISE * np.random.default_rng(0).standard_normal(steps)


PATTERNS: dict[str, Pattern] = {
    "steady": Pattern("Steady", "The same gradient at every step: a long, even slope.", np.ones),
    "zigzag": Pattern("To and fro", "The gradient changes its sign at every step: between the walls of a ravine.", _zigzag),
    "kick": Pattern("A few, then none", f"{KICKS} gradients, then a plain: who rolls on?", _kick),
    "noise": Pattern("Noisy", "As of small batches: three times as much chance as slope.", _noise),
}


def respond(optimizer: OptimizerEntry, pattern: str, size: float, steps: int = STEPS) -> Response:
    """The weight's way when the gradients of `pattern`, times `size`, come one after the other."""
    gradients = size * PATTERNS[pattern].make(steps)
    weight = torch.zeros(1, dtype=torch.float64, requires_grad=True)
    running = optimizer.build([weight])
    weights = [0.0]
    for gradient in gradients:
        weight.grad = torch.full_like(weight, float(gradient))
        running.step()
        weights.append(weight.item())
    return Response(gradients, np.array(weights))
