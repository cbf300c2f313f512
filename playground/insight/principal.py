"""Principal components: the directions in which rows of numbers differ most."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from sklearn.decomposition import PCA
from threadpoolctl import threadpool_limits
from torch import Tensor

from playground.insight.layer_vectors import LayerVectors
from playground.seeds import generator

COMPONENTS = 50
EXACT_DIMENSIONS = 1024  # up to so many, scikit-learn finds the components exactly in about a tenth of a second
PASSES = 4
_SPARE = 10
_SMALLEST_SPREAD = 1e-12  # of the numbers' mean square: below, rounding alone makes them differ


@dataclass(frozen=True, eq=False)
class Principal:
    """`n` rows seen along their `k` principal components, the widest first.

    Attributes:
        scores: float64 (n, k), centred. The entry farthest from 0 of each column is positive.
        shares: float64 (k,), how much of the rows' whole variance each component holds; 0 when all rows are the same.
        variance: the whole variance, the sum over all dimensions.
    """

    scores: npt.NDArray[np.float64]
    shares: npt.NDArray[np.float64]
    variance: float

    @property
    def is_constant(self) -> bool:
        return self.variance == 0


def principal(vectors: LayerVectors, seed: int = 0) -> Generator[float, None, Principal]:
    """The first 50 components (fewer where there are fewer images or dimensions); yields the share of the work done.

    Up to 1,024 dimensions by scikit-learn's PCA. Wider layers need not fit into memory: their components are those of
    randomised subspace iteration (Halko, Martinsson and Tropp 2011, algorithm 4.4), which reads the rows a few at a time.

    Raises:
        PlaygroundError: an output is not finite.
    """
    count = min(COMPONENTS, len(vectors) - 1, vectors.dimensions)
    if vectors.dimensions <= EXACT_DIMENSIONS:
        return (yield from _exact(vectors, count))
    return (yield from _streamed(vectors, count, seed))


def _exact(vectors: LayerVectors, count: int) -> Generator[float, None, Principal]:
    parts = []
    for done, part in enumerate(vectors.slices(), start=1):
        parts.append(part)
        yield 0.5 * done / (done + 1)
    rows = torch.cat(parts).double().numpy()
    variance = float(rows.var(axis=0, ddof=1).sum())
    if variance <= _SMALLEST_SPREAD * float((rows**2).sum(axis=1).mean()):
        return _constant(len(rows), count)
    yield 0.5
    with threadpool_limits(1):
        pca = PCA(count, svd_solver="covariance_eigh")
        scores = pca.fit_transform(rows)
    return Principal(_signed(scores), pca.explained_variance_ / variance, variance)


def _streamed(vectors: LayerVectors, count: int, seed: int) -> Generator[float, None, Principal]:
    n, total = len(vectors), PASSES + 2
    sums = torch.zeros(vectors.dimensions, dtype=torch.float64)
    squares = 0.0
    for part in vectors.slices():
        sums += part.sum(dim=0, dtype=torch.float64)
        squares += float(part.square().sum(dtype=torch.float64))
        yield 0.5 / total
    mean = sums / n
    variance = (squares - n * float(mean.square().sum())) / (n - 1)
    if variance <= _SMALLEST_SPREAD * squares / n:
        return _constant(n, count)
    centre = mean.float()
    width = min(count + _SPARE, n)
    axes = torch.randn(vectors.dimensions, width, generator=generator(seed, "principal components"))
    for done in range(1, PASSES + 1):
        image = torch.zeros_like(axes)
        for part in vectors.slices():
            centred = part - centre
            image += centred.T @ (centred @ axes)
            yield done / total
        axes = torch.linalg.qr(image).Q
        yield done / total
    parts: list[Tensor] = []
    for part in vectors.slices():
        parts.append((part - centre) @ axes)
        yield (PASSES + 1) / total
    left, sizes, _ = np.linalg.svd(torch.cat(parts).double().numpy(), full_matrices=False)
    scores = left[:, :count] * sizes[:count]
    return Principal(_signed(scores), sizes[:count] ** 2 / (n - 1) / variance, variance)


def _constant(n: int, count: int) -> Principal:
    return Principal(np.zeros((n, count)), np.zeros(count), 0.0)


def _signed(scores: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """A component may point either way; so it always points the same way."""
    farthest = scores[np.abs(scores).argmax(axis=0), np.arange(scores.shape[1])]
    signed: npt.NDArray[np.float64] = scores * np.where(farthest < 0, -1.0, 1.0)
    return signed
