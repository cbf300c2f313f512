"""A run with one thing changed: what the mends of findings and advice are made of."""

from __future__ import annotations

from typing import Any

from playground.catalog.activations import Identity, ReLU
from playground.catalog.layer import LayerEntry
from playground.catalog.layers import ActivationLayer
from playground.spec import RunSpec

Layers = tuple[LayerEntry, ...]


def with_layers(run: RunSpec, layers: Layers) -> RunSpec:
    return run.model_copy(update={"network": run.network.model_copy(update={"layers": tuple(layers)})})


def with_training(run: RunSpec, **updates: Any) -> RunSpec:
    return run.model_copy(update={"training": run.training.model_copy(update=updates)})


def with_dataset(run: RunSpec, **updates: Any) -> RunSpec:
    return run.model_copy(update={"dataset": run.dataset.model_copy(update=updates)})


def with_layer(run: RunSpec, index: int, **updates: Any) -> RunSpec:
    """The run with other parameters in one layer."""
    layers = run.network.layers
    return with_layers(run, replace(layers, index, layers[index].model_copy(update=updates)))


def replace(layers: Layers, index: int, layer: LayerEntry) -> Layers:
    return (*layers[:index], layer, *layers[index + 1 :])


def without(layers: Layers, index: int) -> Layers:
    return (*layers[:index], *layers[index + 1 :])


def replace_ending(layers: Layers) -> Layers:
    """The layers without their last activation."""
    last = layers[-1]
    if isinstance(last, ActivationLayer):
        return layers[:-1]
    if "activation" not in type(last).model_fields:
        return layers
    return (*layers[:-1], last.model_copy(update={"activation": Identity()}))


def squeezing_layers(run: RunSpec) -> list[int]:
    """The places of the layers with weights whose activation flattens out at its ends."""
    return [i for i, layer in enumerate(run.network.layers) if layer.weighted and layer.activation_entry().saturates]


def relu_instead(run: RunSpec) -> RunSpec:
    """The run with ReLU in all of those layers."""
    for index in squeezing_layers(run):
        run = with_layer(run, index, activation=ReLU())
    return run
