"""What the Ingredients page shows, as it stands in the address: `?look=loss.huber`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from playground.catalog import ACTIVATIONS, LOSSES, OPTIMIZERS
from playground.insight.surfaces import SURFACES
from playground.ui import address

PARAMETER = "look"
TABS = "ingredients_view"  # the tabs' key
# What can be looked at: the part of the address before the dot, the tab, and what there is.
FAMILIES: dict[str, tuple[str, Mapping[str, Any]]] = {
    "activation": ("Activations", ACTIVATIONS),
    "loss": ("Losses", LOSSES),
    "optimizer": ("Optimizers", OPTIMIZERS),
    "race": ("Race", SURFACES),
}


def open_look() -> str | None:
    """Has a page that was just opened show what the address names; returns what it names and is not there, if so."""
    text = st.query_params.get(PARAMETER)
    if TABS in st.session_state or not text:
        return None
    family, _, kind = text.partition(".")
    if family not in FAMILIES or (kind and kind not in FAMILIES[family][1]):
        return text
    show(family, kind)
    return None


def show(family: str, kind: str = "") -> None:
    """Opens a tab, and chooses what is looked at in it."""
    st.session_state[TABS] = FAMILIES[family][0]
    if kind:
        st.session_state[_key(family)] = kind


def choose(family: str, label: str) -> str:
    """Buttons for all that a family has; the address follows."""
    table = FAMILIES[family][1]
    if st.session_state.get(_key(family)) not in table:
        st.session_state[_key(family)] = next(iter(table))
    kind = st.pills(
        label,
        list(table),
        required=True,
        format_func=lambda one: table[one].title,
        key=_key(family),
        persist_state="session",
        label_visibility="collapsed",
    )
    address.keep(PARAMETER, f"{family}.{kind}")
    return str(kind)


def _key(family: str) -> str:
    return f"ingredients.{family}"
