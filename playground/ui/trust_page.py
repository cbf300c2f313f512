"""Trust: when to believe the network, and when not."""

from __future__ import annotations

import streamlit as st


def trust_page() -> None:
    """The whole page below the frame."""
    st.subheader("Trust", anchor=False)
