"""A dozen training images as the network would see them: above as they are, below as augmentation changes them."""

from __future__ import annotations

import streamlit as st
import torch

from playground import data
from playground.catalog.augmentations import augment
from playground.errors import PlaygroundError
from playground.figures.images import tile, to_png
from playground.seeds import generator
from playground.spec import RunSpec
from playground.ui.datasets import effective

PREVIEWED = 12


def augmentation_preview(run: RunSpec) -> None:
    """Draws the preview; "Other draws" takes new random numbers."""
    name = effective(run).dataset.name
    if not data.is_available(name):
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption("A dozen images: as they are (above), and one draw of what training will see (below).", width="stretch")
        if st.button("Other draws", icon=":material/casino:", key="augmentation.draws"):
            st.session_state["augmentation_draw"] = st.session_state.get("augmentation_draw", 0) + 1
    try:
        dataset = data.load(name)
    except PlaygroundError as problem:
        st.warning(str(problem), icon=":material/error:")
        return
    images = dataset.x_train[:: max(1, data.source(name).num_train // PREVIEWED)][:PREVIEWED]
    draws = generator(run.seed, "preview", st.session_state.get("augmentation_draw", 0))
    changed = augment(images.float() / 255, run.training.augmentation, draws)
    both = torch.cat([images, (changed * 255).round().to(torch.uint8)])
    st.image(to_png(tile(both[:, 0].numpy(), columns=PREVIEWED, scale=3)))
