"""Where a unit's values go, and how to make them larger, smaller or 0 by changing weights alone.

A unit is a neuron of a Dense layer or a filter of a Conv2d layer, with all that follows it and keeps units apart: its
activation, batch normalisation, pooling, dropout, flattening. What counts is what the next layer with weights hears from it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from playground import data
from playground.catalog.activations import ActivationEntry, Identity, LeakyReLU, ReLU
from playground.catalog.layers import (
    ActivationLayer,
    AvgPool,
    BatchNorm,
    Conv2d,
    Dense,
    Dropout,
    Flatten,
    GlobalAvgPool,
    MaxPool,
)
from playground.errors import PlaygroundError
from playground.network import LayerReport, trace
from playground.spec import RunSpec

State = Mapping[str, Tensor]
_KEEP_UNITS_APART = (AvgPool, Dropout, Flatten, GlobalAvgPool, MaxPool)
# Far enough out for a sigmoid, a softplus or an exponential to be exactly 0 in float32, and far from overflowing.
_SILENT = (0.0, -200.0, 200.0)


@dataclass(frozen=True)
class Blueprint:
    """A network's layers with their shapes: all that an edit must know beside the weights."""

    run: RunSpec
    reports: tuple[LayerReport, ...]

    @classmethod
    def of(cls, run: RunSpec) -> Blueprint:
        return cls(run, trace(run.network, data.source(run.dataset).input_shape))

    @property
    def weighted(self) -> tuple[int, ...]:
        """The layers with neurons or filters."""
        return tuple(report.index for report in self.reports if isinstance(report.layer, Dense | Conv2d))

    @property
    def with_parameters(self) -> tuple[int, ...]:
        """The layers with anything to learn."""
        return tuple(report.index for report in self.reports if report.num_parameters)

    def num_units(self, layer: int) -> int:
        return self.reports[layer].output_shape[0]

    def unit(self, layer: int) -> str:
        """What a unit of this layer is called."""
        return "filter" if isinstance(self.reports[layer].layer, Conv2d) else "neuron"

    def words(self, layer: int) -> str:
        return f"layer {layer + 1} ({self.reports[layer].layer.label()})"

    def seen_shape(self, layer: int) -> tuple[int, ...]:
        """What each unit of the layer weighs: the shape of a filter, (channels, height, width); for a neuron that sees a
        flattened image, that image's; else (numbers,)."""
        report = self.reports[layer]
        if isinstance(report.layer, Conv2d):
            return (report.input_shape[0], report.layer.kernel_size, report.layer.kernel_size)
        for before in reversed(self.reports[:layer]):
            if isinstance(before.layer, Flatten) and len(before.input_shape) == 3:
                return before.input_shape
            if isinstance(before.layer, Dense | GlobalAvgPool):
                break
        return report.input_shape

    def seen_names(self, layer: int) -> tuple[str, ...]:
        """What each neuron of the layer weighs, one name a number: the columns of the data, in quotes, or the units of the layer
        before. Empty where it sees pictures or maps, whose numbers have places instead."""
        if len(self.seen_shape(layer)) != 1:
            return ()
        if self.sees_columns(layer):
            return tuple(f"“{name}”" for name in self.columns)
        before = max((index for index in self.weighted if index < layer), default=None)
        if before is None or self.num_units(before) != self.seen_shape(layer)[0]:
            return tuple(f"input {number + 1}" for number in range(self.seen_shape(layer)[0]))
        unit = f"{self.unit(before)} {{}} of layer {before + 1}"
        return tuple(unit.format(number + 1) for number in range(self.num_units(before)))

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of the data's columns; none of pictures."""
        return data.source(self.run.dataset).feature_names

    def sees_columns(self, layer: int) -> bool:
        """Whether the layer gets the data's own columns: no layer before it mixes them."""
        return bool(self.columns) and not any(before < layer for before in self.weighted)

    def parameters(self, weights: State, layer: int) -> dict[str, str]:
        """The layer's learned tensors: "weight" or "bias" -> its name in the network's state."""
        start = f"{layer}_"
        names = {name.rsplit(".", 1)[1]: name for name in weights if name.startswith(start)}
        return {part: names[part] for part in ("weight", "bias") if part in names}

    def require(self, layer: int, unit: int | None = None) -> None:
        """Raises a PlaygroundError unless there is such a layer, with such a neuron or filter."""
        if layer not in self.weighted:
            raise PlaygroundError(f"Layer {layer + 1} has no neurons or filters.", mend="Choose a Dense or a Conv2d layer.")
        if unit is not None and not 0 <= unit < self.num_units(layer):
            raise PlaygroundError(
                f"There is no {self.unit(layer)} {unit + 1} in {self.words(layer)}.",
                f"They are counted from 1 to {self.num_units(layer):,}.",
            )


@dataclass(frozen=True)
class _Path:
    """What a unit's sum goes through until units are mixed.

    Attributes:
        stages: the layers' own indices of batch normalisations, and activations, in order.
        listener: the next layer with weights; None where something else mixes the units, or the network ends.
    """

    stages: tuple[int | ActivationEntry, ...]
    listener: int | None


