"""How the weights of each layer are spread, now and before the first step."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from torch import Tensor

from playground import data
from playground.errors import PlaygroundError
from playground.network import build
from playground.progress import TaskProgress
from playground.spec import RunSpec

BINS = 60


@dataclass(frozen=True, eq=False)
class WeightHistogram:
    """The weights of one layer (its matrix or kernels, without biases), counted in bins of equal width.

    Attributes:
        layer: the layer's place in the network, from 0.
        title: the layer's name.
        edges: float64 (bins + 1,), from the smallest to the largest weight of either moment.
        now, start: int64 (bins,), weights in each bin; every bin but the last is open to the right.
        mean_now, mean_start, spread_now, spread_start: mean and standard deviation (of the population).
    """

    layer: int
    title: str
    edges: npt.NDArray[np.float64]
    now: npt.NDArray[np.int64]
    start: npt.NDArray[np.int64]
    mean_now: float
    mean_start: float
    spread_now: float
    spread_start: float

    @property
    def num_weights(self) -> int:
        return int(self.now.sum())


def weight_histograms(run_json: str, weights: Mapping[str, Tensor]) -> Generator[TaskProgress, None, tuple[WeightHistogram, ...]]:
    """One histogram for each layer with a matrix or kernels. The start is exact: the seed gives the same first weights again.

    Raises:
        PlaygroundError: the data set, whose image size the network was built for, is not there; or a weight is not finite.
    """
    run = RunSpec.from_json(run_json)
    network = build(run.network, data.load(run.dataset).input_shape, run.seed)
    first = {name: tensor for name, tensor in network.state_dict().items() if name.endswith(".weight") and tensor.ndim > 1}
    histograms = []
    for done, (name, start) in enumerate(first.items()):
        yield TaskProgress(done, len(first), "Counting weights")
        index = int(name.split("_", 1)[0])
        histograms.append(_histogram(index, run.network.layers[index].label(), _flat(weights[name]), _flat(start)))
    return tuple(histograms)


def _flat(tensor: Tensor) -> npt.NDArray[np.float64]:
    return tensor.double().flatten().numpy()


def _histogram(index: int, title: str, now: npt.NDArray[np.float64], start: npt.NDArray[np.float64]) -> WeightHistogram:
    if not np.isfinite(now).all():
        raise PlaygroundError(
            f"Layer {index + 1} ({title}) has weights without end.",
            "They have grown out of bounds.",
            "Train again with a smaller learning rate.",
        )
    low, high = min(now.min(), start.min()), max(now.max(), start.max())
    if low == high:  # all zeros, say: a bin needs some width
        low, high = low - 0.5, high + 0.5
    counts_now, edges = np.histogram(now, bins=BINS, range=(low, high))
    counts_start, _ = np.histogram(start, bins=BINS, range=(low, high))
    return WeightHistogram(
        index,
        title,
        edges,
        counts_now,
        counts_start,
        float(now.mean()),
        float(start.mean()),
        float(now.std()),
        float(start.std()),
    )
