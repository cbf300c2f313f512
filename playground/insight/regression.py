"""How far predicted numbers are from the true ones, in the target's own unit."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch

from playground.insight.evaluation import RegressionEvaluation
from playground.training.evaluation import r_squared as score_of

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class RegressionMeasures:
    """How good the predictions are.

    All but R² and the loss are in the target's own unit. An error is predicted minus true.

    Attributes:
        r2: 1 - sum of squared errors / sum of squared distances of the true values from their mean: 1 is perfect, 0 is no
            better than always saying the mean, below 0 is worse. When all true values are equal: 1 if every prediction
            is right, else 0 (as scikit-learn's `force_finite`). None with fewer than two examples.
        mae: mean of the absolute errors.
        rmse: square root of the mean of the squared errors.
        median_absolute_error: half of the absolute errors are at most this large.
        largest_error: the largest absolute error.
        mean_error: mean of the errors; above 0 it says too much on the whole.
        loss: the mean of the loss that was trained with, which the network computes on standardised targets.
    """

    r2: float | None
    mae: float
    rmse: float
    median_absolute_error: float
    largest_error: float
    mean_error: float
    loss: float


def measure_regression(evaluation: RegressionEvaluation) -> RegressionMeasures:
    """All measures at once; the evaluation must hold at least one example."""
    errors = evaluation.errors
    sizes = np.abs(errors)
    return RegressionMeasures(
        r_squared(evaluation.targets, evaluation.predictions),
        float(sizes.mean()),
        float(np.sqrt((errors**2).mean())),
        float(np.median(sizes)),
        float(sizes.max()),
        float(errors.mean()),
        float(evaluation.losses.mean(dtype=np.float64)),
    )


def r_squared(targets: npt.ArrayLike, predictions: npt.ArrayLike) -> float | None:
    """The coefficient of determination of float (n,) and (n,); see `RegressionMeasures.r2`."""
    true, said = (torch.from_numpy(np.array(values, dtype=np.float64)) for values in (targets, predictions))
    return score_of(said, true) if len(true) >= 2 else None


def largest_errors(evaluation: RegressionEvaluation, limit: int | None = None) -> Integers:
    """Rows of the evaluation, the largest absolute error first; at most `limit` of them. int64 (m,)."""
    # A stable sort: equal errors keep the data set's order, so the page shows the same each time.
    return np.argsort(-np.abs(evaluation.errors), kind="stable")[:limit]
