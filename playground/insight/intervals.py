"""How far off may a predicted number be? Intervals that keep what they promise, from the errors on validation examples.

Split conformal prediction: H. Papadopoulos, K. Proedrou, V. Vovk, A. Gammerman: Inductive Confidence Machines for Regression,
ECML 2002; J. Lei, M. G'Sell, A. Rinaldo, R. Tibshirani, L. Wasserman: Distribution-Free Predictive Inference for Regression,
Journal of the American Statistical Association, 2018.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.stats import betabinom

Floats = npt.NDArray[np.float64]

FEWEST_IN_A_PART = 10
MOST_PARTS = 5


def rank(level: float, examples: int) -> int | None:
    """Which validation error, counted from the smallest, is the half width: ceil((n + 1) * level).

    Args:
        level: the share of new examples that shall lie inside, between 0 and 1.
        examples: n, how many validation examples there are.

    Returns:
        None where the promise needs more of them.
    """
    wanted = math.ceil((examples + 1) * level - 1e-9)  # 0.95 * 20 is 19, and not a little more
    return max(1, wanted) if wanted <= examples else None


def half_width(errors: npt.ArrayLike, level: float) -> float | None:
    """How far the interval reaches to each side of a prediction, in the target's own unit.

    If new examples come by chance from where the validation examples came from, at least `level` of them lie inside on average,
    whatever the network and the data are (Lei et al., theorem 2.2).

    Args:
        errors: float (n,), predicted minus true, of validation examples.

    Returns:
        None where there are too few of them for this promise.
    """
    sizes = np.sort(np.abs(np.asarray(errors, dtype=np.float64)))
    place = rank(level, len(sizes))
    return None if place is None else float(sizes[place - 1])


def inside(errors: npt.ArrayLike, half: float) -> npt.NDArray[np.bool_]:
    """bool (n,): whether the true value lies in the interval around the prediction."""
    return np.abs(np.asarray(errors, dtype=np.float64)) <= half


def chance_range(level: float, validation: int, test: int) -> tuple[int, int]:
    """How many of `test` examples lie inside, 95 times of 100, by the luck of both draws alone.

    The share inside that a draw of n validation examples brings follows Beta(k, n + 1 - k) for the k-th smallest error (Vovk,
    2012), so the count among new examples follows a beta-binomial distribution.

    Args:
        level: one that so many validation examples can promise.
    """
    place = rank(level, validation)
    if place is None:
        raise ValueError(f"{validation} validation examples cannot promise {level}")
    counts = betabinom(test, place, validation + 1 - place)
    return int(counts.ppf(0.025)), int(counts.ppf(0.975))


@dataclass(frozen=True, eq=False)
class Part:
    """The examples whose predictions lie from `low` to `high`, in the target's own unit.

    Attributes:
        examples: how many.
        mae: mean absolute error.
        held: how many lie inside the interval.
    """

    low: float
    high: float
    examples: int
    mae: float
    held: int


def by_prediction(predictions: npt.ArrayLike, errors: npt.ArrayLike, half: float) -> tuple[Part, ...]:
    """The examples in up to five parts of equal size, from the smallest predictions to the largest.

    Args:
        predictions, errors: float (n,), in the target's own unit, n at least 1.
        half: the half width of the interval.
    """
    said, off = np.asarray(predictions, dtype=np.float64), np.asarray(errors, dtype=np.float64)
    order = np.argsort(said, kind="stable")
    parts = int(np.clip(len(order) // FEWEST_IN_A_PART, 1, MOST_PARTS))
    return tuple(
        Part(
            float(said[rows[0]]),
            float(said[rows[-1]]),
            len(rows),
            float(np.abs(off[rows]).mean()),
            int(inside(off[rows], half).sum()),
        )
        for rows in np.array_split(order, parts)
    )
