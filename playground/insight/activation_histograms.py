"""How the outputs of each layer are spread over some images, and how many are silent or stuck."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from playground.catalog.activations import ActivationEntry, Sigmoid, Tanh
from playground.catalog.layers import Dropout, Flatten
from playground.errors import PlaygroundError
from playground.insight.networks import SplitName, trained_network
from playground.network import LayerReport, layer_modules
from playground.progress import TaskProgress
from playground.spec import RunSpec

BINS = 60
IMAGES = 256
SLICE = 32  # small, because a wide convolution gives 100,000 numbers an image
STUCK_MARGIN = 0.01  # of an activation's range: that close to an end, its slope is nearly 0


@dataclass(frozen=True, eq=False)
class ActivationHistogram:
    """What one layer gives out, after its activation, over all images and units.

    Attributes:
        layer: the layer's place in the network, from 0.
        title: the layer's name.
        edges: float64 (bins + 1,), from the smallest to the largest output.
        counts: int64 (bins,), outputs in each bin.
        zeros: outputs that are exactly 0.
        silent_units: neurons (or channels of an image) that gave 0 for every image.
        num_units: neurons or channels of the layer.
        stuck_share: for sigmoid and tanh, the share of outputs within 1 % of an end of the range; else None.
    """

    layer: int
    title: str
    edges: npt.NDArray[np.float64]
    counts: npt.NDArray[np.int64]
    zeros: int
    silent_units: int
    num_units: int
    stuck_share: float | None

    @property
    def zero_share(self) -> float:
        """The share of outputs that are exactly 0."""
        return self.zeros / max(1, int(self.counts.sum()))

    @property
    def nonzero_counts(self) -> npt.NDArray[np.int64]:
        """int64 (bins,): the bins without the exact zeros, which after ReLU would dwarf all others."""
        counts = self.counts.copy()
        if self.zeros:
            counts[min(BINS - 1, int(np.searchsorted(self.edges, 0.0, side="right")) - 1)] -= self.zeros
        return counts


@dataclass
class _Tally:
    """What has been seen of one layer so far."""

    report: LayerReport
    ends: tuple[float, float] | None
    low: float = np.inf
    high: float = -np.inf
    counts: npt.NDArray[np.int64] = field(default_factory=lambda: np.zeros(BINS, np.int64))
    outputs: int = 0
    zeros: int = 0
    stuck: int = 0
    spoke: npt.NDArray[np.bool_] | None = None

    def survey(self, values: Tensor) -> None:
        """First pass: the range, and all that needs no bins. `values` is (n, units, ...)."""
        if not values.isfinite().all():
            raise PlaygroundError(
                f"Layer {self.report.index + 1} ({self.report.layer.label()}) gives out numbers without end.",
                "Its weights have grown out of bounds.",
                "Train again with a smaller learning rate.",
            )
        self.low, self.high = min(self.low, float(values.min())), max(self.high, float(values.max()))
        nonzero = values != 0
        self.outputs += values.numel()
        self.zeros += values.numel() - int(nonzero.sum())
        spoke = nonzero.transpose(0, 1).flatten(1).any(dim=1).cpu().numpy()
        self.spoke = spoke if self.spoke is None else self.spoke | spoke
        if self.ends:
            margin = STUCK_MARGIN * (self.ends[1] - self.ends[0])
            self.stuck += int(((values < self.ends[0] + margin) | (values > self.ends[1] - margin)).sum())

    def count(self, values: Tensor) -> None:
        """Second pass: the bins."""
        self.counts += np.histogram(values.cpu().numpy(), bins=BINS, range=self.range)[0]

    @property
    def range(self) -> tuple[float, float]:
        return (self.low, self.high) if self.low < self.high else (self.low - 0.5, self.high + 0.5)

    def result(self) -> ActivationHistogram:
        assert self.spoke is not None
        return ActivationHistogram(
            self.report.index,
            self.report.layer.label(),
            np.histogram_bin_edges(np.empty(0), bins=BINS, range=self.range),
            self.counts,
            self.zeros,
            int((~self.spoke).sum()),
            len(self.spoke),
            self.stuck / self.outputs if self.ends else None,
        )


def activation_histograms(
    run_json: str, weights: Mapping[str, Tensor], split: SplitName, images: int = IMAGES
) -> Generator[TaskProgress, None, tuple[ActivationHistogram, ...]]:
    """One histogram for each layer that computes something (not Flatten and Dropout), over the split's first `images` images.

    Raises:
        PlaygroundError: the data set is not there, the split is empty, the weights do not fit, or an output is not finite.
    """
    trained = trained_network(RunSpec.from_json(run_json), weights)
    shown = trained.split(split)[0][:images]
    tallies = {
        report.index: _Tally(report, _ends(report.layer.activation_entry()))
        for report in trained.reports
        if not isinstance(report.layer, Flatten | Dropout) and layer_modules(trained.network, report.index)
    }
    starts = range(0, len(shown), SLICE)
    for pass_number, method in enumerate(("survey", "count")):
        for done, start in enumerate(starts):
            yield TaskProgress(pass_number * len(starts) + done, 2 * len(starts), "Watching the layers")
            with torch.inference_mode(), _watched(trained.network, tallies, method):
                trained.network(trained.batches.inputs(shown[start : start + SLICE]))
    return tuple(tally.result() for tally in tallies.values())


@contextmanager
def _watched(network: nn.Sequential, tallies: Mapping[int, _Tally], method: str) -> Iterator[None]:
    """Each layer's last module tells its tally what it gave out."""

    def listener(tally: _Tally) -> object:
        return lambda module, inputs, outputs: getattr(tally, method)(outputs)

    handles = [
        layer_modules(network, index)[-1].register_forward_hook(listener(tally))  # type: ignore[arg-type]
        for index, tally in tallies.items()
    ]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


def _ends(activation: ActivationEntry) -> tuple[float, float] | None:
    """The ends of the range at which an activation gets stuck."""
    if isinstance(activation, Sigmoid):
        return 0.0, 1.0
    if isinstance(activation, Tanh):
        return -1.0, 1.0
    return None
