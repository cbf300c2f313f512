"""Maps: the images as the network sees them, and the landscape that its training went through."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from playground.ui.looked_at import network_picker
from playground.ui.maps_choices import SLOT
from playground.ui.maps_landscape import landscape_view
from playground.ui.maps_layers import layers_view
from playground.ui.maps_one_layer import one_layer_view
from playground.ui.snapshots import Snapshot

VIEWS: tuple[tuple[str, Callable[[Snapshot], None]], ...] = (
    ("Map of the images", one_layer_view),
    ("Layer by layer", layers_view),
    ("Loss landscape", landscape_view),
)


def maps_page() -> None:
    """The whole page below the frame. Only the open view is computed and sent."""
    st.subheader("Maps", anchor=False)
    kept = network_picker(SLOT)
    if kept is None:
        return
    tabs = st.tabs([name for name, _ in VIEWS], key="maps_view", on_change="rerun")
    for tab, (_, view) in zip(tabs, VIEWS, strict=True):
        if tab.open:
            with tab:
                view(kept)
