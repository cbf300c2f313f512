"""Trust: when to believe the network, and when not."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from playground.ui import trust_exam, trust_robustness, trust_strangers
from playground.ui.looked_at import network_picker
from playground.ui.snapshots import Snapshot
from playground.ui.trust_reliability import reliability_view
from playground.ui.trust_robustness import robustness_view
from playground.ui.trust_strangers import strangers_view
from playground.ui.trust_threshold import threshold_view

# A view's title, the slot of its long work, and what draws it. Only the open one is computed.
VIEWS: tuple[tuple[str, str, Callable[[Snapshot], None]], ...] = (
    ("Does it know?", trust_exam.SLOT, reliability_view),
    ("“I don't know”", trust_exam.SLOT, threshold_view),
    ("Hard images", trust_robustness.SLOT, robustness_view),
    ("Strangers", trust_strangers.SLOT, strangers_view),
)
_OPEN = "trust_view"


def trust_page() -> None:
    """The whole page below the frame."""
    st.subheader("Trust", anchor=False)
    opened = st.session_state.get(_OPEN, VIEWS[0][0])
    kept = network_picker(next((slot for title, slot, _ in VIEWS if title == opened), trust_exam.SLOT))
    if kept is None:
        return
    tabs = st.tabs([title for title, _, _ in VIEWS], key=_OPEN, on_change="rerun")
    for (_, _, view), tab in zip(VIEWS, tabs, strict=True):
        if tab.open:
            with tab:
                view(kept)
