"""Under the hood: what goes on inside the chosen run's network while it trains, in a fragment that ticks beside the curves."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

import plotly.graph_objects as go
import streamlit as st
from torch import Tensor

from playground import data
from playground.catalog.schedules import Constant
from playground.errors import PlaygroundError
from playground.figures.filter_images import filter_pictures
from playground.figures.histograms import Histogram, histogram_figure
from playground.figures.under_the_hood import (
    activation_figure,
    gradient_figure,
    idle_figure,
    measures_table,
    rate_figure,
    update_figure,
)
from playground.insight.filters import first_filters
from playground.insight.live_weights import live_histogram
from playground.jobs import RunInfo, Weights
from playground.spec import RunSpec
from playground.training.events import LayersMeasured
from playground.training.history import History
from playground.ui import session
from playground.ui.figure_view import figure_view

TICK_SECONDS = 1.0
WEIGHTS_AGE_SECONDS = 0.9
SECONDS_A_PARAMETER = 1e-6  # so large a network's weights are fetched more seldom
WAIT_SECONDS = 0.3
HISTOGRAMS = 6
FILTERS = 32
ANCESTORS = 50
GRADIENT = "**Gradient norm**: how strongly the loss pulls at all weights of a layer together. Near 0: it cannot learn."
UPDATE = "**Step ÷ weights**: how far one step moves a layer. Rule of thumb: about 0.001, the green band. Far above: wild."
ACTIVATION = "**Outputs**: mean and spread (standard deviation) of what leaves each layer. Without spread they say nothing."
RATE = "**Learning rate**: how it changed, by its schedule or by your hand. It scales every step."
IDLE = (
    "**Dead**: neurons or filters that are 0 for all of the batch. **Saturated**: values stuck at an end of sigmoid "
    "or tanh. Neither learns."
)
NEVER_IDLE = "**Dead or saturated**: no layer here can be. That happens with ReLU (dead), and with sigmoid or tanh (saturated)."


def under_the_hood(info: RunInfo | None) -> None:
    """The section; call it only while it is open: closed, it costs nothing."""
    if info is None:
        st.info(
            "Press **Train**: then you see here what happens inside each layer, batch by batch.", icon=":material/car_repair:"
        )
        return
    st.fragment(_view, run_every=TICK_SECONDS if info.is_active else None)(info)


def _view(info: RunInfo) -> None:
    try:
        history = session.history(info.id)
    except PlaygroundError:
        return  # forgotten by the server in the meantime: the page says so
    layers, frozen = info.run.network.layers, info.run.training.frozen_layers
    names = {
        index: f"{index + 1}. {layer.label()}{' (frozen)' if index in frozen else ''}"
        for index, layer in enumerate(layers)
        if layer.weighted
    }
    if not names:
        st.info("This network has no layer with weights: nothing under the hood moves.", icon=":material/car_repair:")
        return
    _rate(info, history)
    if history.measured:
        _measures(info, history, names)
    elif info.is_active:
        st.info("Waiting for the first batch…", icon=":material/hourglass_empty:")
    else:
        st.info("Nothing was noted inside this run while it trained.", icon=":material/car_repair:")
    try:
        weights = _weights(info, history)
    except PlaygroundError:
        return  # it has not begun, or ended before it began
    _histograms(info, weights, names)
    _filters(info.run, weights)


def _rate(info: RunInfo, history: History) -> None:
    training = info.run.training
    rate = training.optimizer.learning_rate if history.learning_rate is None else history.learning_rate
    st.markdown(
        f"**Learning rate in force: {rate:.4g}** · {training.optimizer.title}, schedule: {training.schedule.title.lower()}. "
        "It scales every step."
    )


def _measures(run: RunInfo, history: History, names: Mapping[int, str]) -> None:
    """All that is measured: now as a table, and over the epochs as curves."""
    measured, latest = history.measured, history.measured[-1]
    st.html(measures_table(latest, names))
    st.caption(
        f"Batch {latest.step:,}, at epoch {latest.epoch:.2f}. About one batch a second is looked into, of a short run some "
        "fifty in all: batches that the network learns from, so these are the real gradient and the real step. "
        "The numbers at the lines are those of the layers."
    )
    revision = (run.id, len(measured), latest.step)
    idle = _can_be_idle(latest)
    panels: list[tuple[str, str, Callable[[], go.Figure] | None]] = [
        ("gradient", GRADIENT, lambda: gradient_figure(measured, names)),
        ("update", UPDATE, lambda: update_figure(measured, names)),
        ("activation", ACTIVATION, lambda: activation_figure(measured[0], latest, names)),
        ("idle", IDLE if idle else NEVER_IDLE, (lambda: idle_figure(measured, names)) if idle else None),
    ]
    if not isinstance(run.run.training.schedule, Constant) or len({look.learning_rate for look in measured}) > 1:
        panels.append(("rate", RATE, lambda: rate_figure(measured)))
    for first in range(0, len(panels), 2):
        for place, (key, words, make) in zip(st.columns(2), panels[first : first + 2], strict=False):
            with place:
                st.markdown(words)
                if make is not None:
                    figure_view(make, key=f"hood.{key}", revision=revision)


def _can_be_idle(look: LayersMeasured) -> bool:
    return any(layer.dead_share is not None or layer.saturated_share is not None for layer in look.layers)


def _weights(info: RunInfo, history: History) -> Weights:
    """The weights of now, kept for about a second, longer for large networks."""
    kept = st.session_state.get("hood_weights")
    parameters = history.started.num_parameters if history.started else 0
    age = WEIGHTS_AGE_SECONDS + SECONDS_A_PARAMETER * parameters
    if kept is not None and kept[0] == (info.id, info.status) and (not info.is_active or time.monotonic() - kept[1] < age):
        weights: Weights = kept[2]
        return weights
    weights = session.service().weights(info.id, timeout=WAIT_SECONDS)
    st.session_state["hood_weights"] = ((info.id, info.status), time.monotonic(), weights)
    return weights


def _histograms(info: RunInfo, weights: Weights, names: Mapping[int, str]) -> None:
    st.markdown(
        "**Weights now, and at the start**, when they were drawn by chance. Where both lie on each other, the layer has hardly "
        "learned."
    )
    layers = list(names)
    if len(layers) > HISTOGRAMS:
        chosen = st.selectbox("Layer", layers, format_func=names.__getitem__, key="hood.layer", width=320)
        layers = [chosen]
    width = min(3, max(2, len(layers)))
    for first in range(0, len(layers), width):  # in rows, so that they stand in order on a narrow page too
        for place, layer in zip(st.columns(width), layers[first : first + width], strict=False):
            with place:
                _histogram(info, weights.tensors, weights.step, layer, names[layer])


def _histogram(info: RunInfo, tensors: Mapping[str, Tensor], step: int, layer: int, name: str) -> None:
    beginning = _beginning(info)
    shape = data.source(info.run.dataset).input_shape
    found = live_histogram(beginning.network, shape, beginning.seed, tensors, layer)
    if found is None:
        st.caption(f"{name}: its weights are beyond all bounds.")
        return

    def make() -> go.Figure:
        shown = [Histogram("now", found.now, found.edges), Histogram("at the start", found.start, found.edges)]
        return histogram_figure(shown, x_title="weight", height=250).update_layout(margin={"r": 20})

    spreads = f"spread {found.spread_start:.3g} → **{found.spread_now:.3g}**"
    st.markdown(f"Layer {layer + 1}, {found.title}: {found.num_weights:,} weights, {spreads}")
    figure_view(make, key=f"hood.weights.{layer}", revision=(info.id, step, info.status), zoom_key=f"{info.id}/{layer}")


def _beginning(info: RunInfo) -> RunSpec:
    """The run whose seed drew the first weights: a branch goes on from another run's."""
    run = info.run
    parent = info.origin.parent
    for _ in range(ANCESTORS):
        if parent is None:
            break
        try:
            before = session.service().info(parent)
        except PlaygroundError:
            break
        run, parent = before.run, before.origin.parent
    return run


def _filters(run: RunSpec, weights: Weights) -> None:
    filters = first_filters(run, weights.tensors, data.source(run.dataset).input_shape)
    if filters is None:
        return
    unit = "filter" if filters.kind == "kernels" else "neuron"
    count = len(filters.images)
    more = f", the first {FILTERS}" if count > FILTERS else ""
    st.markdown(
        f"**What the first layer looks for** ({filters.title}: {count:,} {unit}s{more}). Blue: ink here speaks for the {unit}; "
        "orange: against it; white: it does not care."
    )
    st.html(filter_pictures(filters.images[:FILTERS], unit))
