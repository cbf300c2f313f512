"""Loss and score over many examples, a few at a time."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from playground.catalog.losses import LossEntry

LOWEST_SCORE = -1e30  # the square of a float32 may be none


@dataclass(frozen=True)
class Metrics:
    """Over all examples; `accuracy` is the share that is right, in [0, 1], or the R² of a regression."""

    loss: float
    accuracy: float


def outputs_in_slices(
    network: nn.Module, images: Tensor, inputs: Callable[[Tensor], Tensor], size: int
) -> Generator[int, None, Tensor]:
    """Yields the number of images done after each slice of `size`; returns the outputs `(n, classes)`, float32.

    The network is in evaluation mode during a slice only, so that training may go on between two of them.
    """
    outputs = []
    for start in range(0, len(images), size):
        network.eval()
        with torch.inference_mode():
            outputs.append(network(inputs(images[start : start + size])))
        network.train()
        yield min(start + size, len(images))
    return torch.cat(outputs)


def example_scores(outputs: Tensor, labels: Tensor, loss: LossEntry, variance: float) -> Tensor:
    """What each example adds to the score, `(n,)`: 1 or 0 for right or wrong; for targets `(n, 1)` of a regression
    1 - (output - target)² / variance, whose mean over the examples that the variance was taken of is R²."""
    if labels.is_floating_point():
        # In float32 these are multiples of 2^-24: their sums are exact, in whatever order and turns they are added up.
        return (1 - (outputs - labels).square().mean(dim=1) / variance).clamp_min(LOWEST_SCORE)
    return loss.predicted(outputs) == labels


def metrics(outputs: Tensor, labels: Tensor, loss: LossEntry) -> Metrics:
    """Loss and score of finished outputs `(n, outputs)` against labels `(n,)`, or targets `(n, 1)`."""
    with torch.inference_mode():
        is_number = labels.is_floating_point()
        score = r_squared(outputs, labels) if is_number else (loss.predicted(outputs) == labels).sum().item() / len(labels)
        return Metrics(float(loss.compute(outputs, labels)), score)


def r_squared(outputs: Tensor, targets: Tensor) -> float:
    """R² = 1 - Σ(output - target)² / Σ(target - mean)², of `(n, 1)` or `(n,)` each; where all targets are equal, 1 for no error,
    else 0."""
    outputs, targets = outputs.double(), targets.double()  # in float32, the mean of equal numbers need not be that number
    errors = float((outputs - targets).square().sum())
    total = float((targets - targets.mean(dim=0)).square().sum())
    return 1 - errors / total if total > 0 else float(errors == 0)
