"""The training images that a network holds to be most like a given one: nearest neighbours in its penultimate layer."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from playground.errors import PlaygroundError
from playground.insight.networks import TrainedNetwork, trained_network
from playground.network import LayerReport, layer_modules
from playground.progress import TaskProgress
from playground.spec import RunSpec

COUNT = 9


@dataclass(frozen=True, eq=False)
class Nearest:
    """The `n` nearest images, the nearest first; equal distances in the order of the training images.

    Attributes:
        indices: int64 (n,), places in the data set's training images.
        labels: int64 (n,), their true classes.
        distances: float64 (n,).
    """

    indices: NDArray[np.int64]
    labels: NDArray[np.int64]
    distances: NDArray[np.float64]

    @property
    def votes(self) -> dict[int, int]:
        """How many neighbours each class has, most first; of equally many, the class with the nearest one first."""
        order = list(dict.fromkeys(self.labels.tolist()))
        counts = {label: int((self.labels == label).sum()) for label in order}
        return dict(sorted(counts.items(), key=lambda item: -item[1]))


@dataclass(frozen=True, eq=False)
class Neighbours:
    """What lies near one image.

    Attributes:
        euclidean, cosine: in the penultimate layer, by the length of the difference, and by 1 - the cosine of the angle.
        pixels: by the length of the difference of the images themselves, with black 0 and white 1.
        space: numbers an image has in the penultimate layer.
        seen: training images that were searched, of `available` from which the network learned.
        probabilities: float64 (k,), the network's own answer.
        answer: the class with the largest output.
        zero: the image is all 0 in the penultimate layer, so that it makes no angle with anything.
    """

    euclidean: Nearest
    cosine: Nearest
    pixels: Nearest
    space: int
    seen: int
    available: int
    probabilities: NDArray[np.float64]
    answer: int
    zero: bool


def penultimate(trained: TrainedNetwork) -> nn.Sequential:
    """All modules before the last layer with weights; what leaves them is what the network's answer is made of.

    No module at all where only one layer has weights and stands first (or none has): then it is the input itself.
    """
    weighted = [report.index for report in trained.reports if report.layer.weighted]
    if not weighted:
        return nn.Sequential()
    first = layer_modules(trained.network, weighted[-1])[0]
    modules = list(trained.network)
    return nn.Sequential(*modules[: next(place for place, module in enumerate(modules) if module is first)])


def penultimate_title(reports: Sequence[LayerReport]) -> str:
    """The penultimate layer's name in words."""
    weighted = [report.index for report in reports if report.layer.weighted]
    hidden = [report for report in reports if len(weighted) > 1 and weighted[-2] <= report.index < weighted[-1]]
    if not hidden:
        return "the image itself (this network has no hidden layer)"
    ways = " → ".join(report.layer.label() for report in hidden)
    first, last = hidden[0].index + 1, hidden[-1].index + 1
    return f"layer {last} ({ways})" if first == last else f"layers {first} to {last} ({ways})"


def nearest_neighbours(
    run_json: str, weights: Mapping[str, Tensor], pixels: NDArray[np.uint8], limit: int | None = None, count: int = COUNT
) -> Generator[TaskProgress, None, Neighbours]:
    """Compares one image, uint8 (c, h, w), with the training images that the run learned from.

    Args:
        limit: the first so many of them only, which are a random choice; None for all.

    Raises:
        PlaygroundError: a number is not finite, the data set is not there, or the weights do not fit.
    """
    trained = trained_network(RunSpec.from_json(run_json), weights)
    images, labels, indices = trained.split("training")
    available = len(images)
    total = min(available, limit or available)
    cut = penultimate(trained)
    asked = torch.from_numpy(np.array(pixels))[None].to(images.device)
    with torch.inference_mode():
        own = cut(trained.batches.inputs(asked)).flatten(1)
        outputs = trained.network(trained.batches.inputs(asked))
    if not own.isfinite().all() or not outputs.isfinite().all():
        raise PlaygroundError(
            "This network's answer is not a number, so nothing is near to it.",
            "Its weights grew beyond all bounds, most often from too high a learning rate.",
            "Train it again with a smaller one.",
        )
    kept = {
        name: (torch.empty(0, device=images.device), torch.empty(0, dtype=torch.int64, device=images.device)) for name in _WAYS
    }
    for start in range(0, total, trained.slice_size):
        yield TaskProgress(start, total, f"{start:,} of {total:,} training images")
        part = images[start : min(start + trained.slice_size, total)]
        with torch.inference_mode():
            features = cut(trained.batches.inputs(part)).flatten(1)
            found = {
                "euclidean": (features - own).square().sum(dim=1).sqrt(),
                "cosine": cosine_distances(features, own),
                "pixels": (part.float() - asked.float()).div_(255).flatten(1).square().sum(dim=1).sqrt(),
            }
        rows = torch.arange(start, start + len(part), device=images.device)
        for name, distances in found.items():
            together, places = torch.cat([kept[name][0], distances]), torch.cat([kept[name][1], rows])
            best = together.argsort(stable=True)[:count]
            kept[name] = together[best], places[best]
    near = {
        name: Nearest(indices[rows.cpu()].numpy(), labels[rows].cpu().numpy(), distances.double().cpu().numpy())
        for name, (distances, rows) in kept.items()
    }
    return Neighbours(
        near["euclidean"],
        near["cosine"],
        near["pixels"],
        own.shape[1],
        total,
        available,
        trained.run.training.loss.probabilities(outputs)[0].double().cpu().numpy(),
        int(trained.run.training.loss.predicted(outputs)),
        not bool(own.any()),
    )


_WAYS = ("euclidean", "cosine", "pixels")


def cosine_distances(features: Tensor, own: Tensor) -> Tensor:
    """(n,): 1 - cos of the angle between each row of `features` (n, d) and `own` (1, d), in [0, 2]; 1 where either is all 0.

    Computed as half the squared distance of the unit vectors, which loses no digits where the angle is small.
    """
    lengths, length = features.norm(dim=1, keepdim=True), own.norm(dim=1, keepdim=True)
    units, unit = features / lengths.clamp_min(1e-30), own / length.clamp_min(1e-30)
    distances = (units - unit).square().sum(dim=1) / 2
    return torch.where((lengths[:, 0] > 0) & (length[:, 0] > 0), distances, torch.ones_like(distances))
