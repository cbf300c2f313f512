"""Explain: what each layer makes of one image, and why the network answers what it answers."""

from __future__ import annotations

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from playground import data
from playground.data.sources import Source
from playground.errors import PlaygroundError
from playground.figures.reading import named, percent, probability_bars
from playground.insight.activations import predicted_number, prediction
from playground.insight.quick import quick
from playground.ui import explain_counterfactual, explain_likes, explain_neighbours
from playground.ui.chosen_image import ChosenImage, row_values
from playground.ui.explain_attribution import attribution_view
from playground.ui.explain_columns import columns_view
from playground.ui.explain_layers import layers_view
from playground.ui.looked_at import asked_network, image_picker, network_picker
from playground.ui.snapshots import Snapshot
from playground.ui.views import BOTH, View, show_tabs

MOST_BARS = 12
_VIEW = "explain_view"

# Lower bars than on the Draw page: here they are the heading, not the matter.
_STYLE = """<style>
.st-key-explain_head .bars {gap:3px 22px;}
.st-key-explain_head .bar {font-size:.95rem; line-height:1.15;}
.st-key-explain_head .bar .track {height:13px;}
</style>"""


def _inputs(kept: Snapshot, image: ChosenImage) -> None:
    (attribution_view if image.pixels.ndim == 3 else columns_view)(kept, image)


# To add a view is to add one line.
VIEWS: tuple[View[Snapshot, ChosenImage], ...] = (
    View("Layers", layers_view, help="What each layer makes of it, from the input to the answer."),
    View("Inputs", _inputs, help="Which pixels, or columns, speak for the answer, and which against it."),
    View("Likes", explain_likes.view, BOTH, "What a neuron or a class likes most: a picture made for it, and real images."),
    View("Look-alikes", explain_neighbours.view, BOTH, "The images that the network finds most like this one."),
    View("Change its mind", explain_counterfactual.view, BOTH, "The smallest change found that makes it answer something else."),
)


def explain_page() -> None:
    """The whole page below the frame."""
    st.subheader("Explain", anchor=False)
    kept = network_picker()
    if kept is None:
        return
    st.html(_STYLE)
    with st.container(horizontal=True, gap="medium", key="explain_head"):
        with st.container(width=340):
            image = image_picker(kept)
        with st.container(width="stretch"):
            understood = image is not None and _answer(kept, image)
    if _VIEW in st.session_state:
        st.session_state[_VIEW] = st.session_state[_VIEW]  # else the open tab is forgotten while there is no image
    if image is not None:
        row_values(image, data.source(kept.run.dataset))
    if image is not None and understood:
        _tabs(kept, image)


def _answer(kept: Snapshot, image: ChosenImage) -> bool:
    """The network's answer beside the image; False when it cannot be asked at all."""
    source = data.source(kept.run.dataset)
    names = source.class_names
    try:
        trained = asked_network(kept)
        with quick():
            if not names:
                _number(source, predicted_number(trained, image.inputs(trained)), image, kept)
                return True
            shares = prediction(trained, image.inputs(trained))
    except PlaygroundError as problem:
        st.warning(str(problem), icon=":material/error:")
        return "not a number" in problem.what
    best = int(shares.argmax())
    truth = "" if image.label is None else " That is right." if image.label == best else f" It is {named(names[image.label])}."
    st.markdown(f"The network says: **{named(names[best])}**, {percent(float(shares[best]))} sure.{truth}")
    shown, kept_names, true_class = likeliest(shares, names, image.label)
    st.html(probability_bars(shown, kept_names, true_class))
    left = "" if len(shown) == len(shares) else f" The {len(shown)} likeliest of {len(shares)} classes."
    st.caption(f"Weights {kept.when}.{left}")
    return True


def _number(source: Source, said: float, image: ChosenImage, kept: Snapshot) -> None:
    """What a regression tells, and how far off that is."""
    st.markdown(f"The network says: **{said:.4g}** for “{source.target_name}”.")
    if image.target is not None:
        off = said - image.target
        side = "too much" if off > 0 else "too little"
        st.markdown(f"It is **{image.target:.4g}**: that is {abs(off):.3g} {side}." if off else "That is exactly right.")
    st.caption(f"Weights {kept.when}.")


def likeliest(
    shares: NDArray[np.float64], names: tuple[str, ...], label: int | None, most: int = MOST_BARS
) -> tuple[NDArray[np.float64], tuple[str, ...], int | None]:
    """Shares, names and the true one's place among the `most` likeliest classes, in the classes' own order."""
    rows = sorted(int(row) for row in np.argsort(-shares, kind="stable")[:most])
    return shares[rows], tuple(names[row] for row in rows), rows.index(label) if label in rows else None


def _tabs(kept: Snapshot, image: ChosenImage) -> None:
    show_tabs(VIEWS, kept.run, _VIEW, lambda view: view.draw(kept, image))
