"""The verdict over pairs, computed by hand and by SciPy."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from playground.errors import PlaygroundError
from playground.figures.score import SCALES
from playground.studies.statistics import paired_difference


def test_the_interval_and_the_test_are_those_computed_by_hand() -> None:
    a, b = [0.95, 0.96, 0.94], [0.96, 0.98, 0.97]
    verdict = paired_difference(a, b)
    # Differences 1, 2, 3 points: mean 2, standard deviation 1, standard error 1/√3; t(2) at 97.5 % is 4.302653.
    half = 4.302652729911275 / math.sqrt(3)
    assert verdict.difference == pytest.approx(2.0)
    assert (verdict.low, verdict.high) == (pytest.approx(2 - half), pytest.approx(2 + half))
    # t = 2√3; with two degrees of freedom P(|T| > t) = 1 - t / √(2 + t²).
    t = 2 * math.sqrt(3)
    assert verdict.p_value == pytest.approx(1 - t / math.sqrt(2 + t * t))
    assert (verdict.mean_a, verdict.mean_b) == (pytest.approx(95.0), pytest.approx(97.0))
    assert (verdict.wins, verdict.losses, verdict.ties, verdict.n) == (3, 0, 0, 3)


@pytest.mark.parametrize("n", [2, 5, 12])
def test_scipy_agrees_on_random_pairs(n: int) -> None:
    draws = np.random.default_rng(n)
    a, b = draws.uniform(0.9, 0.95, n), draws.uniform(0.91, 0.96, n)
    verdict, oracle = paired_difference(list(a), list(b)), stats.ttest_rel(b * 100, a * 100)
    interval = oracle.confidence_interval(0.95)
    assert verdict.p_value == pytest.approx(oracle.pvalue, rel=1e-6)
    assert (verdict.low, verdict.high) == (pytest.approx(interval.low, abs=1e-6), pytest.approx(interval.high, abs=1e-6))
    assert verdict.is_real == (interval.low > 0 or interval.high < 0)
    if n >= 8:
        assert verdict.rank_p_value == pytest.approx(stats.wilcoxon(b, a).pvalue)
    else:
        assert verdict.rank_p_value is None


def test_a_clear_difference_is_said_in_the_words_of_the_winner() -> None:
    a, b = [0.950, 0.951, 0.949, 0.950, 0.952], [0.954, 0.957, 0.952, 0.953, 0.955]
    words = "is better in 5 of 5 seeds; difference 0.4 points, 95 % interval 0.2 to 0.5."
    assert paired_difference(a, b).words == f"B {words}"
    assert paired_difference(b, a).words == f"A {words}"
    assert paired_difference(b, a).difference == pytest.approx(-0.38)


def test_a_difference_that_may_be_luck_is_called_so_with_its_numbers() -> None:
    verdict = paired_difference([0.95, 0.93, 0.95, 0.94], [0.96, 0.95, 0.94, 0.94])
    assert not verdict.is_real
    assert verdict.words == (
        "Cannot be told from luck: B is better in 2 of 4 seeds (1 equal); difference 0.5 points, 95 % interval −1.6 to 2.6."
    )


def test_one_pair_has_no_interval_and_says_that_more_are_needed() -> None:
    verdict = paired_difference([0.95], [0.954])
    assert (verdict.low, verdict.high, verdict.p_value, verdict.is_real) == (None, None, None, False)
    assert verdict.words == "B is 0.4 points better with this one seed. That may be luck: more seeds are needed to tell."
    assert "equal with this one seed" in paired_difference([0.95], [0.95]).words


def test_equal_results_in_every_pair_are_no_difference() -> None:
    verdict = paired_difference([0.95, 0.96, 0.97], [0.95, 0.96, 0.97])
    assert (verdict.ties, verdict.p_value, verdict.is_real, verdict.low) == (3, 1.0, False, None)
    assert verdict.words == "A and B are equal in all 3 seeds: there is no difference to see."


@pytest.mark.parametrize(("n", "is_real"), [(2, False), (5, False), (6, True)])
def test_the_same_difference_in_every_pair_is_judged_by_the_sign_test(n: int, is_real: bool) -> None:
    a = [0.90 + 0.01 * pair for pair in range(n)]
    verdict = paired_difference(a, [value + 0.004 for value in a])
    assert verdict.p_value == pytest.approx(2 * 0.5**n)
    assert (verdict.low, verdict.high, verdict.is_real) == (None, None, is_real)
    assert ("Cannot be told from luck" in verdict.words) != is_real
    assert f"B is better by exactly 0.4 points in {'both' if n == 2 else f'all {n}'} seeds" in verdict.words


def test_differences_that_cancel_are_no_ones_win() -> None:
    verdict = paired_difference([0.90, 0.92], [0.92, 0.90])
    assert verdict.p_value == pytest.approx(1.0)
    assert verdict.words == "Cannot be told from luck: on average both are equal; A 1 times, B 1 times the better one."


def test_a_small_difference_keeps_the_decimals_that_it_needs() -> None:
    a = [0.9, 0.91, 0.92, 0.93]
    words = paired_difference(a, [0.9004, 0.9106, 0.9204, 0.9306]).words
    assert "difference 0.05 points, 95 % interval 0.03 to 0.07" in words


@pytest.mark.parametrize(("a", "b"), [([], []), ([0.9], [0.9, 0.8])])
def test_results_that_are_no_pairs_are_refused(a: list[float], b: list[float]) -> None:
    with pytest.raises(PlaygroundError, match="At least one pair"):
        paired_difference(a, b)


def test_an_interval_that_holds_no_difference_is_not_rounded_to_begin_at_0() -> None:
    first, second = (45, 43, 42, 44, 45), (44, 41, 42, 43, 42)
    verdict = paired_difference([right / 46 for right in first], [right / 46 for right in second])
    assert not verdict.is_real and "difference 3.04 points, 95 % interval −0.03 to 6.12" in verdict.words
    of_numbers = paired_difference([0.56, 0.57, 0.34, 0.57, 0.18], [0.23, 0.39, 0.33, 0.43, 0.17], SCALES["R²"])
    assert "difference 0.13, 95 % interval −0.03 to 0.30" in of_numbers.words
