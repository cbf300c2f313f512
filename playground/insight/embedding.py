"""A map of images, as one layer of the network sees them: alike ones stand close together."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import dataclass
from typing import Literal, TypeVar

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from playground.errors import PlaygroundError
from playground.insight.fifths import Fifths
from playground.insight.layer_vectors import LayerVectors, check_weights
from playground.insight.neighbourhoods import neighbourhoods
from playground.insight.networks import SplitName, TrainedNetwork, trained_network
from playground.insight.principal import principal
from playground.insight.stepwise_tsne import tsne
from playground.progress import TaskProgress
from playground.seeds import generator
from playground.spec import RunSpec
from playground.training.evaluation import outputs_in_slices

Result = TypeVar("Result")
Method = Literal["PCA", "t-SNE"]
Floats = npt.NDArray[np.float32]
Integers = npt.NDArray[np.int64]

MOST_IMAGES = 2000
FEWEST_IMAGES = 5
_PARTS = 1000  # of each layer's work, as progress tells it


@dataclass(frozen=True, eq=False)
class LayerMap:
    """The map of one layer.

    Attributes:
        layer: 0 for the pixels, k for the network's k-th layer; `title` and `shape` are that layer's.
        places: float32 (n, 2). By PCA the first two principal components; where several layers were asked for, moved, turned
            and scaled so that the map lies as near as possible on the one before.
        constant: the layer gives the same numbers for all images, so there is nothing to see.
        shares: how much of the whole variance the first and the second principal component hold.
        reduced_to, reduced_share: the principal components that t-SNE and the figures below started from, and how much of the
            whole variance they hold.
        trustworthiness: in [0, 1], see `neighbourhoods`; 0.5 is what a random map gets.
        agreement: the share of each image's 10 nearest neighbours in this layer that belong to its own class, or group.
        divergence: what t-SNE could not fit (Kullback-Leibler); None for PCA.
    """

    layer: int
    title: str
    shape: tuple[int, ...]
    places: Floats
    constant: bool
    shares: tuple[float, float]
    reduced_to: int
    reduced_share: float
    trustworthiness: float
    agreement: float
    divergence: float | None = None


@dataclass(frozen=True, eq=False)
class Embedding:
    """Maps of the same `n` images, one a layer.

    Attributes:
        images: uint8 (n, c, h, w); or rows of a table, float32 (n, columns).
        labels, predicted: int64 (n,), the classes; of a regression the fifths in which `values` and `said` lie.
        confidences: float32 (n,), the probability of the predicted class; 1 of a regression.
        indices: int64 (n,), the images' places in the data set, as in `Evaluation`.
        group_names: what `labels` count: the classes, or fifths such as "25 to 77".
        values, said: float64 (n,), the true and the predicted numbers of a regression, in the target's own unit; else None.
    """

    method: Method
    split: SplitName
    maps: tuple[LayerMap, ...]
    images: npt.NDArray[np.uint8] | npt.NDArray[np.float32]
    labels: Integers
    predicted: Integers
    confidences: Floats
    indices: Integers
    group_names: tuple[str, ...]
    values: npt.NDArray[np.float64] | None = None
    said: npt.NDArray[np.float64] | None = None

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def by_lot(self) -> float:
        """What `agreement` would be if neighbours were drawn by lot: the chance that another one is of the same group."""
        counts, total = np.bincount(self.labels), len(self.labels)
        return float((counts * (counts - 1)).sum() / (total * (total - 1)))


def most_perplexity(images: int) -> int:
    """The largest sensible perplexity: each image looks at three times as many neighbours."""
    return max(1, min(100, (images - 1) // 3))


def embed(
    run_json: str,
    weights: Mapping[str, Tensor],
    split: SplitName,
    layers: tuple[int, ...],
    method: Method,
    images: int,
    perplexity: float = 30.0,
    seed: int = 0,
) -> Generator[TaskProgress, None, Embedding]:
    """Draws images of the split by lot, and maps what each of the layers makes of them.

    Args:
        layers: 0 for the pixels, k for the k-th layer. In a row of several, t-SNE starts each map from the one before.
        images: at most so many, up to 2,000.
        perplexity: for t-SNE, below the number of images.
        seed: which images are drawn.

    Raises:
        PlaygroundError: as `trained_network` and `split`; weights or outputs that are not finite; fewer than 5 images; a
            perplexity that does not fit.
    """
    check_weights(weights)
    trained = trained_network(RunSpec.from_json(run_json), weights)
    pixels, labels, indices = trained.split(split)
    chosen = torch.randperm(len(pixels), generator=generator(seed, "map"))[: min(images, MOST_IMAGES)]
    pixels, labels, indices = pixels[chosen], labels[chosen], indices[chosen]
    _check_count(len(pixels), method, perplexity)
    total = _PARTS * (len(layers) + 1)
    yield TaskProgress(0, total, "Asking the network")
    outputs = yield from _outputs(trained, pixels, total)
    asked = _asked(trained, outputs, labels)
    truth = asked.labels
    maps: list[LayerMap] = []
    for number, layer in enumerate(layers, start=1):
        vectors = LayerVectors(trained, pixels, layer)
        before = next((one.places for one in reversed(maps) if not one.constant), None)
        steps = _map(vectors, truth, method, perplexity, seed, before)
        while True:
            try:
                share = next(steps)
            except StopIteration as finished:
                found: LayerMap = finished.value
                break
            yield TaskProgress(int(_PARTS * (number + share)), total, f"Map by {method}: {vectors.title}")
        maps.append(found)
    return Embedding(
        method,
        split,
        tuple(maps),
        pixels.cpu().numpy(),
        truth,
        asked.predicted,
        asked.confidences,
        indices.numpy(),
        asked.group_names,
        asked.values,
        asked.said,
    )


def align(places: Floats, before: Floats) -> Floats:
    """`places` (n, 2) moved, turned, mirrored and scaled as a whole: as widely spread as `before` (n, 2), and as near as can be.

    The turn is that of orthogonal Procrustes (Schönemann 1966). Neither may have all its places on one spot.
    """
    moved, target = (part.astype(np.float64) - part.mean(axis=0) for part in (places, before))
    left, _, right = np.linalg.svd(moved.T @ target)
    scale = np.linalg.norm(target) / np.linalg.norm(moved)
    aligned: Floats = (scale * moved @ (left @ right) + before.mean(axis=0)).astype(np.float32)
    return aligned


def _check_count(count: int, method: Method, perplexity: float) -> None:
    if count < FEWEST_IMAGES:
        raise PlaygroundError(f"There are only {count} here.", f"A map needs at least {FEWEST_IMAGES}.", "Choose another set.")
    if method == "t-SNE" and not 1 <= perplexity < count:
        raise PlaygroundError(
            f"A perplexity of {perplexity:g} does not go with {count} dots.",
            "It says how many neighbours each looks at.",
            f"Choose one between 1 and {most_perplexity(count)}.",
        )


def _outputs(trained: TrainedNetwork, pixels: Tensor, total: int) -> Generator[TaskProgress, None, Tensor]:
    slices = outputs_in_slices(trained.network, pixels, trained.batches.inputs, trained.slice_size)
    while True:
        try:
            done = next(slices)
        except StopIteration as finished:
            trained.network.eval()
            outputs: Tensor = finished.value
            return outputs
        yield TaskProgress(_PARTS * done // len(pixels), total, "Asking the network")


@dataclass(frozen=True, eq=False)
class _Asked:
    """The fields of `Embedding` with these names."""

    labels: Integers
    predicted: Integers
    confidences: Floats
    group_names: tuple[str, ...]
    values: npt.NDArray[np.float64] | None = None
    said: npt.NDArray[np.float64] | None = None


def _asked(trained: TrainedNetwork, outputs: Tensor, labels: Tensor) -> _Asked:
    loss, batches = trained.run.training.loss, trained.batches
    with torch.inference_mode():
        if trained.dataset.task == "regression":
            values, said = (
                (part[:, 0].double() * batches.target_spread + batches.target_mean).cpu().numpy() for part in (labels, outputs)
            )
            fifths = Fifths.of(values)
            sure = np.ones(len(values), dtype=np.float32)
            return _Asked(fifths.of_each(values), fifths.of_each(said), sure, fifths.names, values, said)
        confidences, _ = loss.probabilities(outputs).float().max(dim=1)
        predicted = loss.predicted(outputs).cpu().numpy()
        return _Asked(labels.cpu().numpy(), predicted, confidences.cpu().numpy(), trained.dataset.class_names)


def _map(
    vectors: LayerVectors, labels: Integers, method: Method, perplexity: float, seed: int, before: Floats | None
) -> Generator[float, None, LayerMap]:
    """The map of one layer; yields the share of the work done."""
    heavy = 0.8 if method == "t-SNE" else 0.0
    components = yield from _part(principal(vectors, seed), 0.0, 0.9 * (1 - heavy))
    scores = components.scores
    places = np.zeros((len(vectors), 2), dtype=np.float32)
    divergence = None
    if not components.is_constant:
        places[:, : min(2, scores.shape[1])] = scores[:, :2]
        if method == "t-SNE":
            if scores.shape[1] == 1:  # a layer with one unit; the points need a second direction to get past each other
                noise = torch.randn(len(scores), generator=generator(seed, "second direction")).numpy()
                places[:, 1] = noise * places[:, 0].std()
            rows = (scores / np.sqrt(components.variance)).astype(np.float32)
            steps = tsne(rows, places if before is None else before, perplexity)
            places, divergence = yield from _part(steps, 0.9 * (1 - heavy), 0.9 * (1 - heavy) + heavy)
    trust, agreement = yield from _part(neighbourhoods(scores, places, labels), 0.9 * (1 - heavy) + heavy, 1.0)
    if before is not None and not components.is_constant:
        places = align(places, before)
    first, second = (*components.shares[:2].tolist(), 0.0)[:2]
    return LayerMap(
        vectors.layer,
        vectors.title,
        vectors.shape,
        places,
        components.is_constant,
        (first, second),
        scores.shape[1],
        float(components.shares.sum()),
        trust,
        agreement,
        divergence,
    )


def _part(steps: Generator[float, None, Result], first: float, last: float) -> Generator[float, None, Result]:
    """The same steps, whose shares run from `first` to `last`."""
    while True:
        try:
            share = next(steps)
        except StopIteration as finished:
            result: Result = finished.value
            return result
        yield first + (last - first) * share
