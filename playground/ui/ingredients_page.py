"""Ingredients: all activations, losses and optimizers of the catalogue, each with something to try.

A view is one function without arguments, and one line in `VIEWS`. What there is to choose comes from the catalogue.
"""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from playground.insight.step_trial import read_ahead
from playground.ui.ingredients_activation import activation_view
from playground.ui.ingredients_look import FAMILIES, TABS, open_look
from playground.ui.ingredients_loss import loss_view
from playground.ui.ingredients_optimizer import optimizer_view
from playground.ui.ingredients_race import race_view

VIEWS: tuple[tuple[str, Callable[[], None]], ...] = (
    (FAMILIES["activation"][0], activation_view),
    (FAMILIES["loss"][0], loss_view),
    (FAMILIES["optimizer"][0], optimizer_view),
    (FAMILIES["race"][0], race_view),
)


def ingredients_page() -> None:
    """The whole page below the frame. Only the open view is computed and sent; what is changed in it redraws it alone."""
    st.subheader("Ingredients", anchor=False)
    st.caption(
        "What networks are made of. Drag anything: all curves are computed by PyTorch. The address keeps what you look at."
    )
    read_ahead()
    missing = open_look()
    if missing is not None:
        st.info(
            f"The address asks for “{missing}”, which is not among the ingredients. Choose one of those below.",
            icon=":material/search_off:",
        )
    tabs = st.tabs([name for name, _ in VIEWS], key=TABS, on_change="rerun")
    for tab, (_, view) in zip(tabs, VIEWS, strict=True):
        if tab.open:
            with tab:
                st.fragment(view)()
