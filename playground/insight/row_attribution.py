"""Which columns of a row its answer hangs on: integrated gradients from the mean row (Sundararajan, Taly, Yan, 2017, eq. 1)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from playground.errors import PlaygroundError
from playground.insight.networks import TrainedNetwork
from playground.insight.quick import quick

STEPS = 256


@dataclass(frozen=True, eq=False)
class Contributions:
    """How far each column moves the answer away from that to the mean row.

    Attributes:
        values: float64 (columns,): (x - mean) times the mean slope on the straight way from the mean row to this one.
        output: the score of the class, or the number that a regression tells, in its own unit.
        at_mean: the same for the mean of the training rows. The values add up to `output - at_mean`.
    """

    values: NDArray[np.float64]
    output: float
    at_mean: float

    @property
    def gap(self) -> float:
        """How far the sum of the values is from what it must be."""
        return abs(float(self.values.sum()) - (self.output - self.at_mean))


def row_contributions(trained: TrainedNetwork, row: NDArray[np.float32], target: int | None) -> Contributions:
    """Asks the network about one row, at once: rows are small.

    Args:
        trained: on the CPU.
        row: float32 (columns,), each in its own unit.
        target: the class whose score is explained; None for a regression.

    Raises:
        PlaygroundError: the network answers with what is no number.
    """
    spread, batches = trained.batches.target_spread, trained.batches
    means = batches.split_images("train")[0].double().mean(dim=0)

    def told(inputs: Tensor) -> Tensor:
        scores = trained.class_scores(inputs)
        return scores[:, target] if target is not None else scores[:, 0] * spread + batches.target_mean

    with quick():
        start, end = (batches.inputs(values[None]) for values in (means.float(), torch.from_numpy(np.array(row))))
        shares = ((torch.arange(STEPS) + 0.5) / STEPS)[:, None]
        way = (start + shares * (end - start)).requires_grad_()
        with torch.enable_grad():
            (slopes,) = torch.autograd.grad(told(way).sum(), way)
        values = (slopes.double().mean(dim=0) * (end - start)[0].double()).numpy()
        with torch.inference_mode():
            at_mean, output = (float(told(inputs)) for inputs in (start, end))
    if not np.isfinite([*values, output, at_mean]).all():
        raise PlaygroundError(
            "This network's answer is not a number, so it cannot be explained.",
            "Its weights grew beyond all bounds, most often from too high a learning rate.",
            "Choose an earlier moment, or train it again with a smaller rate.",
        )
    return Contributions(values, output, at_mean)
