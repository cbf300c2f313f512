"""Ingredients: all activations, losses and optimizers of the catalogue, each with something to try.

A view is one function without arguments, and one line in `VIEWS`. What there is to choose comes from the catalogue.
"""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from playground.insight.step_trial import read_ahead
from playground.ui.ingredients_activation import ActivationTrial, activation_view
from playground.ui.ingredients_look import FAMILIES, TABS, Take, open_look, take_trial
from playground.ui.ingredients_loss import LossTrial, loss_view
from playground.ui.ingredients_optimizer import OptimizerTrial, optimizer_view
from playground.ui.ingredients_race import race_view
from playground.ui.ingredients_racers import take_race

# The family, its view, and what takes over what its links hold.
VIEWS: tuple[tuple[str, Callable[[], None], Take], ...] = (
    ("activation", activation_view, take_trial("activation", ActivationTrial)),
    ("loss", loss_view, take_trial("loss", LossTrial)),
    ("optimizer", optimizer_view, take_trial("optimizer", OptimizerTrial)),
    ("race", race_view, take_race),
)


def ingredients_page() -> None:
    """The whole page below the frame. Only the open view is computed and sent; what is changed in it redraws it alone."""
    st.subheader("Ingredients", anchor=False)
    st.caption(
        "What networks are made of. Drag anything: all curves are computed by PyTorch. The address holds all that you set: "
        "copy it to show it to others."
    )
    read_ahead()
    problem = open_look({family: take for family, _, take in VIEWS})
    if problem is not None:
        st.info(problem, icon=":material/search_off:")
    tabs = st.tabs([FAMILIES[family][0] for family, _, _ in VIEWS], key=TABS, on_change="rerun")
    for tab, (_, view, _) in zip(tabs, VIEWS, strict=True):
        if tab.open:
            with tab:
                st.fragment(view)()
