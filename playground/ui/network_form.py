"""The layers as a list that can be edited: add, remove, move, duplicate, and every parameter."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from playground import settings
from playground.catalog import LAYERS
from playground.catalog.layer import LayerEntry
from playground.catalog.layers import Dense, Dropout
from playground.edits import with_layers
from playground.figures.diagram import shape_text, short
from playground.findings import Plan
from playground.spec import NetworkSpec
from playground.ui.bench import WORKBENCH, Bench
from playground.ui.forms import choose_entry, edit_fields
from playground.ui.lesson import LOCKED_WORDS, is_locked


def network_form(plan: Plan, bench: Bench = WORKBENCH) -> None:
    """Edits the bench's network in place."""
    run = bench.run()
    layers = run.network.layers
    locked = is_locked("network")
    edited = tuple(_row(plan, index, layer, len(layers), locked, bench) for index, layer in enumerate(layers))
    if locked:
        st.caption(f":material/lock: The layers stay as they are. {LOCKED_WORDS}")
    else:
        _adding(layers, bench)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        key = f"initialisation.{bench.revision()}"
        with st.container(width=320):
            held = is_locked("initialisation")
            chosen = choose_entry("initialisation", run.network.initialisation, key, "First weights", locked=held)
            initialisation = edit_fields(chosen, key, locked=held)
        st.button(
            "Dropout after every hidden Dense",
            icon=":material/blur_on:",
            help="Adds a Dropout layer of 0.25 behind each hidden Dense layer: a strong means against learning by heart.",
            on_click=_put,
            args=(_with_dropout(layers), bench),
            disabled=locked or _with_dropout(layers) == layers,
        )
    if edited != layers or initialisation != run.network.initialisation:
        bench.keep(run.model_copy(update={"network": NetworkSpec(layers=edited, initialisation=initialisation)}))
        st.rerun()


def _row(plan: Plan, index: int, layer: LayerEntry, count: int, locked: bool, bench: Bench) -> LayerEntry:
    revision = bench.revision()
    report = plan.layers[index]
    problems = [finding for finding in plan.findings if finding.layer == index]
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key=f"layer-row-{index}"):
        mark = (":red[✕] " if problems[0].severity == "error" else ":orange[!] ") if problems else ""
        st.markdown(f"{mark}**{index + 1}. {layer.label()}**", width=210)
        cost = f" · {short(report.num_parameters)} parameters" if report.num_parameters else ""
        st.markdown(f":small[→ {shape_text(report.output_shape)}{cost}]", width=230)
        icon = ":material/lock:" if locked else ":material/tune:"
        with st.popover("Settings" if locked else "Edit", icon=icon, disabled=len(type(layer).model_fields) == 1):
            st.markdown(f"**{layer.title}**: {layer.help}")
            edited = edit_fields(layer, f"layer.{revision}.{index}", locked=locked)
        for icon, help, changed, disabled in (
            ("arrow_upward", "Move up", _moved(plan.run.network.layers, index, -1), index == 0),
            ("arrow_downward", "Move down", _moved(plan.run.network.layers, index, 1), index == count - 1),
            ("content_copy", "Duplicate", _inserted(plan.run.network.layers, index + 1, layer), False),
            ("delete", "Remove", _removed(plan.run.network.layers, index), False),
        ):
            st.button(
                f":material/{icon}:",
                key=f"{icon}.{revision}.{index}",
                help=f"{help} layer {index + 1}",
                on_click=_put,
                args=(changed, bench),
                disabled=disabled or locked,
                type="tertiary",
            )
    return edited


def _adding(layers: Sequence[LayerEntry], bench: Bench) -> None:
    revision = bench.revision()
    full = len(layers) >= settings.number("max_layers")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        kind = st.selectbox(
            "New layer", list(LAYERS), format_func=lambda kind: LAYERS[kind].title, key="new-layer.kind", width=200
        )
        places = list(range(len(layers) + 1))
        # Most layers belong before the last one, which gives the scores.
        place = st.selectbox(
            "Where",
            places,
            index=max(0, len(layers) - 1),
            format_func=lambda place: "at the end" if place == len(layers) else f"before {place + 1}. {layers[place].label()}",
            key=f"new-layer.place.{revision}",
            width=260,
        )
        st.button(
            "Add layer",
            icon=":material/add:",
            type="primary",
            disabled=full,
            on_click=_put,
            args=(_inserted(layers, place, LAYERS[kind]()), bench),
        )
    st.caption(
        f"This network has the {settings.number('max_layers')} layers that this server allows." if full else LAYERS[kind].help
    )


def _put(layers: tuple[LayerEntry, ...], bench: Bench) -> None:
    bench.replace(with_layers(bench.run(), layers))


def _moved(layers: Sequence[LayerEntry], index: int, by: int) -> tuple[LayerEntry, ...]:
    moved = list(layers)
    moved.insert(max(0, index + by), moved.pop(index))
    return tuple(moved)


def _inserted(layers: Sequence[LayerEntry], place: int, layer: LayerEntry) -> tuple[LayerEntry, ...]:
    return (*layers[:place], layer, *layers[place:])


def _removed(layers: Sequence[LayerEntry], index: int) -> tuple[LayerEntry, ...]:
    return (*layers[:index], *layers[index + 1 :])


def _with_dropout(layers: Sequence[LayerEntry]) -> tuple[LayerEntry, ...]:
    """A Dropout behind every hidden Dense layer that has none yet."""
    result: list[LayerEntry] = []
    for index, layer in enumerate(layers):
        result.append(layer)
        hidden = isinstance(layer, Dense) and index < len(layers) - 1
        if hidden and not isinstance(layers[index + 1], Dropout):
            result.append(Dropout())
    return tuple(result)
