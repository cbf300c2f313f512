"""Step by step: the arithmetic of the network with its real numbers, forwards and backwards."""

from __future__ import annotations

import streamlit as st


def steps_page() -> None:
    """The whole page below the frame."""
    st.subheader("Step by step", anchor=False)
