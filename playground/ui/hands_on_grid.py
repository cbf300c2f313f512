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
    pages = weight_places(shape)
    page = _page(pages, layer, part)
    values, before = tensor.reshape(-1), original.reshape(-1)
    finite = values[values.isfinite()].abs()
    limit = float(torch.quantile(finite[:1_000_000], 0.99)) if len(finite) else 1.0
    limit = limit or float(finite.max() if len(finite) else 0.0) or 1.0
    chosen_key = f"hands_on_number.{kept.run_id}.{layer}.{part}.{first}"
    chosen = min(int(st.session_state.get(chosen_key, shown_indices(page)[0])), len(values) - 1)
    changed = (values != before).nonzero()[:, 0].tolist()
    figure = weight_grid(
        values.numpy(), page, words, limit=limit, chosen=chosen, edited=changed if len(changed) <= _MAX_MARKS else ()
    )
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


def _number(kept: Snapshot, blueprint: Blueprint, edit: SetNumber, now: float, before: float) -> None:
    name = number_words(blueprint, edit.layer, edit.parameter, edit.index)
    told = f"{now:.4g}" if now == before else f"{now:.4g}, it was {before:.4g}"
    st.markdown(f"{name[:1].upper()}{name[1:]}: **{told}**")
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
