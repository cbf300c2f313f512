"""What each layer makes of the image: its outputs as small pictures, one of them enlarged."""

from __future__ import annotations

import streamlit as st

from playground.figures.feature_maps import Strip, colour_limit, map_figure, neurons_figure, strips_html
from playground.figures.theme import alt_text
from playground.insight.activations import LayerActivation, activations, spread
from playground.insight.networks import TrainedNetwork
from playground.insight.quick import quick
from playground.ui.chosen_image import ChosenImage
from playground.ui.clickable import clickable
from playground.ui.looked_at import asked_network
from playground.ui.snapshots import Snapshot

FIRST_MAPS = 16
MOST_NEURONS = 4096
MOST_MAPS = 512
_STRIP_LETTERS = 60  # of all names together, below the bars of a strip
PANEL = "explain_enlarged"
_LAYER, _MAP = "explain_layer", "explain_map"

# The enlarged picture stays in sight while one scrolls down the layers; on a phone it comes first.
_STYLE = f"""<style>
@media (min-width: 641px) {{.st-key-{PANEL} {{position:sticky; top:3.6rem;}}}}
@media (max-width: 640px) {{.st-key-explain_layers [data-testid="stColumn"]:has(.st-key-{PANEL}) {{order:-1;}}}}
</style>"""


def layers_view(kept: Snapshot, image: ChosenImage) -> None:
    """A strip for each layer; a click on a picture enlarges it."""
    trained = asked_network(kept)
    with quick():
        layers = activations(trained, image.inputs(trained))
    chosen, unit = _chosen(layers)
    st.html(_STYLE)
    if not any(layer.is_maps for layer in layers):
        everything = own = False
        st.markdown("Blue: a positive number; orange: negative. **Click a layer to enlarge it.**")
    else:
        everything, own = _map_choices()
    with st.container(key="explain_layers"):
        strips, panel = st.columns([3, 2])
        with strips:
            shown = [_strip(layer, _short(_names(trained, layer, layers)), everything, own) for layer in layers]
            picked = f"{chosen}:{unit}" if layers[chosen].is_maps else f"{chosen}:"
            clickable(strips_html(shown), key="explain_strips", picked=picked, on_pick=_pick, target=PANEL)
        with panel, st.container(key=PANEL):
            _enlarged(trained, layers, chosen, unit, own)


def _map_choices() -> tuple[bool, bool]:
    """Whether all maps are shown, and each in its own scale."""
    with st.container(horizontal=True, vertical_alignment="center"):
        everything = st.toggle("Show all maps", key="explain_all_maps", help=f"Otherwise the first {FIRST_MAPS} of each layer.")
        own = st.toggle(
            "Each map its own scale",
            key="explain_own_scale",
            help="Otherwise all maps of a layer share one scale, and can be compared.",
        )
    st.markdown("Blue: a positive number; orange: negative; white: 0. The darker, the larger. **Click a picture to enlarge it.**")
    return everything, own


def _chosen(layers: tuple[LayerActivation, ...]) -> tuple[int, int]:
    """The place of the enlarged layer among `layers`, and its map; at the beginning the first layer's, or all outputs."""
    begin = 1 if len(layers) > 1 and layers[1].is_maps else len(layers) - 1
    place = min(int(st.session_state.get(_LAYER, begin)), len(layers) - 1)
    unit = min(int(st.session_state.get(_MAP, 0)), layers[place].num_units - 1) if layers[place].is_maps else 0
    return place, unit


def _pick(picked: str) -> None:
    """A clicked picture: "2:5" is map 5 of layer 2, "7:" all neurons of layer 7."""
    layer, _, unit = picked.partition(":")
    if layer.isdecimal():
        _choose(int(layer), int(unit) if unit.isdecimal() else 0)


def _choose(layer: int, unit: int) -> None:
    st.session_state[_LAYER], st.session_state[_MAP] = layer, unit


def _names(trained: TrainedNetwork, layer: LayerActivation, layers: tuple[LayerActivation, ...]) -> tuple[str, ...]:
    """What a layer's numbers stand for: the columns of a table, the network's answers; () for what is between them."""
    names = trained.output_names if layer is layers[-1] else trained.dataset.feature_names if layer.layer < 0 else ()
    return names if not layer.is_maps and len(names) == layer.num_units else ()


def _short(names: tuple[str, ...]) -> tuple[str, ...]:
    """The names that can be read under small bars; () when they are too long for that."""
    return names if len(names) <= 1 or sum(map(len, names)) <= _STRIP_LETTERS else ()


