"""What a network makes of the plane: its output everywhere on it, every neuron's, and how well it does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from playground import data
from playground.catalog.layer import LayerEntry
from playground.catalog.losses import LossEntry
from playground.catalog.task import Task
from playground.data.points import Drawn, drawn, features
from playground.errors import PlaygroundError
from playground.insight.quick import quick
from playground.network import build
from playground.spec import POINT_INPUTS, DatasetSpec, NetworkSpec, PointsSpec, RunSpec
from playground.training.batches import Batches
from playground.training.evaluation import Metrics, metrics
from playground.training.runtime import Runtime

HALF_WIDTH = 6.0  # the plane reaches from -6 to 6 in both directions
GRID = 60  # cells of the surface in each direction
# Cells of a neuron's tile in each direction, of few neurons and of many: odd fractions of GRID, so that the centres of cells
# fall together.
TILE, SMALL_TILE = 20, 12
MANY_NEURONS = 80
# What a neuron says is drawn against the strongest of its layer, so that one that says next to nothing looks like it.
FAINTEST = 0.1
_CPU = Runtime()


@dataclass(frozen=True, eq=False)
class InputTile:
    """One of the inputs that a point can have.

    Attributes:
        name: as in `PointsSpec.inputs`.
        on: whether the network gets it.
        tile, low, high: as one neuron's in `PlaneColumn`.
    """

    name: str
    on: bool
    tile: NDArray[np.uint8]
    low: float
    high: float


@dataclass(frozen=True, eq=False)
class PlaneColumn:
    """One layer of the network.

    Attributes:
        layer: its place in the spec, from 0.
        title: its name.
        activation: the name of the function that its neurons end with; "" for none.
        units: how many numbers leave it.
        weight_name, bias_name: in the network's state; "" where it has none.
        weight: float32 (units, inputs), or None for a layer that only transforms, such as dropout.
        bias: float32 (units,), or None.
        tiles: uint8 (units, side, side), each neuron's output (after its activation) over the plane, x2 from top to bottom:
            128 is 0, 1 is -limit and 255 is limit, where limit is the largest size of its output or a tenth of its layer's.
            None where there is no weight, or no number. The side is TILE, in networks of more than MANY_NEURONS SMALL_TILE.
        low, high: float32 (units,), the range of each neuron's output over the plane's grid.
    """

    layer: int
    title: str
    activation: str
    units: int
    weight_name: str
    bias_name: str
    weight: NDArray[np.float32] | None
    bias: NDArray[np.float32] | None
    tiles: NDArray[np.uint8] | None
    low: NDArray[np.float32]
    high: NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class PlaneLook:
    """All that the picture of a network on the plane shows, of exactly one state of its weights.

    Attributes:
        task, class_names: of the data.
        inputs: all that there are, in order.
        columns: one a layer, in order.
        surface: float32 (planes, GRID, GRID), x2 from 6 at the top to -6 at the bottom, at the centres of the cells: the
            probability of each class (of two classes that of the second alone), or the value in the target's own unit. None
            where the network's answer is no number.
        limit: of a regression, the size of value that has the full colour; 1 otherwise.
        points: what it learns from and what tests it.
        train, test: loss and score over these points; None where there is no answer.
        problem: what is wrong, in words; "" when all is well.
    """

    task: Task
    class_names: tuple[str, ...]
    inputs: tuple[InputTile, ...]
    columns: tuple[PlaneColumn, ...]
    surface: NDArray[np.float32] | None
    limit: float
    points: Drawn
    train: Metrics | None
    test: Metrics | None
    problem: str = ""


def cell_centres(cells: int) -> Tensor:
    """The centres of `cells` x `cells` cells of the plane, float32 (cells², 2): row by row from the top, x1 growing."""
    along = -HALF_WIDTH + (torch.arange(cells, dtype=torch.float64) + 0.5) * (2 * HALF_WIDTH / cells)
    x2, x1 = torch.meshgrid(along.flip(0), along, indexing="ij")
    return torch.stack([x1.ravel(), x2.ravel()], dim=1).float()


def first_weights(run: RunSpec) -> Mapping[str, Tensor]:
    """The weights that the run begins with, by the names of the network's state."""
    return build(run.network, (len(_points(run).inputs),), run.seed).state_dict()


