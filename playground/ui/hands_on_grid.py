"""Hands on: the weights of one neuron, filter or layer, to be clicked and changed."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
import streamlit as st
import torch

from playground.figures.theme import alt_text
from playground.figures.weight_grid import shown_indices, weight_grid, weight_places
from playground.insight.surgery import SetNumber
from playground.insight.unit_paths import Blueprint, number_words
from playground.ui.hands_on_state import add, operation, weights_after
from playground.ui.looked_at import asked_network
from playground.ui.snapshots import Snapshot

_NAMES = {"weight": "Weights", "bias": "Biases"}
_NORM_NAMES = {"weight": "Scales", "bias": "Shifts"}
_MAX_MARKS = 400


def weights_view(kept: Snapshot, blueprint: Blueprint, layer: int, unit: int) -> None:
    """A picture of the weights; a click chooses one, a number changes it."""
    weights = weights_after(kept, operation(kept).edits)
    parameters = blueprint.parameters(weights, layer)
    has_units = layer in blueprint.weighted
    names = _NAMES if has_units else _NORM_NAMES
    part = str(
        st.segmented_control(
            "Numbers",
            list(parameters),
            default="weight",
            required=True,
            format_func=lambda part: names[part],
            key=f"hands_on_part.{layer}.{len(parameters)}",
            label_visibility="collapsed",
        )  # fmt: skip
    )
    tensor, original = weights[parameters[part]], kept.weights.tensors[parameters[part]]
    first, shape = 0, tuple(tensor.shape)
    if part == "weight" and has_units:
        shape = blueprint.seen_shape(layer)
        size = tensor[unit].numel()
        first = unit * size
        tensor, original = tensor[unit], original[unit]
        words = f"Weights of {blueprint.unit(layer)} {unit + 1}"
    else:
        words = names[part]
    owners = _number_names(blueprint, layer, part)
    page = np.arange(len(owners))[:, None] if owners and owners == blueprint.columns else _page(weight_places(shape), layer, part)
    values, before = tensor.reshape(-1), original.reshape(-1)
    finite = values[values.isfinite()].abs()
    limit = float(torch.quantile(finite[:1_000_000], 0.99)) if len(finite) else 1.0
    limit = limit or float(finite.max() if len(finite) else 0.0) or 1.0
    chosen_key = f"hands_on_number.{kept.run_id}.{layer}.{part}.{first}"
    chosen = min(int(st.session_state.get(chosen_key, shown_indices(page)[0])), len(values) - 1)
    changed = (values != before).nonzero()[:, 0].tolist()
    figure = weight_grid(
        values.numpy(), page, words, limit=limit, chosen=chosen, edited=changed if len(changed) <= _MAX_MARKS else (),
        names=owners,
    )  # fmt: skip
    key = f"hands_on_grid.{chosen_key}.{int(page.max())}"
    st.plotly_chart(
        figure,
        key=key,
        on_select=lambda: _take_click(key, chosen_key, shown_indices(page).tolist()),
        selection_mode="points",
        config={"displayModeBar": False},
        alt=alt_text(figure),
    )
    _number(
        kept,
        blueprint,
        SetNumber(layer=layer, parameter=part, index=first + chosen),
        float(values[chosen]),
        float(before[chosen]),
    )
    st.caption(
        f"{words}. Blue: above 0, orange: below. Click one to change it."
        + (f" {len(changed):,} were changed." if changed else "")
    )


def _number_names(blueprint: Blueprint, layer: int, part: str) -> tuple[str, ...]:
    """What each number shown belongs to: the columns of a table, or the neurons before; empty where places say it."""
    if layer not in blueprint.weighted:
        return blueprint.columns if blueprint.sees_columns(layer) else ()
    if part == "bias":
        return tuple(f"{blueprint.unit(layer)} {unit + 1}" for unit in range(blueprint.num_units(layer)))
    return blueprint.columns if blueprint.sees_columns(layer) else blueprint.seen_names(layer)


def _number(kept: Snapshot, blueprint: Blueprint, edit: SetNumber, now: float, before: float) -> None:
    name = number_words(blueprint, edit.layer, edit.parameter, edit.index)
    told = f"{now:.4g}" if now == before else f"{now:.4g}, it was {before:.4g}"
    st.markdown(f"{name[:1].upper()}{name[1:]}: **{told}**")
    if edit.layer == 0 and edit.parameter == "weight" and blueprint.sees_columns(0):
        _own_unit(kept, blueprint, edit.index % len(blueprint.columns), now)
    field = SetNumber.model_fields["value"]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        key = f"hands_on_value.{edit.layer}.{edit.parameter}.{edit.index}.{now!r}"
        shown = now if math.isfinite(now) and abs(now) <= 1e6 else 0.0
        value = st.number_input(
            str(field.title), -1e6, 1e6, shown, step=0.1, format="%.5g", key=key, help=field.description, width=190
        )
        changed = edit.model_copy(update={"value": float(value)})
        st.button(
            "Set it", icon=SetNumber.icon, key="hands_on_do_set", on_click=add, args=(kept, changed), disabled=value == shown
        )
        zero = edit.model_copy(update={"value": 0.0})
        st.button("Set to 0", key="hands_on_do_zero", on_click=add, args=(kept, zero), disabled=now == 0)
        back = edit.model_copy(update={"value": before})
        st.button(
            "As it was",
            key="hands_on_do_back",
            on_click=add,
            args=(kept, back),
            disabled=now == before or not math.isfinite(before),
        )


def _own_unit(kept: Snapshot, blueprint: Blueprint, column: int, weight: float) -> None:
    """What the weight means in the column's own unit: the network sees it standardised."""
    batches = asked_network(kept).batches
    if not isinstance(batches.mean, torch.Tensor) or not isinstance(batches.spread, torch.Tensor) or not math.isfinite(weight):
        return  # it sees the columns as they are
    name, mean, spread = blueprint.columns[column], float(batches.mean[column]), float(batches.spread[column])
    st.caption(
        f"The network sees “{name}” standardised: minus {mean:.4g}, divided by {spread:.3g} (mean and spread of what it learned "
        f"from). So {spread:.3g} more of it changes the neuron's sum by {weight:+.3g}."
    )


def _page(pages: list[npt.NDArray[np.int64]], layer: int, part: str) -> npt.NDArray[np.int64]:
    """Which of the pages, where not all numbers are shown at once."""
    if len(pages) == 1:
        return pages[0]
    number = st.number_input(f"Part (1 to {len(pages)})", 1, len(pages), key=f"hands_on_page.{layer}.{part}", width=160)
    return pages[int(number) - 1]


def _take_click(key: str, chosen_key: str, indices: list[int]) -> None:
    points = st.session_state[key].selection.points
    if points:
        st.session_state[chosen_key] = indices[int(points[-1]["point_index"])]
