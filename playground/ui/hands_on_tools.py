"""Hands on: the tools, one form an edit, derived from its fields."""

from __future__ import annotations

import streamlit as st

from playground.insight.surgery import EDITS, Edit, FreezeLayer, KillLayer, KillUnit, ScaleLayer, ScaleUnit, ThawLayer
from playground.insight.unit_paths import Blueprint
from playground.ui.forms import edit_fields
from playground.ui.hands_on_state import add, frozen
from playground.ui.snapshots import Snapshot

_UNITS, _NUMBER = "Neuron", "Number"  # a number is chosen in the picture of the weights
_CHOSEN_BY_PLACE = ("kind", "layer", "unit")


def chosen_layer(kept: Snapshot, blueprint: Blueprint) -> int:
    """The layer that the tools and the picture of the weights are about."""
    cold = frozen(kept)
    layers = list(blueprint.with_parameters)
    key = f"hands_on_layer.{kept.run_id}"
    st.session_state.setdefault(key, layers[0])
    return int(
        st.selectbox(
            "Layer",
            layers,
            format_func=lambda index: (
                f"{index + 1}. {blueprint.reports[index].layer.label()}{' ❄ frozen' if index in cold else ''}"
            ),
            key=key,
            persist_state="session",
            help="The tools below, and the weights beside them, are about this layer.",
        )
    )


def chosen_unit(kept: Snapshot, blueprint: Blueprint, layer: int) -> int:
    """The neuron or filter, from 0."""
    if layer not in blueprint.weighted:
        return 0
    name = blueprint.unit(layer).capitalize()
    count = blueprint.num_units(layer)
    key = f"hands_on_unit.{kept.run_id}.{layer}"
    number = st.number_input(
        f"{name} (1 to {count:,})", 1, count, key=key, persist_state="session", help=f"Which {name.lower()}."
    )
    return int(number) - 1


def tools(kept: Snapshot, blueprint: Blueprint, layer: int, unit: int) -> None:
    """The forms of one group of edits."""
    groups = list(dict.fromkeys(kind.group for kind in EDITS if kind.group != _NUMBER))
    if layer not in blueprint.weighted:
        groups.remove(_UNITS)
    unit_name = blueprint.unit(layer).capitalize()
    group = st.segmented_control(
        "Tools",
        groups,
        default=groups[0],
        required=True,
        format_func=lambda group: unit_name if group == _UNITS else group,
        key=f"hands_on_tools.{groups[0]}.{unit_name}",
        label_visibility="collapsed",
    )
    for kind in EDITS:
        if kind.group == group and _applies(kind, kept, blueprint, layer):
            _form(kind, kept, layer, unit)


def _applies(kind: type[Edit], kept: Snapshot, blueprint: Blueprint, layer: int) -> bool:
    if kind in (FreezeLayer, ThawLayer):
        return (layer in frozen(kept)) == (kind is ThawLayer)
    return layer in blueprint.weighted or kind not in (KillUnit, ScaleUnit, KillLayer, ScaleLayer)


def _form(kind: type[Edit], kept: Snapshot, layer: int, unit: int) -> None:
    fields = tuple(name for name in kind.model_fields if name not in _CHOSEN_BY_PLACE)
    known = {"layer": layer, "unit": unit}
    edit = kind(**{name: value for name, value in known.items() if name in kind.model_fields})
    name = str(edit.kind)  # type: ignore[attr-defined]
    with st.container(border=True, key=f"hands_on_{name}"):
        if len(fields) > 1:
            edit = edit_fields(edit, f"hands_on.{name}", only=fields, columns=len(fields))
        with st.container(horizontal=True, vertical_alignment="bottom"):
            if len(fields) == 1:
                with st.container(width=150):
                    edit = edit_fields(edit, f"hands_on.{name}", only=fields)
            st.button(kind.title, icon=kind.icon, key=f"hands_on_do_{name}", on_click=add, args=(kept, edit))
        st.caption(kind.help)