def look(run: RunSpec, weights: Mapping[str, Tensor]) -> PlaneLook:
    """The run's network with `weights` (as of `network.state_dict()`) over the plane, in evaluation mode; takes a few
    milliseconds, on one thread.

    Raises:
        PlaygroundError: the points cannot be made, or the weights belong to another network.
    """
    ground = _ground(run.dataset, run.seed)
    on_plane = _inputs(_points(run).inputs)
    broken = sum(int((~tensor.isfinite()).sum()) for tensor in weights.values())
    tensors = {name: tensor.detach().cpu() for name, tensor in weights.items()}
    with quick(), torch.inference_mode():
        columns, outputs = _forward(run, tensors, ground.examples)
        loss = run.training.loss
        on_grid, of_train, of_test = outputs.split([GRID * GRID, len(ground.train_y), len(ground.test_y)])
        surface = _surface(on_grid, loss, ground)
        common = (ground.task, ground.class_names, on_plane, columns)
        if broken or not surface.isfinite().all():
            return PlaneLook(*common, None, ground.limit, ground.points, None, None, _problem(broken, tensors))
        train = metrics(of_train, ground.train_y, loss) if len(of_train) else None
        test = metrics(of_test, ground.test_y, loss) if len(of_test) else None
    return PlaneLook(*common, surface.numpy(), ground.limit, ground.points, train, test)


def blank_look(run: RunSpec, problem: str = "") -> PlaneLook:
    """The run's first network without an answer: for points of which nothing can be learnt yet, such as none at all."""
    spec = _points(run)
    source = data.source(run.dataset)
    tensors = dict(first_weights(run))
    with quick(), torch.inference_mode():
        columns, _ = _forward(run, tensors, torch.full((GRID * GRID, len(spec.inputs)), torch.nan))
    painted = torch.tensor(spec.painted, dtype=torch.float32).reshape(-1, 3)
    values = painted[:, 2:] if source.task == "regression" else painted[:, 2].long()
    points = Drawn(painted[:, :2], values, painted[:0, :2], values[:0])
    limit = colour_limit(values) if source.task == "regression" else 1.0
    return PlaneLook(source.task, source.class_names, _inputs(spec.inputs), columns, None, limit, points, None, None, problem)


def colour_limit(targets: Tensor) -> float:
    """The next of 1, 2, 5 times a power of ten at or above every target's size; 1 for none."""
    largest = float(targets.abs().max()) if len(targets) else 0.0
    if largest <= 0:
        return 1.0
    power = 10.0 ** np.floor(np.log10(largest))
    return float(next(step * power for step in (1.0, 2.0, 5.0, 10.0) if step * power >= largest * (1 - 1e-6)))


@dataclass(frozen=True, eq=False)
class _Ground:
    """What does not change while a run learns. `examples` are the grid's, then the training, then the test points as the network
    sees them, float32 (n, d)."""

    task: Task
    class_names: tuple[str, ...]
    points: Drawn
    examples: Tensor
    train_y: Tensor
    test_y: Tensor
    target_mean: float
    target_spread: float
    limit: float


@lru_cache(maxsize=16)
def _ground(spec: DatasetSpec, seed: int) -> _Ground:
    points = spec.points or PointsSpec()
    dataset = data.load(spec)
    batches = Batches(spec, dataset, seed, _CPU)
    (train_x, train_y), (test_x, test_y) = batches.split_images("train"), batches.split_images("test")
    grid = features(cell_centres(GRID), points.inputs)
    examples = batches.inputs(torch.cat([grid, train_x, test_x]))
    limit = colour_limit(dataset.y_train) if dataset.task == "regression" else 1.0
    scale = (batches.target_mean, batches.target_spread)
    return _Ground(dataset.task, dataset.class_names, drawn(spec.name, points), examples, train_y, test_y, *scale, limit)


@lru_cache(maxsize=16)
def _network(network: NetworkSpec, inputs: int) -> nn.Sequential:
    """Used by one visitor at a time, within `quick`."""
    return build(network, (inputs,), 0).eval()


