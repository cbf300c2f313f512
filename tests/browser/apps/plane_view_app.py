"""A page with a small network over the plane and what its visitor did, for the browser tests of the live view.

The address chooses: `test`, `discrete`, `tick`, `broken` = yes; `paint` = a value or erase; `hidden` = a number of neurons.
"""

from __future__ import annotations

import json
from typing import Any

import streamlit as st
import torch

from playground.catalog.activations import Identity, Tanh
from playground.catalog.layers import Dense
from playground.catalog.losses import BinaryCrossEntropyLogits
from playground.insight.plane import first_weights, look
from playground.spec import DatasetSpec, NetworkSpec, PointsSpec, RunSpec, TrainingSpec
from playground.ui.plane_view import PlaneOptions, plane_view

st.set_page_config(layout="wide")
query = st.query_params
state = st.session_state
paint = query.get("paint")
options = PlaneOptions(
    show_test="test" in query,
    discrete="discrete" in query,
    paint=None if paint is None else "erase" if paint == "erase" else float(paint),
)
hidden = int(query.get("hidden", "0"))
layers = [Dense(units=hidden, activation=Tanh())] if hidden else []
run = RunSpec(
    network=NetworkSpec(layers=(*layers, Dense(units=1, activation=Identity()))),
    dataset=DatasetSpec(
        name="painted",
        points=PointsSpec(painted=((-3.0, 3.0, 0.0), (3.0, 3.0, 1.0), (3.0, -3.0, 1.0), (-3.0, -3.0, 0.0)), train_share=0.5),
        validation_share=0.0,
        normalise=False,
    ),
    training=TrainingSpec(loss=BinaryCrossEntropyLogits()),
)
if "weights" not in state:
    state.weights = {name: tensor.clone() for name, tensor in first_weights(run).items()}
    if not hidden:
        state.weights = {"0_dense_0.weight": torch.tensor([[2.0, -0.5]]), "0_dense_0.bias": torch.tensor([0.0])}
    if "broken" in query:
        state.weights["0_dense_0.weight"][0, 0] = torch.nan
    state.done = []
    state.ticks = 0


def take(command: dict[str, Any]) -> None:
    state.done.append({key: value for key, value in command.items() if key != "number"})
    if command["kind"] == "edit":
        tensor = state.weights[command["name"]].clone()
        tensor[tuple(command["index"])] = command["value"]
        state.weights = state.weights | {command["name"]: tensor}


@st.fragment(run_every=0.2 if "tick" in query else None)
def picture() -> None:
    state.ticks += 1
    if "tick" in query:
        state.weights = state.weights | {"0_dense_0.bias": state.weights["0_dense_0.bias"] + 0.01}
    plane_view(look(run, state.weights), run=run, options=options, key="plane", on_command=take)
    st.code(json.dumps(state.done), language=None)
    st.caption(f"ticks: {state.ticks}")


picture()
