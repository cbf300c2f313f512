"""Hands on: change the trained network by hand, and see what becomes of its accuracy."""

from __future__ import annotations

import streamlit as st


def hands_on_page() -> None:
    """The whole page below the frame."""
    st.subheader("Hands on", anchor=False)
