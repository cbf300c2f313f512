"""A run with one thing changed: what the mends of findings and advice are made of."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from typing import Any

from playground.catalog.activations import Identity, ReLU
from playground.catalog.layer import LayerEntry
from playground.catalog.layers import ActivationLayer
from playground.spec import RunSpec

Layers = tuple[LayerEntry, ...]


def with_layers(run: RunSpec, layers: Layers) -> RunSpec:
    """The run with other layers. Those that are frozen stay so, wherever they stand now."""
    frozen = places_after(run.network.layers, layers, run.training.frozen_layers)
    run = run.model_copy(update={"network": run.network.model_copy(update={"layers": tuple(layers)})})
    return run if frozen == run.training.frozen_layers else with_training(run, frozen_layers=frozen)


def places_after(before: Layers, after: Layers, places: Sequence[int]) -> tuple[int, ...]:
    """Where the layers that stood at `places` stand after layers were added, removed, moved or replaced; ascending, without
    those that are gone. Places beyond the last layer stay as they are."""
    if not places:
        return ()
    # Two layers may be equal; as a rule the same objects are put into another order.
    known = {id(layer) for layer in before}
    same = operator.is_ if any(id(layer) in known for layer in after) else operator.eq
    shorter = min(len(before), len(after))
    start = next((i for i in range(shorter) if not same(before[i], after[i])), shorter)
    end = next((i for i in range(shorter - start) if not same(before[-1 - i], after[-1 - i])), shorter - start)
    moved = {place: place for place in range(start)}
    moved |= {len(before) - 1 - i: len(after) - 1 - i for i in range(end)}
    free = list(range(start, len(after) - end))
    left = range(start, len(before) - end)
    for place in left:
        there = next((other for other in free if same(before[place], after[other])), None)
        if there is not None:
            moved[place] = there
            free.remove(there)
    rest = [place for place in left if place not in moved]
    if len(rest) == len(free):  # replaced where they stood
        moved |= dict(zip(rest, free, strict=True))
    return tuple(sorted(moved.get(place, place) for place in places if place in moved or place >= len(before)))


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
