"""The real images that a neuron, a channel or a class answers most strongly, and where in each of them."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from playground.catalog.layer import Shape
from playground.catalog.layers import AvgPool, Conv2d, GlobalAvgPool, LayerNorm, MaxPool
from playground.errors import PlaygroundError
from playground.insight.networks import SplitName, trained_network
from playground.insight.preferred import Pooling, pooled, tap
from playground.network import LayerReport
from playground.progress import TaskProgress
from playground.spec import RunSpec

COUNT = 9


@dataclass(frozen=True)
class Box:
    """A part of an image in pixels; `bottom` and `right` are the first row and column after it."""

    top: int
    left: int
    bottom: int
    right: int


@dataclass(frozen=True, eq=False)
class TopImages:
    """The images of a split with the `n` largest values of a unit, the largest first.

    Attributes:
        indices: int64 (n,), places in the data set's test images ("test") or training images (the others).
        labels: int64 (n,), their true classes.
        sums: float64 (n,), the unit's values before its activation function, by which they are ordered.
        activations: float64 (n,), and after it.
        boxes: for a channel, the part of the image that its strongest place sees; None otherwise.
        seen: how many images were asked about.
        silent: for how many of them the activation is exactly 0.
    """

    split: SplitName
    indices: NDArray[np.int64]
    labels: NDArray[np.int64]
    sums: NDArray[np.float64]
    activations: NDArray[np.float64]
    boxes: tuple[Box, ...] | None
    seen: int
    silent: int


def top_images(
    run_json: str,
    weights: Mapping[str, Tensor],
    layer: int,
    unit: int,
    pooling: Pooling,
    split: SplitName = "test",
    count: int = COUNT,
) -> Generator[TaskProgress, None, TopImages]:
    """Shows all images of the split to the network, as far as the layer, and keeps the `count` that it answers most strongly.

    Args:
        layer, unit: counted from 0.
        pooling: a channel's number for an image is its largest value over all places, or its mean.

    Raises:
        PlaygroundError: a value is not finite, the split is empty, the data set is not there, or the weights do not fit.
    """
    trained = trained_network(RunSpec.from_json(run_json), weights)
    report = trained.reports[layer]
    cut = tap(trained.network, report)
    images, labels, indices = trained.split(split)
    total = len(images)
    sums, rows, activations, places = torch.empty(0), torch.empty(0, dtype=torch.int64), torch.empty(0), torch.empty(0)
    places = places.long()
    silent = 0
    for start in range(0, total, trained.slice_size):
        yield TaskProgress(start, total, f"{start:,} of {total:,} {split} images")
        with torch.inference_mode():
            before = cut.sums(trained.batches.inputs(images[start : start + trained.slice_size]))
            after = pooled(cut.function(before), unit, pooling).cpu()
            own = pooled(before, unit, pooling).cpu()
            where = (
                before[:, unit].flatten(1).argmax(dim=1).cpu() if before.ndim == 4 else torch.zeros(len(own), dtype=torch.int64)
            )
        if not own.isfinite().all():
            raise PlaygroundError(
                f"Layer {report.index + 1} ({report.layer.label()}) gives out numbers without end.",
                "Its weights have grown out of bounds.",
                "Train again with a smaller learning rate.",
            )
        silent += int((after == 0).sum())
        sums = torch.cat([sums, own])
        best = sums.argsort(descending=True, stable=True)[:count]
        rows = torch.cat([rows, torch.arange(start, start + len(own))])[best]
        sums, activations, places = sums[best], torch.cat([activations, after])[best], torch.cat([places, where])[best]
    boxes = None
    if len(report.output_shape) == 3:
        width = report.output_shape[2]
        boxes = tuple(seen_part(trained.reports, layer, place // width, place % width) for place in places.tolist())
    return TopImages(
        split,
        indices[rows].numpy(),
        labels.cpu()[rows].numpy(),
        sums.double().numpy(),
        activations.double().numpy(),
        boxes,
        total,
        silent,
    )


def seen_part(reports: Sequence[LayerReport], layer: int, row: int, column: int) -> Box:
    """The receptive field: the pixels that one place (row, column) of a layer's map depends on, cut to the image.

    Found backwards, layer by layer: window [a, b] of a map comes from [a * stride - padding, b * stride - padding + size - 1] of
    the map before it.
    """
    spans = [(row, row), (column, column)]
    for report in reversed(reports[: layer + 1]):
        size, stride, padding = _window(report)
        spans = [(low * stride - padding, high * stride - padding + size - 1) for low, high in spans]
        if isinstance(report.layer, LayerNorm):  # every value depends on all of the image
            spans = [(0, length - 1) for length in report.input_shape[1:]]
        spans = [_cut(span, length) for span, length in zip(spans, report.input_shape[1:], strict=True)]
    (top, bottom), (left, right) = spans
    return Box(top, left, bottom + 1, right + 1)


def _cut(span: tuple[int, int], length: int) -> tuple[int, int]:
    return min(max(0, span[0]), length - 1), max(0, min(length - 1, span[1]))


def _window(report: LayerReport) -> tuple[int, int, int]:
    """Size, stride and padding of the window that slides over a layer's input; 1, 1, 0 where there is none."""
    layer = report.layer
    if isinstance(layer, Conv2d):
        return layer.kernel_size, layer.stride, (layer.kernel_size - 1) // 2 if layer.padding == "same" else 0
    if isinstance(layer, MaxPool | AvgPool):
        return layer.pool_size, layer.stride, 0
    shape: Shape = report.input_shape
    return (max(shape[1:]), 1, 0) if isinstance(layer, GlobalAvgPool) else (1, 1, 0)
