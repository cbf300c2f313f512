"""The loss around a network's weights, in a plane through the space of all weights."""

from __future__ import annotations

import math
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from playground.errors import PlaygroundError
from playground.insight.directions import difference, random_plane, trajectory_plane
from playground.insight.layer_vectors import check_weights
from playground.insight.networks import SplitName, TrainedNetwork, trained_network
from playground.network import has_batch_norm
from playground.progress import TaskProgress
from playground.seeds import generator
from playground.spec import RunSpec
from playground.training.evaluation import metrics, outputs_in_slices

Kind = Literal["random", "trajectory"]
Doubles = npt.NDArray[np.float64]

MARGIN = 0.2  # of a path's extent, left free on either side
LEAST_EXTENT = 0.25  # of the longer axis: a path that is nearly straight still gets a map one can see
_CACHED_NUMBERS = 700_000  # that the widest layer may give out in one slice of one thread, so that they stay in its cache


@dataclass(frozen=True, eq=False)
class Moment:
    """Weights that the training went through: a network's whole state, name -> tensor."""

    step: int
    epoch: float
    weights: Mapping[str, Tensor]


@dataclass(frozen=True)
class PathPoint:
    """Where a moment of the training lies on the map.

    Attributes:
        x, y: the nearest place in the plane.
        loss: the moment's own loss, of its real weights, not of that place.
        inside: which share of its distance from the middle lies in the plane, 0 to 1.
    """

    step: int
    epoch: float
    x: float
    y: float
    loss: float
    inside: float


@dataclass(frozen=True, eq=False)
class Landscape:
    """Losses on a grid of weights: the network's own + x * the first direction + y * the second.

    Attributes:
        x: float64 (columns,), y: float64 (rows,), ascending; both hold an exact 0.
        losses: float64 (rows, columns), means over the images; NaN where the loss was no finite number.
        own_loss: of the network as it is, computed apart from the grid.
        path: the moments, in time.
        shares: of the path's variance along the two directions; None for random ones.
        images: how many.
        batch_norm: whether the network normalises by stored averages; they stay those of the middle.
    """

    kind: Kind
    split: SplitName
    x: Doubles
    y: Doubles
    losses: Doubles
    own_loss: float
    path: tuple[PathPoint, ...]
    shares: tuple[float, float] | None
    images: int
    batch_norm: bool

    @property
    def centre_loss(self) -> float:
        """What the grid says for the unchanged weights."""
        return float(self.losses[np.flatnonzero(self.y == 0)[0], np.flatnonzero(self.x == 0)[0]])

    @property
    def agrees(self) -> bool:
        """Whether the grid's middle is the network's own loss, to rounding."""
        return math.isclose(self.centre_loss, self.own_loss, rel_tol=1e-5, abs_tol=1e-7)

    @property
    def not_finite(self) -> int:
        return int(np.isnan(self.losses).sum())


