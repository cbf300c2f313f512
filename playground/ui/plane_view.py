"""The live picture of a network on the plane: its neurons and weights, and what it makes of every place, redrawn in place."""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np
import streamlit as st
from numpy.typing import NDArray
from torch import Tensor

from playground.catalog.task import score_words
from playground.data.points import Drawn, plane_inputs
from playground.figures.theme import DIVERGING, ON_DARK, TRAINING, VALIDATION, plane_colours
from playground.insight.plane import FAINTEST, GRID, TILE, PlaneColumn, PlaneLook
from playground.spec import RunSpec

SHOWN_NEURONS = 16  # of a layer; more would be too small to see
MOST_NEURONS = 64
MOST_LAYERS = 8
ERASER_RADIUS = 0.5  # in units of the plane

_HERE = Path(__file__).parent
_PARTS = ("drawing", "points", "surface", "lines", "network", "card", "view")
# Points a little outside the plane keep their place beyond its edge: two bytes reach from -8 to 8.
_POINT_SCALE = 4096
# A plane as dark as the page it stands on; its ends are the two hues that lines have there.
_DARK_MIDDLE = "#232833"

_mount = st.components.v2.component(
    "playground_plane_view",
    html='<div class="plane-view"></div>',
    css=(_HERE / "plane_view.css").read_text(encoding="utf-8"),
    js="\n".join((_HERE / f"plane_{name}.js").read_text(encoding="utf-8") for name in _PARTS),
    isolate_styles=False,
)


@dataclass(frozen=True)
class PlaneOptions:
    """How the picture is to be drawn.

    Attributes:
        show_test: also draw the points that test.
        discrete: the nearest class (the sign of a value) instead of shades.
        paint: the value that a stroke paints (a class, or a target), "erase", or None while nothing is painted.
        editable: weights, inputs, neurons and layers can be changed.
    """

    show_test: bool = False
    discrete: bool = False
    paint: float | Literal["erase"] | None = None
    editable: bool = True


@dataclass
class _Memory:
    """What one picture in one visitor's session keeps from tick to tick."""

    look: PlaneLook | None = None
    options: PlaneOptions | None = None
    payload: dict[str, Any] = field(default_factory=dict)
    seen: float = 0


def plane_view(
    look: PlaneLook, *, run: RunSpec, options: PlaneOptions, key: str, on_command: Callable[[dict[str, Any]], None]
) -> None:
    """Draws the look; call it in a fragment that ticks while the run is active.

    Args:
        run: whose network it is.
        key: names this picture on its page; as long as it stays, so does the element in the browser.
        on_command: called before the script runs again, once for each thing that the visitor did:
            {"kind": "edit", "name": of a tensor in the network's state, "index": [...], "value": number, "before": what stood
            there, the same throughout one pull of a slider, None where it was no number};
            {"kind": "input", "name": of an input to be switched on or off};
            {"kind": "units", "layer": place in the spec, "delta": 1 or -1}; {"kind": "add_layer"}; {"kind": "remove_layer"};
            {"kind": "paint", "points": [[x1, x2], ...], "value": the brush's}; {"kind": "erase", "points": ..., "radius": ...}:
            what lies within the radius of any of the points goes. All carry a growing "number".
    """
    memory: _Memory = st.session_state.setdefault(f"_plane_view/{key}", _Memory())
    if memory.look is not look or memory.options != options:
        memory.look, memory.options = look, options
        memory.payload = payload(look, run, options)

    def take() -> None:
        for command in new_commands(getattr(st.session_state.get(key), "command", None), memory.seen):
            memory.seen = command["number"]
            on_command(command)

    _mount(key=key, data=memory.payload | {"seen": memory.seen}, on_command_change=take)


def new_commands(value: Any, seen: float) -> list[dict[str, Any]]:
    """The commands that came after number `seen`, in order. A tick may swallow a message: so each holds all that the page has not
    yet heard to have arrived."""
    commands = value.get("commands") if isinstance(value, dict) else None
    valid = [one for one in commands or () if isinstance(one, dict) and isinstance(one.get("number"), int | float)]
    return sorted((one for one in valid if one["number"] > seen), key=lambda one: one["number"])


def payload(look: PlaneLook, run: RunSpec, options: PlaneOptions) -> dict[str, Any]:
    """The look for the browser: JSON with base64 arrays."""
    weighted = [column.layer for column in look.columns if column.weight is not None]
    return {
        "alt": alt(look),
        "problem": look.problem,
        "options": {
            "test": options.show_test,
            "discrete": options.discrete,
            "paint": options.paint,
            "editable": options.editable,
        },
        "limits": {"units": MOST_NEURONS, "layers": MOST_LAYERS, "eraser": ERASER_RADIUS, "faintest": FAINTEST},
        "palette": _palette(look),
        "task": look.task,
        "classes": list(look.class_names),
        "limit": look.limit,
        "surface": _surface(look),
        "points": _points(look.points),
        "inputs": [
            {
                "name": one.name,
                "words": known.symbol,
                "on": one.on,
                "low": one.low,
                "high": one.high,
                "tile": _bytes(one.tile),
                "side": TILE,
            }
            for one, known in zip(look.inputs, plane_inputs([one.name for one in look.inputs]), strict=True)
        ],
        "columns": [_column(column, bool(weighted) and column.layer == weighted[-1]) for column in look.columns],
    }


