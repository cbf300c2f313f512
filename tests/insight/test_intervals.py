"""Intervals around predicted numbers: by hand, by brute force over many draws, and against plain loops."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binom

from playground.insight.intervals import by_prediction, chance_range, half_width, inside, rank


def test_nine_errors_by_hand() -> None:
    errors = [-5.0, 1.0, 2.0, -3.0, 4.0, 6.0, -7.0, 8.0, 9.0]
    # (9 + 1) * 0.8 = 8: the eighth smallest size is 8. (9 + 1) * 0.5 = 5: the fifth is 5. 0.95 would need the tenth of nine.
    assert (half_width(errors, 0.8), half_width(errors, 0.5), half_width(errors, 0.9)) == (8.0, 5.0, 9.0)
    assert half_width(errors, 0.95) is None and half_width([], 0.5) is None
    assert inside([8.0, -8.0, 8.1], 8.0).tolist() == [True, True, False]


def test_a_rank_is_not_pushed_up_by_rounding() -> None:
    assert rank(0.95, 19) == 19 and rank(0.7, 9) == 7 and rank(0.05, 19) == 1 and rank(0.01, 5) == 1


@pytest.mark.parametrize(("level", "validation"), [(0.5, 10), (0.8, 35), (0.9, 71), (0.95, 19)])
def test_the_promise_is_kept_on_average_whatever_the_errors_look_like(level: float, validation: int) -> None:
    draws = np.random.default_rng(validation)
    held = []
    for _ in range(4000):
        errors = draws.standard_cauchy(validation + 20)  # no mean, no spread: nothing of a bell curve
        half = half_width(errors[:validation], level)
        assert half is not None
        held.append(inside(errors[validation:], half).mean())
    exact = rank(level, validation) / (validation + 1)  # type: ignore[operator]
    assert level <= exact <= level + 1 / (validation + 1) + 1e-9
    assert np.mean(held) == pytest.approx(exact, abs=4 * np.std(held) / np.sqrt(len(held)))


def test_the_range_of_chance_is_that_of_many_draws() -> None:
    level, validation, test = 0.9, 35, 88
    draws = np.random.default_rng(0)
    counts = []
    for _ in range(20_000):
        errors = draws.normal(size=validation + test)
        half = half_width(errors[:validation], level)
        assert half is not None
        counts.append(int(inside(errors[validation:], half).sum()))
    low, high = chance_range(level, validation, test)
    assert 0.94 <= np.mean([low <= count <= high for count in counts]) <= 0.98
    # Wider than if the width were known for certain.
    assert low < binom(test, level).ppf(0.025) and high >= binom(test, level).ppf(0.975)
    with pytest.raises(ValueError, match="cannot promise"):
        chance_range(0.99, 10, 50)


def test_parts_hold_every_example_once_from_the_smallest_prediction_to_the_largest() -> None:
    draws = np.random.default_rng(3)
    said, off = draws.permutation(57).astype(float), draws.normal(size=57)
    parts = by_prediction(said, off, 1.0)
    assert [part.examples for part in parts] == [12, 12, 11, 11, 11]
    for part in parts:
        mine = [off[row] for row in range(57) if part.low <= said[row] <= part.high]
        assert len(mine) == part.examples and part.mae == pytest.approx(sum(map(abs, mine)) / len(mine))
        assert part.held == sum(abs(error) <= 1.0 for error in mine)
    assert [part.low for part in parts] == sorted(part.low for part in parts)
    assert len(by_prediction([1.0, 2.0], [0.5, -0.5], 1.0)) == 1
