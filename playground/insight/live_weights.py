"""The weights of a network that is being trained, counted beside those of its start, in bins that hardly ever change."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

import numpy as np
import numpy.typing as npt
from torch import Tensor

from playground.catalog.layer import Shape
from playground.insight.weight_histograms import WeightHistogram
from playground.network import build
from playground.spec import NetworkSpec

BINS = 40
_STEPS = (1.0, 1.5, 2.0, 3.0, 5.0, 7.0, 10.0)


def live_histogram(
    network: NetworkSpec, input_shape: Shape, seed: int, weights: Mapping[str, Tensor], layer: int
) -> WeightHistogram | None:
    """The weights of one layer now and at its start, without biases; None when it has none, or a weight is not finite.

    The bins reach from minus to plus a round number, so that pictures of two moments can be compared.

    Args:
        network, seed: of the run that drew the first weights: the same draws give them again.
        weights: those of now, name -> tensor.
    """
    name = next((name for name in weights if name.startswith(f"{layer}_") and weights[name].ndim > 1), None)
    if name is None:
        return None
    now = weights[name].detach().cpu().numpy().ravel()
    if not len(now) or not np.isfinite(now).all():
        return None
    limit = round_limit(max(float(np.abs(now).max()), _start_limit(network, input_shape, seed, name)))
    start, mean, spread = _start(network, input_shape, seed, name, limit)
    counts, edges = np.histogram(now, bins=BINS, range=(-limit, limit))
    return WeightHistogram(
        layer,
        network.layers[layer].label(),
        edges,
        counts,
        start,
        float(now.mean(dtype=np.float64)),
        mean,
        float(now.std(dtype=np.float64)),
        spread,
    )


def round_limit(value: float) -> float:
    """The next of 1, 1.5, 2, 3, 5, 7 times a power of ten at or above `value`; 1 for 0."""
    if value <= 0:
        return 1.0
    power = 10.0 ** np.floor(np.log10(value))
    return float(next(step * power for step in _STEPS if step * power >= value * (1 - 1e-9)))


@lru_cache(maxsize=256)
def _start_limit(network: NetworkSpec, input_shape: Shape, seed: int, name: str) -> float:
    return float(np.abs(_first(network, input_shape, seed, name)).max())


@lru_cache(maxsize=256)
def _start(
    network: NetworkSpec, input_shape: Shape, seed: int, name: str, limit: float
) -> tuple[npt.NDArray[np.int64], float, float]:
    first = _first(network, input_shape, seed, name)
    counts, _ = np.histogram(first, bins=BINS, range=(-limit, limit))
    return counts, float(first.mean(dtype=np.float64)), float(first.std(dtype=np.float64))


def _first(network: NetworkSpec, input_shape: Shape, seed: int, name: str) -> npt.NDArray[np.float32]:
    first: npt.NDArray[np.float32] = _first_weights(network, input_shape, seed)[name]
    return first


@lru_cache(maxsize=1)  # drawn once for all layers; what is counted of them is kept longer
def _first_weights(network: NetworkSpec, input_shape: Shape, seed: int) -> Mapping[str, npt.NDArray[np.float32]]:
    return {name: tensor.numpy().ravel() for name, tensor in build(network, input_shape, seed).state_dict().items()}
