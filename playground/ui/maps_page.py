"""Maps: the images as the network sees them, and the landscape that its training went through."""

from __future__ import annotations

import streamlit as st

from playground.ui.looked_at import network_picker
from playground.ui.maps_choices import SLOT
from playground.ui.maps_landscape import landscape_view
from playground.ui.maps_layers import layers_view
from playground.ui.maps_one_layer import one_layer_view
from playground.ui.snapshots import Snapshot
from playground.ui.views import View, show_tabs

VIEWS: tuple[View[Snapshot], ...] = (
    View("Map of the data", one_layer_view),
    View("Layer by layer", layers_view),
    View("Loss landscape", landscape_view),
)


def maps_page() -> None:
    """The whole page below the frame. Only the open view is computed and sent."""
    st.subheader("Maps", anchor=False)
    kept = network_picker(SLOT)
    if kept is None:
        return
    show_tabs(VIEWS, kept.run, "maps_view", lambda view: view.draw(kept))
