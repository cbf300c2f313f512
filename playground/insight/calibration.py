"""Is it as often right as it says? Confidence against accuracy, and one number that brings them together.

C. Guo, G. Pleiss, Y. Sun, K. Weinberger: On Calibration of Modern Neural Networks, ICML 2017.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

COLDEST, HOTTEST = 0.02, 50.0


@dataclass(frozen=True)
class Temperature:
    """One number by which all logits are divided: above 1 the network becomes less sure, below 1 surer.

    Attributes:
        value: where the negative log-likelihood of the images is smallest.
        images: how many it was fitted on.
        at_edge: the smallest value within 0.02 to 50 stands at an end of it, as when every image is read right.
    """

    value: float
    images: int
    at_edge: bool


@dataclass(frozen=True, eq=False)
class Reliability:
    """Examples in bins of equal width by confidence; bin i holds those above edges[i] and up to edges[i + 1].

    For yes or no, the probability of yes takes the place of the confidence, and the share of yes that of the accuracy: the bins
    then go from a sure no to a sure yes (DeGroot and Fienberg, 1983).

    Attributes:
        edges: float64 (bins + 1,), from 0 to 1.
        counts: int64 (bins,).
        accuracy, confidence: float64 (bins,), the share read right and the mean confidence; NaN in empty bins.
    """

    edges: Floats
    counts: Integers
    accuracy: Floats
    confidence: Floats

    @property
    def error(self) -> float:
        """Expected calibration error: the sum over bins of (share of images) * |accuracy - confidence| (Guo et al., eq. 3)."""
        filled = self.counts > 0
        gaps = np.abs(self.accuracy - self.confidence)[filled]
        return float((self.counts[filled] * gaps).sum() / max(1, self.counts.sum()))

    @property
    def means(self) -> tuple[float, float]:
        """Mean confidence and accuracy of all examples."""
        filled, total = self.counts > 0, max(1, self.counts.sum())
        said, was = (float((self.counts * column)[filled].sum() / total) for column in (self.confidence, self.accuracy))
        return said, was


@dataclass(frozen=True)
class Scores:
    """How good probabilities are.

    Attributes:
        accuracy: share read right.
        confidence: mean probability of the predicted class.
        brier: mean over the images of sum over the classes of (p - t)^2, from 0 (perfect) to 2 (Brier, 1950).
        negative_log_likelihood: mean of -ln p of the true class.
    """

    accuracy: float
    confidence: float
    brier: float
    negative_log_likelihood: float


def softmax(logits: npt.ArrayLike, temperature: float = 1.0) -> Floats:
    """softmax(z / T): float (n, k) -> float64 (n, k), each row adding up to 1."""
    return np.exp(log_softmax(np.asarray(logits, dtype=np.float64) / temperature, axis=1))


def negative_log_likelihood(logits: npt.ArrayLike, labels: Integers, temperature: float = 1.0) -> float:
    """Mean of -ln softmax(z / T) at the true classes."""
    logs = log_softmax(np.asarray(logits, dtype=np.float64) / temperature, axis=1)
    return float(-logs[np.arange(len(labels)), labels].mean()) + 0.0  # of what is certain 0, not -0


def fit_temperature(logits: npt.ArrayLike, labels: Integers) -> Temperature:
    """The temperature between 0.02 and 50 with the smallest negative log-likelihood.

    That is a convex function of 1 / T, so it has one smallest place, which a bounded search over ln T finds (Brent).

    Args:
        logits: float (n, k), n at least 1, all finite.
        labels: int64 (n,).
    """
    numbers = np.asarray(logits, dtype=np.float64)
    if not np.ptp(numbers, axis=1).any():
        return Temperature(1.0, len(labels), False)  # equal logits stay equal at any temperature

    def loss(temperature: float) -> float:
        return negative_log_likelihood(numbers, labels, temperature)

    found = minimize_scalar(
        lambda log_t: loss(float(np.exp(log_t))),
        bounds=(np.log(COLDEST), np.log(HOTTEST)),
        method="bounded",
        options={"xatol": 1e-5},
    )
    value = float(np.exp(found.x))
    # The search never looks at the ends themselves.
    for end in (COLDEST, HOTTEST):
        if loss(end) <= loss(value):
            return Temperature(end, len(labels), True)
    return Temperature(value, len(labels), False)


def temperature_curve(logits: npt.ArrayLike, labels: Integers, around: float) -> tuple[Floats, Floats]:
    """What the fit looks at: temperatures from a quarter of `around` to four times it, and the negative log-likelihood at each.

    Returns:
        Two float64 (33,), the temperatures in even steps of their logarithm; `around` is the middle one.
    """
    temperatures = around * 2.0 ** np.linspace(-2, 2, 33)
    return temperatures, np.array([negative_log_likelihood(logits, labels, float(one)) for one in temperatures])


def reliability(confidences: npt.ArrayLike, right: npt.ArrayLike, bins: int) -> Reliability:
    """Sorts answers into bins by their confidence.

    Args:
        confidences: float (n,), from 0 to 1.
        right: bool (n,).
        bins: at least 1.
    """
    sure, hits = np.asarray(confidences, dtype=np.float64), np.asarray(right, dtype=np.float64)
    edges = np.linspace(0.0, 1.0, bins + 1)
    places = np.clip(np.digitize(sure, edges, right=True) - 1, 0, bins - 1)
    counts = np.bincount(places, minlength=bins)
    some = np.where(counts > 0, counts, np.nan)
    accuracy = np.bincount(places, weights=hits, minlength=bins) / some
    confidence = np.bincount(places, weights=sure, minlength=bins) / some
    return Reliability(edges, counts, accuracy, confidence)


def chance_gap(confidences: npt.ArrayLike) -> float:
    """How far mean confidence and accuracy of an honest network lie apart at most, 95 times of 100, by the luck of the draw.

    Of n answers that are right with the probabilities p_i, the share right has the variance sum of p_i (1 - p_i) / n^2.

    Args:
        confidences: float (n,), from 0 to 1, n at least 1.
    """
    sure = np.asarray(confidences, dtype=np.float64)
    return float(1.959964 * np.sqrt((sure * (1 - sure)).sum()) / len(sure))


def binary_brier(chances: npt.ArrayLike, is_yes: npt.ArrayLike) -> float:
    """Mean of (p - y)^2 for yes or no, from 0 (perfect) to 1: half of the sum over both classes.

    Args:
        chances: float (n,), the probability of yes.
        is_yes: bool (n,).
    """
    return float(((np.asarray(chances, dtype=np.float64) - np.asarray(is_yes, dtype=np.float64)) ** 2).mean())


def scores(probabilities: Floats, labels: Integers, predicted: Integers) -> Scores:
    """All four measures of float64 (n, k) probabilities; NaN without images."""
    if len(labels) == 0:
        return Scores(*[float("nan")] * 4)
    rows = np.arange(len(labels))
    of_truth = probabilities[rows, labels]
    # sum of (p - t)^2 = sum of p^2 - 2 p_true + 1
    brier = (probabilities**2).sum(axis=1) - 2 * of_truth + 1
    return Scores(
        float((labels == predicted).mean()),
        float(probabilities[rows, predicted].mean()),
        float(brier.mean()),
        float(-np.log(np.maximum(of_truth, np.finfo(np.float64).tiny)).mean()),
    )
