"""t-SNE that stops between any two of its steps, so that it can be cancelled and training beside it goes on."""

from __future__ import annotations

from collections.abc import Generator

import numpy as np
import numpy.typing as npt
from sklearn.manifold import _t_sne as scikit_learn
from sklearn.neighbors import NearestNeighbors
from threadpoolctl import threadpool_limits

Floats = npt.NDArray[np.float32]

ITERATIONS = 1000
EARLY_ITERATIONS = 250
EARLY_EXAGGERATION = 12.0
_CHECK_EVERY = 50
_PATIENCE = {True: EARLY_ITERATIONS, False: 300}
_MOMENTUM = {True: 0.5, False: 0.8}
_SMALLEST_GRADIENT = 1e-7
_START_SPREAD = 1e-4


def tsne(
    vectors: Floats, start: npt.NDArray[np.floating], perplexity: float, iterations: int = ITERATIONS
) -> Generator[float, None, tuple[Floats, float]]:
    """The steps of van der Maaten and Hinton (2008) with Barnes-Hut gradients (van der Maaten 2014); yields the share done.

    All that is heavy is scikit-learn's: neighbours, their probabilities, gradients. Only the loop around them stands here,
    because scikit-learn's own does not stop. The result is that of `TSNE(init=start_places(start))` on one thread, to the bit.

    Args:
        vectors: float32 (n, k).
        start: (n, 2), not all the same; only its shape matters, not its size. Such as the first two principal components.
        perplexity: how many neighbours each image cares about; less than n.

    Returns:
        places float32 (n, 2), and the Kullback-Leibler divergence that is left.
    """
    n = len(vectors)
    with threadpool_limits(1):
        neighbours = NearestNeighbors(n_neighbors=min(n - 1, int(3.0 * perplexity + 1)), n_jobs=1).fit(vectors)
        distances = neighbours.kneighbors_graph(mode="distance")
        distances.data **= 2
        yield 0.0
        joint = scikit_learn._joint_probabilities_nn(distances, perplexity, 0)
    yield 0.0
    # A NumPy number, as in scikit-learn: it makes the steps float64, where a plain float would leave them float32.
    rate = np.maximum(np.float64(n) / EARLY_EXAGGERATION / 4, 50)
    places = start_places(start).ravel()
    divergence = float("nan")
    first = 0
    for early in (True, False):
        last = min(EARLY_ITERATIONS, iterations) if early else iterations
        update, gains = np.zeros_like(places), np.ones_like(places)
        best, best_at = np.finfo(float).max, first
        if early:
            joint *= EARLY_EXAGGERATION
        else:
            joint /= EARLY_EXAGGERATION
        for iteration in range(first, last):
            check = (iteration + 1) % _CHECK_EVERY == 0
            error, gradient = scikit_learn._kl_divergence_bh(
                places, joint, 1, n, 2, angle=0.5, compute_error=check or iteration == last - 1, num_threads=1
            )
            gains = np.where(update * gradient < 0.0, gains + np.float32(0.2), gains * np.float32(0.8))
            gradient *= np.maximum(gains, np.float32(0.01), out=gains)
            update = _MOMENTUM[early] * update - rate * gradient
            places += update
            yield (iteration + 1) / iterations
            first = iteration + 1
            if check or iteration == last - 1:
                divergence = float(error)
            if check:
                if error < best:
                    best, best_at = error, iteration
                elif iteration - best_at > _PATIENCE[early]:
                    break
                if np.linalg.norm(gradient) <= _SMALLEST_GRADIENT:
                    break
    return places.reshape(n, 2), divergence


def start_places(start: npt.NDArray[np.floating]) -> Floats:
    """The same places, float32, so small that at first all points push each other about equally."""
    places: Floats = (start / np.std(start[:, 0]) * _START_SPREAD).astype(np.float32)
    return places
