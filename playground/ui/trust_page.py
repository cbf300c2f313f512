"""Trust: when to believe the network, and when not."""

from __future__ import annotations

import streamlit as st

from playground.ui import trust_exam, trust_robustness, trust_strangers
from playground.ui.looked_at import network_picker
from playground.ui.snapshots import Snapshot
from playground.ui.trust_reliability import reliability_view
from playground.ui.trust_robustness import robustness_view
from playground.ui.trust_strangers import strangers_view
from playground.ui.trust_threshold import threshold_view
from playground.ui.views import BOTH, CLASSES, View, show_tabs

VIEWS: tuple[View[Snapshot], ...] = (
    View("Does it know?", reliability_view, CLASSES, slot=trust_exam.SLOT),
    View("“I don't know”", threshold_view, CLASSES, slot=trust_exam.SLOT),
    View("Hard images", robustness_view, BOTH, slot=trust_robustness.SLOT),
    View("Strangers", strangers_view, BOTH, slot=trust_strangers.SLOT),
)
_OPEN = "trust_view"


def trust_page() -> None:
    """The whole page below the frame."""
    st.subheader("Trust", anchor=False)
    opened = st.session_state.get(_OPEN, VIEWS[0].title)
    kept = network_picker(next((view.slot for view in VIEWS if view.title == opened), trust_exam.SLOT))
    if kept is None:
        return
    show_tabs(VIEWS, kept.run, _OPEN, lambda view: view.draw(kept))
