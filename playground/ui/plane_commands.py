"""What the visitor does in the picture of the network: edit a weight, switch an input, add a neuron or a layer, paint."""

from __future__ import annotations

from typing import Any

from playground import data
from playground.catalog.activations import Identity, Tanh
from playground.catalog.layer import LayerEntry
from playground.catalog.layers import Dense
from playground.edits import replace, with_layers, without
from playground.fitting import fitted
from playground.spec import POINT_INPUTS, RunSpec
from playground.training.changes import WeightEdit
from playground.ui import plane_paint, plane_points, plane_runs, plane_state
from playground.ui.lesson import LOCKED_WORDS, is_locked
from playground.ui.plane_controls import hidden_layers
from playground.ui.plane_view import MOST_LAYERS, MOST_NEURONS

FIRST_NEURONS = 4  # of a layer that is added to a network without hidden ones


def obey(command: dict[str, Any]) -> None:
    """Carries one command of the picture out; what cannot be is said on the page."""
    kind, run = command.get("kind"), plane_state.run_spec()
    if kind == "edit":
        index, before = tuple(int(place) for place in command["index"]), command.get("before")
        made = WeightEdit(str(command["name"]), index, float(command["value"]))
        plane_runs.edit_weight(made, None if before is None else float(before))
    elif kind == "input" and _is_open("dataset"):
        _switch_input(run, str(command["name"]))
    elif kind in ("units", "add_layer", "remove_layer") and _is_open("network"):
        changed = with_other_layers(run, command)
        if changed != run:
            plane_runs.replace(changed)
    elif kind == "paint" and _is_open("dataset"):
        plane_paint.paint(command["points"], float(command["value"]))
    elif kind == "erase" and _is_open("dataset"):
        plane_paint.erase(command["points"], float(command.get("radius", plane_paint.ERASER_RADIUS)))


def with_other_layers(run: RunSpec, command: dict[str, Any]) -> RunSpec:
    """The run with a neuron or a layer more or less; the run itself where that cannot be."""
    layers, kind = run.network.layers, command["kind"]
    weighted = [place for place, layer in enumerate(layers) if layer.weighted]
    if kind == "units":
        place = int(command["layer"])
        layer = layers[place] if 0 <= place < len(layers) else None
        if not isinstance(layer, Dense) or place == weighted[-1]:
            return run
        units = min(MOST_NEURONS, max(1, layer.units + int(command["delta"])))
        return with_layers(run, replace(layers, place, layer.model_copy(update={"units": units})))
    if kind == "add_layer":
        if len(weighted) > MOST_LAYERS:
            return run
        if not weighted:
            ending = Dense(units=1, activation=Identity())
            return fitted(with_layers(run, (*layers, _another(run), ending)), data.source(run.dataset))
        return with_layers(run, (*layers[: weighted[-1]], _another(run), *layers[weighted[-1] :]))
    return with_layers(run, without(layers, weighted[-2])) if len(weighted) > 1 else run


def _another(run: RunSpec) -> LayerEntry:
    """A hidden layer like the last one, smaller by and by as in most networks."""
    hidden = [run.network.layers[place] for place in hidden_layers(run)]
    last = next((layer for layer in reversed(hidden) if isinstance(layer, Dense)), None)
    if last is None:
        return Dense(units=FIRST_NEURONS, activation=Tanh())
    return last.model_copy(update={"units": max(2, min(last.units, 8))})


def _switch_input(run: RunSpec, name: str) -> None:
    inputs = plane_state.points_of(run).inputs
    changed = {*inputs} ^ {name}
    plane_points.put(inputs=tuple(known for known in POINT_INPUTS if known in changed))


def _is_open(control: Any) -> bool:
    if is_locked(control):
        plane_runs.tell_problem(LOCKED_WORDS)
        return False
    return True
