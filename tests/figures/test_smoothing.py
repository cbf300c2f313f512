"""The exponential average against the recursion written out as a loop, and against pandas."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from playground.figures.smoothing import ExponentialAverage, exponential_average

NOISE = np.random.default_rng(0).normal(size=3000).cumsum()


def slow_average(values: np.ndarray, smoothing: float) -> list[float]:
    total, averages = 0.0, []
    for count, value in enumerate(values, start=1):
        total = smoothing * total + (1 - smoothing) * value
        averages.append(total / (1 - smoothing**count))
    return averages


@pytest.mark.parametrize("smoothing", [0.0, 0.05, 0.5, 0.9, 0.95, 0.99, 0.999])
def test_the_average_equals_the_recursion_written_as_a_loop(smoothing: float) -> None:
    np.testing.assert_allclose(exponential_average(NOISE, smoothing), slow_average(NOISE, smoothing), rtol=1e-9)


@pytest.mark.parametrize("smoothing", [0.5, 0.95, 0.999])
def test_the_average_equals_that_of_pandas(smoothing: float) -> None:
    expected = pd.Series(NOISE).ewm(alpha=1 - smoothing, adjust=True).mean()
    np.testing.assert_allclose(exponential_average(NOISE, smoothing), expected, rtol=1e-9)


def test_points_that_come_in_portions_give_the_same_average_as_all_at_once() -> None:
    running = ExponentialAverage(0.97)
    portions = np.split(NOISE, [1, 2, 50, 51, 1000, 1000, 2999])
    together = np.concatenate([running.extend(portion) for portion in portions])
    np.testing.assert_allclose(together, slow_average(NOISE, 0.97), rtol=1e-9)


def test_the_first_average_is_the_first_value() -> None:
    assert exponential_average([2.3, 2.1], 0.99)[0] == pytest.approx(2.3)


def test_a_value_that_is_not_finite_leaves_a_gap_and_does_not_spoil_what_follows() -> None:
    values = np.array([1.0, np.nan, 3.0, np.inf, 2.0])
    averages = exponential_average(values, 0.5)
    assert np.isnan(averages[[1, 3]]).all()
    np.testing.assert_allclose(averages[[0, 2, 4]], slow_average(values[[0, 2, 4]], 0.5))


def test_no_values_give_no_averages() -> None:
    assert len(exponential_average([], 0.9)) == 0


@pytest.mark.parametrize("smoothing", [-0.1, 1.0, 1.5])
def test_a_smoothing_outside_its_range_is_refused(smoothing: float) -> None:
    with pytest.raises(ValueError, match="smoothing"):
        ExponentialAverage(smoothing)