def landscape(
    run_json: str,
    weights: Mapping[str, Tensor],
    split: SplitName,
    kind: Kind,
    points: int,
    reach: float,
    moments: Sequence[Moment] = (),
    images: int = 1000,
    seed: int = 0,
) -> Generator[TaskProgress, None, Landscape]:
    """The loss (without penalties, dropout and augmentation) at `points` x `points` places around the weights.

    Args:
        split: "training" or "validation". The test images are no help in choosing anything, so they are not looked at.
        kind: "random" for two filter-normalised random directions, "trajectory" for the main directions of the path.
        points: odd.
        reach: for random directions, how far the map goes: 1 is as far as each filter is long. For a trajectory, 1 shows the path
            with a margin, 2 twice as much.
        moments: the path, in time; it is drawn whatever the kind is. Those whose weights are not finite are left out.
        images: drawn by lot, at most so many.
        seed: of the random directions and of the lot.

    Raises:
        PlaygroundError: as `trained_network`, `split`, `random_plane` and `trajectory_plane`; the test images; weights that
            are not finite.
    """
    if split == "test":
        raise PlaygroundError(
            "The loss landscape does not look at the test images.", mend="Choose training or validation images."
        )
    check_weights(weights)
    run = RunSpec.from_json(run_json)
    trained = trained_network(run, weights)
    pixels, labels, _ = trained.split(split)
    chosen = torch.randperm(len(pixels), generator=generator(seed, "map"))[:images]
    pixels, labels = pixels[chosen], labels[chosen]
    centre = {name: values.detach().clone() for name, values in trained.network.named_parameters()}
    moments = [one for one in moments if all(bool(values.isfinite().all()) for values in one.weights.values())]
    displacements = [difference(one.weights, centre) for one in moments]
    plane = random_plane(trained.network, seed) if kind == "random" else trajectory_plane(displacements)
    places = [plane.project(one) for one in displacements]
    x, y = axes(kind, points, reach, [(place[0], place[1]) for place in places])
    total = len(x) * len(y) + len(moments) + 1
    outputs = yield from _with_progress(trained, pixels, total)
    own_loss = metrics(outputs, labels, run.training.loss).loss
    measure = _Measure(trained, pixels, labels)
    losses = np.full((len(y), len(x)), np.nan)
    done = 1
    for row, along_second in enumerate(y.tolist()):
        base = {name: values + along_second * plane.second[name] for name, values in centre.items()}
        for column, along_first in enumerate(x.tolist()):
            with torch.no_grad():
                for name, values in trained.network.named_parameters():
                    torch.add(base[name], plane.first[name], alpha=along_first, out=values)
            loss = yield from measure.loss(TaskProgress(done, total, f"{done - 1:,} of {len(x) * len(y):,} places"))
            losses[row, column] = loss if math.isfinite(loss) else np.nan
            done += 1
    path = []
    for one, (first, second, inside) in zip(moments, places, strict=True):
        trained.network.load_state_dict(dict(one.weights))
        loss = yield from measure.loss(TaskProgress(done, total, "The path of the training"))
        path.append(PathPoint(one.step, one.epoch, first, second, loss, inside))
        done += 1
    return Landscape(kind, split, x, y, losses, own_loss, tuple(path), plane.shares, len(pixels), has_batch_norm(run.network))


def axes(kind: Kind, points: int, reach: float, path: Sequence[tuple[float, float]]) -> tuple[Doubles, Doubles]:
    """Evenly spaced coordinates, `points` on either axis, with an exact 0 among them.

    Raises:
        ValueError: `points` is even or below 3, or `reach` is not above 0.
    """
    if points < 3 or points % 2 == 0 or not reach > 0:
        raise ValueError(f"points is odd and at least 3, and reach above 0, not {points} and {reach}")
    if kind == "random":
        axis: Doubles = (np.arange(points) - points // 2) * np.float64(reach / (points // 2))
        return axis, axis.copy()
    ends = [(min(0.0, *values), max(0.0, *values)) for values in zip(*path, strict=True)]
    least = LEAST_EXTENT * max(high - low for low, high in ends)
    return _around(*ends[0], least, points, reach), _around(*ends[1], least, points, reach)


def _around(low: float, high: float, least: float, points: int, reach: float) -> Doubles:
    """From `low` to `high` with a margin, moved by less than half a step so that 0 is on the grid."""
    half = reach * (0.5 + MARGIN) * max(high - low, least)
    start, step = (low + high) / 2 - half, 2 * half / (points - 1)
    zero = min(points - 1, max(0, round(-start / step)))
    coordinates: Doubles = (np.arange(points) - zero) * np.float64(step)
    return coordinates


class _Measure:
    """The loss of the network as it stands, a few images at a time."""

    def __init__(self, trained: TrainedNetwork, pixels: Tensor, labels: Tensor) -> None:
        shapes = (trained.dataset.input_shape, *(report.output_shape for report in trained.reports))
        size = torch.get_num_threads() * _CACHED_NUMBERS // max(math.prod(shape) for shape in shapes)
        size = max(8, min(size, trained.slice_size))
        self._count = len(pixels)
        self._network = trained.network.eval()
        self._loss = trained.run.training.loss
        self._slices = [
            (trained.batches.inputs(images), truth) for images, truth in zip(pixels.split(size), labels.split(size), strict=True)
        ]

    def loss(self, progress: TaskProgress) -> Generator[TaskProgress, None, float]:
        """The mean over all images; yields `progress` after each slice."""
        total = 0.0
        for inputs, labels in self._slices:
            with torch.inference_mode():
                total += float(self._loss.compute(self._network(inputs), labels)) * len(labels)
            yield progress
        return total / self._count


def _with_progress(trained: TrainedNetwork, pixels: Tensor, total: int) -> Generator[TaskProgress, None, Tensor]:
    slices = outputs_in_slices(trained.network, pixels, trained.batches.inputs, trained.slice_size)
    while True:
        try:
            next(slices)
        except StopIteration as finished:
            trained.network.eval()
            outputs: Tensor = finished.value
            return outputs
        yield TaskProgress(0, total, "Asking the network")
