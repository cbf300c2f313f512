"""Explain: what each layer makes of one image, and why the network answers what it answers."""

from __future__ import annotations

import streamlit as st


def explain_page() -> None:
    """The whole page below the frame."""
    st.subheader("Explain", anchor=False)