@lru_cache(maxsize=64)
def _inputs(on: tuple[str, ...]) -> tuple[InputTile, ...]:
    values = features(cell_centres(GRID), POINT_INPUTS)
    tiles, low, high = _tiles(values, TILE, faintest=0.0)
    entries = zip(POINT_INPUTS, tiles, low, high, strict=True)
    return tuple(InputTile(name, name in on, tile, float(least), float(most)) for name, tile, least, most in entries)


def _forward(run: RunSpec, weights: Mapping[str, Tensor], examples: Tensor) -> tuple[tuple[PlaneColumn, ...], Tensor]:
    network = _network(run.network, examples.shape[1])
    try:
        network.load_state_dict(dict(weights))
    except RuntimeError:
        raise PlaygroundError(
            "These weights do not fit this network.", "They come from a run with other layers.", "Choose the run again."
        ) from None
    modules: list[list[nn.Module]] = [[] for _ in run.network.layers]
    for name, module in network.named_children():
        modules[int(name.split("_", 1)[0])].append(module)
    columns = []
    many = sum(len(tensor) for tensor in weights.values() if tensor.ndim == 2) > MANY_NEURONS
    values = examples
    for index, layer in enumerate(run.network.layers):
        for module in modules[index]:
            values = module(values)
        columns.append(_column(index, layer, values[: GRID * GRID], weights, SMALL_TILE if many else TILE))
    return tuple(columns), values


def _column(index: int, layer: LayerEntry, values: Tensor, weights: Mapping[str, Tensor], side: int) -> PlaneColumn:
    activation = layer.activation_entry()
    ending = "" if activation.linear or not layer.weighted else activation.title
    name = next((name for name in weights if name.startswith(f"{index}_") and weights[name].ndim == 2), "")
    if not name:
        nothing = np.empty(0, dtype=np.float32)
        return PlaneColumn(index, layer.label(), ending, values.shape[1], "", "", None, None, None, nothing, nothing)
    bias_name = f"{name.removesuffix('.weight')}.bias"
    bias = weights.get(bias_name)
    tiles, low, high = _tiles(values, side, FAINTEST)
    finite = bool(np.isfinite(low).all() and np.isfinite(high).all())
    return PlaneColumn(
        index,
        layer.label(),
        ending,
        values.shape[1],
        name,
        bias_name if bias is not None else "",
        weights[name].numpy().copy(),
        None if bias is None else bias.numpy().copy(),
        tiles if finite else None,
        low,
        high,
    )


def _tiles(values: Tensor, side: int, faintest: float) -> tuple[NDArray[np.uint8], NDArray[np.float32], NDArray[np.float32]]:
    """Of outputs over the grid, float32 (GRID², units): see `PlaneColumn`."""
    low, high = values.amin(dim=0), values.amax(dim=0)
    size = torch.maximum(low.abs(), high.abs())
    limit = torch.maximum(size, faintest * size.max()).clamp_min(1e-9)
    step = GRID // side
    at_centres = values.reshape(GRID, GRID, -1)[step // 2 :: step, step // 2 :: step].permute(2, 0, 1)
    tiles = (at_centres * (127 / limit)[:, None, None]).round_().add_(128).nan_to_num_(128).clamp_(1, 255).to(torch.uint8)
    return tiles.contiguous().numpy(), low.numpy(), high.numpy()


def _surface(outputs: Tensor, loss: LossEntry, ground: _Ground) -> Tensor:
    if ground.task == "regression":
        values = outputs * ground.target_spread + ground.target_mean
    else:
        values = loss.probabilities(outputs)
        values = values[:, 1:] if values.shape[1] == 2 else values
    return values.T.reshape(-1, GRID, GRID).contiguous()


def _problem(broken: int, weights: Mapping[str, Tensor]) -> str:
    mend = "The steps were too large: choose a smaller learning rate and reset."
    if not broken:
        return f"The network's answer is not a number any more. {mend}"
    total = sum(tensor.numel() for tensor in weights.values())
    are = "is no number" if broken == 1 else "are no numbers"
    return f"{broken:,} of the network's {total:,} weights {are} any more. {mend}"


def _points(run: RunSpec) -> PointsSpec:
    return run.dataset.points or PointsSpec()
