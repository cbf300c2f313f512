"""Is the difference real? A paired comparison of scores, with a plain verdict."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from playground.errors import PlaygroundError
from playground.figures.score import ACCURACY, ScoreScale

CONFIDENCE = 0.95
_ALPHA = 1 - CONFIDENCE
_FEWEST_FOR_RANKS = 8  # below, Wilcoxon's test has too few different rank sums to say much


@dataclass(frozen=True)
class Verdict:
    """B against A over pairs of runs. All but the p-values and counts in percentage points; R² as it is.

    Attributes:
        mean_a, mean_b: in percent; R² as it is.
        difference: mean of B minus A; above 0, B is better.
        low, high: 95 % interval of the difference (Student's t over the paired differences); None with one pair, or
            when every pair differs by exactly the same, which leaves no spread to judge by.
        p_value: two-sided paired t-test (`scipy.stats.ttest_rel`). When every pair differs by exactly the same: the sign
            test. None with one pair.
        rank_p_value: Wilcoxon's signed-rank test, which assumes no bell curve; None below 8 pairs.
        wins, losses, ties: pairs in which B is better, worse, equal.
        words: the verdict in plain words.
    """

    mean_a: float
    mean_b: float
    difference: float
    low: float | None
    high: float | None
    p_value: float | None
    rank_p_value: float | None
    wins: int
    losses: int
    ties: int
    n: int
    words: str

    @property
    def is_real(self) -> bool:
        """Whether luck alone would rarely (below 5 %) give such a difference."""
        return self.p_value is not None and self.p_value < _ALPHA


def paired_difference(a: Sequence[float], b: Sequence[float], scale: ScoreScale = ACCURACY) -> Verdict:
    """Compares B with A, pair by pair.

    Args:
        a, b: scores as they are stored, in the same order of seeds.
        scale: what they are.

    Raises:
        PlaygroundError: no pairs, or not as many of A as of B.
    """
    if len(a) != len(b) or not a:
        raise PlaygroundError(
            f"There are {len(a)} results of A and {len(b)} of B.", "At least one pair is needed.", "Wait for more trials to end."
        )
    from scipy import stats  # late: it is slow to import, and most pages have nothing to test

    # Accuracies are whole numbers of images divided by one another: beyond nine digits there is only rounding.
    differences = np.round((np.asarray(b, dtype=float) - np.asarray(a, dtype=float)) * scale.factor, 9)
    n = len(differences)
    wins, losses = int((differences > 0).sum()), int((differences < 0).sum())
    difference = float(differences.mean())
    spread = float(differences.std(ddof=1)) if n > 1 else 0.0
    low = high = p_value = rank_p_value = None
    if n > 1 and np.ptp(differences) > 0:
        error = spread / math.sqrt(n)
        half = float(stats.t.ppf((1 + CONFIDENCE) / 2, n - 1)) * error
        low, high = difference - half, difference + half
        p_value = float(2 * stats.t.sf(abs(difference) / error, n - 1))
    elif n > 1:
        # No spread: t would be infinite. What is left to count is on which side the pairs fall.
        p_value = float(stats.binomtest(wins, wins + losses).pvalue) if wins + losses else 1.0
    if n >= _FEWEST_FOR_RANKS and wins + losses:
        rank_p_value = float(stats.wilcoxon(differences).pvalue)
    verdict = Verdict(
        float(np.mean(a)) * scale.factor,
        float(np.mean(b)) * scale.factor,
        difference,
        low,
        high,
        p_value,
        rank_p_value,
        wins,
        losses,
        n - wins - losses,
        n,
        "",
    )
    return replace(verdict, words=_words(verdict, scale))


def _words(verdict: Verdict, scale: ScoreScale) -> str:
    unit = scale.points
    better, count = ("B", verdict.wins) if verdict.difference >= 0 else ("A", verdict.losses)
    size = abs(verdict.difference)
    ties = f" ({verdict.ties} equal)" if verdict.ties else ""
    if verdict.n == 1:
        if verdict.ties:
            return "A and B are equal with this one seed. More seeds are needed to tell."
        return f"{better} is {_points(size)}{unit} better with this one seed. That may be luck: more seeds are needed to tell."
    seeds = "both seeds" if verdict.n == 2 else f"all {verdict.n} seeds"
    if verdict.ties == verdict.n:
        return f"A and B are equal in {seeds}: there is no difference to see."
    if verdict.low is None or verdict.high is None:
        numbers = f"{better} is better by exactly {_points(size)}{unit} in {seeds}"
        if verdict.is_real:
            return f"{numbers}."
        return f"Cannot be told from luck yet: {numbers}, but those are too few and too alike for an interval. Add seeds."
    if not size:
        spread = f"A {verdict.losses} times, B {verdict.wins} times"
        return f"Cannot be told from luck: on average both are equal; {spread} the better one{ties}."
    low, high = (verdict.low, verdict.high) if better == "B" else (-verdict.high, -verdict.low)
    digits = max(_digits(size, low), scale.digits - 1)
    numbers = (
        f"{better} is better in {count} of {verdict.n} seeds{ties}; difference {_points(size, digits)}{unit}, "
        f"95 % interval {_points(low, digits)} to {_points(high, digits)}"
    )
    if verdict.is_real:
        return f"{numbers}."
    return f"Cannot be told from luck: {numbers}."


def _digits(*values: float) -> int:
    """As few decimals as keep the smallest number from looking like 0."""
    smallest = min((abs(value) for value in values if abs(value) > 1e-9), default=1.0)
    return min(3, max(1, math.ceil(-math.log10(smallest))))


def _points(value: float, digits: int | None = None) -> str:
    text = f"{value:.{_digits(value) if digits is None else digits}f}"
    return text.replace("-", "−") if float(text) else text.replace("-", "")