def _strip(layer: LayerActivation, names: tuple[str, ...], everything: bool, own: bool) -> Strip:
    most = (MOST_MAPS if everything else FIRST_MAPS) if layer.is_maps else MOST_NEURONS
    values = layer.values[:most]
    limit = None if own and layer.is_maps else colour_limit(layer.values)
    return Strip(
        f"{layer.layer + 1}:", _title(layer), f"· {_shape_words(layer, len(values))} · {_in_words(layer)}", values, limit, names
    )


def _title(layer: LayerActivation) -> str:
    return layer.title if layer.layer < 0 else f"{layer.layer + 1}. {layer.title}"


def _shape_words(layer: LayerActivation, shown: int) -> str:
    kind = ("map" if layer.is_maps else "number") + ("" if layer.num_units == 1 else "s")
    size = f" of {layer.shape[1]} × {layer.shape[2]}" if layer.is_maps else ""
    first = f", the first {shown:,} shown" if shown < layer.num_units else ""
    return f"{layer.num_units:,} {kind}{size}{first}"


def _in_words(layer: LayerActivation) -> str:
    told = spread(layer.values)
    if told.broken == layer.values.size:
        return "not one of them is a number any more"
    low, high = f"{told.minimum:.3g}", f"{told.maximum:.3g}"
    words = low if low == high else f"from {low} to {high}"
    if told.zero_share:
        words += f" · {told.zero_share:.0%} exactly 0"
    if told.broken:
        words += f" · {told.broken:,} are not numbers"
    return words


def _enlarged(trained: TrainedNetwork, layers: tuple[LayerActivation, ...], chosen: int, unit: int, own: bool) -> None:
    """The chosen map or layer, with its values on hovering; the two lists do what a click does."""
    layer = layers[chosen]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        key = f"explain_layer_list.{chosen}"
        st.selectbox(
            "Enlarged",
            range(len(layers)),
            chosen,
            format_func=lambda place: _title(layers[place]),
            key=key,
            on_change=lambda: _choose(int(st.session_state[key]), 0),
            width=230,
        )
        if layer.is_maps and layer.num_units > 1:
            map_key = f"explain_map_number.{chosen}.{unit}"
            st.number_input(
                f"Map (1 to {layer.num_units})",
                1,
                layer.num_units,
                unit + 1,
                key=map_key,
                on_change=lambda: _choose(chosen, int(st.session_state[map_key]) - 1),
                width=140,
            )
    title = f"{_title(layer)}, map {unit + 1}" if layer.is_maps else _title(layer)
    if layer.is_maps:
        values = layer.values[unit]
        figure = map_figure(values, title, None if own else colour_limit(layer.values))
    else:
        values = layer.values[:MOST_NEURONS]
        figure = neurons_figure(values, title, _names(trained, layer, layers))
    st.plotly_chart(figure, key="explain_enlarged_figure", config={"displayModeBar": False}, alt=alt_text(figure))
    told = spread(values)
    if told.broken:
        st.warning(f"{told.broken:,} of these {values.size:,} values are not numbers: the weights grew beyond all bounds.")
    st.caption(
        f"Smallest **{told.minimum:.4g}**, largest **{told.maximum:.4g}**, exactly 0: **{told.zero_share:.1%}**. "
        f"{_output_words(trained, layer) if layer is layers[-1] else ''}"
    )


def _output_words(trained: TrainedNetwork, layer: LayerActivation) -> str:
    if layer.num_units != 1 or layer.output != "any":
        return _OUTPUTS[layer.output]
    name, value = trained.output_names[0], float(layer.values[0])
    if trained.dataset.num_classes:
        side = "for" if value > 0 else "against"
        return f"The network's output. Above 0 speaks for “{name}”, below 0 against it: this one {side}."
    mean, spread = trained.batches.target_mean, trained.batches.target_spread
    if (mean, spread) == (0, 1):
        return f"The network's output: it stands for “{name}”."
    return f"The network's output, standardised: × {spread:.4g} + {mean:.4g} = **{value * spread + mean:.4g}** for “{name}”."


_OUTPUTS = {
    "any": "These scores are the network's output; above stand the probabilities that they become.",
    "probabilities": "After softmax these are probabilities: together they make 1.",
    "log-probabilities": "These are logarithms of probabilities: 0 means certain, and lower is less likely.",
}