def alt(look: PlaneLook) -> str:
    """What the picture shows, in words and figures."""
    sizes = [len(column.low) for column in look.columns if column.weight is not None]
    on = sum(one.on for one in look.inputs)
    words = f"A network with {on} inputs" + "".join(f", {size} {_plural(size, 'neuron')}" for size in sizes[:-1])
    words += f" and {sizes[-1]} {_plural(sizes[-1], 'output')}" if sizes else ""
    words += f", over {len(look.points.train_y)} points to learn from and {len(look.points.test_y)} to test."
    for name, measured in (("Training", look.train), ("Test", look.test)):
        if measured:
            words += f" {name} loss {measured.loss:.3f}, score {score_words(look.task, measured.accuracy)}."
    return f"{words} {look.problem}".strip()


def _plural(count: int, word: str) -> str:
    return word if count == 1 else f"{word}s"


def _palette(look: PlaneLook) -> dict[str, Any]:
    """Colours for the page's two themes: of the scale below zero, at zero and above; of lines; of points by class."""
    (_, low), (_, middle), (_, high) = DIVERGING[1:4]
    pair = (VALIDATION, TRAINING)
    classes = list(plane_colours(len(look.class_names)))
    light = classes if len(classes) > 2 else list(pair)
    dark = classes if len(classes) > 2 else [ON_DARK[colour] for colour in pair]
    return {
        "light": {"scale": [low, middle, high], "lines": list(pair), "classes": light},
        "dark": {"scale": ["#B4602B", _DARK_MIDDLE, "#3880B2"], "lines": [ON_DARK[one] for one in pair], "classes": dark},
    }


def _surface(look: PlaneLook) -> dict[str, Any] | None:
    """One plane with two bytes a cell, several with one: of the range from the lowest to the highest value."""
    if look.surface is None:
        return None
    low, high = float(look.surface.min()), float(look.surface.max())
    steps, kind = (65535, "<u2") if len(look.surface) == 1 else (255, "u1")
    scaled = np.rint((look.surface - low) * (steps / max(high - low, 1e-12)))
    cells = _bytes(np.clip(scaled, 0, steps).astype(kind))
    return {"size": GRID, "planes": len(look.surface), "low": low, "high": high, "steps": steps, "cells": cells}


def _points(points: Drawn) -> dict[str, Any]:
    return {
        "train": _some_points(points.train_points, points.train_y),
        "test": _some_points(points.test_points, points.test_y),
    }


def _some_points(places: Tensor, y: Tensor) -> dict[str, Any]:
    at = np.rint(np.clip(places.numpy(), -7.99, 7.99) * _POINT_SCALE).astype("<i2")
    return {"scale": _POINT_SCALE, "at": _bytes(at), "y": _bytes(y.numpy().ravel().astype("<f4" if y.ndim == 2 else "u1"))}


def _column(column: PlaneColumn, is_output: bool) -> dict[str, Any]:
    words: dict[str, Any] = {"layer": column.layer, "title": column.title, "activation": column.activation}
    if column.weight is None:
        return words | {"slim": True}
    shown = min(column.units, SHOWN_NEURONS)
    return words | {
        "slim": False,
        "output": is_output,
        "units": column.units,
        "shown": shown,
        "wide": column.weight.shape[1],
        "weightName": column.weight_name,
        "biasName": column.bias_name,
        "weight": _floats(column.weight[:shown, :SHOWN_NEURONS]),
        "bias": _floats(column.bias[:shown]) if column.bias is not None else "",
        "side": column.tiles.shape[1] if column.tiles is not None else TILE,
        "tiles": _bytes(column.tiles[:shown]) if column.tiles is not None else "",
        "peak": _finite(max(np.abs(column.low).max(), np.abs(column.high).max())),
        "low": _floats(column.low[:shown]),
        "high": _floats(column.high[:shown]),
    }


def _finite(value: float) -> float:
    """JSON has no other numbers."""
    return float(value) if np.isfinite(value) else 0.0


def _floats(values: NDArray[np.float32]) -> str:
    return _bytes(values.astype("<f4"))


def _bytes(values: NDArray[Any] | Sequence[Any]) -> str:
    return base64.b64encode(np.ascontiguousarray(values).tobytes()).decode("ascii")
