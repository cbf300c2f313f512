"""Maps: the images as the network sees them, and the landscape that its training went through."""

from __future__ import annotations

import streamlit as st


def maps_page() -> None:
    """The whole page below the frame."""
    st.subheader("Maps", anchor=False)