def _path(blueprint: Blueprint, layer: int) -> _Path:
    stages: list[int | ActivationEntry] = []
    before_softmax: tuple[int | ActivationEntry, ...] | None = None
    for report in blueprint.reports[layer:]:
        entry = report.layer
        if report.index > layer and isinstance(entry, Dense | Conv2d):
            return _Path(tuple(stages), report.index)
        if isinstance(entry, BatchNorm):
            stages.append(report.index)
        elif report.index == layer or isinstance(entry, ActivationLayer):
            activation = entry.activation_entry()
            if activation.output != "any" and before_softmax is None:
                before_softmax = tuple(stages)  # it mixes what it gets; what it gives can still be weighed by a later layer
            elif not activation.linear:
                stages.append(activation)
        elif not isinstance(entry, _KEEP_UNITS_APART):
            break
    return _Path(tuple(stages) if before_softmax is None else before_softmax, None)


def scaled(weights: State, blueprint: Blueprint, layer: int, unit: int | None, factor: float) -> dict[str, Tensor]:
    """The weights with which a unit's values reach what comes next `factor` times as large; with 0, not at all.

    The weights with which the next layer listens to the unit are multiplied: exact whatever the activation. Where there
    is no such layer, the unit's own weights and bias (or those of its batch normalisation) are, if that is exact.

    Args:
        unit: from 0; None for all units of the layer.

    Raises:
        PlaygroundError: there is no such unit; or no weights make its values exactly that.
    """
    blueprint.require(layer, unit)
    path = _path(blueprint, layer)
    rows = slice(None) if unit is None else slice(unit, unit + 1)
    if path.listener is not None:
        name = blueprint.parameters(weights, path.listener)["weight"]
        before = weights[name]
        each = before.shape[1] // blueprint.num_units(layer)  # a flattened filter has a place for each of its pixels
        after = before.clone()
        places = slice(None) if unit is None else slice(unit * each, (unit + 1) * each)
        after[:, places] = _times(after[:, places], factor)
        return {**weights, name: after}
    norm = next((place for place in range(len(path.stages) - 1, -1, -1) if isinstance(path.stages[place], int)), None)
    own = blueprint.parameters(weights, layer if norm is None else path.stages[norm])  # type: ignore[arg-type]
    last = [stage for stage in path.stages[0 if norm is None else norm + 1 :] if isinstance(stage, ActivationEntry)]
    shift = _shift(last, factor, "bias" in own)
    if shift is None:
        raise PlaygroundError(
            f"No weights make {blueprint.words(layer)} exactly {factor:g} times as loud.",
            f"Its values go through {' and '.join(stage.title for stage in last)}, and no later layer weighs them.",
            "Choose an earlier layer, or edit its weights one by one.",
        )
    changed = {part: weights[name].clone() for part, name in own.items()}
    for tensor in changed.values():
        tensor[rows] = _times(tensor[rows], factor)
    if shift:
        changed["bias"][rows] = shift
    return {**weights, **{own[part]: tensor for part, tensor in changed.items()}}


def _times(tensor: Tensor, factor: float) -> Tensor:
    return tensor * factor if factor else torch.zeros_like(tensor)  # 0 even where a weight is infinite


def _shift(activations: list[ActivationEntry], factor: float, has_bias: bool) -> float | None:
    """What the bias must be, beside scaling weights and bias, for the last value to be scaled exactly; 0 for no more than
    that, None when it cannot be done."""
    if factor:
        kept = (Identity, ReLU, LeakyReLU) if factor > 0 else (Identity,)
        return 0.0 if all(isinstance(activation, kept) for activation in activations) else None
    for shift in _SILENT if has_bias else _SILENT[:1]:
        value = torch.tensor([[shift]])
        for activation in activations:
            value = activation.module()(value)
        if not value.any():
            return shift
    return None


def number_words(blueprint: Blueprint, layer: int, parameter: str, index: int) -> str:
    """Which number it is: "the weight from “age (years)” to neuron 5 of layer 1 (Dense 8)". Places count from 1."""
    where = blueprint.words(layer)
    if layer not in blueprint.weighted:
        name = "scale" if parameter == "weight" else "shift"
        column = f" (“{blueprint.columns[index]}”)" if blueprint.sees_columns(layer) else ""
        return f"{name} {index + 1}{column} of {where}"
    unit = blueprint.unit(layer)
    if parameter == "bias":
        return f"the bias of {unit} {index + 1} of {where}"
    shape = blueprint.seen_shape(layer)
    number, *place = _place(index, (blueprint.num_units(layer), *shape))
    if len(shape) == 1:
        return f"the weight from {blueprint.seen_names(layer)[place[0]]} to {unit} {number + 1} of {where}"
    channel = f" of channel {place[0] + 1}" if shape[0] > 1 else ""
    return f"the weight in row {place[1] + 1}, column {place[2] + 1}{channel} of {unit} {number + 1} of {where}"


def _place(index: int, shape: Sequence[int]) -> tuple[int, ...]:
    places = []
    for size in reversed(shape):
        index, place = divmod(index, size)
        places.append(place)
    return tuple(reversed(places))
